package callback

import (
	"sync"
	"time"

	"counterfoil/internal/issuance"
)

// How many deliveries to one endpoint are out at once: few until it proves itself, many while it answers well. One more goes out for
// each hundred that got through, because what is out when the program is killed comes twice: so no more than about one in a hundred
// does. Lanes share nothing, so one that hangs takes nothing from the next; fifty endpoints bound what they take together.
const (
	narrow = 5
	wide   = 128
	proof  = 100
	// probeEvery is how often an endpoint that nothing gets through to is tried: a receiver in trouble, and this machine, are spared the
	// rest until one event gets through.
	probeEvery = time.Second
)

// lane is what this process knows of one endpoint. The zero health is an endpoint of which nothing was seen yet: it may have failed
// under another process, so its first success counts as coming back.
type lane struct {
	mu  sync.Mutex
	out int
	// proven is how many got through, less half of them for each that did not.
	proven      int
	up, failing bool
	// probeAt is when an endpoint that is failing is tried next.
	probeAt time.Time
	// succeeded is when the last success was, returned when the endpoint last came back.
	succeeded, returned time.Time
}

// room tells how many more deliveries may go out at the time now.
func (l *lane) room(now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.failing {
		return max(0, min(narrow+l.proven/proof, wide)-l.out)
	}
	if l.out > 0 || now.Before(l.probeAt) {
		return 0
	}
	return 1
}

func (l *lane) enter() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out++
}

func (l *lane) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out--
}

// heed takes note that the record no longer has the endpoint as failing: somebody switched it on again, or another process got through.
func (l *lane) heed(e issuance.Endpoint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing && e.FailingSince.IsZero() {
		l.up, l.failing = false, false
	}
}

// forget makes the next attempt's verdict a new one.
func (l *lane) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.failing = false, false
}

// learn notes what an attempt says about its endpoint. It gives the endpoint's health when that changed, and whether the attempt
// failed because it was out before the endpoint came back, and so missed that.
//
// One event that is refused while others get through says nothing: an endpoint is failing when an event failed twice and
// nothing got through in between. Otherwise every success would hurry the refused one, and use up in seconds the attempts that
// are meant to last three days.
func (l *lane) learn(d issuance.Delivery, o outcome, began, now time.Time) (change issuance.Health, missed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if o.delivered {
		if !l.up || l.failing {
			l.returned, change = now, issuance.Healthy
		}
		l.up, l.failing, l.succeeded = true, false, now
		l.proven = min(l.proven+1, wide*proof)
		return change, false
	}
	l.probeAt = now.Add(probeEvery)
	l.proven /= 2 // so that a receiver in trouble is asked less
	if o.gone {
		return issuance.HealthStopped, false
	}
	if !l.failing && d.Attempts > 1 && !l.succeeded.After(d.LastAt) {
		l.failing, change = true, issuance.Failing
	}
	return change, began.Before(l.returned)
}
