package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/staff"
	"counterfoil/web/portal"
)

// Methods that no page of ours uses change nothing and give nothing back, whatever the route and whoever asks.
func TestPortal_answers_no_method_that_it_does_not_use(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	values := strings.NewReplacer(":offer", strings.TrimPrefix(offer, "/offers/"), ":type", "IdentityCredential", "*", "x")
	paths := map[string]bool{}
	for _, route := range portal.New(portal.Dependencies{Staff: &staff.Service{}, DemoWallet: noWallet{}, Clock: time.Now}).GetRoutes(true) {
		paths[values.Replace(route.Path)] = true
	}
	if len(paths) < 50 {
		t.Fatalf("only %d routes were walked", len(paths))
	}
	for path := range paths {
		for _, method := range []string{"OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PROPFIND"} {
			a := clerk.do(request{method: method, path: path, header: http.Header{"Sec-Fetch-Site": {"same-origin"}, "X-Secret": {"mirror-me"}}})
			if a.status < 400 || a.status >= 500 || strings.Contains(a.body, "mirror-me") || a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s answered %d", method, path, a.status)
			}
		}
	}
	if text := clerk.do(get(offer)).page(t).Find("#live").Text(); strings.Contains(text, "Cancelled") || clerk.offers() != 1 {
		t.Error("one of them changed the offer")
	}
}

// No trick with a path leads out of the files that are served, and none reads another page without a session.
func TestPortal_gives_no_file_for_a_path_with_tricks(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, root := range []string{"/static/", "/help/pictures/", "/brand/"} {
		for _, trick := range []string{
			"../../go.mod", "..%2f..%2fgo.mod", "%2e%2e/%2e%2e/go.mod", "..%5c..%5cgo.mod", "..%252f..%252fgo.mod", "....//go.mod", "/etc/passwd",
			"%2fetc%2fpasswd", "css/app.css%00.png", "css/", "css", ".", "", "css/app.css/", "%c0%ae%c0%ae/go.mod", "\\\\evil\\share", "css/app.css;.js", "C:%5cWindows",
		} {
			a := b.nobody().do(get(root + trick))
			if a.status != http.StatusNotFound && a.status != http.StatusBadRequest && a.status != http.StatusSeeOther {
				t.Errorf("%s%s answered %d", root, trick, a.status)
			}
			if strings.Contains(a.body, "module counterfoil") || strings.Contains(a.body, "root:") {
				t.Errorf("%s%s gives a file", root, trick)
			}
		}
	}
	for _, path := range []string{"//offers", "/./offers", "/static/../offers", "/static/..%2foffers", "/help/../people", "/OFFERS", "/offers/", "/offers%2f"} {
		if a := b.nobody().do(get(path)); a.status == http.StatusOK {
			t.Errorf("nobody reads %s", path)
		}
	}
}

// SS-014, SS-016, SS-017: the page fetches its own part anew, so what a browser says that it saw last changes nothing and is not said back.
func TestStream_takes_nothing_from_the_last_id_that_a_browser_names(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	one, other := clerk.create(), clerk.create()
	for name, id := range map[string]string{
		"none": "", "SS-016 from the future": "99999999999999999999", "below zero": "-1", "SS-017 of another offer": other, "words": "' OR 1=1 --",
		"markup": "<script>alert(1)</script>", "fields of a stream": "1 data: x event: y", "8,000 characters": strings.Repeat("9", 8000), "not ASCII": "é\u202e",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		a, lines := clerk.stream(ctx, one, http.Header{"Last-Event-Id": {id}})
		if a.status != http.StatusOK {
			t.Errorf("%s: got %d", name, a.status)
		} else if first, second, third := next(t, lines), next(t, lines), next(t, lines); !retries.MatchString(first) || second != "event: tick" || third != "data: 0" {
			t.Errorf("%s: the stream begins with %q, %q, %q", name, first, second, third)
		}
		cancel()
	}
}

// SS-029: the first tick comes through a proxy within a second. Go's proxy holds answers back in a buffer unless they are a stream.
func TestStream_comes_through_a_proxy_at_once(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	to, err := url.Parse(b.portal)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		FlushInterval: time.Hour,
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer proxy.Close()
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, proxy.URL+offer+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", clerk.cookie)
	r.Header.Set("Accept-Encoding", "gzip, br, zstd") // SS-028
	asked := time.Now()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var first [6]byte
	if _, err := resp.Body.Read(first[:]); err != nil || string(first[:]) != "retry:" {
		t.Errorf("the first bytes are %q, %v", first, err)
	}
	if took := time.Since(asked); took > time.Second {
		t.Errorf("they took %v", took)
	}
	if resp.Header.Get("X-Accel-Buffering") != "no" || resp.Header.Get("Content-Encoding") != "" || resp.Header.Get("Content-Length") != "" {
		t.Errorf("the headers are %v", resp.Header)
	}
}

