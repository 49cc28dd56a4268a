package store

import (
	"context"
	"fmt"

	"counterfoil/internal/issuance"
)

// Events implements issuance.Record.
func (s *Store) Events(ctx context.Context, id issuance.OfferID) ([]issuance.Event, error) {
	var rows []struct {
		Sequence int
		Kind     string
		Cause    string
		At       int64
	}
	if err := s.reads.WithContext(ctx).Raw("SELECT sequence, kind, cause, at FROM events WHERE offer_id = ? ORDER BY sequence", string(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := make([]issuance.Event, 0, len(rows))
	for _, r := range rows {
		out = append(out, issuance.Event{Offer: id, Sequence: r.Sequence, Kind: issuance.EventKind(r.Kind), At: moment(r.At), Cause: r.Cause})
	}
	return out, nil
}

// deliveryRow is a row of deliveries.
type deliveryRow struct {
	ID           int64
	EndpointID   string
	OfferID      string
	Sequence     int
	Status       string
	ErrorDetails string
	State        string
	Attempts     int
	NextAt       int64
	LastAt       int64
	LastResult   string
}

const deliveryColumns = "id, endpoint_id, offer_id, sequence, status, error_details, state, attempts, next_at, last_at, last_result"

func (r deliveryRow) delivery() issuance.Delivery {
	return issuance.Delivery{
		ID: r.ID, Offer: issuance.OfferID(r.OfferID), Sequence: r.Sequence, Status: issuance.CallbackStatus(r.Status),
		ErrorDetails: r.ErrorDetails, Endpoint: r.EndpointID, State: issuance.DeliveryState(r.State), Attempts: r.Attempts,
		NextAt: moment(r.NextAt), LastAt: moment(r.LastAt), LastResult: r.LastResult,
	}
}

// Deliveries implements issuance.Record.
func (s *Store) Deliveries(ctx context.Context, id issuance.OfferID) ([]issuance.Delivery, error) {
	var rows []deliveryRow
	if err := s.reads.WithContext(ctx).Raw("SELECT "+deliveryColumns+" FROM deliveries WHERE offer_id = ? ORDER BY id", string(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	out := make([]issuance.Delivery, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.delivery())
	}
	return out, nil
}
