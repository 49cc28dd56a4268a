package store

import (
	"context"
	"fmt"
	"time"

	"counterfoil/internal/issuance"
)

// deliveriesKept is how long the log of deliveries is kept, with what receivers answered.
const deliveriesKept = 30 * 24 * time.Hour

// forgottenAtOnce bounds the rows of each sort that one sweep removes, so that it ends in time however many there are: sweeps come every
// second, and ten thousand a second is more than is ever written.
const forgottenAtOnce = 10_000

// ExpireDue implements issuance.Record. On PostgreSQL several processes may sweep at once: each takes other offers.
func (s *Store) ExpireDue(ctx context.Context, now time.Time, limit int) (int, error) {
	open := issuance.Sources(issuance.StatusExpired)
	var due int64
	if err := s.reads.WithContext(ctx).Raw("SELECT count(*) FROM (SELECT 1 FROM offers WHERE status IN ? AND expires_at <= ? LIMIT 1) q", open, millis(now)).Scan(&due).Error; err != nil {
		return 0, fmt.Errorf("look for due offers: %w", err)
	}
	if due == 0 {
		return 0, nil
	}
	lock := ""
	if s.postgres {
		lock = " FOR UPDATE SKIP LOCKED"
	}
	var expired []issuance.OfferID
	queued, err := s.transact(ctx, func(t *tx) error {
		expired = nil
		var ids []string
		if err := t.Raw("SELECT id FROM offers WHERE status IN ? AND expires_at <= ? ORDER BY expires_at LIMIT ?"+lock, open, millis(now), limit).Scan(&ids).Error; err != nil {
			return fmt.Errorf("find due offers: %w", err)
		}
		for _, id := range ids {
			done, err := t.expire(issuance.OfferID(id), now)
			if err != nil {
				return err
			}
			if done {
				expired = append(expired, issuance.OfferID(id))
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	s.changed(queued, expired...)
	return len(expired), nil
}

func (t *tx) expire(id issuance.OfferID, now time.Time) (bool, error) {
	version, err := t.advance(id, issuance.Sources(issuance.StatusExpired), "status = ?, "+keep, "expires_at <= ?",
		string(issuance.StatusExpired), millis(now.Add(issuance.ClaimsKept)), millis(now))
	if err != nil || version == 0 {
		return false, err
	}
	return true, t.event(issuance.Event{Offer: id, Sequence: version, Kind: issuance.OfferExpired, At: now})
}

// Forget implements issuance.Record.
func (s *Store) Forget(ctx context.Context, now time.Time) error {
	for _, old := range []struct {
		query string
		args  []any
	}{
		{"UPDATE offers SET " + destroy + " WHERE data_key IS NOT NULL AND status IN ? AND expires_at <= ?",
			[]any{[]issuance.Status{issuance.StatusIssued, issuance.StatusConfirmed}, millis(now)}},
		{"UPDATE offers SET " + destroy + " WHERE data_key IS NOT NULL AND claims_until > 0 AND claims_until <= ?", []any{millis(now)}},
		{"DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE state <> 'queued' AND created_at <= ? ORDER BY created_at LIMIT ?)",
			[]any{millis(now.Add(-deliveriesKept)), forgottenAtOnce}},
		{"UPDATE endpoints SET old_secret = NULL WHERE old_secret IS NOT NULL AND old_until <= ?", []any{millis(now)}},
		{"DELETE FROM answers WHERE key_hash IN (SELECT key_hash FROM answers WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
			[]any{millis(now), forgottenAtOnce}},
		{"DELETE FROM spent_values WHERE hash IN (SELECT hash FROM spent_values WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
			[]any{millis(now), forgottenAtOnce}},
		{"DELETE FROM drafts WHERE saved_at <= ?", []any{millis(now.Add(-draftsKept))}},
	} {
		if err := s.db.WithContext(ctx).Exec(old.query, old.args...).Error; err != nil {
			return fmt.Errorf("forget what is over: %w", err)
		}
	}
	return nil
}
