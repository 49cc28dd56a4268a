//go:build bench

// Package bench measures what the program promises about speed. It asserts nothing about time: it prints a table, with medians and spread,
// for somebody to read. Run it by make bench.
package bench_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"counterfoil/internal/callback"
	"counterfoil/internal/issuance"
	"counterfoil/internal/outbound"
	"counterfoil/internal/secret"
	"counterfoil/internal/store"
	"counterfoil/internal/store/storetest"
)

const (
	runs     = 3
	waiting  = 10_000
	endpoint = "bench"
	whsec    = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
)

// report prints one line of the table: what was measured, median, least and most of its runs, and what is asked for.
func report(what, unit string, values []float64, wanted string) {
	slices.Sort(values)
	w := tabwriter.NewWriter(os.Stdout, 48, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%.1f %s\t(%.1f to %.1f, %d runs)\twanted %s\n", what, values[len(values)/2], unit, values[0], values[len(values)-1], len(values), wanted)
	_ = w.Flush()
}

// percentile gives the p-th of a hundred of the values, in milliseconds.
func percentile(values []time.Duration, p int) float64 {
	slices.Sort(values)
	return float64(values[(len(values)-1)*p/100].Microseconds()) / 1000
}

// desk is a real store on PostgreSQL with a deliverer and a receiver.
type desk struct {
	store *store.Store
	url   string
	skew  atomic.Int64
	down  atomic.Bool

	mu   sync.Mutex
	seen map[string]int      // how often each webhook-id came
	last map[string][]string // statuses by offer, first time each
	all  chan struct{}
	want int
}

func (d *desk) now() time.Time { return time.Now().Add(time.Duration(d.skew.Load())) }

func newDesk(t *testing.T, want int) *desk {
	t.Helper()
	d := &desk{url: storetest.PostgreSQL(t), seen: map[string]int{}, last: map[string][]string{}, all: make(chan struct{}), want: want}
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d.store, err = store.Open(t.Context(), store.Options{
		URL: d.url, DataDir: t.TempDir(), Migrate: true, Master: master, Watch: &issuance.Watch{}, Clock: d.now,
		Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(d)
	t.Cleanup(func() {
		receiver.Close()
		if err := d.store.Close(); err != nil {
			t.Error(err)
		}
	})
	err = d.store.AddEndpoint(t.Context(), issuance.Endpoint{
		ID: endpoint, URL: receiver.URL, Secret: secret.NewText(whsec), State: issuance.EndpointActive, Statuses: issuance.StandardCallbacks(),
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ServeHTTP is the receiver.
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.down.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var body struct{ OfferID, Status string }
	raw, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(raw, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	id := r.Header.Get("webhook-id")
	if d.seen[id]++; d.seen[id] == 1 {
		d.last[body.OfferID] = append(d.last[body.OfferID], body.Status)
		if len(d.seen) == d.want {
			close(d.all)
		}
	}
	d.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// offer queues OFFER_CREATED, and FAILED when it is cancelled too.
func (d *desk) offer(t *testing.T, i int, cancelled bool) {
	t.Helper()
	now := d.now()
	id := issuance.OfferID(fmt.Sprintf("offer-%016d", i))
	err := d.store.AddOffer(t.Context(), issuance.Draft{
		Offer: issuance.Offer{
			ID: id, Type: "T", Status: issuance.StatusReady, Version: 1, CreatedAt: now, ExpiresAt: now.Add(24 * time.Hour), Channel: issuance.ChannelManagement,
		},
		Claims: []byte("{}"), CodeHash: []byte(id),
	})
	if err == nil && cancelled {
		_, err = d.store.EndOffer(t.Context(), issuance.End{Offer: id, To: issuance.StatusCancelled, At: now, Cause: "bench"})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// deliver runs a deliverer until stop is called.
func (d *desk) deliver(t *testing.T) (stop func()) {
	t.Helper()
	client := outbound.NewClient(outbound.Options{Allow: outbound.Loopback()})
	deliverer := callback.New(d.store, client, d.now, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- deliverer.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		client.CloseIdleConnections()
	}
}

// wait waits until everything came.
func (d *desk) wait(t *testing.T) {
	t.Helper()
	select {
	case <-d.all:
	case <-time.After(5 * time.Minute):
		t.Fatalf("%d of %d came", len(d.seen), d.want)
	}
}

// How fast a backlog drains to a receiver that answers at once.
func TestBench_drain(t *testing.T) {
	var rates []float64
	for range runs {
		d := newDesk(t, waiting)
		for i := range waiting {
			d.offer(t, i, false)
		}
		began := time.Now()
		stop := d.deliver(t)
		d.wait(t)
		rates = append(rates, waiting/time.Since(began).Seconds())
		stop()
	}
	report("10,000 queued events to a healthy receiver", "a second", rates, "≥ 2,000 a second")
}

// After an outage of an hour, by a clock that leaps: everything that waited, in order for each offer.
func TestBench_recovery_from_an_outage(t *testing.T) {
	var took, repeats []float64
	for range runs {
		d := newDesk(t, waiting)
		d.down.Store(true)
		stop := d.deliver(t)
		for i := range waiting / 2 { // two events each
			d.offer(t, i, true)
		}
		const leaps, leap = 12, 5 * time.Minute
		for range leaps {
			d.skew.Add(int64(leap))
			<-time.After(300 * time.Millisecond) // time to try what is due
		}
		began := time.Now()
		d.down.Store(false)
		d.wait(t)
		took = append(took, time.Since(began).Seconds())
		stop()
		more := 0
		for _, n := range d.seen {
			more += n - 1
		}
		repeats = append(repeats, 100*float64(more)/waiting)
		for id, statuses := range d.last {
			if !slices.Equal(statuses, []string{"OFFER_CREATED", "FAILED"}) {
				t.Errorf("%s got %v", id, statuses)
			}
		}
	}
	report("10,000 events after an hour of outage", "s", took, "≤ 120 s after recovery")
	report("of them sent more than once", "%", repeats, "≤ 0.1 %")
}