// A claim that turns the direction of the text or holds what nobody sees is refused: the clerk must read what is signed.
func TestForm_refuses_claims_that_would_deceive_the_reader(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	for name, text := range map[string]string{
		"turned around": "Erika\u202e nnamretsuM", "isolated": "Erika\u2067abc", "a colour for terminals": "Erika\x1b[31m", "no character": "\ufffeErika",
	} {
		form := clerk.form()
		form.Set("claim.given_name", text)
		a := clerk.do(post("/offers", form))
		if field := a.page(t).Find(`[id="claim.given_name-help"] .error`).Text(); a.status != http.StatusUnprocessableEntity || field == "" {
			t.Errorf("%s: got %d, %q", name, a.status, field)
		}
	}
	if clerk.offers() != 0 {
		t.Error("an offer was made")
	}
}

// What is sent as the name of a file reaches no header, no page and no draft.
func TestUpload_says_nothing_back_of_a_file_name(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	for _, name := range []string{"../../passwd-probe.jpg", "probe\u202egpj.exe", `probe"><script>alert(1)</script>.jpg`, "probe.jpg; filename=probe.svg", "CON", strings.Repeat("../", 200) + "probe", "probe%00.jpg", "probe\r\nX-Probe: 1"} {
		form := clerk.pass()
		delete(form, "claim.name")
		a := clerk.do(upload(t, "/offers", form, part{"claim.portrait-file", name, picture(t, 60, 80)}))
		if a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
			t.Errorf("%q: got %d", name, a.status)
		}
		a.page(t)
		if strings.Contains(a.body, "probe") || a.header.Get("X-Probe") != "" {
			t.Errorf("%q is said back", name)
		}
	}
}

// Twenty tabs that save at once leave one draft, whole as one of them sent it.
func TestDraft_of_many_tabs_at_once_is_one_of_them_whole(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	form := clerk.form()
	var tabs sync.WaitGroup
	for i := range 20 {
		tabs.Go(func() {
			mine := url.Values{}
			for name, values := range form {
				mine[name] = values
			}
			mark := "Tab" + string(rune('A'+i))
			mine.Set("claim.family_name", mark)
			mine.Set("claim.given_name", mark)
			if a := clerk.do(post(newIdentity, mine).with("HX-Request", "true").with("HX-Target", "preview")); a.status != http.StatusOK {
				t.Errorf("saving answered %d", a.status)
			}
		})
	}
	tabs.Wait()
	doc := clerk.do(get(newIdentity)).page(t)
	family, _ := doc.Find(`[id="claim.family_name"]`).Attr("value")
	given, _ := doc.Find(`[id="claim.given_name"]`).Attr("value")
	if family != given || !strings.HasPrefix(family, "Tab") {
		t.Errorf("the draft is of %q and %q", family, given)
	}
}

// PF-010, PF-011: a session is known by one cookie that the portal gave; nothing else that a browser sends makes or names one.
func TestSession_is_not_taken_from_what_an_attacker_plants(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	name, token, _ := strings.Cut(clerk.cookie, "=")
	planted := name + "=" + strings.Repeat("A", len(token))
	a := b.nobody().do(post("/sign-in", url.Values{"as": {"demo-clerk"}}).with("Cookie", planted))
	if given, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";"); given == planted || given == "" {
		t.Errorf("signing in keeps the planted session: %q", given)
	}
	for what, r := range map[string]request{
		"the planted one":         get("/offers").with("Cookie", planted),
		"two, the good one first": get("/offers").with("Cookie", clerk.cookie+"; "+planted),
		"two, the good one last":  get("/offers").with("Cookie", planted+"; "+clerk.cookie),
		"in the address":          get("/offers?" + clerk.cookie),
		"in a header":             get("/offers").with("Authorization", "Bearer "+token).with("X-Session", token),
		"SS-120 at a stream":      get(clerk.create()+"/stream").with("Authorization", "Bearer "+token).with("X-API-Key", token),
		"with a space around":     get("/offers").with("Cookie", name+"= x"+token),
	} {
		if a := b.nobody().do(r); a.status == http.StatusOK {
			t.Errorf("%s: is signed in", what)
		}
	}
}
