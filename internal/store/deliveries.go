package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"counterfoil/internal/issuance"
)

// deliveryRow is a row of deliveries.
type deliveryRow struct {
	ID           int64
	EndpointID   string
	OfferID      string
	Sequence     int
	EventID      string
	WebhookID    string
	Status       string
	ErrorDetails string
	State        string
	Attempts     int
	CreatedAt    int64
	NextAt       int64
	LastAt       int64
	LastResult   string
	Held         bool
}

const (
	deliveryColumns = "id, endpoint_id, COALESCE(offer_id, '') AS offer_id, sequence, event_id, webhook_id, status, error_details, state, attempts, " +
		"created_at, next_at, last_at, last_result"
	// heldColumn tells whether the delivery waits for somebody to switch its endpoint on.
	heldColumn = ", deliveries.state = 'queued' AND NOT EXISTS (SELECT 1 FROM endpoints e WHERE e.id = deliveries.endpoint_id AND e.state = 'active') AS held"
)

func (r deliveryRow) delivery() issuance.Delivery {
	return issuance.Delivery{
		ID: issuance.DeliveryID(r.ID), Offer: issuance.OfferID(r.OfferID), Sequence: r.Sequence, EventID: r.EventID, WebhookID: r.WebhookID,
		Status: issuance.CallbackStatus(r.Status), ErrorDetails: r.ErrorDetails, Endpoint: issuance.EndpointID(r.EndpointID), Held: r.Held,
		State: issuance.DeliveryState(r.State), Attempts: r.Attempts, CreatedAt: moment(r.CreatedAt), NextAt: moment(r.NextAt),
		LastAt: moment(r.LastAt), LastResult: r.LastResult,
	}
}

func noDelivery() error {
	return issuance.Refuse(issuance.NotFound, "delivery_not_found", "there is no such delivery")
}

// queue gives what is inserted for an event: a delivery to every endpoint that asked for its status and type.
const queue = `INSERT INTO deliveries (endpoint_id, offer_id, sequence, event_id, webhook_id, status, error_details, state, attempts, created_at, next_at, lease_until, last_at, last_result)
	SELECT e.id, o.id, CAST(? AS INTEGER), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), 'queued', 0, CAST(? AS BIGINT), CAST(? AS BIGINT), 0, 0, ''
	FROM endpoints e, offers o WHERE o.id = ? AND e.state <> 'deleted' AND replace(e.statuses, ?, '') <> e.statuses
		AND (e.types = '' OR replace(e.types, '|' || o.type || '|', '') <> e.types)`

// enqueue queues a delivery of an event to every endpoint that asked for it.
func (t *tx) enqueue(e issuance.Event) error {
	status := e.Kind.Told()
	if status == "" {
		return nil
	}
	done := t.Exec(queue, e.Sequence, e.EventID(), e.WebhookID(), string(status), e.ErrorDetails(), millis(e.At), millis(e.At), string(e.Offer), "|"+string(status)+"|")
	if done.Error != nil {
		return fmt.Errorf("queue deliveries: %w", done.Error)
	}
	t.queued = t.queued || done.RowsAffected > 0
	return nil
}

// Deliveries implements issuance.Record.
func (s *Store) Deliveries(ctx context.Context, id issuance.OfferID) ([]issuance.Delivery, error) {
	return s.deliveries(ctx, "offer_id = ? ORDER BY id", string(id))
}

func (s *Store) deliveries(ctx context.Context, where string, args ...any) ([]issuance.Delivery, error) {
	var rows []deliveryRow
	if err := s.reads.WithContext(ctx).Raw("SELECT "+deliveryColumns+heldColumn+" FROM deliveries WHERE "+where, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	out := make([]issuance.Delivery, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.delivery())
	}
	return out, nil
}

// ListDeliveries implements issuance.Deliveries.
func (s *Store) ListDeliveries(ctx context.Context, id issuance.EndpointID, f issuance.DeliveryFilter) ([]issuance.Delivery, error) {
	where, args := []string{"endpoint_id = ?"}, []any{string(id)}
	put := func(term string, value any) { where, args = append(where, term), append(args, value) }
	if len(f.States) > 0 {
		put("state IN ?", f.States)
	}
	if len(f.Statuses) > 0 {
		put("status IN ?", f.Statuses)
	}
	if f.Offer != "" {
		put("offer_id = ?", string(f.Offer))
	}
	if len(f.Types) > 0 {
		put("(offer_id IS NULL OR EXISTS (SELECT 1 FROM offers o WHERE o.id = deliveries.offer_id AND o.type IN ?))", f.Types)
	}
	if f.Before != 0 {
		put("id < ?", int64(f.Before))
	}
	return s.deliveries(ctx, strings.Join(where, " AND ")+" ORDER BY id DESC LIMIT ?", append(args, f.Limit)...)
}

