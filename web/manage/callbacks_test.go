package manage_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counterfoil/internal/callback"
	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/outbound"
	"counterfoil/web/manage"
)

// ownSecret is a secret of 32 bytes that a caller brings.
const ownSecret = "whsec_Q2FuYXJ5IHNlY3JldCBvZiAzMiBieXRlcywgaGVyZSE="

// backend is a callback endpoint of a test: it keeps what came and answers as it is told.
type backend struct {
	url string

	mu     sync.Mutex
	came   []arrival
	answer http.HandlerFunc
	arrive chan struct{} // receives after something came
}

// arrival is one callback as it came.
type arrival struct {
	header http.Header
	body   string
}

func newBackend(t *testing.T) *backend {
	t.Helper()
	b := &backend{arrive: make(chan struct{}, 1)}
	server := httptest.NewServer(b)
	b.url = server.URL + "/hook"
	t.Cleanup(server.Close)
	return b
}

// ServeHTTP implements http.Handler.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	b.mu.Lock()
	b.came = append(b.came, arrival{r.Header.Clone(), string(body)})
	answer := b.answer
	b.mu.Unlock()
	select {
	case b.arrive <- struct{}{}:
	default:
	}
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, r)
}

// do changes how the backend answers from now on.
func (b *backend) do(answer http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = answer
}

// says answers everything with a status and a body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (b *backend) got() []arrival {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.came)
}

// ids gives the webhook-ids that came, in order.
func (b *backend) ids() []string {
	var out []string
	for _, a := range b.got() {
		out = append(out, a.header.Get("Webhook-Id"))
	}
	return out
}

// await waits until n callbacks came.
func (b *backend) await(t *testing.T, n int) []arrival {
	t.Helper()
	limit := time.After(testTime * time.Millisecond)
	for {
		if got := b.got(); len(got) >= n {
			return got
		}
		select {
		case <-b.arrive:
		case <-limit:
			t.Fatalf("%d callbacks came, want %d", len(b.got()), n)
		}
	}
}

// hook is a callback endpoint as a caller reads it.
type hook struct {
	ID           string   `json:"callback_id"`
	Name         string   `json:"name"`
	URL          string   `json:"url"`
	Types        []string `json:"types"`
	Statuses     []string `json:"statuses"`
	State        string   `json:"state"`
	Health       string   `json:"health"`
	FailingSince string   `json:"failing_since"`
	LastResult   string   `json:"last_result"`
	Queued       int      `json:"queued"`
	OldUntil     string   `json:"previous_secret_until"`
	CreatedBy    string   `json:"created_by"`
	Secret       string   `json:"secret"`
}

// send is a POST to a path.
func send(path, body string) request { return post(body).at(path) }

// using makes it a request of another method.
func (r request) using(method string) request {
	r.method = method
	return r
}

// want sends a request and decodes the answer, which must have this status.
func (h *house) want(t *testing.T, r request, status int, v any) answer {
	t.Helper()
	got := h.call(t, r)
	if got.status != status {
		t.Fatalf("%s %s: got %d %s, want %d", r.method, r.path, got.status, got.body, status)
	}
	if v != nil {
		if err := json.Unmarshal([]byte(got.body), v); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// subscribe makes a callback endpoint.
func (h *house) subscribe(t *testing.T, url, more string) hook {
	t.Helper()
	var made hook
	h.want(t, send("/callbacks", `{"url":"`+url+`"`+more+`}`), http.StatusCreated, &made)
	return made
}

// hook reads a callback endpoint.
func (h *house) hook(t *testing.T, id string) hook {
	t.Helper()
	var shown hook
	h.read(t, "/callbacks/"+id, &shown)
	return shown
}

// hurry lets the deliverer look for work now: a change that changes nothing wakes it.
func (h *house) hurry(t *testing.T, id string) {
	t.Helper()
	h.want(t, send("/callbacks/"+id, "{}").using(http.MethodPatch), http.StatusOK, nil)
}

// until asks the door again and again until it holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit, tick := time.After(testTime*time.Millisecond), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-limit:
			t.Fatalf("it did not happen: %s", what)
		case <-tick.C:
		}
	}
}

