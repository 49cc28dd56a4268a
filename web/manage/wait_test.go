package manage_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/web/manage"
)

// watched is the offers of the house; it tells when somebody reads one the second time, which who waits does after it has begun to
// watch.
type watched struct {
	manage.Offers

	mu      sync.Mutex
	reads   map[issuance.OfferID]int
	waiting chan struct{}
}

// Offer implements manage.Offers.
func (w *watched) Offer(ctx context.Context, id issuance.OfferID) (issuance.Offer, error) {
	o, err := w.Offers.Offer(ctx, id)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reads[id]++; w.reads[id] == 2 {
		close(w.waiting)
	}
	return o, err //nolint:wrapcheck // as it came
}

// waitingHouse is a house that tells when somebody waits; closing stopping ends all waits.
func waitingHouse(t *testing.T) (h *house, waiting, stopping chan struct{}) {
	t.Helper()
	h = newHouse(t)
	waiting, stopping = make(chan struct{}), make(chan struct{})
	h.furnish(func(d *manage.Dependencies) {
		d.Offers, d.Stopping = &watched{Offers: h.service, reads: map[issuance.OfferID]int{}, waiting: waiting}, stopping
	})
	return h, waiting, stopping
}

func TestShowOffer_waits_no_longer_than_until_the_end(t *testing.T) {
	type made struct {
		h        *house
		id       string
		stopping chan struct{}
	}
	for name, row := range map[string]struct {
		end    func(t *testing.T, m made)
		status string
	}{
		"cancelled": {func(t *testing.T, m made) { m.h.want(t, cancel(m.id), http.StatusOK, nil) }, "cancelled"},
		"expired": {func(t *testing.T, m made) {
			m.h.passed.Add(int64(time.Hour))
			if err := m.h.service.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		}, "expired"},
		"the program stops": {func(_ *testing.T, m made) { close(m.stopping) }, "ready"},
	} {
		t.Run(name, func(t *testing.T) {
			h, waiting, stopping := waitingHouse(t)
			offer, _ := h.create(t, post(goodBody))
			got := make(chan answer, 1)
			go func() { got <- h.call(t, get("/offers/"+offer.OfferID+"?wait=terminal&timeout=60s")) }()
			<-waiting
			select {
			case a := <-got:
				t.Fatalf("answered before the end: %d %s", a.status, a.body)
			default:
			}
			began := time.Now()
			row.end(t, made{h, offer.OfferID, stopping})
			a := <-got
			// Without being woken it would look again after two seconds.
			if took := time.Since(began); took > time.Second || a.status != http.StatusOK {
				t.Errorf("after %s: %d %s", took, a.status, a.body)
			}
			var shown struct{ Status string }
			h.read(t, "/offers/"+offer.OfferID, &shown)
			if shown.Status != row.status {
				t.Errorf("it is %s", shown.Status)
			}
		})
	}
}

