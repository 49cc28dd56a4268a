package issuance

import "sync"

// Watch wakes those who look at an offer when something happened to it. A wake is only a hint: who is
// woken reads the offer anew, so a lost or doubled hint does no harm. The zero value is ready to use.
type Watch struct {
	mu    sync.Mutex
	waits map[OfferID]map[chan struct{}]struct{}
}

// Subscribe returns a channel that receives after changes of the offer, and a function that
// ends the subscription. A slow reader misses hints, never blocks the waker.
func (w *Watch) Subscribe(id OfferID) (changed <-chan struct{}, end func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waits == nil {
		w.waits = map[OfferID]map[chan struct{}]struct{}{}
	}
	if w.waits[id] == nil {
		w.waits[id] = map[chan struct{}]struct{}{}
	}
	w.waits[id][c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.waits[id], c)
		if len(w.waits[id]) == 0 {
			delete(w.waits, id)
		}
	}
}

// Wake hints to everybody who watches the offer that it changed.
func (w *Watch) Wake(id OfferID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.waits[id] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// WakeAll hints to everybody, for when hints may have been lost.
func (w *Watch) WakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, waits := range w.waits {
		for c := range waits {
			select {
			case c <- struct{}{}:
			default:
			}
		}
	}
}
