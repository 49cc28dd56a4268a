package wallet_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/web/surface"
)

// NO-020, NO-021, NO-023 and everything else that is near an address.
func TestDoor_answers_what_it_does_not_have_in_JSON(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{
		"/", "/nothing", "/oidc4vci", "/oidc4vci/", "/oidc4vci/offers", "/oidc4vci/offers/", "/oidc4vci/offers/a/b",
		"/oidc4vci/nonce/", "//oidc4vci/nonce", "/oidc4vci//nonce", "/oidc4vci/nonce%2F", "/OIDC4VCI/nonce", "/oidc4vci/Nonce",
		"/oidc4vci/nonce;x=y", "/oidc4vci/offers/../nonce", "/oidc4vci/%6eonce", "/.well-known", "/.well-known/openid-configuration",
		"/.well-known/openid-credential-issuer/", "/.well-known/openid-credential-issuer/tenant", "/.well-known/../etc/passwd",
		"/favicon.ico", "/offers", "/metrics", "/livez", "/oidc4vci/types/", "/oidc4vci/types/a/b",
		"/<script>alert(1)</script>", "/%00", "/" + strings.Repeat("a", 5000), "/nothing?access_token=secret-in-the-url",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			a := f.do(t, request{method: method, path: path})
			a.want(t, http.StatusNotFound, "not_found", "alert(1)", "passwd", "secret-in-the-url")
			if t.Failed() {
				t.Fatalf("at %s %.100s", method, path)
			}
		}
	}
}

func TestDoor_does_not_know_strange_types(t *testing.T) {
	f := newFixture(t)
	for _, id := range []string{"Nothing", strings.ToLower(identity), identity + ".json", identity + "%20", "..%2f..%2fx", "%00", "é"} {
		f.do(t, request{method: http.MethodGet, path: oid4vci.PathTypes + id}).want(t, http.StatusNotFound, "not_found")
	}
}

// An id is never looked up as it came: databases differ in what they refuse.
func TestDoor_does_not_know_strange_offers(t *testing.T) {
	f := newFixture(t)
	good := string(f.offer(t).id)
	for _, id := range []string{
		"nobody", good + "x", good[1:], strings.ToUpper(good) + "_", good + "%00", "%00", "%ff%fe", "'%20OR%201=1;--", "..", "%2e%2e",
		strings.Repeat("a", 5000), good + ".json", good + "%20", "é", "<b>", "*",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			a := f.do(t, request{method: method, path: oid4vci.PathOffers + id})
			if a.status != http.StatusNotFound || method == http.MethodGet && a.member("error") != "not_found" || strings.Contains(a.body, good) {
				t.Errorf("%s %.60s: got %d %s", method, id, a.status, a.body)
			}
		}
	}
}

// CR-001, CR-125, NO-004, NO-007, NO-008.
// OF-137 and its like.
func TestDoor_names_the_methods_it_takes(t *testing.T) {
	f := newFixture(t)
	const get, post = "GET, HEAD", "POST"
	for path, allow := range map[string]string{
		oid4vci.PathToken: post, oid4vci.PathNonce: post, oid4vci.PathCredential: post, oid4vci.PathNotification: post,
		oid4vci.PathOffers + string(f.offer(t).id): get, oid4vci.PathTypes + identity: get,
		"/.well-known/openid-credential-issuer": get, "/.well-known/oauth-authorization-server": get,
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
			if slices.Contains(strings.Split(allow, ", "), method) {
				continue
			}
			r := request{method: method, path: path}
			r.set("Origin", "https://evil.example")
			r.set("Access-Control-Request-Method", "POST")
			a := f.do(t, r)
			code := "method_not_allowed"
			if method == "HEAD" {
				code = "" // no body
			}
			a.want(t, http.StatusMethodNotAllowed, code)
			if a.header.Get("Allow") != allow || a.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s %s: %v", method, path, a.header)
			}
		}
	}
}

