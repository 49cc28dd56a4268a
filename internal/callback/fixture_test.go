package callback_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"counterfoil/internal/callback"
	"counterfoil/internal/issuance"
	"counterfoil/internal/outbound"
	"counterfoil/internal/secret"
	"counterfoil/internal/store"
	"counterfoil/internal/typemeta"
)

// secretText is the secret of every endpoint here: 32 bytes.
const secretText = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// call is one attempt as a receiver saw it.
type call struct {
	at     time.Time
	path   string
	header http.Header
	body   string
}

// id is what the receiver drops repeats by.
func (c call) id() string { return c.header.Get("Webhook-Id") }

// receiver is a callback endpoint: it keeps what comes and answers as it is told.
type receiver struct {
	mu     sync.Mutex
	calls  []call
	office *office
	// answer answers the nth attempt, counted from 1; nil answers 204.
	answer func(n int, w http.ResponseWriter, r *http.Request)
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		body = []byte("unreadable: " + err.Error())
	}
	r.mu.Lock()
	r.calls = append(r.calls, call{r.office.now(), req.RequestURI, req.Header.Clone(), string(body)})
	n, answer := len(r.calls), r.answer
	r.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(n, w, req)
}

// do changes how the receiver answers from now on.
func (r *receiver) do(answer func(n int, w http.ResponseWriter, req *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// got gives what came so far.
func (r *receiver) got() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// ids gives the ids of what came so far.
func (r *receiver) ids() []string {
	var out []string
	for _, c := range r.got() {
		out = append(out, c.id())
	}
	return out
}

// status answers every attempt with one status.
func status(code int) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// hang never answers; it ends when the caller gives up.
func hang(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// office is the real use cases over a real database, with a deliverer that the test starts.
type office struct {
	service *issuance.Service
	store   *store.Store
	watch   *issuance.Watch
	client  *http.Client
	wires   wires
	skew    atomic.Int64 // how far the clock of the office is ahead of the time that passes
}

// now is the clock of the office.
func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.skew.Load())) }

// types has one type that takes any note.
type types struct{ only typemeta.Type }

// Type implements issuance.Types.
func (l types) Type(string) (typemeta.Type, bool) { return l.only, true }

