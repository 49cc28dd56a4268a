package manage_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/callback"
	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/outbound"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/internal/store"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
	"counterfoil/web/manage"
)

const (
	issuer  = "https://issuer.bank.example/vci"
	account = "AccountOwnershipCredential"
	// canary is in every good claim: an answer or a log line that has it gave a claim away.
	canary = "Canary"
	// goodClaims fit the type account.
	goodClaims = `{"accountHolder":"Canary Holder","iban":"DE89370400440532013000","bankName":"Canary Bank"}`
	goodBody   = `{"credential_configuration_id":"` + account + `","claims":` + goodClaims + `}`
	testTime   = 60_000 // milliseconds an answer may take on a busy machine
)

// facts is a type with the kinds of values that the samples do not have.
func facts() fstest.MapFS {
	return fstest.MapFS{
		"Facts.json": {Data: []byte(`{"vct":"urn:test:facts","name":"Facts","claims":[
			{"path":["count"]},{"path":["ratio"]},{"path":["adult"]},{"path":["level"]},{"path":["note"]},
			{"path":["address"]},{"path":["address","town"],"mandatory":true},{"path":["tags"]},{"path":["tags",null]}]}`)},
		"Facts.config.json": {Data: []byte(`{"form":{"count":{"type":"integer"},"ratio":{"type":"number"},
			"adult":{"type":"boolean"},"level":{"type":"enum","enum":["low","high"]}},
			"approval":{"when":[{"path":"ratio","over":1000}]}}`)},
	}
}

// folder gives the types that the program starts with: the samples, and one with the kinds of values that they do not have.
func folder(t testing.TB) []typemeta.Type {
	t.Helper()
	own, err := typemeta.Load(facts())
	if err != nil {
		t.Fatal(err)
	}
	samples, err := typemeta.Load(typemeta.Samples())
	if err != nil {
		t.Fatal(err)
	}
	return append(samples, own...)
}