// What is not the end wakes who waits, and lets them wait on.
func TestShowOffer_waits_on_when_it_is_not_the_end(t *testing.T) {
	h, waiting, _ := waitingHouse(t)
	offer, _ := h.create(t, post(goodBody))
	got := make(chan answer, 1)
	go func() { got <- h.call(t, get("/offers/"+offer.OfferID+"?wait=terminal")) }()
	<-waiting
	h.watch.Wake(issuance.OfferID(offer.OfferID))
	h.watch.WakeAll()
	h.want(t, cancel(offer.OfferID), http.StatusOK, nil)
	var shown struct{ Status string }
	if a := <-got; a.status != http.StatusOK {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if h.read(t, "/offers/"+offer.OfferID, &shown); shown.Status != "cancelled" {
		t.Errorf("it is %s", shown.Status)
	}
}

func TestShowOffer_answers_at_once_when_it_has_ended(t *testing.T) {
	h := newHouse(t)
	offer, _ := h.create(t, post(goodBody))
	h.want(t, cancel(offer.OfferID), http.StatusOK, nil)
	expired, _ := h.create(t, extra(`"expires_in":30`))
	h.passed.Add(int64(time.Minute)) // no sweep has run
	for id, want := range map[string]string{offer.OfferID: "cancelled", expired.OfferID: "expired"} {
		began := time.Now()
		var shown struct{ Status string }
		if h.read(t, "/offers/"+id+"?wait=terminal&timeout=60s", &shown); shown.Status != want || time.Since(began) > 30*time.Second {
			t.Errorf("after %s: %s, want %s", time.Since(began), shown.Status, want)
		}
	}
}

func TestShowOffer_tells_the_state_when_the_time_is_over(t *testing.T) {
	h := newHouse(t)
	offer, _ := h.create(t, post(goodBody))
	began := time.Now()
	var shown struct{ Status string }
	h.read(t, "/offers/"+offer.OfferID+"?wait=terminal&timeout=1s", &shown)
	if took := time.Since(began); shown.Status != "ready" || took < time.Second || took > 30*time.Second {
		t.Errorf("after %s: %s", took, shown.Status)
	}
}

func TestShowOffer_refuses_a_wait_that_is_none(t *testing.T) {
	h := newHouse(t)
	offer, _ := h.create(t, post(goodBody))
	var rows []refusal
	for query, place := range map[string]string{
		"wait=": "/wait", "wait=ended": "/wait", "wait=Terminal": "/wait", "wait=true": "/wait", "timeout=30s": "/timeout",
		"wait=terminal&timeout=": "/timeout", "wait=terminal&timeout=0s": "/timeout", "wait=terminal&timeout=999ms": "/timeout", "wait=terminal&timeout=61s": "/timeout",
		"wait=terminal&timeout=-1s": "/timeout", "wait=terminal&timeout=30": "/timeout", "wait=terminal&timeout=1000000h": "/timeout", "wait=terminal&timeout=%00": "/timeout",
		"wait=terminal&timeout=NaNs": "/timeout", "wait=terminal&timeout=1m": "/timeout", "wait=terminal&timeout=1500000us": "/timeout", "wait=terminal&timeout=1s500ms": "/timeout",
		"wait=terminal&timeout=.5e1s": "/timeout",
	} {
		rows = append(rows, refusal{query, get("/offers/" + offer.OfferID + "?" + query), http.StatusUnprocessableEntity, "validation_failed", []string{place + " validation_failed"}})
	}
	rows = append(rows, refusal{"twice", get("/offers/" + offer.OfferID + "?wait=terminal&wait=terminal"), http.StatusBadRequest, "unknown_parameter", nil},
		refusal{"an offer that is not there", get("/offers/none?wait=terminal"), http.StatusNotFound, "offer_not_found", nil})
	refuseAll(t, h, rows)
}

// slots is the offers of the house; it tells of every read beyond the first of each request that waits.
type slots struct {
	manage.Offers
	reads chan struct{}
}

// Offer implements manage.Offers.
func (s slots) Offer(ctx context.Context, id issuance.OfferID) (issuance.Offer, error) {
	o, err := s.Offers.Offer(ctx, id)
	s.reads <- struct{}{}
	return o, err //nolint:wrapcheck // as it came
}

// A process lets a thousand wait; the next is told to come again, and one that does not wait is answered.
func TestShowOffer_lets_a_thousand_wait(t *testing.T) {
	const most = 1000
	h := newHouse(t)
	stopping, reads := make(chan struct{}), make(chan struct{}, 100*most)
	h.furnish(func(d *manage.Dependencies) { d.Offers, d.Stopping = slots{h.service, reads}, stopping })
	offer, _ := h.create(t, post(goodBody))
	at := get("/offers/" + offer.OfferID + "?wait=terminal&timeout=60s")
	var ended sync.WaitGroup
	for range most {
		ended.Go(func() {
			if got := h.call(t, at); got.status != http.StatusOK {
				t.Errorf("who waited got %d", got.status)
			}
		})
	}
	for range 2 * most { // each reads before it waits and when it begins to
		<-reads
	}
	got := h.call(t, at)
	refused(t, at, got, http.StatusTooManyRequests, "too_many_requests")
	if got.headers.Get("Retry-After") != "5" {
		t.Errorf("Retry-After %q", got.headers.Get("Retry-After"))
	}
	h.want(t, get("/offers/"+offer.OfferID), http.StatusOK, nil)
	close(stopping)
	ended.Wait()
	h.want(t, at, http.StatusOK, nil) // there is room again
}
