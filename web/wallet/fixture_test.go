package wallet_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/brand"
	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/mint"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/secret"
	"counterfoil/internal/store"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
	"counterfoil/web/wallet"
)

const (
	issuer    = "https://issuer.example"
	grantType = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
	formType  = "application/x-www-form-urlencoded"
	jsonType  = "application/json"
	identity  = "IdentityCredential"
	account   = "AccountOwnershipCredential"
	solo      = "SoloCredential" // has a batch size of 1
	eyes      = "EyesCredential" // must be approved
	offerTTL  = 10 * time.Minute
	tokenTTL  = 5 * time.Minute
	maxTries  = 5
)

// canaries are the claim values of every offer: they may be seen in credentials and nowhere else.
func canaries() []string { return []string{"Canary-Erika", "Canary-Mustermann", "CANARY4711"} }

// clock is the time of the whole fixture: it stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// logs keeps what the server wrote to its log.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p) //nolint:wrapcheck // a buffer's
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// typeList finds types as the running program does.
type typeList []typemeta.Type

func (l typeList) Type(id string) (typemeta.Type, bool) {
	for _, t := range l {
		if t.ID == id {
			return t, true
		}
	}
	return typemeta.Type{}, false
}

// Version implements issuance.Types; there is one of each.
func (l typeList) Version(id string, _ int) (typemeta.Type, bool) { return l.Type(id) }

// fixture is the real door on the real domain on a real database in a directory of the test's own.
type fixture struct {
	issuer   string
	brand    brand.Brand
	limited  bool
	dir      string
	clock    *clock
	logs     *logs
	master   secret.Master
	keys     trust.Set
	types    typeList
	store    *store.Store
	service  *issuance.Service
	protocol *oid4vci.Service
	app      *fiber.App
}

