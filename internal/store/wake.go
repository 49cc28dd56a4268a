package store

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"counterfoil/internal/issuance"
)

// Hints between processes on one PostgreSQL: sent after the commit and in groups, because a NOTIFY inside the
// transaction halves how many commits the server manages.
const (
	channel      = "counterfoil_offers"
	announceWait = 25 * time.Millisecond
	// maxIDs keeps a payload below PostgreSQL's limit of 7999 bytes; an id takes 25.
	maxIDs         = 200
	reconnectFirst = 200 * time.Millisecond
	reconnectMost  = 5 * time.Second
)

// notifier collects the offers that changed.
type notifier struct {
	mu    sync.Mutex
	ids   map[issuance.OfferID]struct{}
	ready chan struct{}
}

func newNotifier() *notifier {
	return &notifier{ids: map[issuance.OfferID]struct{}{}, ready: make(chan struct{}, 1)}
}

func (n *notifier) add(ids []issuance.OfferID) {
	n.mu.Lock()
	for _, id := range ids {
		n.ids[id] = struct{}{}
	}
	n.mu.Unlock()
	select {
	case n.ready <- struct{}{}:
	default:
	}
}

// take gives up to maxIDs and whether more are left.
func (n *notifier) take() (ids []string, more bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id := range n.ids {
		if len(ids) == maxIDs {
			return ids, true
		}
		ids = append(ids, string(id))
		delete(n.ids, id)
	}
	return ids, false
}

// announce tells other processes which offers changed. A hint that cannot be sent is lost: who shows an offer
// reads it anew from time to time.
func (s *Store) announce(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.notifier.ready:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(announceWait):
		}
		for more := true; more; {
			var ids []string
			if ids, more = s.notifier.take(); len(ids) == 0 {
				break
			}
			payload, err := json.Marshal(ids)
			if err != nil {
				s.Log.Error("tell other processes", "error", err)
				break
			}
			if err := s.db.WithContext(ctx).Exec("SELECT pg_notify(?, ?)", channel, string(payload)).Error; err != nil && ctx.Err() == nil {
				s.Log.Warn("tell other processes", "error", err)
			}
		}
	}
}

// listen wakes this process's screens for changes made by others, on a connection of its own, which it opens again
// when it breaks.
func (s *Store) listen(ctx context.Context) {
	wait := reconnectFirst
	for ctx.Err() == nil {
		connected, err := s.listenOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected {
			wait = reconnectFirst
		}
		s.Log.Warn("listen to other processes", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, reconnectMost) // doubles
	}
}

func (s *Store) listenOnce(ctx context.Context) (connected bool, err error) {
	conn, err := pgx.Connect(ctx, s.URL)
	if err != nil {
		return false, hideURL(err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to save
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return false, err
	}
	s.Watch.WakeAll() // hints may have been lost
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return true, err
		}
		var ids []issuance.OfferID
		if err := json.Unmarshal([]byte(n.Payload), &ids); err != nil {
			s.Log.Warn("listen to other processes", "error", err) // somebody else uses the channel, or another version does
			continue
		}
		for _, id := range ids {
			if id == everybody {
				s.Watch.WakeAll()
				continue
			}
			s.Watch.Wake(id)
		}
	}
}

// everybody stands for every offer in what processes tell each other.
const everybody issuance.OfferID = "*"

// sessionsEnded makes every open screen look anew, so that those whose session has ended go to the sign-in page at once. It is rare, and a
// look more harms none of the others.
func (s *Store) sessionsEnded() {
	s.Watch.WakeAll()
	if s.notifier != nil {
		s.notifier.add([]issuance.OfferID{everybody})
	}
}
