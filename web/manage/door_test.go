package manage_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"counterfoil/web/surface"
)

// typed is a good request with these content types.
func typed(values ...string) request { return post(goodBody).with("Content-Type", values...) }

func TestDoor_takes_JSON_and_nothing_else(t *testing.T) {
	const status, code = http.StatusUnsupportedMediaType, "unsupported_media_type"
	h := newHouse(t)
	bare := post(goodBody)
	bare.headers = http.Header{"X-Nothing": {"1"}}
	refuseAll(t, h, []refusal{
		{"OF-035 text", typed("text/plain"), status, code, nil},
		{"OF-037 UTF-16", typed("application/json; charset=utf-16"), status, code, nil},
		{"OF-037 Latin", typed("application/json; charset=iso-8859-1"), status, code, nil},
		{"OF-038 none", bare, status, code, nil},
		{"an empty one", typed(""), status, code, nil},
		{"a form", typed("application/x-www-form-urlencoded"), status, code, nil},
		{"a form with files", typed("multipart/form-data; boundary=x"), status, code, nil},
		{"a list", typed("application/json, text/plain"), status, code, nil},
		{"something like JSON", typed("application/json5"), status, code, nil},
		{"a patch", typed("application/merge-patch+json"), status, code, nil},
		{"no media type at all", typed("json"), status, code, nil},
		{"two headers", typed("application/json", "text/plain"), status, code, nil},
		{"OF-039 gzip", post(goodBody).with("Content-Encoding", "gzip"), status, code, nil},
		{"OF-039 not encoded, but said so", post(goodBody).with("Content-Encoding", "identity"), status, code, nil},
		{"a bomb of several encodings", post(goodBody).with("Content-Encoding", "gzip, gzip, br"), status, code, nil},
	})
}

func TestDoor_has_these_addresses_and_no_others(t *testing.T) {
	const code = "not_found"
	h := newHouse(t)
	made, _ := h.create(t, post(goodBody))
	var rows []refusal
	for _, path := range []string{
		"/", "/offer", "/offers/", "//offers", "/offers//", "/OFFERS", "/Offers", "/offers;v=1", "/offers%2F" + made.OfferID, "/./offers", "/a/../offers",
		"/%6Fffers", "/offers/" + made.OfferID + "/", "/offers/" + made.OfferID + "/cancel/", "/offers/" + made.OfferID + "/claims",
		"/offers/" + made.OfferID + "/events/1", "/favicon.ico", "/.git/config", "/debug/pprof/", "/metrics/../offers", "/oidc4vci/token",
		"/.well-known/openid-credential-issuer", "/oidc4vci/offers/" + made.OfferID, "/livez/",
	} {
		rows = append(rows, refusal{path, get(path), http.StatusNotFound, code, nil})
	}
	refuseAll(t, h, rows)
}

func TestDoor_tells_which_methods_an_address_takes(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, post(goodBody))
	for path, allow := range map[string]string{
		"/offers":                                "GET, HEAD, POST", // OF-032
		"/offers/" + made.OfferID:                "GET, HEAD",
		"/offers/" + made.OfferID + "/events":    "GET, HEAD",
		"/offers/" + made.OfferID + "/cancel":    "POST",
		"/livez":                                 "GET, HEAD",
		"/readyz":                                "GET, HEAD",
		"/offers?limit=1":                        "GET, HEAD, POST",
		"/offers/" + strings.Repeat("A", 4000):   "GET, HEAD",
		"/offers/" + made.OfferID + "?x=%2Fy%00": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"} {
			if strings.Contains(allow, method) {
				continue
			}
			t.Run(method+" "+path[:min(len(path), 60)], func(t *testing.T) {
				r := request{method: method, path: path, headers: http.Header{"X-Note": {canary}}}
				got := h.call(t, r)
				refused(t, r, got, http.StatusMethodNotAllowed, "method_not_allowed")
				if got.headers.Get("Allow") != allow {
					t.Errorf("Allow %q, want %q", got.headers.Get("Allow"), allow)
				}
			})
		}
	}
}

// Methods that HTTP does not know at all come to the door too, and get an answer in its own dialect.
func TestDoor_refuses_methods_nobody_knows(t *testing.T) {
	h := newHouse(t)
	for _, method := range []string{"BREW", "get", "POSTS", "PROPFIND", "QUERY"} {
		r := request{method: method, headers: http.Header{}}
		got := h.call(t, r)
		refused(t, r, got, http.StatusMethodNotAllowed, "method_not_allowed")
		if got.headers.Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("%s: Allow %q", method, got.headers.Get("Allow"))
		}
	}
}