// newFixture makes the door; change sets what a test wants different before it opens.
func newFixture(t *testing.T, change ...func(*fixture)) *fixture {
	t.Helper()
	f := &fixture{
		issuer: issuer, brand: brand.Brand{Name: "Test issuer"}, dir: t.TempDir(), logs: &logs{},
		clock: &clock{now: time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC)},
	}
	for _, c := range change {
		c(f)
	}
	var err error
	if f.master, err = secret.NewMaster(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if f.keys, err = trust.MakeDemo(f.clock.Now(), rand.Reader, f.issuer); err != nil {
		t.Fatal(err)
	}
	samples, err := typemeta.Load(typemeta.Samples())
	if err != nil {
		t.Fatal(err)
	}
	own, err := typemeta.Load(fstest.MapFS{
		solo + ".json":        {Data: []byte(`{"vct":"urn:test:solo:1","name":"Solo","claims":[{"path":["name"],"mandatory":true,"sd":"always"}]}`)},
		solo + ".config.json": {Data: []byte(`{"batch_size":1}`)},
		eyes + ".json":        {Data: []byte(`{"vct":"urn:test:eyes:1","name":"Eyes","claims":[{"path":["name"],"mandatory":true,"sd":"always"}]}`)},
		eyes + ".config.json": {Data: []byte(`{"approval":"always"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.types = append(samples, own...)
	f.open(t)
	t.Cleanup(func() { f.close(t) })
	return f
}

// open wires the door as the program does, on the database that is there.
func (f *fixture) open(t *testing.T) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(f.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	f.store, err = store.Open(t.Context(), store.Options{
		DataDir: f.dir, Migrate: true, Master: f.master, Watch: &issuance.Watch{}, Clock: f.clock.Now, Random: rand.Reader, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(f.keys.Keys[trust.Issuer].Signer, "ES256", f.keys.Keys[trust.Issuer].Chain)
	if err != nil {
		t.Fatal(err)
	}
	minter, err := mint.NewSDJWTVC(signer, f.issuer, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f.service = issuance.NewService(issuance.Dependencies{
		Offers: f.store, Gates: f.store, Grants: f.store, Record: f.store, Repairs: f.store, Approvals: f.store, Types: f.types, Minter: minter,
		Master: f.master, Clock: f.clock.Now, Random: rand.Reader,
	}, issuance.Settings{OfferTTL: offerTTL, TokenTTL: tokenTTL, MaxAttempts: maxTries})
	urls := oid4vci.URLs{Issuer: f.issuer}
	f.protocol = oid4vci.NewService(f.service, urls, func() int { return oid4vci.BatchSize(f.types) }, f.master, f.clock.Now, rand.Reader)
	access, err := jose.NewSigner(f.keys.Keys[trust.Access].Signer, "ES256", f.keys.Keys[trust.Access].Chain)
	if err != nil {
		t.Fatal(err)
	}
	metadata, err := oid4vci.NewMetadata(urls, typemeta.NewCatalog(f.types), f.brand.Name, access)
	if err != nil {
		t.Fatal(err)
	}
	f.app = wallet.New(wallet.Dependencies{
		Brand:    f.brand,
		Protocol: f.protocol, Nonces: f.protocol, Offers: f.service, Metadata: metadata, URLs: urls, Types: typemeta.NewCatalog(f.types),
		Clock: f.clock.Now, Log: log, Limited: f.limited,
	})
}

// close ends the store; a test that closed it itself left nil.
func (f *fixture) close(t *testing.T) {
	t.Helper()
	if f.store == nil {
		return
	}
	if err := f.store.Close(); err != nil {
		t.Error(err)
	}
	f.store = nil
}

// restart ends the process as far as a wallet can tell: everything that was only in memory is gone.
func (f *fixture) restart(t *testing.T) {
	t.Helper()
	f.close(t)
	f.open(t)
}

// fresh makes an offer that no wallet has seen.
func (f *fixture) fresh(t *testing.T, change ...func(*issuance.CreateOffer)) issuance.CreatedOffer {
	t.Helper()
	value := canaries()
	c := issuance.CreateOffer{
		Type: identity, Channel: issuance.ChannelManagement, By: issuance.Actor{Name: "test"}, Reference: "Canary-Reference",
		Claims: map[string]any{"given_name": value[0], "family_name": value[1], "document_number": value[2], "issuing_country": "DE"},
	}
	for _, ch := range change {
		ch(&c)
	}
	made, err := f.service.CreateOffer(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// offer is an offer as its wallet knows it.
type offer struct {
	id     issuance.OfferID
	code   string
	txCode string
}

// offer makes an offer and fetches it as a wallet does.
func (f *fixture) offer(t *testing.T, change ...func(*issuance.CreateOffer)) offer {
	t.Helper()
	made := f.fresh(t, change...)
	o := offer{id: made.Offer.ID, txCode: made.TxCode.Reveal()}
	a := f.do(t, request{method: http.MethodGet, path: oid4vci.PathOffers + string(o.id)})
	var object struct {
		Grants map[string]struct {
			Code string `json:"pre-authorized_code"`
		} `json:"grants"`
	}
	if err := json.Unmarshal([]byte(a.body), &object); err != nil || object.Grants[grantType].Code == "" {
		t.Fatalf("fetch offer: %d %s", a.status, a.body)
	}
	o.code = object.Grants[grantType].Code
	return o
}

// withTxCode asks for a transaction code.
func withTxCode(c *issuance.CreateOffer) { c.TxCode = &issuance.TxCode{} }

// ofType makes the offer one of a type that takes other claims.
func ofType(id string, claims map[string]any) func(*issuance.CreateOffer) {
	return func(c *issuance.CreateOffer) { c.Type, c.Claims = id, claims }
}

// request is a request about to be sent.
type request struct {
	method, path string
	host         string // empty means the one that net/http/httptest takes
	contentType  string
	header       http.Header
	// form is the body unless body is set.
	form url.Values
	body string
}

// set sets a header; a value given again is a second header of the name.
func (r *request) set(name string, values ...string) {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header[name] = values
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request through the door.
func (f *fixture) do(t *testing.T, r request) answer {
	t.Helper()
	body := r.body
	if body == "" && r.form != nil {
		body = r.form.Encode()
	}
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req := httptest.NewRequest(r.method, r.path, reader)
	maps.Copy(req.Header, r.header)
	if r.host != "" {
		req.Host = r.host
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	res, err := f.app.Test(req, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // it is a buffer
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: string(b)}
}

// member gives a member of a JSON answer that is a text, or "".
func (a answer) member(name string) string {
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		return ""
	}
	text, _ := m[name].(string)
	return text
}

// want (CR-086, NO-057) holds an answer to its status and error code and to what holds for every answer of the endpoints; secrets are what
// the request carried and the answer must not repeat.
func (a answer) want(t *testing.T, status int, code string, secrets ...string) {
	t.Helper()
	if a.status != status || a.member("error") != code {
		t.Errorf("got %d %q (%s), want %d %q", a.status, a.member("error"), a.member("error_description"), status, code)
	}
	if a.body != "" && a.header.Get("Content-Type") != jsonType {
		t.Errorf("content type %q", a.header.Get("Content-Type"))
	}
	if !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		t.Errorf("cache control %q", a.header.Get("Cache-Control"))
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Set-Cookie") != "" || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("headers %v", a.header)
	}
	if a.header.Get("Date") == "" || a.header.Get("X-Request-Id") == "" {
		t.Errorf("headers %v", a.header)
	}
	if status == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") == "" {
		t.Error("401 without WWW-Authenticate")
	}
	if status >= http.StatusBadRequest {
		a.wantTame(t, secrets)
	}
}

// wantTame holds a refusal to the members and characters of OpenID4VCI 1.0 §8.3.1.2 and to silence about what was sent.
func (a answer) wantTame(t *testing.T, secrets []string) {
	t.Helper()
	var members map[string]string
	if err := json.Unmarshal([]byte(a.body), &members); a.body != "" && err != nil {
		t.Errorf("a refusal is an object of texts: %v: %.200s", err, a.body)
		return
	}
	for name, text := range members {
		if !slices.Contains([]string{"error", "error_description", "error_uri"}, name) {
			t.Errorf("the refusal has a member %s", name)
		}
		for _, r := range text {
			if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
				t.Errorf("%s has the character %U", name, r)
			}
		}
	}
	all := a.body
	for _, values := range a.header {
		all += "\n" + strings.Join(values, "\n")
	}
	for _, s := range append(secrets, canaries()...) {
		if s != "" && strings.Contains(all, s) {
			t.Errorf("the answer repeats what was sent: %.80s", all)
		}
	}
}

// tokenRequest is the good token request for an offer.
func tokenRequest(o offer) request {
	form := url.Values{"grant_type": {grantType}, "pre-authorized_code": {o.code}}
	if o.txCode != "" {
		form.Set("tx_code", o.txCode)
	}
	return request{method: http.MethodPost, path: oid4vci.PathToken, contentType: formType, form: form, header: http.Header{}}
}

// redeem gives the access token of an offer.
func (f *fixture) redeem(t *testing.T, o offer) string {
	t.Helper()
	a := f.do(t, tokenRequest(o))
	a.want(t, http.StatusOK, "")
	if a.member("token_type") != "Bearer" || a.member("access_token") == "" {
		t.Fatalf("got %s", a.body)
	}
	return a.member("access_token")
}

// cNonce fetches a c_nonce.
func (f *fixture) cNonce(t *testing.T) string {
	t.Helper()
	a := f.do(t, request{method: http.MethodPost, path: oid4vci.PathNonce})
	a.want(t, http.StatusOK, "")
	if a.member("c_nonce") == "" {
		t.Fatalf("got %s", a.body)
	}
	return a.member("c_nonce")
}

// kinds gives the kinds of an offer's events, in order, after what is buffered was written.
func (f *fixture) kinds(t *testing.T, id issuance.OfferID) []issuance.EventKind {
	t.Helper()
	var kinds []issuance.EventKind
	for _, e := range f.events(t, id) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// events gives an offer's events. Closing the store writes what it buffered, so no test has to wait for a tick.
func (f *fixture) events(t *testing.T, id issuance.OfferID) []issuance.Event {
	t.Helper()
	f.restart(t)
	line, err := f.service.Timeline(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return line.Events
}

// count tells how many events are of a kind.
func count(kinds []issuance.EventKind, kind issuance.EventKind) int {
	n := 0
	for _, k := range kinds {
		if k == kind {
			n++
		}
	}
	return n
}

// together runs do n times at once, all behind one barrier, and gives the answers.
func together(n int, do func(i int) answer) []answer {
	answers := make([]answer, n)
	begin := make(chan struct{})
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			<-begin
			answers[i] = do(i)
		})
	}
	close(begin)
	running.Wait()
	return answers
}
