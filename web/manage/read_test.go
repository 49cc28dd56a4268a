package manage_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
)

// read gets a path and decodes the answer.
func (h *house) read(t *testing.T, path string, v any) answer {
	t.Helper()
	got := h.call(t, get(path))
	if got.status != http.StatusOK || got.headers.Get("Content-Type") != "application/json" {
		t.Fatalf("%s: got %d %s", path, got.status, got.body)
	}
	if err := json.Unmarshal([]byte(got.body), v); err != nil {
		t.Fatal(err)
	}
	return got
}

// cancel is a request to cancel an offer.
func cancel(id string) request {
	return request{path: "/offers/" + id + "/cancel", headers: http.Header{}}
}

func TestShowOffer_tells_no_claim_and_no_code(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, extra(`"tx_code":{"length":12},"reference":"K-1"`))
	var shown map[string]any
	got := h.read(t, "/offers/"+made.OfferID, &shown)
	want := map[string]any{
		"offer_id": made.OfferID, "credential_configuration_id": account, "status": "ready", "created_at": "2026-11-23T12:00:00Z",
		"expires_at": "2026-11-23T12:05:00Z", "created_by": "management API", "reference": "K-1", "tx_code_attempts": float64(0),
	}
	if fmt.Sprint(shown) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", shown, want)
	}
	for _, secret := range []string{canary, "DE89370400440532013000", *made.TxCode, h.service.Code(issuance.OfferID(made.OfferID)).Reveal()} {
		if strings.Contains(got.body, secret) || strings.Contains(h.log.String(), secret) {
			t.Errorf("%q is in the answer or the log", secret)
		}
	}
}

// A back-end whose offer a clerk showed again finds the new one by the one that it knows.
func TestShowOffer_names_the_offer_that_it_replaces(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, extra(`"reference":"K-1"`))
	again, err := h.service.RepeatOffer(t.Context(), issuance.OfferID(made.OfferID), issuance.Actor{Name: "Carla"})
	if err != nil {
		t.Fatal(err)
	}
	var before, after struct{ Status, Cause, Replaces, Reference string }
	h.read(t, "/offers/"+made.OfferID, &before)
	h.read(t, "/offers/"+string(again.ID), &after)
	if before.Status != "cancelled" || before.Cause != "shown again as a new offer by Carla" || before.Replaces != "" {
		t.Errorf("the offer before is %+v", before)
	}
	if after.Status != "ready" || after.Replaces != made.OfferID || after.Reference != "K-1" {
		t.Errorf("the new one is %+v", after)
	}
}

// Time decides: the status is right also when no sweep has run.
func TestShowOffer_is_expired_at_its_deadline(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, extra(`"expires_in":30`))
	for _, want := range []string{"ready", "expired"} {
		h.passed.Add(int64(15 * time.Second))
		var shown struct{ Status string }
		var list struct{ Offers []struct{ Status string } }
		h.read(t, "/offers/"+made.OfferID, &shown)
		h.read(t, "/offers", &list)
		if shown.Status != want || len(list.Offers) != 1 || list.Offers[0].Status != want {
			t.Errorf("got %v and %v, want %s", shown, list, want)
		}
	}
	late := cancel(made.OfferID)
	refused(t, late, h.call(t, late), http.StatusConflict, "offer_ended")
}

func TestListOffers_gives_the_newest_first_within_its_limit(t *testing.T) {
	h := newHouse(t)
	var ids []string
	for i := range 60 {
		h.passed.Store(int64(i) * int64(time.Second))
		made, _ := h.create(t, post(goodBody))
		ids = append(ids, made.OfferID)
	}
	slices.Reverse(ids)
	for path, want := range map[string]int{"/offers": 50, "/offers?limit=1": 1, "/offers?limit=200": 60} {
		var list struct {
			Offers []struct {
				OfferID string `json:"offer_id"`
			} `json:"offers"`
		}
		got := h.read(t, path, &list)
		var listed []string
		for _, o := range list.Offers {
			listed = append(listed, o.OfferID)
		}
		if !slices.Equal(listed, ids[:want]) {
			t.Errorf("%s: %d offers, want the %d newest", path, len(listed), want)
		}
		if strings.Contains(got.body, canary) {
			t.Errorf("%s: a claim is in the list", path)
		}
	}
	if got := newHouse(t).call(t, get("/offers")); got.body != `{"offers":[]}` {
		t.Errorf("an empty list is %s", got.body)
	}
}

