package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"counterfoil/internal/issuance"
)

// Bounds of the buffer: how long looks wait, how many wait for one offer and in all.
const (
	flushEvery  = 50 * time.Millisecond
	maxLooks    = 20
	maxBuffered = 20_000
	flushWithin = 10 * time.Second
	// flushSize is how many offers one transaction takes.
	flushSize = 200
)

// looks buffers what wallets looked at. What does not fit is dropped and counted: a look is never worth
// keeping a wallet waiting.
type looks struct {
	mu      sync.Mutex
	byOffer map[issuance.OfferID][]counted
	total   int
	dropped map[issuance.OfferID]int
	// writing has a channel for each offer whose looks were taken and are being written; it is closed when they are.
	writing map[issuance.OfferID]chan struct{}
}

// counted is a look that came so many times in a row.
type counted struct {
	issuance.Look
	times int
}

// cause is the look's, with how often it came.
func (c counted) cause() string {
	switch {
	case c.times == 1:
		return c.Cause
	case c.Cause == "":
		return fmt.Sprintf("%d times", c.times)
	}
	return fmt.Sprintf("%s (%d times)", c.Cause, c.times)
}

func newLooks() *looks {
	return &looks{byOffer: map[issuance.OfferID][]counted{}, dropped: map[issuance.OfferID]int{}, writing: map[issuance.OfferID]chan struct{}{}}
}

// add buffers a look. The same one again is counted, so that a wallet which repeats itself hides nothing of what comes after.
func (l *looks) add(look issuance.Look) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.byOffer[look.Offer]
	if n := len(list); n > 0 && list[n-1].Kind == look.Kind && list[n-1].Cause == look.Cause && list[n-1].Code == look.Code {
		list[n-1].times++
		return
	}
	if len(list) >= maxLooks || l.total >= maxBuffered {
		l.dropped[look.Offer]++
		return
	}
	l.byOffer[look.Offer] = append(list, counted{look, 1})
	l.total++
}

// take removes and gives the looks at one offer, once those that were taken before are written: what happened first must stand first.
// Call written when they are, or putBack.
func (l *looks) take(ctx context.Context, id issuance.OfferID) ([]counted, error) {
	for {
		l.mu.Lock()
		before := l.writing[id]
		if before == nil {
			taken := l.byOffer[id]
			l.remove(id)
			l.mu.Unlock()
			return taken, nil
		}
		l.mu.Unlock()
		select {
		case <-before:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for earlier events: %w", ctx.Err())
		}
	}
}

// remove takes an offer's looks out of the buffer, to be written.
func (l *looks) remove(id issuance.OfferID) {
	if n := len(l.byOffer[id]); n > 0 {
		l.total -= n
		delete(l.byOffer, id)
		l.writing[id] = make(chan struct{})
	}
}

// written lets go who waits for the looks at these offers.
func (l *looks) written(ids ...issuance.OfferID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if done := l.writing[id]; done != nil {
			delete(l.writing, id)
			close(done)
		}
	}
}

// takeAll removes and gives the looks at up to n offers, and how many were dropped of each offer since the last call.
func (l *looks) takeAll(n int) (taken map[issuance.OfferID][]counted, dropped map[issuance.OfferID]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken = map[issuance.OfferID][]counted{}
	for id, list := range l.byOffer {
		if len(taken) == n {
			break
		}
		if l.writing[id] == nil {
			taken[id] = list
			l.remove(id)
		}
	}
	dropped, l.dropped = l.dropped, map[issuance.OfferID]int{}
	return taken, dropped
}

// putBack returns looks that could not be written, before newer ones.
func (l *looks) putBack(id issuance.OfferID, list []counted) {
	if len(list) == 0 {
		return
	}
	l.mu.Lock()
	l.byOffer[id] = append(list, l.byOffer[id]...)
	l.total += len(list)
	l.mu.Unlock()
	l.written(id)
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
		more, err := s.flushOnce(context.WithoutCancel(ctx))
		for done && more && err == nil {
			more, err = s.flushOnce(context.WithoutCancel(ctx))
		}
		if err != nil && !failing {
			s.Log.Error("write what wallets looked at", "error", err)
		}
		failing = err != nil
		if done {
			return
		}
	}
}

// flushOnce writes one group and tells whether there was one.
func (s *Store) flushOnce(ctx context.Context) (some bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, flushWithin)
	defer cancel()
	taken, dropped := s.looks.takeAll(flushSize)
	for id, count := range dropped {
		s.Log.Warn("looks dropped: more came than are kept", "offer", id, "count", count)
	}
	if len(taken) == 0 {
		return false, nil
	}
	ids := make([]issuance.OfferID, 0, len(taken))
	for id := range taken {
		ids = append(ids, id)
	}
	slices.Sort(ids) // in one order, so that two processes never wait for each other
	queued, err := s.transact(ctx, func(t *tx) error {
		for _, id := range ids {
			if err := t.writeLooks(taken[id]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for id, list := range taken {
			s.looks.putBack(id, list)
		}
		return false, err
	}
	s.looks.written(ids...)
	s.changed(queued, ids...)
	return true, nil
}

// writeLooks records looks in the order they came. The first fetch of a ready offer makes it retrieved. An offer
// that has too many events already, or is gone, takes no more.
func (t *tx) writeLooks(list []counted) error {
	for _, l := range list {
		set, args, room := "", []any{}, maxVersion
		if l.Kind == issuance.OfferRetrieved {
			room = maxFetches
			set = "status = CASE WHEN status = 'ready' AND expires_at > ? THEN 'retrieved' ELSE status END"
			args = append(args, millis(l.At))
		}
		version, err := t.advance(l.Offer, issuance.Statuses(), set, "version < ?", append(args, room)...)
		if err != nil {
			return err
		}
		if version == 0 {
			continue
		}
		// The look came of a request of its own, not of the one that it is written with.
		e := issuance.Event{Offer: l.Offer, Sequence: version, Kind: l.Kind, At: l.At, Cause: l.cause(), Code: l.Code, Request: l.Request}
		if err := t.record(e); err != nil {
			return err
		}
	}
	return nil
}