// furnish makes the door anew from the parts of the house, changed as a test wants.
func (h *house) furnish(change func(d *manage.Dependencies)) {
	callbacks := h.callbacks(outbound.Options{Allow: outbound.Loopback()})
	d := manage.Dependencies{
		Offers: h.service, Callbacks: callbacks, Endpoints: h.store, Deliveries: h.store, Replays: callbacks, Pings: h.deliverer, Answers: h.store,
		Credentials: h.store, Types: h.catalog, Access: manage.Open(), Clients: h.clients, Keys: h.clients, Signing: h.keys,
		CallbackBody: callback.Body, Watch: h.watch, Clock: h.now, Stopping: make(chan struct{}), URLs: oid4vci.URLs{Issuer: issuer},
		Ready: h.store.Ping, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	change(&d)
	h.app = manage.New(d)
}

// callbacks is the use cases under other rules about addresses.
func (h *house) callbacks(o outbound.Options) *issuance.Callbacks {
	return &issuance.Callbacks{
		Endpoints: h.store, Deliveries: h.store, Types: h.catalog, Clock: h.now, Random: rand.Reader,
		CheckURL: func(url string) error { return outbound.CheckURL(url, o) },
	}
}

// verified tells whether a secret verifies a callback. The clock of the house is another than the library's, so the time is not looked at.
func verified(t *testing.T, secret string, a arrival) bool {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return w.VerifyIgnoringTimestamp([]byte(a.body), a.header) == nil
}

func TestCreateCallback_takes_everything_and_shows_the_secret_once(t *testing.T) {
	for name, row := range map[string]struct{ secret, want string }{
		"a secret that is made":     {"", "whsec_"},
		"the caller's secret":       {`,"secret":"` + ownSecret + `"`, ownSecret},
		"a secret of 24 bytes":      {`,"secret":"whsec_` + strings.Repeat("QUFB", 8) + `"`, "whsec_" + strings.Repeat("QUFB", 8)},
		"a secret of 64 bytes (63)": {`,"secret":"whsec_` + strings.Repeat("QUFB", 21) + `"`, "whsec_" + strings.Repeat("QUFB", 21)},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			var made hook
			first := h.want(t, send("/callbacks", `{"url":"https://bank.example/hook","name":"Core banking","types":["`+account+
				`"],"statuses":["ISSUED","CONFIRMED"]`+row.secret+`}`), http.StatusCreated, &made)
			if first.headers.Get("Location") != "/callbacks/"+made.ID || !strings.HasPrefix(made.Secret, row.want) || len(made.Secret) < 38 {
				t.Fatalf("got %v %s", first.headers, first.body)
			}
			shown := h.hook(t, made.ID)
			want := hook{
				ID: made.ID, Name: "Core banking", URL: "https://bank.example/hook", Types: []string{account}, Statuses: []string{"ISSUED", "CONFIRMED"},
				State: "active", Health: "healthy", CreatedBy: "management API",
			}
			if fmt.Sprint(shown) != fmt.Sprint(want) {
				t.Errorf("got %+v, want %+v", shown, want)
			}
			var list struct{ Callbacks []hook }
			all := h.read(t, "/callbacks", &list)
			if len(list.Callbacks) != 1 || fmt.Sprint(list.Callbacks[0]) != fmt.Sprint(want) {
				t.Errorf("the list is %s", all.body)
			}
			h.hides(t, made.Secret)
		})
	}
}

