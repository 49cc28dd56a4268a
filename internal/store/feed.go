package store

import (
	"context"
	"fmt"
	"slices"

	"counterfoil/internal/issuance"
)

// feedLock keeps two readers of one PostgreSQL from giving the same positions.
const feedLock = 0x636f756e746572 // "counter"

// Feed implements issuance.Record. Rows get their ids before they commit, so a reader who went by ids could pass over one that commits
// late. Events get their positions when somebody reads, under a lock, after they committed: within an offer in their order, and never
// before one that was read already.
func (s *Store) Feed(ctx context.Context, f issuance.Feed) ([]issuance.Event, error) {
	events, err := s.feed(ctx, f)
	if err != nil || len(events) == f.Limit {
		return events, err
	}
	for {
		more, err := s.position(ctx)
		if err != nil {
			return nil, err
		}
		if events, err = s.feed(ctx, f); err != nil || !more || len(events) == f.Limit {
			return events, err
		}
	}
}

// position gives positions to one group of events, and tells whether there may be more.
func (s *Store) position(ctx context.Context) (more bool, err error) {
	const group = 1000
	var count int64
	_, err = s.transact(ctx, func(t *tx) error {
		if s.postgres {
			if err := t.Exec("SELECT pg_advisory_xact_lock(?)", feedLock).Error; err != nil {
				return fmt.Errorf("wait for other readers: %w", err)
			}
		}
		done := t.Exec(`UPDATE events SET position = v.base + v.place FROM (
				SELECT id, row_number() OVER (ORDER BY id) AS place, (SELECT COALESCE(max(position), 0) FROM events) AS base
				FROM events WHERE position IS NULL ORDER BY id LIMIT ?) v
			WHERE events.id = v.id`, group)
		if done.Error != nil {
			return fmt.Errorf("order events: %w", done.Error)
		}
		count = done.RowsAffected
		return nil
	})
	return count == group, err
}

func (s *Store) feed(ctx context.Context, f issuance.Feed) ([]issuance.Event, error) {
	where, args := "v.position > ?", []any{f.After}
	if len(f.Types) > 0 {
		where, args = where+" AND o.type IN ?", append(args, f.Types)
	}
	if f.CallbacksOnly {
		where, args = where+" AND v.kind IN ?", append(args, toldKinds())
	}
	var rows []struct {
		EventID  string
		OfferID  string
		Sequence int
		Kind     string
		Cause    string
		At       int64
		Position int64
	}
	err := s.reads.WithContext(ctx).Raw(`SELECT COALESCE(v.event_id, '') AS event_id, COALESCE(v.offer_id, '') AS offer_id, v.sequence, v.kind, v.cause, v.at, v.position
		FROM events v LEFT JOIN offers o ON o.id = v.offer_id WHERE `+where+" ORDER BY v.position LIMIT ?", append(args, f.Limit)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := make([]issuance.Event, 0, len(rows))
	for _, r := range rows {
		out = append(out, issuance.Event{
			ID: r.EventID, Offer: issuance.OfferID(r.OfferID), Sequence: r.Sequence, Kind: issuance.EventKind(r.Kind), At: moment(r.At), Cause: r.Cause, Position: r.Position,
		})
	}
	return out, nil
}

// toldKinds lists the kinds of events that callbacks may tell.
func toldKinds() []issuance.EventKind {
	return slices.DeleteFunc(issuance.EventKinds(), func(k issuance.EventKind) bool { return k.Told() == "" })
}
