package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"counterfoil/internal/issuance"
)

// Due implements issuance.Outbox: one look into the index for each endpoint.
func (s *Store) Due(ctx context.Context, now time.Time) ([]issuance.EndpointID, error) {
	var ids []issuance.EndpointID
	err := s.reads.WithContext(ctx).Raw(`SELECT id FROM endpoints e WHERE e.state = 'active'
		AND EXISTS (SELECT 1 FROM deliveries d WHERE d.endpoint_id = e.id AND d.state = 'queued' AND d.next_at <= ?)`, millis(now)).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("look for due deliveries: %w", err)
	}
	return ids, nil
}

// Lease implements issuance.Outbox. A delivery may go when none of its offer to its endpoint that happened earlier is still queued, and
// none is out. What is out is due again when its lease ends, so that it needs no second look.
//
// The query is written so that PostgreSQL walks the index in order and stops at the limit, with one look for each row, however many wait
// and whatever it believes of their number (a plan that it made while few waited is kept for long): deliveries_offer is the one index that
// can serve the inner query, and the rows that were found and locked are updated by their key.
func (s *Store) Lease(ctx context.Context, endpoint issuance.EndpointID, now time.Time, forTime time.Duration, limit int) ([]issuance.Leased, error) {
	found, err := s.readEndpoints(ctx, "", "id = ?", string(endpoint)) // before an attempt is counted
	if err != nil || len(found) == 0 {
		return nil, err
	}
	lock := ""
	if s.postgres {
		lock = " FOR UPDATE SKIP LOCKED" // another process takes others
	}
	until, at := millis(now.Add(forTime)), millis(now)
	var rows []deliveryRow
	err = s.db.WithContext(ctx).Raw(`WITH next AS MATERIALIZED (
			SELECT d.id AS due FROM deliveries d WHERE d.endpoint_id = ? AND d.state = 'queued' AND d.next_at <= ?
				AND EXISTS (SELECT 1 FROM endpoints WHERE id = ? AND state = 'active')
				AND (SELECT p.id FROM deliveries p WHERE p.offer_id = d.offer_id AND p.endpoint_id IS NOT DISTINCT FROM d.endpoint_id
					AND p.state NOT IN ('delivered', 'exhausted', 'cancelled') AND (p.sequence < d.sequence OR p.lease_until > ? AND p.id <> d.id) LIMIT 1) IS NULL
			ORDER BY d.next_at, d.id LIMIT ?`+lock+`)
		UPDATE deliveries SET lease_until = ?, next_at = ?, attempts = attempts + 1 FROM next WHERE deliveries.id = next.due
		RETURNING `+deliveryColumns, string(endpoint), at, string(endpoint), at, limit, until, until).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("lease deliveries: %w", err)
	}
	out := make([]issuance.Leased, 0, len(rows))
	for _, r := range rows {
		out = append(out, issuance.Leased{Delivery: r.delivery(), Endpoint: found[0], Lease: moment(until)})
	}
	return out, nil
}

// Finish implements issuance.Outbox: two statements, however many attempts there are.
func (s *Store) Finish(ctx context.Context, attempts []issuance.Attempt) error {
	var touched []issuance.OfferID
	_, err := s.transact(ctx, func(t *tx) error {
		var err error
		if touched, err = t.finish(attempts); err != nil {
			return err
		}
		return t.insertAttempts(attempts)
	})
	if err != nil {
		return err
	}
	s.changed(true, touched...)
	return nil
}

func (t *tx) finish(attempts []issuance.Attempt) ([]issuance.OfferID, error) {
	rows, args := make([]string, 0, len(attempts)), []any{}
	for _, a := range attempts {
		rows = append(rows, "SELECT CAST(? AS BIGINT) AS id, CAST(? AS BIGINT) AS lease, CAST(? AS TEXT) AS state, CAST(? AS BIGINT) AS next_at, "+
			"CAST(? AS BIGINT) AS at, CAST(? AS TEXT) AS result, CAST(? AS INTEGER) AS uncounted")
		uncounted := 0
		if a.Broken {
			uncounted = 1
		}
		args = append(args, int64(a.Delivery), millis(a.Lease), string(a.State), millis(a.NextAt), millis(a.At.Add(a.Took)), a.Result, uncounted)
	}
	var touched []string
	err := t.Raw(`UPDATE deliveries SET state = v.state, next_at = v.next_at, lease_until = 0, attempts = attempts - v.uncounted,
			last_at = CASE v.uncounted WHEN 0 THEN v.at ELSE last_at END, last_result = CASE v.uncounted WHEN 0 THEN v.result ELSE last_result END
		FROM (`+strings.Join(rows, " UNION ALL ")+`) v
		WHERE deliveries.id = v.id AND deliveries.lease_until = v.lease AND deliveries.state = 'queued' RETURNING COALESCE(deliveries.offer_id, '')`, args...).Scan(&touched).Error
	if err != nil {
		return nil, fmt.Errorf("record attempts: %w", err)
	}
	var offers []issuance.OfferID
	for _, id := range touched {
		if id != "" {
			offers = append(offers, issuance.OfferID(id))
		}
	}
	return offers, nil
}

func (t *tx) insertAttempts(attempts []issuance.Attempt) error {
	rows, args := []string{}, []any{}
	for _, a := range attempts {
		if a.Broken {
			continue
		}
		rows = append(rows, "(?, ?, ?, ?, ?, ?)")
		response := a.Response
		if response == nil {
			response = []byte{}
		}
		args = append(args, int64(a.Delivery), millis(a.At), a.Took.Milliseconds(), a.Result, a.HTTPStatus, blob(response[:min(len(response), issuance.MaxResponse)]))
	}
	if len(rows) == 0 {
		return nil
	}
	if err := t.Exec("INSERT INTO attempts (delivery_id, at, took, result, http_status, response) VALUES "+strings.Join(rows, ", "), args...).Error; err != nil {
		return fmt.Errorf("record attempts: %w", err)
	}
	return nil
}

// Judge implements issuance.Outbox.
func (s *Store) Judge(ctx context.Context, v issuance.Verdict) error {
	_, err := s.transact(ctx, func(t *tx) error {
		set, args := "", []any{v.Result}
		switch v.Health {
		case issuance.Healthy:
			set = "failing_since = 0"
		case issuance.Failing:
			set, args = "failing_since = CASE failing_since WHEN 0 THEN CAST(? AS BIGINT) ELSE failing_since END", append(args, millis(v.At))
		case issuance.HealthStopped:
			set = "state = CASE state WHEN 'active' THEN 'disabled' ELSE state END"
		}
		if err := t.Exec("UPDATE endpoints SET last_result = ?, "+set+" WHERE id = ? AND state <> 'deleted'", append(args, string(v.Endpoint))...).Error; err != nil {
			return fmt.Errorf("record how an endpoint fares: %w", err)
		}
		if v.Health != issuance.Healthy {
			return nil
		}
		return t.hasten(v.Endpoint, v.At)
	})
	if err != nil {
		return err
	}
	s.changed(true)
	return nil
}

// hasten makes everything that waits for an endpoint due at a time.
func (t *tx) hasten(id issuance.EndpointID, at time.Time) error {
	if err := t.Exec("UPDATE deliveries SET next_at = ? WHERE endpoint_id = ? AND state = 'queued' AND lease_until < ? AND next_at > ?",
		millis(at), string(id), millis(at), millis(at)).Error; err != nil {
		return fmt.Errorf("hasten deliveries: %w", err)
	}
	return nil
}

// Queued implements issuance.Outbox.
func (s *Store) Queued() <-chan struct{} { return s.queued }
