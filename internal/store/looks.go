package store

import (
	"context"
	"sync"
	"time"

	"counterfoil/internal/issuance"
)

// Bounds of the buffer: how long looks wait, how many wait for one offer and in all.
const (
	flushEvery  = 50 * time.Millisecond
	maxLooks    = 20
	maxBuffered = 20_000
	// flushSize is how many offers one transaction takes.
	flushSize = 200
)

// looks buffers what wallets looked at. What does not fit is dropped and counted: a look is never worth
// keeping a wallet waiting.
type looks struct {
	mu      sync.Mutex
	byOffer map[issuance.OfferID][]issuance.Look
	total   int
	dropped int
}

func newLooks() *looks { return &looks{byOffer: map[issuance.OfferID][]issuance.Look{}} }

func (l *looks) add(look issuance.Look) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.byOffer[look.Offer]) >= maxLooks || l.total >= maxBuffered {
		l.dropped++
		return
	}
	l.byOffer[look.Offer] = append(l.byOffer[look.Offer], look)
	l.total++
}

// take removes and gives the looks at one offer.
func (l *looks) take(id issuance.OfferID) []issuance.Look {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.byOffer[id]
	delete(l.byOffer, id)
	l.total -= len(taken)
	return taken
}

// takeAll removes and gives the looks at up to n offers, and how many were dropped since the last call.
func (l *looks) takeAll(n int) (taken map[issuance.OfferID][]issuance.Look, dropped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken = map[issuance.OfferID][]issuance.Look{}
	for id, list := range l.byOffer {
		if len(taken) == n {
			break
		}
		taken[id] = list
		delete(l.byOffer, id)
		l.total -= len(list)
	}
	dropped, l.dropped = l.dropped, 0
	return taken, dropped
}

// putBack returns looks that could not be written, before newer ones.
func (l *looks) putBack(id issuance.OfferID, list []issuance.Look) {
	if len(list) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byOffer[id] = append(list, l.byOffer[id]...)
	l.total += len(list)
}

// Note implements issuance.Record.
func (s *Store) Note(l issuance.Look) { s.looks.add(l) }

// flushLooks writes the buffer in groups until ctx is done, and then once more.
func (s *Store) flushLooks(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	failing := false
	for {
		done := false
		select {
		case <-ctx.Done():
			done = true
		case <-tick.C:
		}
		err := s.flushOnce(context.WithoutCancel(ctx))
		if err != nil && !failing {
			s.Log.Error("write what wallets looked at", "error", err)
		}
		failing = err != nil
		if done {
			return
		}
	}
}

func (s *Store) flushOnce(ctx context.Context) error {
	taken, dropped := s.looks.takeAll(flushSize)
	if dropped > 0 {
		s.Log.Warn("looks dropped: more came than are kept", "count", dropped)
	}
	if len(taken) == 0 {
		return nil
	}
	ids := make([]issuance.OfferID, 0, len(taken))
	queued, err := s.transact(ctx, func(t *tx) error {
		for id, list := range taken {
			ids = append(ids, id)
			if err := t.writeLooks(list); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for id, list := range taken {
			s.looks.putBack(id, list)
		}
		return err
	}
	s.changed(queued, ids...)
	return nil
}

// writeLooks records looks in the order they came. The first fetch of a ready offer makes it retrieved. An offer
// that has too many events already, or is gone, takes no more.
func (t *tx) writeLooks(list []issuance.Look) error {
	for _, l := range list {
		set, args := "", []any{}
		if l.Kind == issuance.OfferRetrieved {
			set = "status = CASE WHEN status = 'ready' AND expires_at > ? THEN 'retrieved' ELSE status END"
			args = append(args, millis(l.At))
		}
		version, err := t.advance(l.Offer, issuance.Statuses(), set, "version < ?", append(args, maxVersion)...)
		if err != nil {
			return err
		}
		if version == 0 {
			continue
		}
		if err := t.event(issuance.Event{Offer: l.Offer, Sequence: version, Kind: l.Kind, At: l.At, Cause: l.Cause}); err != nil {
			return err
		}
	}
	return nil
}