// OF-136.
func TestDoor_HEAD_looks_and_leaves_no_trace(t *testing.T) {
	f := newFixture(t)
	made, err := f.service.CreateOffer(t.Context(), issuance.CreateOffer{
		Type: solo, Claims: object{"name": canaries()[0]}, Channel: issuance.ChannelManagement, By: issuance.Actor{Name: "test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := oid4vci.PathOffers + string(made.Offer.ID)
	for _, path := range []string{path, oid4vci.PathTypes + identity, "/.well-known/openid-credential-issuer", "/.well-known/oauth-authorization-server"} {
		a := f.do(t, request{method: http.MethodHead, path: path})
		if a.status != http.StatusOK || a.body != "" || a.header.Get("Content-Type") != jsonType {
			t.Errorf("%s: %d %v %q", path, a.status, a.header, a.body)
		}
	}
	if kinds := f.kinds(t, made.Offer.ID); slices.Contains(kinds, issuance.OfferRetrieved) {
		t.Errorf("HEAD was taken for a retrieval: %v", kinds)
	}
	f.do(t, request{method: http.MethodGet, path: path}).want(t, http.StatusOK, "")
	if kinds := f.kinds(t, made.Offer.ID); count(kinds, issuance.OfferRetrieved) != 1 {
		t.Errorf("GET was not taken for a retrieval: %v", kinds)
	}
}

// OF-134, OF-135.
func TestDoor_an_offer_is_gone_once_it_is_used_or_over(t *testing.T) {
	f := newFixture(t)
	gone := func(t *testing.T, o offer) {
		t.Helper()
		f.do(t, request{method: http.MethodGet, path: oid4vci.PathOffers + string(o.id)}).want(t, http.StatusGone, "offer_gone", o.code)
	}
	used, cancelled, old := f.offer(t), f.offer(t), f.offer(t)
	f.redeem(t, used)
	gone(t, used)
	if _, err := f.service.CancelOffer(t.Context(), cancelled.id, issuance.Actor{Name: "test"}); err != nil {
		t.Fatal(err)
	}
	gone(t, cancelled)
	f.clock.move(offerTTL)
	gone(t, old)
}

func TestDoor_metadata_is_the_same_to_everybody(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{"/.well-known/openid-credential-issuer", "/.well-known/oauth-authorization-server", oid4vci.PathTypes + identity} {
		first := f.do(t, request{method: http.MethodGet, path: path})
		for name, r := range map[string]request{
			"another host":         {host: "evil.example"},
			"a proxy's headers":    {header: http.Header{"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"http"}, "Forwarded": {"host=evil.example"}}},
			"anything":             {header: http.Header{"Accept": {"*/*"}}},
			"HTML":                 {header: http.Header{"Accept": {"text/html"}}},
			"nothing that is here": {header: http.Header{"Accept": {"application/xml;q=nan, ;;,,=, application/jwt;q=0"}}},
			"JSON before JWT":      {header: http.Header{"Accept": {"application/jwt;q=0.1, application/json"}}},
			"a query":              {path: "?x=evil.example"},
			"credentials":          {header: http.Header{"Authorization": {"Bearer x"}, "Cookie": {"a=b"}}},
		} {
			r.method, r.path = http.MethodGet, path+r.path
			if a := f.do(t, r); a.status != http.StatusOK || a.body != first.body || a.header.Get("Content-Type") != jsonType {
				t.Errorf("%s with %s: %d %v", path, name, a.status, a.header)
			}
		}
		if !json.Valid([]byte(first.body)) || strings.Contains(first.body, "evil") {
			t.Errorf("%s: %s", path, first.body)
		}
		r := request{method: http.MethodGet, path: path, header: http.Header{"If-None-Match": {first.header.Get("ETag")}}}
		if a := f.do(t, r); a.status != http.StatusNotModified || a.body != "" {
			t.Errorf("%s with its ETag: %d", path, a.status)
		}
	}
	signed := f.do(t, request{method: http.MethodGet, path: "/.well-known/openid-credential-issuer", header: http.Header{"Accept": {"application/jwt"}}})
	if signed.header.Get("Content-Type") != "application/jwt" || strings.Count(signed.body, ".") != 2 { // CR-123
		t.Errorf("got %v", signed.header)
	}
}

func TestDoor_an_issuer_with_a_path_has_its_documents_where_both_generations_look(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.issuer = issuer + "/tenant" })
	for path, status := range map[string]int{
		"/.well-known/openid-credential-issuer/tenant":   200,
		"/tenant/.well-known/openid-credential-issuer":   200,
		"/.well-known/oauth-authorization-server/tenant": 200,
		"/tenant/.well-known/oauth-authorization-server": 200,
		"/.well-known/openid-credential-issuer":          404,
		"/.well-known/openid-credential-issuer/other":    404,
		"/tenant/oidc4vci/types/" + identity:             200,
		"/oidc4vci/types/" + identity:                    404,
	} {
		if a := f.do(t, request{method: http.MethodGet, path: path}); a.status != status {
			t.Errorf("%s: got %d, want %d", path, a.status, status)
		}
	}
	f.do(t, request{method: http.MethodPost, path: oid4vci.PathNonce}).want(t, 404, "not_found")
	f.do(t, request{method: http.MethodPost, path: "/tenant" + oid4vci.PathNonce}).want(t, 200, "")
}

func TestDoor_slows_down_one_address(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.limited = true })
	o := f.offer(t)
	bad := request{method: http.MethodPost, path: oid4vci.PathToken, contentType: formType, body: "grant_type=x"}
	for range 30 {
		f.do(t, bad).want(t, 400, "unsupported_grant_type")
	}
	a := f.do(t, tokenRequest(o)) // TK-125
	a.want(t, 429, "temporarily_unavailable", o.code)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	f.do(t, request{method: http.MethodPost, path: oid4vci.PathNonce}).want(t, 200, "") // another route has its own measure
	f.clock.move(time.Minute)
	f.redeem(t, o)
}

// A fault is ours: it is 5xx, tells nothing of its cause, and spends nothing (TK-126).
func TestDoor_a_fault_tells_nothing(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	o := f.offer(t)
	f.close(t)
	for _, r := range []request{tokenRequest(o), c.built(t), {method: http.MethodGet, path: oid4vci.PathOffers + string(o.id)}} {
		a := f.do(t, r)
		a.want(t, http.StatusInternalServerError, "server_error", o.code, c.token, c.nonce, "sql", "database", "closed", ".go")
		if !strings.Contains(a.body, a.header.Get("X-Request-Id")) || a.header.Get("X-Request-Id") == "" {
			t.Errorf("the answer does not name the request: %s", a.body)
		}
		if strings.Count(f.logs.String(), "level=ERROR msg=fault") != strings.Count(f.logs.String(), "status=500") {
			t.Error("a fault is logged once")
		}
	}
	f.open(t)
	f.redeem(t, o)
	collected(t, f.tryWith(t, c.offer, c.token, c.nonce).send(t))
}

// raw sends bytes to the door on a port of its own and gives the answer: what a server refuses before any handler runs
// cannot be asked through app.Test.
func (f *fixture) raw(t *testing.T, text string) answer {
	t.Helper()
	l, err := surface.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- f.app.Listener(l) }()
	defer func() {
		if err := f.app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // read to its end
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // read to its end
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: string(b)}
}