func TestListOffers_refuses_what_it_cannot_do(t *testing.T) {
	h := newHouse(t)
	h.create(t, post(goodBody))
	const bad, invalid, code = http.StatusBadRequest, http.StatusUnprocessableEntity, "validation_failed"
	limit := func(name, value string) refusal {
		return refusal{name, get("/offers?limit=" + value), invalid, code, []string{"/limit validation_failed"}}
	}
	refuseAll(t, h, []refusal{
		limit("OF-124 limit 100000", "100000"), limit("limit 201", "201"), limit("limit 0", "0"), limit("limit -1", "-1"),
		limit("limit without a value", ""), limit("limit in words", "ten"), limit("limit with a sign", "%2B5"), limit("limit with a fraction", "1.0"),
		limit("limit in hex", "0x10"), limit("limit beyond 64 bits", "99999999999999999999"), limit("limit in other digits", "%D9%A5"),
		{"limit twice", get("/offers?limit=1&limit=2"), bad, "unknown_parameter", nil},
		{"OF-125 a cursor", get("/offers?cursor=Y2FuYXJ5"), bad, "invalid_cursor", nil},
		{"OF-127 a list by claims", get("/offers?sort=claims"), bad, "unknown_parameter", nil},
		{"a filter that does not exist", get("/offers?claims=somebody"), bad, "unknown_parameter", nil},
		{"OF-005 a key in the URL", get("/offers?api_key=Canary-key"), bad, "credentials_in_url", nil},
		{"OF-005 a key in the URL of a request to write", post(goodBody).at("/offers?api_key=Canary-key"), bad, "credentials_in_url", nil},
		{"OF-005 a key in the URL of one offer", get("/offers/none?api_key=Canary-key"), bad, "credentials_in_url", nil},
		{"a parameter of one offer", get("/offers/none?claims=true"), bad, "unknown_parameter", nil},
		{"a parameter of its events", get("/offers/none/events?after=1"), bad, "unknown_parameter", nil},
		{"a parameter of a cancellation", cancel("none").at("/offers/none/cancel?force=true"), bad, "unknown_parameter", nil},
	})
}

// names are ids that no offer has, spelled to reach something else.
func names() map[string]string {
	return map[string]string{
		"OF-120 unknown":                   "AAAAAAAAAAAAAAAAAAAAAA",
		"OF-122 a path upwards":            "..%2F..%2Fetc%2Fpasswd",
		"OF-122 a path upwards, twice":     "%252e%252e%252fetc",
		"OF-122 a path with backslashes":   `..\..\etc`,
		"NUL":                              "%00",
		"a raw NUL":                        "a\x00b",
		"bytes that are no UTF-8":          "\xff\xfe",
		"bytes that are no UTF-8, escaped": "%ff%fe",
		"SQL":                              "'%20OR%201=1--",
		"a wildcard":                       "*",
		"a wildcard of SQL":                "%25",
		"8 kB":                             strings.Repeat("A", 8<<10),
		"a route parameter":                ":offer",
		"a matrix parameter":               "AAAAAAAAAAAAAAAAAAAAAA;v=1",
		"characters beyond ASCII":          "%C3%A9",
	}
}

func TestOffers_that_do_not_exist_are_not_found(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, post(goodBody))
	ids := names()
	ids["a real id in another case"] = swapCase(made.OfferID)
	ids["a real id with a space"] = made.OfferID + "%20"
	ids["a real id with its first letter escaped"] = fmt.Sprintf("%%%02X%s", made.OfferID[0], made.OfferID[1:])
	var rows []refusal
	for name, id := range ids {
		// Control bytes in a request line are no HTTP at all (RFC 9112 §3).
		if strings.ContainsAny(id, "\x00") {
			continue
		}
		for _, r := range []request{get("/offers/" + id), get("/offers/" + id + "/events"), cancel(id)} {
			rows = append(rows, refusal{name + " " + r.method, r, http.StatusNotFound, "offer_not_found", nil})
		}
	}
	refuseAll(t, h, rows)
	if o, err := h.service.Offer(t.Context(), issuance.OfferID(made.OfferID)); err != nil || o.Status != issuance.StatusReady {
		t.Errorf("the real offer is %v, %v", o.Status, err)
	}
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