// serve opens the door on a port of this machine, for what cannot be sent through app.Test.
func (h *house) serve(t *testing.T) string {
	t.Helper()
	l, err := surface.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- h.app.Listener(l) }()
	t.Cleanup(func() {
		if err := h.app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// raw sends bytes and gives the first answer.
func raw(t *testing.T, addr, bytes string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // nothing is left to read
	if err := conn.SetDeadline(time.Now().Add(testTime * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	// The door may answer and close before it has read everything; what it said counts.
	go func() { _, _ = io.WriteString(conn, bytes) }()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// What is refused before a handler runs is refused in the same dialect, with a name to ask for.
func TestDoor_refuses_what_is_too_large_or_no_HTTP(t *testing.T) {
	h := newHouse(t)
	addr := h.serve(t)
	const head = "POST /offers HTTP/1.1\r\nHost: manage.test\r\nContent-Type: application/json\r\n"
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n", n) }
	pad := func(n int) string {
		return strings.TrimSuffix(goodBody, "}") + strings.Repeat(" ", n-len(goodBody)) + "}"
	}
	for _, c := range []struct {
		name, send string
		status     int
		code       string
	}{
		{"OF-057 one byte more than 1 MiB", head + length(1<<20+1) + pad(1<<20+1), 413, "payload_too_large"},
		{"OF-099 six megabytes", head + length(6<<20) + pad(6<<20), 413, "payload_too_large"},
		{"OF-058 5 GiB promised, none sent", head + length(5<<30), 413, "payload_too_large"},
		{"OF-057 one byte more, in chunks", head + "Transfer-Encoding: chunked\r\n\r\n100001\r\n" + pad(1<<20+1) + "\r\n0\r\n\r\n", 413, "payload_too_large"},
		{"a length below zero", head + "Content-Length: -1\r\n\r\n", 400, "bad_request"},
		{"a length in words", head + "Content-Length: ten\r\n\r\n", 400, "bad_request"},
		{"a header of 40 KiB", head + "X-Long: " + strings.Repeat(canary, 7000) + "\r\n" + length(0), 431, "headers_too_large"},
		{"5000 headers", head + strings.Repeat("X-Many: "+canary+"\r\n", 5000) + length(0), 431, "headers_too_large"},
		{"an address of 40 KiB", "GET /offers/" + strings.Repeat(canary, 7000) + " HTTP/1.1\r\nHost: manage.test\r\n\r\n", 431, "headers_too_large"},
		// The chunks count and the connection ends, as RFC 9112 §6.3 allows; package surface sees to the end.
		{"OF-060 a length and chunks", head + "Transfer-Encoding: chunked\r\n" + length(5) + "0\r\n\r\n", 400, "malformed_json"},
		{"no Host", "GET /offers HTTP/1.1\r\n\r\n", 400, "bad_request"},
		{"two Hosts", "GET /offers HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request"},
		{"a space in a header name", "GET /offers HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n", 400, "bad_request"},
		{"NUL in the address", "GET /offers/a\x00b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"},
		{"an asterisk instead of an address", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"},
		{"no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400, "bad_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := raw(t, addr, c.send)
			refused(t, request{}, got, c.status, c.code)
			if n := h.offers(t); n != 0 {
				t.Errorf("%d offers were stored", n)
			}
		})
	}
	got := raw(t, addr, head+length(1<<20)+pad(1<<20))
	if got.status != http.StatusCreated {
		t.Errorf("exactly 1 MiB: got %d %s", got.status, got.body)
	}
}

func TestDoor_tells_that_it_lives_and_is_ready(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/livez", "/readyz"} {
		if got := h.call(t, get(path)); got.status != http.StatusOK || got.body != `{"status":"ok"}` {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
}

// Without its database the door lives, is not ready, and refuses work without telling why.
func TestDoor_without_a_database_stays_polite(t *testing.T) {
	h := newHouse(t)
	h.closeDatabase(t)
	if got := h.call(t, get("/livez")); got.status != http.StatusOK {
		t.Errorf("livez: %d %s", got.status, got.body)
	}
	if got := h.call(t, get("/readyz")); got.status != http.StatusServiceUnavailable || got.headers.Get("Retry-After") == "" || strings.Contains(got.body, "sql") {
		t.Errorf("readyz: %d %v %s", got.status, got.headers, got.body)
	}
	for _, r := range []request{post(goodBody), get("/offers"), get("/offers/a"), get("/offers/a/events"), cancel("a")} {
		got := h.call(t, r)
		p := refused(t, r, got, http.StatusInternalServerError, "server_error")
		if strings.Contains(strings.ToLower(got.body), "sql") || strings.Contains(got.body, "database") || !strings.Contains(h.log.String(), p.RequestID) {
			t.Errorf("%s %s: %s", r.method, r.path, got.body)
		}
	}
	if strings.Contains(h.log.String(), canary) {
		t.Error("the log has a claim")
	}
}