func TestDoor_refuses_what_is_too_large_before_it_reads_it(t *testing.T) {
	const canary = "canary-in-the-request"
	for name, row := range map[string]struct {
		text   string
		status int
	}{
		"NO-015 a mebibyte for a nonce":      {"POST /oidc4vci/nonce HTTP/1.1\r\nHost: x\r\nX: " + canary + "\r\nContent-Length: 1048576\r\n\r\n", 413},
		"TK-010 a mebibyte for a token":      {"POST /oidc4vci/token HTTP/1.1\r\nHost: x\r\nContent-Type: " + formType + "\r\nContent-Length: 1048576\r\n\r\n" + canary, 413},
		"a mebibyte for a credential":        {"POST /oidc4vci/credential HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n" + canary, 413},
		"NO-044 a request line of forty KiB": {"POST /oidc4vci/nonce?" + strings.Repeat("a", 40<<10) + canary + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		"NO-046 a header of forty KiB":       {"POST /oidc4vci/nonce HTTP/1.1\r\nHost: x\r\nDPoP: " + strings.Repeat("a", 40<<10) + canary + "\r\n\r\n", 431},
		"NO-033 two hosts":                   {"POST /oidc4vci/nonce HTTP/1.1\r\nHost: x\r\nHost: " + canary + "\r\nContent-Length: 0\r\n\r\n", 400},
		"NO-040 two lengths":                 {"POST /oidc4vci/nonce HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n" + canary, 400},
		"DP-006 a space before the colon":    {"POST /oidc4vci/nonce HTTP/1.1\r\nHost: x\r\nDPoP : " + canary + "\r\nContent-Length: 0\r\n\r\n", 400},
		"a header with a line feed inside":   {"POST /oidc4vci/nonce HTTP/1.1\r\nHost: x\r\nX y: " + canary + "\r\nContent-Length: 0\r\n\r\n", 400},
		"an offer whose id is no text":       {"GET /oidc4vci/offers/\xff\xfe" + canary + " HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		"a header block that fits":           {"POST /oidc4vci/nonce HTTP/1.1\r\nHost: x\r\nDPoP: " + strings.Repeat("a", 20<<10) + "\r\nContent-Length: 0\r\n\r\n", 200},
		"NO-037 HTTP/1.0":                    {"POST /oidc4vci/nonce HTTP/1.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 200},
	} {
		t.Run(name, func(t *testing.T) {
			a := newFixture(t).raw(t, row.text)
			if a.status != row.status || strings.Contains(a.body, canary) || a.header.Get("Content-Type") != jsonType {
				t.Errorf("got %d %s: %.200s", a.status, a.header.Get("Content-Type"), a.body)
			}
			if row.status != 200 && a.member("error") == "" || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
				t.Errorf("got %v %.200s", a.header, a.body)
			}
		})
	}
}

// DP-124, PR-057: nothing that a wallet holds or a customer is may reach the log, at any level, in good times and in bad.
func TestDoor_log_holds_no_secret(t *testing.T) {
	f := newFixture(t)
	secrets := canaries()
	keep := func(values ...string) { secrets = append(secrets, values...) }

	o, key := f.offer(t, withTxCode), f.dpop(t)
	keep(string(o.id), o.code, o.txCode, key.nonce)
	wrongTry := tokenRequest(o)
	wrongTry.form.Set("tx_code", wrong(o.txCode))
	keep(wrong(o.txCode))
	f.do(t, wrongTry).want(t, 400, "invalid_grant")
	r := tokenRequest(o)
	proof := key.proof(t, f, oid4vci.PathToken, "")
	keep(proof)
	r.set("Dpop", proof)
	a := f.do(t, r)
	a.want(t, 200, "")
	token := a.member("access_token")
	keep(token, a.header.Get("DPoP-Nonce"))
	f.do(t, r).want(t, 400, "invalid_grant")

	nonce := f.cNonce(t)
	keep(nonce)
	c := f.tryWith(t, o, token, nonce)
	c.request.set("Authorization", "DPoP "+token)
	c.claims["nonce"] = nonce + "x"
	c.request.set("Dpop", key.proof(t, f, oid4vci.PathCredential, token))
	c.send(t).want(t, 400, "invalid_nonce")
	c = f.tryWith(t, o, token, nonce)
	c.request.set("Authorization", "DPoP "+token)
	proof = key.proof(t, f, oid4vci.PathCredential, token)
	c.request.set("Dpop", proof)
	keep(proof, c.proof(t))
	credential := c.send(t)
	for _, text := range collected(t, credential) {
		keep(text, strings.Split(text, "~")[1])
	}
	f.do(t, c.built(t)).want(t, 401, badProof)
	keep(credential.member("notification_id"))
	n := stored{f, o, token, credential.member("notification_id")}.request(t, "credential_accepted")
	f.do(t, n).want(t, 401, "invalid_token")
	n.set("Authorization", "DPoP "+token)
	n.set("Dpop", key.proof(t, f, oid4vci.PathNotification, token))
	f.wantNoted(t, n)
	f.do(t, request{method: http.MethodGet, path: "/nothing/" + token + "?code=" + o.code}).want(t, 404, "not_found", token, o.code)
	f.do(t, request{method: http.MethodPost, path: oid4vci.PathCredential + "?access_token=" + token}).want(t, 400, "invalid_request", token)

	// And while the database is away, when errors are logged.
	f.close(t)
	f.do(t, r).want(t, 500, "server_error")
	f.do(t, c.built(t)).want(t, 500, "server_error")
	log := f.logs.String()
	for _, s := range secrets {
		if s == "" {
			t.Fatal("an empty secret proves nothing")
		}
		if strings.Contains(log, s) {
			t.Errorf("the log holds %.20s… in\n%s", s, lineWith(log, s))
		}
	}
	if strings.Count(log, "msg=request") < 10 || !strings.Contains(log, fmt.Sprintf("route=%s ", oid4vci.PathToken)) {
		t.Errorf("the log says too little to prove anything:\n%s", log)
	}
	f.open(t)
	for _, e := range f.events(t, o.id) {
		for _, s := range secrets {
			if strings.Contains(e.Cause, s) {
				t.Errorf("%s says %s", e.Kind, e.Cause)
			}
		}
	}
}

// lineWith gives the first line that holds text.
func lineWith(log, text string) string {
	for line := range strings.Lines(log) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}

// A wallet that comes before the approval is told so, at both places, and can come again after it.
func TestDoor_an_offer_that_waits_for_approval_is_not_ready_yet(t *testing.T) {
	f := newFixture(t)
	made := f.fresh(t, ofType(eyes, map[string]any{"name": "x"}))
	o := offer{id: made.Offer.ID, code: f.service.Code(made.Offer.ID).Reveal()}
	fetch := request{method: http.MethodGet, path: oid4vci.PathOffers + string(o.id)}
	f.do(t, fetch).want(t, http.StatusConflict, "offer_not_ready", o.code)
	f.do(t, tokenRequest(o)).want(t, http.StatusBadRequest, "invalid_grant", o.code)
	_, err := f.service.ApproveOffer(t.Context(), issuance.Decision{
		Offer: o.id, Content: made.Offer.Approval.Content, By: issuance.Actor{ID: "p2", Name: "Pia"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.do(t, fetch).want(t, http.StatusOK, "")
	f.redeem(t, o)
}
