package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
)

// maxTries bounds how often a transaction that PostgreSQL could not order is tried again.
const maxTries = 5

// maxVersion bounds the events of one offer, so that nobody can fill the database with looks at it.
const maxVersion = 500

// maxFetches is where fetches alone stop being recorded: whoever has seen the QR code can fetch, and must not be able to hide what a
// wallet is refused later.
const maxFetches = 100

// tx is one transaction on offers.
type tx struct {
	*gorm.DB
	store  *Store
	queued bool
	// made is the id of what the transaction makes, for the audit trail; unchanged tells that it changed nothing after all.
	made      string
	unchanged bool
	// request is the name of the request that the transaction works on.
	request string
}

// change runs do in one transaction on an offer, together with the looks at it that were not written yet. On success it
// wakes who waits; on failure nothing is changed and the looks stay buffered.
func (s *Store) change(ctx context.Context, id issuance.OfferID, do func(t *tx) error) error {
	pending, err := s.looks.take(ctx, id)
	if err != nil {
		return err
	}
	queued, err := s.transact(ctx, func(t *tx) error {
		if err := t.writeLooks(pending); err != nil {
			return err
		}
		return do(t)
	})
	if err != nil {
		s.looks.putBack(id, pending)
		return err
	}
	if len(pending) > 0 {
		s.looks.written(id)
	}
	s.changed(queued, id)
	return nil
}

// transact runs do in a transaction, with the audit entry that waits in the context, and tries again when the database asks for it.
func (s *Store) transact(ctx context.Context, do func(t *tx) error) (queued bool, err error) {
	entry := staff.PendingEntry(ctx)
	for try := 1; ; try++ {
		t := &tx{store: s, request: issuance.RequestOf(ctx)}
		err = s.db.WithContext(ctx).Transaction(func(db *gorm.DB) error {
			t.DB = db
			if err := do(t); err != nil {
				return err
			}
			return t.audited(entry)
		})
		if err == nil && entry != nil && !t.unchanged {
			entry.Written = true
		}
		state := pgState(err)
		if try == maxTries || state != serializationFailure && state != deadlockDetected {
			return t.queued, err
		}
	}
}

// changed tells everybody who waits for what was committed.
func (s *Store) changed(queued bool, ids ...issuance.OfferID) {
	if queued {
		select {
		case s.queued <- struct{}{}:
		default:
		}
	}
	for _, id := range ids {
		s.Watch.Wake(id)
	}
	if s.notifier != nil {
		s.notifier.add(ids)
	}
}

// advance is the guarded update: it moves an offer's version on and sets columns, if the offer is in one of the
// statuses and the guard holds. It gives the new version, or 0 when nothing was changed.
func (t *tx) advance(id issuance.OfferID, from []issuance.Status, set, guard string, args ...any) (int, error) {
	setArgs, guardArgs := split(set, args)
	query := "UPDATE offers SET version = version + 1" + comma(set) + " WHERE id = ? AND status IN ?" + and(guard) + " RETURNING version"
	var version int
	values := append(append(setArgs, string(id), from), guardArgs...)
	if err := t.Raw(query, values...).Scan(&version).Error; err != nil {
		return 0, fmt.Errorf("update offer: %w", err)
	}
	return version, nil
}

// split divides args between the placeholders of set and those of the guard.
func split(set string, args []any) (inSet, inGuard []any) {
	n := 0
	for _, r := range set {
		if r == '?' {
			n++
		}
	}
	return append([]any{}, args[:n]...), args[n:]
}

func comma(set string) string {
	if set == "" {
		return ""
	}
	return ", " + set
}

func and(guard string) string {
	if guard == "" {
		return ""
	}
	return " AND " + guard
}

// event records what happened in the request of the transaction, and queues its deliveries.
func (t *tx) event(e issuance.Event) error {
	e.Request = t.request
	return t.record(e)
}

// record records an event of any request, and queues its deliveries in the same transaction.
func (t *tx) record(e issuance.Event) error {
	if err := t.Exec("INSERT INTO events (offer_id, sequence, kind, callback, cause, code, request_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		string(e.Offer), e.Sequence, string(e.Kind), string(e.Kind.Callback()), e.Cause, e.Code, e.Request, millis(e.At)).Error; err != nil {
		return fmt.Errorf("record event: %w", err)
	}
	return t.enqueue(e)
}

// spend records single-use values; Conflict with the value's code when one is known.
func (t *tx) spend(values []issuance.Spent) error {
	for _, v := range values {
		done := t.Exec("INSERT INTO spent_values (hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", blob(v.Hash), millis(v.ExpiresAt))
		if done.Error != nil {
			return fmt.Errorf("record spent value: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return issuance.Refuse(issuance.Conflict, cmp.Or(v.Code, issuance.CodeReplayed), "a single-use value was used before")
		}
	}
	return nil
}

// exists gives the error unless there is a row.
func (t *tx) exists(where string, otherwise error, args ...any) error {
	var n int
	if err := t.Raw("SELECT count(*) FROM "+where, args...).Scan(&n).Error; err != nil {
		return fmt.Errorf("look for what did not change: %w", err)
	}
	if n == 0 {
		return otherwise
	}
	return nil
}

// millis is how a time is stored.
func millis(t time.Time) int64 { return t.UnixMilli() }

// moment is what a stored time means; 0 is no time.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
