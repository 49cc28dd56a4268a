package manage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/web/manage"
)

// document is what the door promises.
type document struct {
	doc    *openapi3.T
	router routers.Router
}

// promised reads the document once.
var promised = sync.OnceValues(func() (document, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		return document{}, err
	}
	router, err := gorillamux.NewRouter(doc)
	return document{doc, router}, err
})

func readDocument(t testing.TB) document {
	t.Helper()
	d, err := promised()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// hold holds a request and its answer to the document. A request that was answered well must be one that the document describes; what is
// no operation of the document is the door's own business.
func (d document) hold(t testing.TB, r request, got answer) {
	t.Helper()
	req, err := http.NewRequest(r.method, r.path, strings.NewReader(r.body))
	if err != nil {
		return // no client would write it so
	}
	req.Header = r.headers.Clone()
	route, params, err := d.router.FindRoute(req)
	if err != nil || r.method == http.MethodHead {
		return
	}
	input := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if got.status < http.StatusMultipleChoices {
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			t.Errorf("%s %s was answered well and is not described: %v", r.method, r.path, err)
		}
	}
	if got.status == http.StatusNotModified {
		return
	}
	media := got.headers.Get("Content-Type")
	undecoded := strings.HasPrefix(media, "image/") || strings.HasPrefix(media, "text/html") // the library knows neither
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: got.status, Header: got.headers, Body: io.NopCloser(bytes.NewReader([]byte(got.body))),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: undecoded},
	}
	if err := openapi3filter.ValidateResponse(context.Background(), output); err != nil {
		t.Errorf("%s %s: the answer %d is not described: %v", r.method, r.path, got.status, err)
	}
}

func TestOpenAPI_is_a_document_of_its_kind(t *testing.T) {
	d := readDocument(t)
	if err := d.doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil || !bytes.HasPrefix(raw, []byte("openapi: 3.1.")) {
		t.Errorf("another version, %v", err)
	}
}

// Every route is described, and nothing is described that is not there.
func TestOpenAPI_has_every_route(t *testing.T) {
	h, d := newHouse(t), readDocument(t)
	parameter := regexp.MustCompile(`:([a-z]+)`)
	var routes, described []string
	for _, r := range h.app.GetRoutes(true) {
		if r.Method != http.MethodHead && r.Path != "/static/*" { // the page's style sheet
			routes = append(routes, r.Method+" "+parameter.ReplaceAllString(r.Path, "{$1}"))
		}
	}
	for path, item := range d.doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(routes)
	slices.Sort(described)
	if !slices.Equal(routes, described) {
		t.Errorf("routes\n%s\ndescribed\n%s", strings.Join(routes, "\n"), strings.Join(described, "\n"))
	}
}

// Every example that the document gives for a request is one that works.
func TestOpenAPI_examples_work(t *testing.T) {
	h, d := newHouse(t), readDocument(t)
	made, _ := h.create(t, post(goodBody))
	endpoint := h.callback(t)
	client := h.clientID(t)
	ids := strings.NewReplacer("{offer}", made.OfferID, "{callback}", endpoint, "{client}", client)
	tried := 0
	for path, item := range d.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			example := op.RequestBody.Value.Content["application/json"].Example
			if example == nil {
				t.Errorf("%s has no example", op.OperationID)
				continue
			}
			tried++
			r := request{method: method, path: ids.Replace(path), body: encode(t, example)}
			if got := h.call(t, r); got.status >= http.StatusMultipleChoices {
				t.Errorf("the example of %s is answered %d: %s", op.OperationID, got.status, got.body)
			}
		}
	}
	if tried < 7 {
		t.Errorf("%d examples", tried)
	}
}

// Every operation is driven with success at least once, so that its good answer is held to the document too.
func TestOpenAPI_every_operation_answers_as_described(t *testing.T) {
	h, d := newHouse(t), readDocument(t)
	h.reopen(manage.Open())
	made, _ := h.create(t, post(goodBody))
	other, _ := h.create(t, post(goodBody))
	endpoint, gone, client, credential := h.callback(t), h.callback(t), h.clientID(t), h.credentialOf(t, other.OfferID)
	delivery := h.deliveryOf(t, endpoint)
	key := h.keyOf(t, client)
	ids := strings.NewReplacer("{offer}", made.OfferID, "{callback}", endpoint, "{client}", client, "{credential}", credential, "{type}", account,
		"{delivery}", delivery, "{key}", key)
	last := []string{"deleteCallback", "cancelOffer"} // what ends something others need
	notYet := []string{"revokeCredential", "suspendCredential", "reinstateCredential"}
	var now, later []request
	for path, item := range d.doc.Paths.Map() {
		for method, op := range item.Operations() {
			r := request{method: method, path: ids.Replace(path)}
			if op.OperationID == "deleteCallback" {
				r.path = "/callbacks/" + gone
			}
			if op.RequestBody != nil {
				r.body = encode(t, op.RequestBody.Value.Content["application/json"].Example)
			}
			switch {
			case slices.Contains(notYet, op.OperationID):
				refused(t, r, h.call(t, r), http.StatusConflict, "not_revocable")
			case slices.Contains(last, op.OperationID):
				later = append(later, r)
			default:
				now = append(now, r)
			}
		}
	}
	for _, r := range append(now, later...) {
		if got := h.call(t, r); got.status >= http.StatusMultipleChoices {
			t.Errorf("%s %s is answered %d: %.300s", r.method, r.path, got.status, got.body)
		}
	}
}

