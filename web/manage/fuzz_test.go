package manage_test

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/secret"
	"counterfoil/internal/store"
	"counterfoil/internal/typemeta"
	"counterfoil/web/manage"
)

// fuzzDoor is the real door over the real use cases and a real database, for a whole fuzz target.
func fuzzDoor(f *testing.F) *fiber.App {
	f.Helper()
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(f.Context(), store.Options{
		DataDir: f.TempDir(), Migrate: true, Master: master, Watch: &issuance.Watch{}, Clock: now, Random: rand.Reader, Log: log,
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Error(err)
		}
	})
	service := issuance.NewService(issuance.Dependencies{
		Offers: s, Gates: s, Grants: s, Record: s, Repairs: s, Types: typemeta.NewCatalog(folder(f)), Master: master, Clock: now, Random: rand.Reader,
	}, issuance.Settings{OfferTTL: 5 * time.Minute, TokenTTL: 5 * time.Minute, MaxAttempts: 5})
	return manage.New(manage.Dependencies{Offers: service, URLs: oid4vci.URLs{Issuer: issuer}, Access: manage.Open(), Ready: s.Ping, Clock: now, Log: log})
}

// asked sends a request and holds the answer to what every answer of this door is: never a fault, and a refusal is a problem
// document (RFC 9457 §3) that repeats no claim.
func asked(t testing.TB, door *fiber.App, r request) answer {
	t.Helper()
	req := &http.Request{
		Method: r.method, URL: &url.URL{Path: "/"}, RequestURI: r.path, Host: "manage.test", Header: r.headers, Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader(r.body)), ContentLength: int64(len(r.body)),
	}
	res, err := door.Test(req, testTime)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{res.StatusCode, res.Header, string(body)}
	if got.status < http.StatusBadRequest {
		if got.headers.Get("Content-Type") != "application/json" || !json.Valid(body) {
			t.Fatalf("%d %s: %.300s", got.status, got.headers.Get("Content-Type"), body)
		}
		return got
	}
	var p problem
	if err := json.Unmarshal(body, &p); err != nil || got.headers.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %s is no problem document: %.300s", got.status, got.headers.Get("Content-Type"), body)
	}
	if got.status >= http.StatusInternalServerError || p.Status != got.status || p.Error == "" || p.Title == "" || p.RequestID != got.headers.Get("X-Request-Id") {
		t.Fatalf("%d: %.500s", got.status, body)
	}
	said := p.Title + p.Description
	for _, e := range p.Errors {
		said += e.Reason
		if !strings.HasPrefix(e.Pointer, "/") || e.Code == "" || e.Reason == "" {
			t.Fatalf("a member without place, code or reason: %.500s", body)
		}
	}
	if strings.Contains(said, canary) {
		t.Fatalf("the answer repeats a claim: %.500s", body)
	}
	return got
}

// sendable tells whether text can stand in a request line, or in a header when it may have spaces. What cannot never comes to a
// reader; package surface sees to that.
func sendable(text string, spaces bool) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == ' ' && !spaces || r == 0x7f })
}

