package store

import (
	"context"
	"fmt"

	"counterfoil/internal/issuance"
)

// Events implements issuance.Record.
func (s *Store) Events(ctx context.Context, id issuance.OfferID) ([]issuance.Event, error) {
	var rows []struct {
		Sequence  int
		Kind      string
		Cause     string
		Code      string
		RequestID string
		At        int64
	}
	if err := s.reads.WithContext(ctx).Raw("SELECT sequence, kind, cause, code, request_id, at FROM events WHERE offer_id = ? ORDER BY sequence", string(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := make([]issuance.Event, 0, len(rows))
	for _, r := range rows {
		out = append(out, issuance.Event{
			Offer: id, Sequence: r.Sequence, Kind: issuance.EventKind(r.Kind), At: moment(r.At), Cause: r.Cause, Code: r.Code, Request: r.RequestID,
		})
	}
	return out, nil
}