func TestListEvents_tells_the_story_in_order(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, post(goodBody))
	h.passed.Store(int64(time.Minute))
	if got := h.call(t, cancel(made.OfferID)); got.status != http.StatusOK {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	got := h.call(t, get("/offers/"+made.OfferID+"/events"))
	const want = `{"events":[{"sequence":1,"kind":"offer.created","at":"2026-11-23T12:00:00Z"},` +
		`{"sequence":2,"kind":"offer.cancelled","at":"2026-11-23T12:01:00Z","cause":"cancelled by management API"}]}`
	if got.status != http.StatusOK || got.body != want {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestCancelOffer_ends_an_offer_once(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, post(goodBody))
	first, again := h.call(t, cancel(made.OfferID)), h.call(t, cancel(made.OfferID))
	if first.status != http.StatusOK || again.status != http.StatusOK || first.body != again.body || !strings.Contains(first.body, `"status":"cancelled"`) { // OF-129
		t.Errorf("got %d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
	events, err := h.store.Events(t.Context(), issuance.OfferID(made.OfferID))
	if err != nil || len(events) != 2 {
		t.Errorf("events %v, %v", events, err)
	}
}

func TestCancelOffer_refuses_what_is_used(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, post(goodBody))
	h.redeem(t, made.OfferID)
	refuseAll(t, h, []refusal{{"a redeemed offer", cancel(made.OfferID), http.StatusConflict, "offer_ended", nil}})
	var shown struct{ Status string }
	if h.read(t, "/offers/"+made.OfferID, &shown); shown.Status != "redeemed" {
		t.Errorf("the offer is %s", shown.Status)
	}
}

// Headers that only pretend to say who calls or what is wanted change nothing.
func TestOffers_ignore_headers_they_do_not_know(t *testing.T) {
	h := newHouse(t)
	for name, value := range map[string]string{
		"If-None-Match":                `garbage"`, // OF-031
		"Cookie":                       "session=Canary",
		"X-Forwarded-Client-Cert":      `Subject="CN=admin"`, // OF-028
		"X-Http-Method-Override":       "DELETE",
		"X-Original-Url":               "/livez",
		"X-Request-Id":                 "Canary\"<b>",
		"Range":                        "bytes=0-1",
		"Accept":                       "text/html",
		"Accept-Encoding":              "gzip, br",
		"Origin":                       "https://evil.example",
		"Access-Control-Request-Meth":  "POST",
		"X-Forwarded-Host":             "evil.example",
		"X-Forwarded-For":              "127.0.0.1, 10.0.0.1",
		"Transfer-Encoding-Not-Really": "chunked",
	} {
		r := get("/offers")
		r.headers[name] = []string{value}
		got := h.call(t, r)
		if got.status != http.StatusOK || got.body != `{"offers":[]}` || got.headers.Get("Access-Control-Allow-Origin") != "" || got.headers.Get("Set-Cookie") != "" {
			t.Errorf("%s: got %d %v %s", name, got.status, got.headers, got.body)
		}
		if strings.Contains(fmt.Sprint(got.headers), canary) {
			t.Errorf("%s: the answer repeats a header", name)
		}
	}
}

// An offer that its type's policy holds back is answered like any other; that it waits is told where it is read.
func TestOffers_that_must_be_approved_are_answered_alike_and_wait(t *testing.T) {
	h := newHouse(t)
	const body = `{"credential_configuration_id":"Facts","claims":{"address":{"town":"Bonn"},"ratio":1000.5},"tx_code":{},"customer":"Canary-4711"}`
	made, got := h.create(t, post(body))
	if made.URI == "" || made.TxCode == nil || strings.Contains(got.body, "pending") {
		t.Errorf("got %s", got.body)
	}
	for _, path := range []string{"/offers/" + made.OfferID, "/offers?status=pending"} {
		if got := h.call(t, get(path)); got.status != http.StatusOK || !strings.Contains(got.body, `"status":"pending"`) || strings.Contains(got.body, "Canary") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	for _, form := range []string{"svg", "png"} {
		sent := get("/offers/" + made.OfferID + "/qr." + form)
		refused(t, sent, h.call(t, sent), http.StatusConflict, "offer_not_ready")
	}
	if got := h.call(t, request{path: "/offers/" + made.OfferID + "/cancel"}); got.status != http.StatusOK || !strings.Contains(got.body, `"status":"cancelled"`) {
		t.Errorf("cancelling: %d %s", got.status, got.body)
	}
}