func FuzzCreateOffer(f *testing.F) {
	door := fuzzDoor(f)
	build := func(contentType, query, key, body string) request {
		r := request{method: http.MethodPost, path: "/offers", headers: http.Header{"Content-Type": {contentType}}, body: body}
		if query != "" {
			r.path += "?" + query
		}
		if key != "" {
			r.headers["Idempotency-Key"] = strings.Split(key, "\n")
		}
		return r
	}
	const kind = "application/json"
	if got := asked(f, door, build(kind, "", "key-1", goodBody)); got.status != http.StatusCreated {
		f.Fatalf("the good seed is refused, so the others prove nothing: %d %s", got.status, got.body)
	}
	fact := func(claims string) string { return `{"credential_configuration_id":"Facts","claims":{` + claims + `}}` }
	f.Add(kind, "", "key-1", goodBody)
	f.Add(kind, "", "key-1", strings.Replace(goodBody, canary, "Other", 1))
	f.Add(kind, "dry_run=true", "", goodBody)
	f.Add(kind, "dry_run=true&dry_run=false&api_key=%zz", "", goodBody)
	f.Add(kind+"; charset=UTF-8", "", "a\nb", strings.Replace(goodBody, "{", `{"tx_code":{"input_mode":"text","length":12,"description":"é"},"reference":"r","expires_in":30,`, 1))
	f.Add(kind, "", strings.Repeat("k", 256), strings.Replace(goodBody, "{", `{"grants":[],"scheme":"javascript","expires_in":1e400,"tx_code":{"length":-0}},`, 1))
	f.Add(kind, "", "", fact(`"count":12345678901234567890,"ratio":1e-400,"adult":true,"level":"low","note":"\u0000","address":{"town":"T"},"tags":["a",null]`))
	f.Add(kind, "", "", fact(`"address":{"town":"T"},"tags":[[[["a"]]]],"_sd":[],"...":1`))
	f.Add(kind, "", "", `{"claims":{"a":1,"\u0061":2}}`)
	f.Add(kind, "", "", strings.Repeat(`{"claims":`, 200))
	f.Add("text/plain", "", "", "null")
	f.Add(kind, "", "", "\xef\xbb\xbf"+goodBody)
	f.Fuzz(func(t *testing.T, contentType, query, key, body string) {
		if !sendable(query, false) || !sendable(contentType, true) || !sendable(strings.ReplaceAll(key, "\n", ""), true) {
			t.Skip("no HTTP")
		}
		got := asked(t, door, build(contentType, query, key, body))
		switch got.status {
		case http.StatusCreated:
			var c created
			if err := json.Unmarshal([]byte(got.body), &c); err != nil || c.OfferID == "" || !strings.Contains(c.URI, "credential_offer_uri=") {
				t.Fatalf("got %s", got.body)
			}
			if !strings.Contains(strings.ToLower(contentType), kind) || len(strings.Split(key, "\n")) > 1 {
				t.Fatalf("accepted %q with the key %q", contentType, key)
			}
		case http.StatusOK:
			if got.body != `{"valid":true}` || !strings.Contains(query, "dry") {
				t.Fatalf("got %s for %q", got.body, query)
			}
		}
	})
}

func FuzzReadOffer(f *testing.F) {
	door := fuzzDoor(f)
	made := asked(f, door, request{method: http.MethodPost, path: "/offers", headers: jsonHeader(), body: goodBody})
	var c created
	if err := json.Unmarshal([]byte(made.body), &c); err != nil || c.OfferID == "" {
		f.Fatalf("the good seed is refused, so the others prove nothing: %d %s", made.status, made.body)
	}
	paths := []struct{ method, before, after string }{
		{http.MethodGet, "/offers/", ""}, {http.MethodGet, "/offers/", "/events"}, {http.MethodPost, "/offers/", "/cancel"}, {http.MethodGet, "/offers?", ""},
	}
	for i, id := range []string{c.OfferID, c.OfferID, "%00", "limit=200"} {
		f.Add(uint8(i), id)
	}
	f.Add(uint8(0), c.OfferID+"?x=1")
	f.Add(uint8(0), "..%2f..%2f")
	f.Add(uint8(1), "%ff%fe'--")
	f.Add(uint8(2), strings.Repeat("A", 4000))
	f.Add(uint8(3), "limit=18446744073709551616&limit=1")
	f.Add(uint8(3), "%zz=&;api_key")
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		if !sendable(text, false) || len(text) > 16<<10 {
			t.Skip("no HTTP")
		}
		p := paths[int(which)%len(paths)]
		got := asked(t, door, request{method: p.method, path: p.before + text + p.after, headers: http.Header{"X-Note": {"1"}}})
		if strings.Contains(got.body, canary) {
			t.Fatalf("%s%s%s tells a claim: %.300s", p.before, text, p.after, got.body)
		}
	})
}