// Delivery implements issuance.Deliveries.
func (s *Store) Delivery(ctx context.Context, id issuance.DeliveryID) (issuance.Delivery, []issuance.Attempt, error) {
	list, err := s.deliveries(ctx, "id = ?", int64(id))
	if err != nil {
		return issuance.Delivery{}, nil, err
	}
	if len(list) == 0 {
		return issuance.Delivery{}, nil, noDelivery()
	}
	var rows []struct {
		At, Took   int64
		Result     string
		HTTPStatus int
		Response   []byte
	}
	if err := s.reads.WithContext(ctx).Raw("SELECT at, took, result, http_status, response FROM attempts WHERE delivery_id = ? ORDER BY id", int64(id)).Scan(&rows).Error; err != nil {
		return issuance.Delivery{}, nil, fmt.Errorf("read attempts: %w", err)
	}
	attempts := make([]issuance.Attempt, 0, len(rows))
	for _, r := range rows {
		attempts = append(attempts, issuance.Attempt{
			Delivery: id, At: moment(r.At), Took: time.Duration(r.Took) * time.Millisecond, Result: r.Result, HTTPStatus: r.HTTPStatus, Response: r.Response,
		})
	}
	return list[0], attempts, nil
}

// again is what a delivery gets when it is to go once more.
const again = "UPDATE deliveries SET state = 'queued', attempts = 0, next_at = ?, lease_until = 0"

// ReplayDelivery implements issuance.Deliveries.
func (s *Store) ReplayDelivery(ctx context.Context, id issuance.DeliveryID, at time.Time) error {
	done := s.db.WithContext(ctx).Exec(again+` WHERE id = ? AND lease_until < ?
		AND EXISTS (SELECT 1 FROM endpoints e WHERE e.id = deliveries.endpoint_id AND e.state <> 'deleted')`, millis(at), int64(id), millis(at))
	if done.Error != nil {
		return fmt.Errorf("replay delivery: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		if _, _, err := s.Delivery(ctx, id); err != nil {
			return err
		}
		return issuance.Refuse(issuance.Conflict, "delivery_out", "the delivery is under way, or its callback endpoint was deleted")
	}
	s.changed(true)
	return nil
}

// asked tells whether a delivery's endpoint asks for it now; a ping is asked for by nobody.
const asked = `EXISTS (SELECT 1 FROM endpoints e LEFT JOIN offers o ON o.id = deliveries.offer_id WHERE e.id = deliveries.endpoint_id
	AND replace(e.statuses, '|' || deliveries.status || '|', '') <> e.statuses
	AND (e.types = '' OR o.id IS NULL OR replace(e.types, '|' || o.type || '|', '') <> e.types))`

// Replay implements issuance.Deliveries.
func (s *Store) Replay(ctx context.Context, r issuance.Replay) (int, error) {
	until := r.Until
	if until.IsZero() {
		until = r.At
	}
	count := 0
	_, err := s.transact(ctx, func(t *tx) error {
		count = 0
		states := []string{string(issuance.DeliveryExhausted)}
		if !r.FailedOnly {
			states = append(states, string(issuance.DeliveryDelivered))
		}
		from := millis(r.From)
		if r.From.IsZero() {
			from = 0
		}
		done := t.Exec(again+" WHERE endpoint_id = ? AND state IN ? AND created_at >= ? AND created_at <= ? AND "+asked,
			millis(r.At), string(r.Endpoint), states, from, millis(until))
		if done.Error != nil {
			return fmt.Errorf("replay deliveries: %w", done.Error)
		}
		count = int(done.RowsAffected)
		if r.FailedOnly {
			return nil
		}
		missed, err := t.queueMissed(r, from, millis(until))
		count += missed
		return err
	})
	if err != nil {
		return 0, err
	}
	s.changed(true)
	return count, nil
}

// toldStatus gives in SQL what issuance.EventKind.Told gives, and whether it is explained.
func toldStatus() (status, explained string) {
	var cases, list []string
	for _, k := range issuance.EventKinds() {
		if s := k.Told(); s != "" {
			cases = append(cases, fmt.Sprintf("WHEN '%s' THEN '%s'", k, s))
			if s.Explained() {
				list = append(list, "'"+string(s)+"'")
			}
		}
	}
	return "CASE v.kind " + strings.Join(cases, " ") + " ELSE '' END", strings.Join(list, ", ")
}