func keys(t *testing.T, now time.Time) trust.Set {
	t.Helper()
	set, err := trust.MakeDemo(now, rand.Reader, issuer)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// journal keeps what was logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p) //nolint:wrapcheck // a buffer's own
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// house is the real door over the real use cases and a real database.
type house struct {
	app       *fiber.App
	service   *issuance.Service
	watch     *issuance.Watch
	clients   *staff.Clients
	deliverer *callback.Deliverer
	catalog   *typemeta.Catalog
	folder    []typemeta.Type
	keys      trust.Set
	store     *store.Store
	log       *journal
	passed    atomic.Int64 // nanoseconds since the start of the test's time
	close     func() error // closes the database once
}

// now is the time of the house: it stands still unless a test moves it.
func (h *house) now() time.Time {
	return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).Add(time.Duration(h.passed.Load()))
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{log: &journal{}, watch: &issuance.Watch{}}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h.store, err = store.Open(t.Context(), store.Options{
		DataDir: t.TempDir(), Migrate: true, Master: master, Watch: h.watch, Clock: h.now, Random: rand.Reader, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.close = sync.OnceValue(h.store.Close)
	t.Cleanup(func() { h.closeDatabase(t) })
	catalog := typemeta.NewCatalog(folder(t))
	// No minter: nothing behind this door signs.
	h.service = issuance.NewService(issuance.Dependencies{
		Offers: h.store, Gates: h.store, Grants: h.store, Record: h.store, Repairs: h.store, Approvals: h.store, Types: catalog, Master: master, Clock: h.now, Random: rand.Reader,
	}, issuance.Settings{OfferTTL: 5 * time.Minute, TokenTTL: 5 * time.Minute, MaxAttempts: 5})
	h.clients = staff.NewClients(h.store, h.now, rand.Reader, log)
	h.deliverer = h.deliver(t, log)
	h.catalog = catalog
	h.keys = keys(t, h.now())
	h.folder = folder(t)
	h.reopen(manage.Open())
	return h
}

// reopen makes the door anew with another answer to who may call.
func (h *house) reopen(access manage.Access) {
	callbacks := &issuance.Callbacks{
		Endpoints: h.store, Deliveries: h.store, Types: h.catalog, Clock: h.now, Random: rand.Reader,
		CheckURL: func(url string) error { return outbound.CheckURL(url, outbound.Options{Allow: outbound.Loopback()}) },
	}
	h.app = manage.New(manage.Dependencies{
		Offers: h.service, Callbacks: callbacks, Endpoints: h.store, Deliveries: h.store, Replays: callbacks, Pings: h.deliverer,
		Answers: h.store, Credentials: h.store, Types: h.catalog,
		TypeAdmin: &issuance.TypeAdmin{Versions: h.store, Catalog: h.catalog, Folder: h.folder, Clock: h.now},
		Access:    access, Clients: h.clients, Keys: h.clients, Signing: h.keys,
		Metrics:      func(context.Context) ([]byte, error) { return []byte("# none\n"), nil },
		CallbackBody: callback.Body, Watch: h.watch, Clock: h.now, Stopping: make(chan struct{}), URLs: oid4vci.URLs{Issuer: issuer},
		Ready: h.store.Ping, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
}

// deliver runs what hands callbacks over; it may call this machine.
func (h *house) deliver(t *testing.T, log *slog.Logger) *callback.Deliverer {
	t.Helper()
	client := outbound.NewClient(outbound.Options{Allow: outbound.Loopback()})
	d := callback.New(h.store, client, h.now, log)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		client.CloseIdleConnections()
	})
	return d
}

// closeDatabase takes the database away.
func (h *house) closeDatabase(t *testing.T) {
	t.Helper()
	if err := h.close(); err != nil {
		t.Error(err)
	}
}

// request is what a caller sends; the zero value of method and path is POST /offers, of headers one JSON content type.
type request struct {
	method, path string
	headers      http.Header
	body         string
}

// answer is what came back.
type answer struct {
	status  int
	headers http.Header
	body    string
}

// post is a request to make an offer.
func post(body string) request { return request{body: body} }

// get is a request to read.
func get(path string) request {
	return request{method: http.MethodGet, path: path, headers: http.Header{}}
}

// with adds a header.
func (r request) with(name string, values ...string) request {
	h := r.headers.Clone()
	if h == nil {
		h = jsonHeader()
	}
	h[name] = values
	r.headers = h
	return r
}

// at changes the path.
func (r request) at(path string) request {
	r.path = path
	return r
}

func jsonHeader() http.Header { return http.Header{"Content-Type": {"application/json"}} }

// call sends the request through the door. The path goes out as it is, also when no client would write it so.
func (h *house) call(t *testing.T, r request) answer {
	t.Helper()
	if r.method == "" {
		r.method = http.MethodPost
	}
	if r.path == "" {
		r.path = "/offers"
	}
	if r.headers == nil {
		r.headers = jsonHeader()
	}
	req := &http.Request{
		Method: r.method, URL: &url.URL{Path: "/"}, RequestURI: r.path, Host: "manage.test", Header: r.headers, Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
	if r.body != "" || r.method == http.MethodPost {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(r.body)), int64(len(r.body))
	}
	res, err := h.app.Test(req, testTime)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{res.StatusCode, res.Header, string(body)}
	readDocument(t).hold(t, r, got)
	holdCodes(t, got)
	return got
}

// offers counts what is stored.
func (h *house) offers(t *testing.T) int {
	t.Helper()
	list, err := h.store.ListOffers(t.Context(), issuance.Filter{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// problem is a refusal as a caller reads it.
type problem struct {
	Type        string `json:"type"`
	Title       string `json:"title"`
	Status      int    `json:"status"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
	RequestID   string `json:"request_id"`
	Errors      []struct {
		Pointer string `json:"pointer"`
		Code    string `json:"code"`
		Reason  string `json:"reason"`
	} `json:"errors"`
}

// places gives "pointer code" of every faulty member.
func (p problem) places() []string {
	out := []string{}
	for _, e := range p.Errors {
		out = append(out, e.Pointer+" "+e.Code)
	}
	return out
}

// refused holds an answer to what every refusal of this door must be (RFC 9457 with the members of an OAuth error), and gives it.
func refused(t *testing.T, sent request, got answer, status int, code string) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		t.Fatalf("status %d, no problem document: %.300s", got.status, got.body)
	}
	if got.status != status || p.Error != code {
		t.Errorf("got %d %s, want %d %s: %.500s", got.status, p.Error, status, code, got.body)
	}
	if got.headers.Get("Content-Type") != "application/problem+json" {
		t.Errorf("content type %q", got.headers.Get("Content-Type"))
	}
	if p.Type == "" || p.Title == "" || p.Description == "" || p.Status != got.status {
		t.Errorf("an incomplete problem: %.500s", got.body)
	}
	if id := got.headers.Get("X-Request-Id"); id == "" || p.RequestID != id {
		t.Errorf("request id %q in the header, %q in the body", id, p.RequestID)
	}
	if got.headers.Get("Cache-Control") != "no-store" || got.headers.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", got.headers)
	}
	for _, e := range p.Errors {
		if !strings.HasPrefix(e.Pointer, "/") || e.Code == "" || e.Reason == "" {
			t.Errorf("a member without place, code or reason: %+v", e)
		}
	}
	for _, value := range claimValues(sent.body) {
		if strings.Contains(p.Title+p.Description+fmt.Sprint(p.Errors), value) || strings.Contains(got.body, value) {
			t.Errorf("the answer repeats a claim: %.500s", got.body)
		}
	}
	return p
}

// claimValues gives what a body states in its claims, as far as it can be read, and the canary.
func claimValues(body string) []string {
	out := []string{canary}
	var doc struct {
		Claims any `json:"claims"`
	}
	if json.Unmarshal([]byte(body), &doc) != nil {
		return out
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, below := range v {
				walk(below)
			}
		case []any:
			for _, below := range v {
				walk(below)
			}
		case string:
			// Shorter ones are found in any text by chance.
			if len(v) > 3 {
				out = append(out, v)
			}
		}
	}
	walk(doc.Claims)
	return out
}

// refusal is a row of the tables: a hostile request and the one answer to it.
type refusal struct {
	name   string
	send   request
	status int
	code   string
	// places are "pointer code" of each faulty member, in order; nil when the answer names none.
	places []string
}

// refuseAll sends every row and sees that each is refused as it should be, and that nothing was stored or logged of it.
func refuseAll(t *testing.T, h *house, rows []refusal) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			before := h.offers(t)
			p := refused(t, row.send, h.call(t, row.send), row.status, row.code)
			if got, want := fmt.Sprint(p.places()), fmt.Sprint(row.places); got != want {
				t.Errorf("faulty members %v, want %v", got, want)
			}
			if after := h.offers(t); after != before {
				t.Errorf("%d offers were stored", after-before)
			}
		})
	}
	if log := h.log.String(); strings.Contains(log, canary) || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log has a claim or a fault: %s", log)
	}
}

// created is the answer to POST /offers.
type created struct {
	OfferID string  `json:"offer_id"`
	URI     string  `json:"credential_offer_uri"`
	TxCode  *string `json:"tx_code_value"`
}

// create makes an offer and gives the answer.
func (h *house) create(t *testing.T, r request) (created, answer) {
	t.Helper()
	got := h.call(t, r)
	if got.status != http.StatusCreated {
		t.Fatalf("got %d: %s", got.status, got.body)
	}
	var c created
	if err := json.Unmarshal([]byte(got.body), &c); err != nil {
		t.Fatal(err)
	}
	return c, got
}

// redeem spends the offer as a wallet does and gives the claims that would be signed.
func (h *house) redeem(t *testing.T, id string) string {
	t.Helper()
	token, err := h.service.RedeemCode(t.Context(), issuance.RedeemCode{Code: h.service.Code(issuance.OfferID(id)).Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	_, _, claims, err := h.store.Grant(context.Background(), secret.Hash(token.AccessToken.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	return string(claims)
}
