package store

import (
	"context"
	"fmt"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// PutEndpoint implements issuance.Outbox.
func (s *Store) PutEndpoint(ctx context.Context, e issuance.Endpoint) error {
	sealed, err := s.sealer.Seal([]byte(e.Secret.Reveal()), secret.AAD("endpoints", "secret", e.ID))
	if err != nil {
		return fmt.Errorf("seal secret: %w", err)
	}
	err = s.db.WithContext(ctx).Exec(`INSERT INTO endpoints (id, url, secret, active) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET url = excluded.url, secret = excluded.secret, active = excluded.active`,
		e.ID, e.URL, sealed, e.Active).Error
	if err != nil {
		return fmt.Errorf("record endpoint: %w", err)
	}
	return nil
}

// Lease implements issuance.Outbox. A delivery may go when no earlier one of its offer to its endpoint is still queued; an
// endpoint with perEndpoint deliveries out gets no more.
func (s *Store) Lease(ctx context.Context, now time.Time, forTime time.Duration, limit, perEndpoint int) ([]issuance.Leased, error) {
	until, at := millis(now.Add(forTime)), millis(now)
	var rows []deliveryRow
	err := s.db.WithContext(ctx).Raw(`UPDATE deliveries SET lease_until = ?, attempts = attempts + 1
		WHERE state = 'queued' AND lease_until < ? AND id IN (
			SELECT id FROM (
				SELECT d.id, d.next_at,
					row_number() OVER (PARTITION BY d.endpoint_id ORDER BY d.next_at, d.id)
					+ (SELECT count(*) FROM deliveries l WHERE l.endpoint_id = d.endpoint_id AND l.state = 'queued' AND l.lease_until >= ?) AS place
				FROM deliveries d JOIN endpoints e ON e.id = d.endpoint_id
				WHERE e.active AND d.state = 'queued' AND d.next_at <= ? AND d.lease_until < ?
					AND NOT EXISTS (SELECT 1 FROM deliveries p WHERE p.endpoint_id = d.endpoint_id AND p.offer_id = d.offer_id AND p.state = 'queued' AND p.id < d.id)
			) q WHERE place <= ? ORDER BY next_at LIMIT ?)
		RETURNING `+deliveryColumns, until, at, at, at, at, perEndpoint, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("lease deliveries: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	endpoints, err := s.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]issuance.Leased, 0, len(rows))
	for _, r := range rows {
		out = append(out, issuance.Leased{Delivery: r.delivery(), Endpoint: endpoints[r.EndpointID], Lease: moment(until)})
	}
	return out, nil
}

func (s *Store) endpoints(ctx context.Context) (map[string]issuance.Endpoint, error) {
	var rows []struct {
		ID     string
		URL    string
		Secret []byte
		Active bool
	}
	if err := s.reads.WithContext(ctx).Raw("SELECT id, url, secret, active FROM endpoints").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read endpoints: %w", err)
	}
	out := map[string]issuance.Endpoint{}
	for _, r := range rows {
		opened, err := s.sealer.Open(r.Secret, secret.AAD("endpoints", "secret", r.ID))
		if err != nil {
			return nil, fmt.Errorf("open secret of endpoint: %w", err)
		}
		out[r.ID] = issuance.Endpoint{ID: r.ID, URL: r.URL, Secret: secret.NewText(string(opened)), Active: r.Active}
	}
	return out, nil
}

// Finish implements issuance.Outbox.
func (s *Store) Finish(ctx context.Context, attempts []issuance.Attempt) error {
	var touched []issuance.OfferID
	_, err := s.transact(ctx, func(t *tx) error {
		touched = nil
		for _, a := range attempts {
			var offer string
			err := t.Raw(`UPDATE deliveries SET state = ?, next_at = ?, last_at = ?, last_result = ?, lease_until = 0
				WHERE id = ? AND lease_until = ? AND state = 'queued' RETURNING offer_id`,
				string(a.State), millis(a.NextAt), millis(a.At), a.Result, a.Delivery, millis(a.Lease)).Scan(&offer).Error
			if err != nil {
				return fmt.Errorf("record attempt: %w", err)
			}
			if offer != "" {
				touched = append(touched, issuance.OfferID(offer))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.changed(true, touched...)
	return nil
}

// Hasten implements issuance.Outbox.
func (s *Store) Hasten(ctx context.Context, endpoint string, now time.Time) error {
	err := s.db.WithContext(ctx).Exec("UPDATE deliveries SET next_at = ? WHERE endpoint_id = ? AND state = 'queued' AND lease_until < ? AND next_at > ?",
		millis(now), endpoint, millis(now), millis(now)).Error
	if err != nil {
		return fmt.Errorf("hasten deliveries: %w", err)
	}
	s.changed(true)
	return nil
}

// Disable implements issuance.Outbox.
func (s *Store) Disable(ctx context.Context, endpoint string) error {
	if err := s.db.WithContext(ctx).Exec("UPDATE endpoints SET active = ? WHERE id = ?", false, endpoint).Error; err != nil {
		return fmt.Errorf("disable endpoint: %w", err)
	}
	return nil
}

// Queued implements issuance.Outbox.
func (s *Store) Queued() <-chan struct{} { return s.queued }
