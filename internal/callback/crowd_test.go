package callback_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"counterfoil/internal/callback"
	"counterfoil/internal/issuance"
)

// gauge counts how many calls are at a receiver at once.
type gauge struct{ now, most atomic.Int64 }

// serve holds each call for a time.
func (g *gauge) serve(hold time.Duration, answer int) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		n := g.now.Add(1)
		defer g.now.Add(-1)
		for most := g.most.Load(); n > most; most = g.most.Load() {
			g.most.CompareAndSwap(most, n)
		}
		<-time.After(hold)
		w.WriteHeader(answer)
	}
}

// An endpoint gets few calls at once until it has proved itself, one more for each hundred that got through, and fewer again when it is
// in trouble.
func TestDeliverer_gives_an_endpoint_as_much_as_it_can_take(t *testing.T) {
	const few, proof, offers = 5, 100, 1000
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		var g gauge
		r.do(g.serve(2*time.Second, http.StatusOK))
		for range offers {
			o.offer(t)
		}
		o.start(t)
		settle()
		if most := g.most.Load(); most != few {
			t.Errorf("at first %d at once, want %d", most, few)
		}
		for len(r.got()) < offers {
			settle()
			if most, came := g.most.Load(), int64(len(r.got())); most > few+came/proof {
				t.Fatalf("%d at once after %d came", most, came)
			}
		}
		if most := g.most.Load(); most < few+offers/proof-1 {
			t.Errorf("while it answered well %d at once", most)
		}
		r.do(status(http.StatusServiceUnavailable))
		for range 3 * few {
			o.offer(t)
		}
		settle() // it has failed often enough
		r.do(g.serve(2*time.Second, http.StatusOK))
		g.most.Store(0)
		o.later(5 * time.Second)
		settle()
		if most := g.most.Load(); most == 0 || most > few {
			t.Errorf("after trouble %d at once, want at most %d", most, few)
		}
	})
}

// silent is an outbox that never says that something was queued or recorded.
type silent struct{ issuance.Outbox }

// Queued implements issuance.Outbox.
func (silent) Queued() <-chan struct{} { return nil }

// An endpoint that has room gets the next at once, not when the deliverer looks again by itself.
func TestDeliverer_fills_a_lane_as_soon_as_it_has_room(t *testing.T) {
	const offers = 200
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		for range offers {
			o.offer(t)
		}
		o.startOn(t, silent{o.store})
		settle()
		if n := len(r.got()); n != offers {
			t.Errorf("%d came in a second", n)
		}
	})
}

// CB-096: a clock that leaps makes everything that waited due at once. It goes out no wider than before, and nothing is passed over; what
// was out at that moment may come twice, because its lease is over.
func TestDeliverer_a_clock_that_leaps_makes_no_burst(t *testing.T) {
	const few, offers = 5, 60
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		var g gauge
		r.do(status(http.StatusServiceUnavailable))
		o.start(t)
		for range offers / 2 {
			o.offer(t)
		}
		settle() // they wait for their next attempts
		before := len(r.got())
		r.do(g.serve(300*time.Millisecond, http.StatusOK))
		for range offers / 2 {
			o.offer(t)
		}
		o.later(time.Hour)
		for range 30 {
			settle()
		}
		if most := g.most.Load(); most == 0 || most > 2*few { // the second few are those whose lease was over
			t.Errorf("%d at once", most)
		}
		came := map[string]bool{}
		for _, c := range r.got()[before:] {
			came[c.id()] = true
		}
		if again := len(r.got()) - before - offers; len(came) != offers || again > few {
			t.Errorf("%d of %d events came, %d twice", len(came), offers, again)
		}
	})
}

// CB-086: endpoints that hang, also twenty of them, take nothing from one that is well.
func TestDeliverer_twenty_endpoints_that_hang_delay_nobody(t *testing.T) {
	const hanging, offers = 20, 100
	inTime(t, func(t *testing.T, o *office) {
		for i := range hanging {
			o.receive(t, fmt.Sprintf("slow%d", i)).do(hang)
		}
		well := o.receive(t, "well")
		o.start(t)
		made := map[string]time.Time{}
		for range offers {
			made[string(o.offer(t))+"_OFFER_CREATED"] = o.now()
			<-time.After(200 * time.Millisecond)
		}
		settle()
		var delays []time.Duration
		for _, c := range well.got() {
			delays = append(delays, c.at.Sub(made[c.id()]))
		}
		slices.Sort(delays)
		if len(delays) != offers || delays[offers*95/100] > time.Second {
			t.Errorf("%d calls, delays %v", len(delays), delays)
		}
	})
}

// frail is an outbox whose database may be away.
type frail struct {
	issuance.Outbox
	away atomic.Bool
}

var errAway = errors.New("the database is away")

// Due implements issuance.Outbox.
func (f *frail) Due(ctx context.Context, now time.Time) ([]issuance.EndpointID, error) {
	if f.away.Load() {
		return nil, errAway
	}
	return f.Outbox.Due(ctx, now)
}