func TestOpenAPI_is_served(t *testing.T) {
	h := newHouse(t)
	h.reopen(manage.Access{}) // also to who may do nothing
	got := h.call(t, get("/openapi.json"))
	if got.status != http.StatusOK || !strings.Contains(got.body, `"openapi":"3.1.0"`) {
		t.Fatalf("got %d %.100s", got.status, got.body)
	}
	again := h.call(t, get("/openapi.json").with("If-None-Match", got.headers.Get("ETag")))
	if again.status != http.StatusNotModified || again.body != "" {
		t.Errorf("asked again it answers %d", again.status)
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// member sends a request that must be answered well and gives one member of the answer.
func (h *house) member(t *testing.T, r request, name string) any {
	t.Helper()
	got := h.call(t, r)
	var out map[string]any
	if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %d %s", r.method, r.path, got.status, got.body)
	}
	return out[name]
}

// callback makes a callback endpoint and gives its id.
func (h *house) callback(t *testing.T) string {
	t.Helper()
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	return fmt.Sprint(h.member(t, post(`{"url":"`+receiver.URL+`"}`).at("/callbacks"), "callback_id"))
}

// deliveryOf sends a test event and gives its id.
func (h *house) deliveryOf(t *testing.T, endpoint string) string {
	t.Helper()
	return fmt.Sprint(h.member(t, post("").at("/callbacks/"+endpoint+"/ping"), "delivery_id"))
}

// clientID makes a client and gives its id.
func (h *house) clientID(t *testing.T) string {
	t.Helper()
	return fmt.Sprint(h.member(t, post(`{"name":"documented","scopes":["offers:read"]}`).at("/clients"), "client_id"))
}

// keyOf gives the id of a client's key.
func (h *house) keyOf(t *testing.T, client string) string {
	t.Helper()
	keys, _ := h.member(t, get("/clients/"+client), "keys").([]any)
	first, _ := keys[0].(map[string]any)
	return fmt.Sprint(first["key_id"])
}

// credentialOf collects an offer as far as the record goes, and gives the id of the credential.
func (h *house) credentialOf(t *testing.T, offer string) string {
	t.Helper()
	id, at, token := issuance.OfferID(offer), h.now(), secret.Hash("token of "+offer)
	err := h.store.Redeem(t.Context(), issuance.Redemption{
		Offer: id, At: at, MaxAttempts: 5, Grant: issuance.Grant{TokenHash: token, Offer: id, Type: account, ExpiresAt: at.Add(time.Minute)},
	})
	if err == nil {
		err = h.store.Settle(t.Context(), issuance.Settlement{
			Offer: id, TokenHash: token, At: at, Batch: "batch", Limit: 1, Credentials: []issuance.Credential{{
				ID: "credential", Offer: id, Batch: "batch", Format: "dc+sd-jwt", Thumbprint: "k", Digest: []byte("d"), IssuedAt: at, ExpiresAt: at.Add(time.Hour),
			}},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return "credential"
}

// The page says what the document says, without a script, and leads to the style sheet that is there.
func TestDocs_tell_people_the_same(t *testing.T) {
	h, d := newHouse(t), readDocument(t)
	h.reopen(manage.Access{}) // also to who may do nothing
	got := h.call(t, get("/docs"))
	if got.status != http.StatusOK || strings.Contains(got.body, "<script") || strings.Contains(got.body, "style=") {
		t.Fatalf("got %d %.200s", got.status, got.body)
	}
	for path, item := range d.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !strings.Contains(got.body, `id="`+op.OperationID+`"`) || !strings.Contains(got.body, method+" "+path) {
				t.Errorf("%s %s is not on the page", method, path)
			}
		}
	}
	for code := range listed(t) {
		if !strings.Contains(got.body, `<tr id="`+code+`">`) {
			t.Errorf("the code %s is not on the page", code)
		}
	}
	sheet := regexp.MustCompile(`/static/[^"]+`).FindString(got.body)
	if css := h.call(t, get(sheet)); css.status != http.StatusOK || !strings.HasPrefix(css.headers.Get("Content-Type"), "text/css") {
		t.Errorf("%s answers %d %s", sheet, css.status, css.headers.Get("Content-Type"))
	}
	if policy := got.headers.Get("Content-Security-Policy"); !strings.Contains(policy, "style-src 'self'") || strings.Contains(policy, "script") {
		t.Errorf("the policy is %s", policy)
	}
}