// Version implements issuance.Types; there is one of each.
func (l types) Version(id string, _ int) (typemeta.Type, bool) { return l.Type(id) }

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{watch: &issuance.Watch{}, wires: wires{}}
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o.store, err = store.Open(t.Context(), store.Options{
		DataDir: t.TempDir(), Migrate: true, Master: master, Watch: o.watch, Clock: o.now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	})
	only, err := typemeta.Parse("Note", []byte(`{"vct":"urn:test:note","name":"Note","claims":[{"path":["note"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	o.service = issuance.NewService(issuance.Dependencies{
		Offers: o.store, Gates: o.store, Grants: o.store, Record: o.store, Repairs: o.store, Approvals: o.store, Types: types{only}, Master: master, Clock: o.now, Random: rand.Reader,
	}, issuance.Settings{OfferTTL: 24 * time.Hour, TokenTTL: 5 * time.Minute, MaxAttempts: 5})
	o.client = outbound.NewClient(outbound.Options{Allow: outbound.Loopback()})
	t.Cleanup(o.client.CloseIdleConnections)
	return o
}

// endpoint records an endpoint and switches it on.
func (o *office) endpoint(t *testing.T, id issuance.EndpointID, url string) {
	t.Helper()
	o.put(t, issuance.Endpoint{ID: id, URL: url, Secret: secret.NewText(secretText)})
}

// put records an endpoint, or changes the one of its id, and switches it on.
func (o *office) put(t *testing.T, e issuance.Endpoint) {
	t.Helper()
	const limit = 100
	e.State, e.Statuses = issuance.EndpointActive, issuance.StandardCallbacks()
	err := o.store.AddEndpoint(t.Context(), e, limit)
	if issuance.KindOf(err) == issuance.Conflict {
		_, err = o.store.ChangeEndpoint(t.Context(), issuance.EndpointChange{
			ID: e.ID, URL: &e.URL, Rotate: &issuance.Rotation{Secret: e.Secret}, State: &e.State, At: o.now(),
			From: []issuance.EndpointState{issuance.EndpointActive, issuance.EndpointPaused, issuance.EndpointDisabled},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// start runs a deliverer; stop ends it and waits for what is out. The test's end stops it too.
func (o *office) start(t *testing.T) (stop func()) {
	t.Helper()
	return o.startOn(t, o.store)
}

func (o *office) startOn(t *testing.T, outbox issuance.Outbox) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	d := callback.New(outbox, o.client, o.now, slog.New(slog.DiscardHandler))
	go func() { done <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// offer makes an offer, which queues OFFER_CREATED.
func (o *office) offer(t *testing.T) issuance.OfferID {
	t.Helper()
	c, err := o.service.CreateOffer(t.Context(), issuance.CreateOffer{
		Type: "Note", Claims: map[string]any{"note": "Canary"}, Channel: issuance.ChannelManagement, By: issuance.Actor{Name: "a test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.Offer.ID
}

// offerTo makes an offer whose OFFER_CREATED waits for an endpoint that is only recorded, so that a receiver can be told of it
// before it is called.
func (o *office) offerTo(t *testing.T, endpoint issuance.EndpointID) issuance.OfferID {
	t.Helper()
	o.endpoint(t, endpoint, "http://"+string(endpoint)+"/")
	return o.offer(t)
}

// cancel ends an offer, which queues FAILED.
func (o *office) cancel(t *testing.T, id issuance.OfferID) {
	t.Helper()
	if _, err := o.service.CancelOffer(t.Context(), id, issuance.Actor{Name: "a test"}); err != nil {
		t.Fatal(err)
	}
}

// issue settles an offer, which queues ISSUED. Nothing is signed: the record is what callbacks are about.
func (o *office) issue(t *testing.T, id issuance.OfferID) {
	t.Helper()
	at, token := o.now(), secret.Hash("token of "+string(id))
	err := o.store.Redeem(t.Context(), issuance.Redemption{
		Offer: id, At: at, MaxAttempts: 5, Grant: issuance.Grant{TokenHash: token, Offer: id, Type: "Note", ExpiresAt: at.Add(time.Minute)},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = o.store.Settle(t.Context(), issuance.Settlement{
		Offer: id, TokenHash: token, At: at, Batch: "batch of " + string(id), Limit: 1, Credentials: []issuance.Credential{{
			ID: "credential of " + string(id), Offer: id, Batch: "batch of " + string(id), Format: "f", Thumbprint: "k", Digest: []byte("d"),
			IssuedAt: at, ExpiresAt: at.Add(time.Hour),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// deliveries gives the deliveries of an offer to one endpoint, in order.
func (o *office) deliveries(t *testing.T, id issuance.OfferID, endpoint issuance.EndpointID) []issuance.Delivery {
	t.Helper()
	all, err := o.store.Deliveries(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(d issuance.Delivery) bool { return d.Endpoint != endpoint })
}

// wait blocks until a delivery of the offer is as wanted, woken by the record itself.
func (o *office) wait(t *testing.T, id issuance.OfferID, endpoint issuance.EndpointID, want func(d issuance.Delivery) bool) issuance.Delivery {
	t.Helper()
	changed, end := o.watch.Subscribe(id)
	defer end()
	limit := time.After(time.Minute)
	for {
		for _, d := range o.deliveries(t, id, endpoint) {
			if want(d) {
				return d
			}
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("it did not happen: %+v", o.deliveries(t, id, endpoint))
		}
	}
}

// attempted is a delivery whose first attempt is over.
func attempted(d issuance.Delivery) bool { return d.LastResult != "" }

// inTime runs a test in a bubble of its own time, with receivers on wires of memory: nothing there waits for the world, so hours
// pass at once.
func inTime(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		transport, ok := o.client.Transport.(*http.Transport)
		if !ok {
			t.Fatal("the client has another transport")
		}
		transport.DialContext = o.wires.dial
		test(t, o)
	})
}

// receive puts a receiver on a wire and records it as an endpoint of the same name.
func (o *office) receive(t *testing.T, name string) *receiver {
	t.Helper()
	r := &receiver{office: o}
	w := &wire{name: name, conns: make(chan net.Conn), closed: make(chan struct{})}
	o.wires[name+":80"] = w
	server := &httptest.Server{Listener: w, Config: &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}} //nolint:exhaustruct // started below
	server.Start()
	t.Cleanup(server.Close)
	o.endpoint(t, issuance.EndpointID(name), "http://"+name+"/callbacks")
	return r
}

// settle lets the deliverer do what is due.
func settle() {
	<-time.After(time.Second) // time of the bubble: longer than the deliverer looks away
	synctest.Wait()
}

// later moves the clock of the office and lets the deliverer do what is due then. A leap ends the lease of what is out, which
// is then sent twice, as it may: let that settle before.
func (o *office) later(d time.Duration) {
	o.skew.Add(int64(d))
	settle()
}

// wires are listeners in memory by address.
type wires map[string]*wire

func (w wires) dial(ctx context.Context, _, address string) (net.Conn, error) {
	l, ok := w[address]
	if !ok {
		return nil, fmt.Errorf("no wire to %s", address)
	}
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err() //nolint:wrapcheck // as a dialler does
	}
}

// wire is a listener in memory.
type wire struct {
	name   string
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Accept implements net.Listener.
func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

// Addr implements net.Listener.
func (w *wire) Addr() net.Addr { return w }

// Network implements net.Addr.
func (w *wire) Network() string { return "wire" }

// String implements net.Addr.
func (w *wire) String() string { return strings.TrimSuffix(w.name, ":80") }