// Finish implements issuance.Outbox.
func (f *frail) Finish(ctx context.Context, attempts []issuance.Attempt) error {
	if f.away.Load() {
		return errAway
	}
	return f.Outbox.Finish(ctx, attempts)
}

// ledger keeps what was logged.
type ledger struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *ledger) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *ledger) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

// CB-095: a database that is away is told once, however long it lasts; what was out then comes again, and nothing is lost.
func TestDeliverer_tells_once_that_the_database_is_away(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		f, log := &frail{Outbox: o.store}, &ledger{}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		d := callback.New(f, o.client, o.now, slog.New(slog.NewTextHandler(log, nil)))
		go func() { done <- d.Run(ctx) }()
		r.do(func(int, http.ResponseWriter, *http.Request) { <-time.After(5 * time.Second) })
		id := o.offer(t)
		o.cancel(t, id)
		settle() // the first is out
		for outage := 1; outage <= 2; outage++ {
			f.away.Store(true)
			for range 600 {
				settle()
			}
			if n := log.count("deliver callbacks"); n != outage {
				t.Errorf("%d lines after %d outages", n, outage)
			}
			f.away.Store(false)
			for range 10 {
				settle()
			}
		}
		if n := log.count("record callback attempts"); n > 2 { // one for each attempt that was out
			t.Errorf("%d lines about attempts", n)
		}
		for range 40 {
			settle()
		}
		created, failed := string(id)+"_OFFER_CREATED", string(id)+"_FAILED"
		if got := r.ids(); !slices.Equal(slices.Compact(got), []string{created, failed}) || len(got) > 4 {
			t.Errorf("came %v", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// CB-087: what waits after an hour of outage goes within two minutes, in order per offer, and hardly anything of it twice.
func TestDeliverer_clears_its_backlog_after_an_hour_of_outage(t *testing.T) {
	const offers, each = 250, 4 // the benchmark does it with ten thousand
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		o.ask(t, "bank", issuance.CallbackStatuses()...)
		// It asks for an hour, so that the test is about what waits and not about how often it is tried.
		r.do(func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		o.start(t)
		for range offers {
			id := o.offer(t)
			o.store.Note(issuance.Look{Offer: id, Kind: issuance.OfferRetrieved, At: o.now()})
			if _, err := o.store.CountWrongCode(t.Context(), issuance.WrongCode{Offer: id, At: o.now(), MaxAttempts: 5}); err != nil {
				t.Fatal(err)
			}
			o.cancel(t, id)
		}
		for range 6 {
			o.later(9 * time.Minute)
		}
		before := len(r.got())
		if before < offers {
			t.Errorf("%d attempts in the outage", before)
		}
		// Each call takes a while, as over a network.
		r.do(func(int, http.ResponseWriter, *http.Request) { <-time.After(20 * time.Millisecond) })
		back := time.Now()
		o.offer(t) // what tells that it is back
		for o.waiting(t, "bank") > 0 && time.Since(back) < time.Hour {
			settle()
		}
		synctest.Wait()
		took := time.Since(back)
		if took > 2*time.Minute {
			t.Errorf("it took %s", took)
		}
		calls := r.got()
		told, again := heard(t, calls[before:])
		if len(told) != offers+1 {
			t.Errorf("%d offers were heard of", len(told))
		}
		for id, statuses := range told {
			if n := len(statuses); n != each && n != 1 || statuses[n-1] != "FAILED" && n != 1 {
				t.Errorf("of %s came %v", id, statuses)
			}
		}
		if again > offers*each/1000 {
			t.Errorf("%d of %d came twice", again, offers*each)
		}
		t.Logf("%d attempts in the outage; then %d events in %s of the receiver's time, %d of them twice", before, offers*each, took, again)
	})
}

// waiting counts what waits for an endpoint.
func (o *office) waiting(t *testing.T, id issuance.EndpointID) int {
	t.Helper()
	e, err := o.store.Endpoint(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e.Queued
}

// heard gives the statuses that came of each offer without repeats, and how many were repeats. What comes more than once in the life of
// an offer must come in the order of its numbers.
func heard(t *testing.T, calls []call) (told map[string][]string, again int) {
	t.Helper()
	const idLength = 22 // 16 bytes in base64url
	seen, last := map[string]bool{}, map[string]int{}
	told = map[string][]string{}
	for _, c := range calls {
		if seen[c.id()] {
			again++
			continue
		}
		seen[c.id()] = true
		id, what := c.id()[:idLength], c.id()[idLength+1:]
		number, status, numbered := strings.Cut(what, "_")
		n, err := strconv.Atoi(number)
		if !numbered || err != nil {
			n, status = last[id]+1, what
		}
		if n <= last[id] || len(told[id]) == 0 && status != "OFFER_CREATED" {
			t.Errorf("%s came after number %d", c.id(), last[id])
		}
		last[id], told[id] = n, append(told[id], status)
	}
	return told, again
}