// hides sees that a secret is in no answer to a question, in no log and not in the database as it lies on the disk.
func (h *house) hides(t *testing.T, secret string) {
	t.Helper()
	var list struct{ Callbacks []hook }
	places := map[string]string{"the list": h.read(t, "/callbacks", &list).body, "the log": h.log.String()}
	for _, one := range list.Callbacks {
		for _, path := range []string{"/callbacks/" + one.ID, "/callbacks/" + one.ID + "/deliveries"} {
			places[path] = h.call(t, get(path)).body
		}
		places["PATCH"] = h.call(t, send("/callbacks/"+one.ID, "{}").using(http.MethodPatch)).body
		places["pause"], places["resume"] = h.call(t, send("/callbacks/"+one.ID+"/pause", "")).body, h.call(t, send("/callbacks/"+one.ID+"/resume", "")).body
	}
	files, err := filepath.Glob(filepath.Join(h.store.DataDir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of the database: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		places[file] = string(b)
	}
	for place, text := range places {
		if strings.Contains(text, strings.TrimPrefix(secret, "whsec_")) {
			t.Errorf("the secret is in %s", place)
		}
	}
}

func TestCreateCallback_defaults_to_the_four_statuses_and_every_type(t *testing.T) {
	h := newHouse(t)
	made := h.subscribe(t, "https://bank.example/", "")
	if !slices.Equal(made.Statuses, []string{"OFFER_CREATED", "ISSUED", "FAILED", "EXPIRED"}) || made.Types == nil || len(made.Types) != 0 {
		t.Errorf("got %+v", made)
	}
}

// hostileURLs are addresses that no door takes, whatever the settings allow.
func hostileURLs() map[string]string {
	return map[string]string{
		"CB-001 empty": "", "CB-001 blank": " ", "CB-003 plain http": "http://bank.example/", "CB-003 plain http to an address": "http://93.184.215.14/",
		"CB-004 ftp": "ftp://bank.example/", "CB-004 gopher": "gopher://bank.example/", "CB-004 file": "file:///etc/passwd", "CB-004 ldap": "ldap://bank.example/",
		"CB-005 javascript": "javascript:alert(1)", "CB-005 data": "data:text/html,x", "CB-006 a user": "https://user:pass@bank.example/", "CB-006 a user without password": "https://user@bank.example/",
		"CB-007 a fragment": "https://bank.example/#x", "CB-007 an empty fragment": "https://bank.example/#", "CB-008 4,000 characters": "https://bank.example/" + strings.Repeat("a", 4000),
		"CB-009 CR and LF": `https://bank.example/\r\nHost: evil`, "CB-009 CR and LF in the host": `https://bank\r\n.example/`,
		"CB-010 a space": "https://bank.example/a b", "CB-010 a space before": " https://bank.example/", "CB-010 NUL": `https://bank.example/\u0000`, "CB-010 a tab": `https://bank.example/\t`,
		"CB-010 DEL": `https://bank.example/\u007f`, "CB-010 a wide space": `https://bank.example/\u3000`,
		"CB-014 localhost with a dot": "https://localhost./", "CB-016 127.1": "https://127.1/", "CB-017 a number": "https://2130706433/", "CB-017 hex": "https://0x7f.1/",
		"CB-020 0.0.0.0": "https://0.0.0.0/", "CB-020 [::]": "https://[::]/", "CB-024 10/8": "https://10.1.2.3/", "CB-024 172.16/12": "https://172.16.0.1/", "CB-024 192.168/16": "https://192.168.0.1/",
		"CB-024 inside IPv6": "https://[::ffff:10.1.2.3]/", "CB-025 metadata": "https://169.254.169.254/", "CB-025 metadata inside IPv6": "https://[::ffff:169.254.169.254]/",
		"CB-026 metadata over IPv6": "https://[fd00:ec2::254]/", "CB-027 CGNAT": "https://100.64.0.1/", "CB-034 an IDN as it looks": "https://bаnk.example/",
		"no host": "https:///path", "no scheme": "//bank.example/", "a port of 0": "https://bank.example:0/", "a port of 65536": "https://bank.example:65536/", "a zone": "https://[fe80::1%25eth0]/",
	}
}

// urlCode is the code of what is wrong with a hostile URL, by the row it belongs to.
func urlCode(name, url string) string {
	switch {
	case strings.HasPrefix(name, "CB-003"):
		return "callback_https_required"
	case strings.HasPrefix(name, "CB-004"), strings.HasPrefix(name, "CB-005"), name == "no scheme":
		return "callback_scheme"
	case name == "CB-001 empty":
		return "validation_failed"
	case strings.Contains(url, ":0/"), strings.Contains(url, ":65536"), name == "no host":
		return "callback_url_invalid"
	}
	for _, row := range []string{"CB-001", "CB-006", "CB-007", "CB-008", "CB-009", "CB-010", "CB-034"} {
		if strings.HasPrefix(name, row) {
			return "callback_url_invalid"
		}
	}
	return "callback_address_blocked"
}

func TestCallbacks_refuse_addresses_that_must_not_be_called(t *testing.T) {
	const status, code = http.StatusUnprocessableEntity, "validation_failed"
	h := newHouse(t)
	made := h.subscribe(t, "https://bank.example/", "")
	rows := func(urls map[string]string) (out []refusal) {
		for name, url := range urls {
			body, place := `{"url":"`+url+`"}`, "/url "+urlCode(name, url)
			out = append(out, refusal{name, send("/callbacks", body), status, code, []string{place}},
				refusal{name + ", changed to", send("/callbacks/"+made.ID, body).using(http.MethodPatch), status, code, []string{place}})
		}
		return out
	}
	refuseAll(t, h, rows(hostileURLs()))
	// The house may call this machine, as a demo; production may not.
	h.furnish(func(d *manage.Dependencies) { d.Callbacks = h.callbacks(outbound.Options{}) })
	refuseAll(t, h, rows(map[string]string{
		"CB-015 127.0.0.1": "https://127.0.0.1/", "CB-015 another of 127/8": "https://127.9.9.9/", "CB-015 [::1]": "https://[::1]/", "CB-014 localhost": "https://localhost/",
		"CB-014 localhost in capitals": "https://LOCALHOST/", "CB-014 below localhost": "https://a.localhost/", "CB-003 this machine without TLS": "http://127.0.0.1/",
		"CB-015 inside IPv6": "https://[::ffff:127.0.0.1]/",
	}))
	if shown := h.hook(t, made.ID); shown.URL != "https://bank.example/" {
		t.Errorf("the address is %s", shown.URL)
	}
}

// An internal host may be opened by the settings; where clouds keep credentials may not.
func TestCallbacks_take_private_addresses_where_the_settings_allow_them(t *testing.T) {
	h := newHouse(t)
	h.furnish(func(d *manage.Dependencies) { d.Callbacks = h.callbacks(outbound.Options{Allow: outbound.Private()}) })
	h.subscribe(t, "https://10.1.2.3/", "") // CB-024
	refuseAll(t, h, []refusal{
		{"CB-025", send("/callbacks", `{"url":"https://169.254.169.254/"}`), http.StatusUnprocessableEntity, "validation_failed", []string{"/url callback_address_blocked"}},
		{"CB-026", send("/callbacks", `{"url":"https://[fd00:ec2::254]/"}`), http.StatusUnprocessableEntity, "validation_failed", []string{"/url callback_address_blocked"}},
	})
}

func TestCreateCallback_refuses_members_that_do_not_fit(t *testing.T) {
	const bad, unfit, code = http.StatusBadRequest, http.StatusUnprocessableEntity, "validation_failed"
	h := newHouse(t)
	with := func(more string) request { return send("/callbacks", `{"url":"https://bank.example/"`+more+`}`) }
	secret := func(text string) request { return with(`,"secret":"` + text + `"`) }
	at := func(places ...string) []string {
		for i := range places {
			places[i] += " validation_failed"
		}
		return places
	}
	refuseAll(t, h, []refusal{
		{"no url", send("/callbacks", "{}"), unfit, code, at("/url")},
		{"url null", send("/callbacks", `{"url":null}`), unfit, code, at("/url")},
		{"url a number", send("/callbacks", `{"url":1}`), unfit, code, at("/url")},
		{"CB-075 23 bytes", secret("whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="), unfit, code, at("/secret")},
		{"CB-075 65 bytes", secret("whsec_" + strings.Repeat("QUFB", 21) + "QUE="), unfit, code, at("/secret")},
		{"CB-075 none", secret(""), unfit, code, at("/secret")},
		{"CB-075 only the prefix", secret("whsec_"), unfit, code, at("/secret")},
		{"CB-075 no prefix", secret(strings.TrimPrefix(ownSecret, "whsec_")), unfit, code, at("/secret")},
		{"CB-076 a space after", secret(ownSecret + " "), unfit, code, at("/secret")},
		{"CB-076 a space before", secret(" " + ownSecret), unfit, code, at("/secret")},
		{"CB-076 a line end after", secret(ownSecret + `\n`), unfit, code, at("/secret")},
		{"CB-076 a line end inside", secret(ownSecret[:20] + `\r\n` + ownSecret[20:]), unfit, code, at("/secret")},
		{"a secret in another alphabet", secret("whsec_" + strings.Repeat("-_-_", 8)), unfit, code, at("/secret")},
		{"a secret with bits left over", secret("whsec_" + strings.Repeat("QUFB", 8) + "QUF="), unfit, code, at("/secret")},
		{"CB-099 an Authorization header", with(`,"headers":{"Authorization":"Bearer Canary"}`), bad, "unknown_field", []string{"/headers unknown_field"}},
		{"CB-100 a header name with CR and LF", with(`,"headers":{"X\r\nY":"1"}`), bad, "unknown_field", []string{"/headers unknown_field"}},
		{"CB-101 a Host header", with(`,"headers":{"Host":"evil","Content-Length":"1"}`), bad, "unknown_field", []string{"/headers unknown_field"}},
		{"CB-102 a header of 20 kB", with(`,"headers":{"X":"` + strings.Repeat("a", 20<<10) + `"}`), bad, "unknown_field", []string{"/headers unknown_field"}},
		{"CB-106 an unknown status", with(`,"statuses":["ISSUED","DONE"]`), unfit, code, at("/statuses/1")},
		{"CB-106 a status in small letters", with(`,"statuses":["issued"]`), unfit, code, at("/statuses/0")},
		{"CB-106 what is for tests only", with(`,"statuses":["PING"]`), unfit, code, at("/statuses/0")},
		{"CB-106 a separator", with(`,"statuses":["ISSUED|FAILED"]`), unfit, code, at("/statuses/0")},
		{"a status twice", with(`,"statuses":["ISSUED","ISSUED"]`), unfit, code, at("/statuses/1")},
		{"no status", with(`,"statuses":[]`), unfit, code, at("/statuses")},
		{"an unknown type", with(`,"types":["Nothing"]`), unfit, code, at("/types/0")},
		{"a type twice", with(`,"types":["` + account + `","` + account + `"]`), unfit, code, at("/types/1")},
		{"101 characters of a name", with(`,"name":"` + strings.Repeat("ü", 101) + `"`), unfit, code, at("/name")},
		{"NUL in a name", with(`,"name":"a\u0000b"`), unfit, code, at("/name")},
		{"a line end in a name", with(`,"name":"a\nb"`), unfit, code, at("/name")},
		{"everything at once", send("/callbacks", `{"url":"ftp://x/","name":"\n","types":["?"],"statuses":["?"],"secret":"?"}`), unfit, code,
			[]string{"/url callback_scheme", "/name validation_failed", "/types/0 validation_failed", "/statuses/0 validation_failed", "/secret validation_failed"}},
		{"an id of the caller's", with(`,"callback_id":"default"`), bad, "unknown_field", []string{"/callback_id unknown_field"}},
		{"a state", with(`,"state":"paused"`), bad, "unknown_field", []string{"/state unknown_field"}},
		{"a parameter", with("").at("/callbacks?dry_run=true"), bad, "unknown_parameter", nil},
	})
	var list struct{ Callbacks []hook }
	if h.read(t, "/callbacks", &list); len(list.Callbacks) != 0 {
		t.Errorf("%d were made", len(list.Callbacks))
	}
}

func TestChangeCallback_changes_what_is_named_and_nothing_else(t *testing.T) {
	h := newHouse(t)
	made := h.subscribe(t, "https://bank.example/", `,"name":"A","types":["`+account+`"],"statuses":["ISSUED"]`)
	want := h.hook(t, made.ID)
	for body, change := range map[string]func(){
		`{}`:                            func() {},
		`{"url":null}`:                  func() {},
		`{"name":"B"}`:                  func() { want.Name = "B" },
		`{"url":"https://other/x?y=1"}`: func() { want.URL = "https://other/x?y=1" },
		`{"statuses":["FAILED","CODE_REJECTED"]}`: func() { want.Statuses = []string{"FAILED", "CODE_REJECTED"} },
		`{"types":[]}`: func() { want.Types = []string{} },
	} {
		var got hook
		h.want(t, send("/callbacks/"+made.ID, body).using(http.MethodPatch), http.StatusOK, &got)
		if change(); fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(h.hook(t, made.ID)) != fmt.Sprint(want) {
			t.Errorf("%s: got %+v, want %+v", body, got, want)
		}
	}
	patch := func(body string) request { return send("/callbacks/"+made.ID, body).using(http.MethodPatch) }
	refuseAll(t, h, []refusal{
		{"a secret", patch(`{"secret":"` + ownSecret + `"}`), http.StatusUnprocessableEntity, "validation_failed", []string{"/secret validation_failed"}},
		{"no status", patch(`{"statuses":[]}`), http.StatusUnprocessableEntity, "validation_failed", []string{"/statuses validation_failed"}},
		{"CB-106", patch(`{"statuses":["DONE"]}`), http.StatusUnprocessableEntity, "validation_failed", []string{"/statuses/0 validation_failed"}},
		{"CB-099", patch(`{"headers":{}}`), http.StatusBadRequest, "unknown_field", []string{"/headers unknown_field"}},
		{"nothing", patch(``), http.StatusBadRequest, "malformed_json", nil},
		{"one that is not there", send("/callbacks/none", `{}`).using(http.MethodPatch), http.StatusNotFound, "callback_not_found", nil},
	})
}

// CB-103.
func TestCreateCallback_stops_at_fifty(t *testing.T) {
	h := newHouse(t)
	var last hook
	for range 50 {
		last = h.subscribe(t, "https://bank.example/", "")
	}
	one := send("/callbacks", `{"url":"https://bank.example/"}`)
	refuseAll(t, h, []refusal{{"CB-103 the 51st", one, http.StatusUnprocessableEntity, "too_many_callbacks", nil}})
	h.want(t, send("/callbacks/"+last.ID, "").using(http.MethodDelete), http.StatusNoContent, nil)
	h.want(t, one, http.StatusCreated, nil)
}

// CB-104: what waited is cancelled and can still be read, and nothing more is sent.
func TestDeleteCallback_cancels_what_waits(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	made := h.subscribe(t, b.url, "")
	h.want(t, send("/callbacks/"+made.ID+"/pause", ""), http.StatusOK, nil)
	offer, _ := h.create(t, post(goodBody))
	waits := h.deliveriesOf(t, made.ID, "")
	if len(waits) != 1 || waits[0].State != "queued" || waits[0].NextAt != "" {
		t.Fatalf("waiting are %+v", waits)
	}
	gone := send("/callbacks/"+made.ID, "").using(http.MethodDelete)
	h.want(t, gone, http.StatusNoContent, nil)
	var one delivered
	if h.read(t, fmt.Sprintf("/deliveries/%d", waits[0].ID), &one); one.State != "cancelled" || one.LastResult != "the endpoint was deleted" {
		t.Errorf("it is %+v", one)
	}
	var story struct {
		Events []struct{ Deliveries []delivered }
	}
	if h.read(t, "/offers/"+offer.OfferID+"/events", &story); len(story.Events) != 1 || len(story.Events[0].Deliveries) != 1 || story.Events[0].Deliveries[0].State != "cancelled" {
		t.Errorf("the offer says %+v", story)
	}
	if left := h.deliveriesOf(t, made.ID, "?state=cancelled"); len(left) != 1 || left[0].ID != waits[0].ID { // CB-104
		t.Errorf("of a deleted endpoint are listed %+v", left)
	}
	var rows []refusal
	for name, r := range map[string]request{
		"delete": gone, "show": get("/callbacks/" + made.ID), "change": send("/callbacks/"+made.ID, "{}").using(http.MethodPatch), "pause": send("/callbacks/"+made.ID+"/pause", ""),
		"resume": send("/callbacks/"+made.ID+"/resume", ""), "rotate": send("/callbacks/"+made.ID+"/rotate_secret", ""), "ping": send("/callbacks/"+made.ID+"/ping", ""),
		"replay": send("/callbacks/"+made.ID+"/replay", `{"failed_only":true}`),
	} {
		rows = append(rows, refusal{name, r, http.StatusNotFound, "callback_not_found", nil})
	}
	rows = append(rows, refusal{"replay of what was cancelled", send(fmt.Sprintf("/deliveries/%d/replay", waits[0].ID), ""), http.StatusConflict, "delivery_out", nil})
	refuseAll(t, h, rows)
	h.create(t, post(goodBody))
	if len(b.got()) != 0 {
		t.Errorf("it was called: %v", b.ids())
	}
}

// CB-105.
func TestPauseCallback_holds_back_and_resume_sends_in_order(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	made := h.subscribe(t, b.url, "")
	var shown hook
	for range 2 {
		if h.want(t, send("/callbacks/"+made.ID+"/pause", ""), http.StatusOK, &shown); shown.State != "paused" || shown.Health != "healthy" {
			t.Errorf("it is %+v", shown)
		}
	}
	offer, _ := h.create(t, post(goodBody))
	h.want(t, cancel(offer.OfferID), http.StatusOK, nil)
	if shown = h.hook(t, made.ID); shown.Queued != 2 || len(b.got()) != 0 {
		t.Errorf("%d wait, %d came", shown.Queued, len(b.got()))
	}
	if h.want(t, send("/callbacks/"+made.ID+"/resume", ""), http.StatusOK, &shown); shown.State != "active" {
		t.Errorf("it is %+v", shown)
	}
	b.await(t, 2)
	if want := []string{offer.OfferID + "_OFFER_CREATED", offer.OfferID + "_FAILED"}; !slices.Equal(b.ids(), want) {
		t.Errorf("came %v, want %v", b.ids(), want)
	}
	h.want(t, send("/callbacks/"+made.ID+"/resume", ""), http.StatusOK, nil)
}

// Both secrets sign for a day, so that a receiver may change over when it likes.
func TestRotateSecret_lets_both_sign_for_a_day(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	made := h.subscribe(t, b.url, `,"secret":"`+ownSecret+`"`)
	var rotated hook
	h.want(t, send("/callbacks/"+made.ID+"/rotate_secret", ""), http.StatusOK, &rotated)
	if rotated.Secret == made.Secret || !strings.HasPrefix(rotated.Secret, "whsec_") || rotated.OldUntil != "2026-11-24T12:00:00Z" {
		t.Fatalf("got %+v", rotated)
	}
	for _, row := range []struct {
		name   string
		passed time.Duration
		old    bool
	}{{"at once", 0, true}, {"just before a day is over", 24*time.Hour - time.Second, true}, {"after a day", 24 * time.Hour, false}} {
		h.passed.Store(int64(row.passed))
		h.want(t, send("/callbacks/"+made.ID+"/ping", ""), http.StatusOK, nil)
		got := b.got()
		last := got[len(got)-1]
		if n := len(strings.Fields(last.header.Get("Webhook-Signature"))); !verified(t, rotated.Secret, last) || verified(t, ownSecret, last) != row.old || n != map[bool]int{true: 2, false: 1}[row.old] {
			t.Errorf("%s: %d signatures, the new verifies: %v, the old: %v", row.name, n, verified(t, rotated.Secret, last), verified(t, ownSecret, last))
		}
		if shown := h.hook(t, made.ID); (shown.OldUntil != "") != row.old {
			t.Errorf("%s: the old one is said to sign until %q", row.name, shown.OldUntil)
		}
	}
	h.hides(t, rotated.Secret)
	h.hides(t, ownSecret)
}

// What an endpoint does not ask for it does not get.
func TestCallbacks_bring_what_was_asked_for(t *testing.T) {
	h := newHouse(t)
	own, other, failed := newBackend(t), newBackend(t), newBackend(t)
	h.subscribe(t, own.url, `,"types":["`+account+`"],"statuses":["OFFER_CREATED","RETRIEVED","FAILED"]`)
	h.subscribe(t, other.url, `,"types":["Facts"]`)
	h.subscribe(t, failed.url, `,"statuses":["FAILED"]`)
	offer, _ := h.create(t, post(goodBody))
	h.want(t, cancel(offer.OfferID), http.StatusOK, nil)
	own.await(t, 2)
	if got := failed.await(t, 1); got[0].body != `{"eventId":"`+offer.OfferID+`","status":"FAILED","offerId":"`+offer.OfferID+`","errorDetails":"cancelled by management API"}` {
		t.Errorf("got %s", got[0].body)
	}
	if len(own.got()) != 2 || len(failed.got()) != 1 || len(other.got()) != 0 {
		t.Errorf("came %v, %v and %v", own.ids(), failed.ids(), other.ids())
	}
}