// queueMissed queues the events of a range that the endpoint asks for and was never queued, because it was not there yet or asked for
// less. Ids are made as issuance.Event makes them.
func (t *tx) queueMissed(r issuance.Replay, from, until int64) (int, error) {
	status, explained := toldStatus()
	done := t.Exec(`INSERT INTO deliveries (endpoint_id, offer_id, sequence, event_id, webhook_id, status, error_details, state, attempts, created_at, next_at, lease_until, last_at, last_result)
		SELECT e.id, m.offer_id, m.sequence, m.event_id, m.event_id || '_' || m.status, m.status, CASE WHEN m.status IN (`+explained+`) THEN m.cause ELSE '' END,
			'queued', 0, m.at, CAST(? AS BIGINT), 0, 0, ''
		FROM (SELECT v.id, v.offer_id, v.sequence, v.cause, v.at, o.type, `+status+` AS status,
				COALESCE(v.event_id, CASE v.callback WHEN '' THEN v.offer_id || '_' || v.sequence ELSE v.offer_id END) AS event_id
			FROM events v LEFT JOIN offers o ON o.id = v.offer_id WHERE v.at >= ? AND v.at <= ?) m, endpoints e
		WHERE e.id = ? AND e.state <> 'deleted' AND m.status <> '' AND replace(e.statuses, '|' || m.status || '|', '') <> e.statuses
			AND (e.types = '' OR m.offer_id IS NULL OR replace(e.types, '|' || m.type || '|', '') <> e.types)
		ORDER BY m.id ON CONFLICT DO NOTHING`, millis(r.At), from, until, string(r.Endpoint))
	if done.Error != nil {
		return 0, fmt.Errorf("queue missed events: %w", done.Error)
	}
	return int(done.RowsAffected), nil
}

// AddPing implements issuance.Deliveries.
func (s *Store) AddPing(ctx context.Context, id issuance.EndpointID, webhookID string, at, lease time.Time) (issuance.Leased, error) {
	e, err := s.Endpoint(ctx, id)
	if err != nil {
		return issuance.Leased{}, err
	}
	var row deliveryRow
	err = s.db.WithContext(ctx).Raw(`INSERT INTO deliveries
			(endpoint_id, offer_id, sequence, event_id, webhook_id, status, error_details, state, attempts, created_at, next_at, lease_until, last_at, last_result)
		VALUES (?, NULL, 0, ?, ?, ?, '', 'queued', 1, ?, ?, ?, 0, '') RETURNING `+deliveryColumns,
		string(id), webhookID, webhookID, string(issuance.CallbackPing), millis(at), millis(lease), millis(lease)).Scan(&row).Error
	if err != nil {
		return issuance.Leased{}, fmt.Errorf("record ping: %w", err)
	}
	return issuance.Leased{Delivery: row.delivery(), Endpoint: e, Lease: moment(millis(lease))}, nil
}

// RecordCertificate records that a certificate ends soon and queues it to every endpoint that asked for it; the same event again changes
// nothing, but reaches endpoints that were not there before.
func (s *Store) RecordCertificate(ctx context.Context, eventID, details string, at time.Time) error {
	e := issuance.Event{ID: eventID, Kind: issuance.CertificateExpiring, Cause: details, At: at}
	status := string(e.Kind.Told())
	queued, err := s.transact(ctx, func(t *tx) error {
		if err := t.Exec("INSERT INTO events (offer_id, sequence, kind, callback, cause, at, event_id) VALUES (NULL, 0, ?, '', ?, ?, ?) ON CONFLICT DO NOTHING",
			string(e.Kind), e.Cause, millis(at), e.ID).Error; err != nil {
			return fmt.Errorf("record certificate event: %w", err)
		}
		done := t.Exec(`INSERT INTO deliveries
			(endpoint_id, offer_id, sequence, event_id, webhook_id, status, error_details, state, attempts, created_at, next_at, lease_until, last_at, last_result)
			SELECT id, NULL, 0, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), 'queued', 0, CAST(? AS BIGINT), CAST(? AS BIGINT), 0, 0, ''
			FROM endpoints WHERE state <> 'deleted' AND replace(statuses, ?, '') <> statuses ON CONFLICT DO NOTHING`,
			e.EventID(), e.WebhookID(), status, e.ErrorDetails(), millis(at), millis(at), "|"+status+"|")
		if done.Error != nil {
			return fmt.Errorf("queue certificate event: %w", done.Error)
		}
		t.queued = t.queued || done.RowsAffected > 0
		return nil
	})
	if err != nil {
		return err
	}
	s.changed(queued)
	return nil
}
