package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/internal/wallet"
	"counterfoil/web/portal"
)

// display opens a customer display and gives what its browser holds and the code that it shows.
func (b *bank) display() (tablet person, code string) {
	b.t.Helper()
	a := b.nobody().do(get("/display"))
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	code = a.page(b.t).Find(".pairing").Text()
	if a.status != http.StatusOK || !regexp.MustCompile(`^[A-HJKMNP-Z2-9]{3} [A-HJKMNP-Z2-9]{3}$`).MatchString(code) {
		b.t.Fatalf("a new display answered %d with code %q", a.status, code)
	}
	return person{bank: b, cookie: cookie}, code
}

// paired opens a display and pairs it.
func (p person) paired() person {
	p.t.Helper()
	tablet, code := p.display()
	if a := p.do(post("/display/pair", url.Values{"code": {code}})); a.status != http.StatusSeeOther {
		p.t.Fatalf("pairing answered %d: %s", a.status, a.body)
	}
	return tablet
}

// shows gives the large words of a display.
func (p person) shows() string {
	p.t.Helper()
	return p.do(get("/display")).page(p.t).Find("h1").Text()
}

// SS-071.
func TestDisplay_holds_a_token_of_its_own(t *testing.T) {
	t.Parallel()
	b := open(t)
	a := b.nobody().do(get("/display"))
	if c := a.header.Get("Set-Cookie"); !regexp.MustCompile(`^counterfoil-display=[\w-]{43}; max-age=43200; path=/; HttpOnly; SameSite=Lax$`).MatchString(c) {
		t.Errorf("the cookie is %q", c)
	}
	first, code := b.display()
	second, other := b.display()
	if code == other || first.cookie == second.cookie {
		t.Error("two displays are one")
	}
	if again := first.do(get("/display")).page(t).Find(".pairing").Text(); again != code {
		t.Errorf("the code changed to %q", again)
	}
	for name, cookie := range map[string]string{
		"a random one": "counterfoil-display=" + strings.Repeat("a", 43), "cut short": first.cookie[:40], "twice": first.cookie + "; " + first.cookie,
		"a session": b.signIn("demo-clerk").cookie, "very long": "counterfoil-display=" + strings.Repeat("a", 8000),
	} {
		if got := (person{bank: b, cookie: cookie}).do(get("/display")).page(t).Find(".pairing").Text(); got == code || got == "" {
			t.Errorf("%s gets the code %q", name, got)
		}
	}
}

// SS-072. (SS-073)
func TestDisplay_shows_the_offer_and_nothing_of_the_staff(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	tablet := clerk.paired()
	if got := tablet.shows(); got != "Welcome" {
		t.Fatalf("it shows %q", got)
	}
	form := clerk.form()
	form.Set("reference", "Account 4711")
	offer := clerk.do(post("/offers", form)).header.Get("Location")
	clerk.do(get(offer))
	code := strings.TrimSpace(clerk.do(post(offer+"/reveal", nil).with("HX-Request", "true")).page(t).Find("output").Text())
	id := strings.TrimPrefix(offer, "/offers/")
	for _, path := range []string{"/display", "/display/live?paired=yes"} {
		a := tablet.do(get(path))
		doc := a.page(t)
		if src, _ := doc.Find(".qr img").Attr("src"); src != "/display/"+id+"/qr.svg" || doc.Find(".steps li").Length() != 3 {
			t.Errorf("%s shows no QR code with three steps: %s", path, a.body)
		}
		if strings.Contains(doc.Text(), id) {
			t.Errorf("%s shows the offer's id", path)
		}
		for _, word := range []string{code, strings.ReplaceAll(code, " ", ""), "Erika", "Mustermann", "T22000129", "4711", "Carla", "Clerk", "/offers", "href=\"/\"", "sign-out", "<form"} {
			if strings.Contains(a.body, word) {
				t.Errorf("%s holds %q", path, word)
			}
		}
	}
	qr := tablet.do(get("/display/" + id + "/qr.svg"))
	if qr.status != http.StatusOK || qr.header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(qr.body, "<svg") {
		t.Errorf("the QR code answered %d of %s", qr.status, qr.header.Get("Content-Type"))
	}
	// Another display, with or without an offer of its own, gets it not; nor does this one get another offer's.
	stranger, _ := b.display()
	auditor := b.signIn("demo-auditor")
	another := strings.TrimPrefix(clerk.create(), "/offers/") // made, but the counter screen shows the first
	for name, a := range map[string]answer{
		"a display that is not paired": stranger.do(get("/display/" + id + "/qr.svg")), "nobody": b.nobody().do(get("/display/" + id + "/qr.svg")),
		"the clerk, by their session": clerk.do(get("/display/" + id + "/qr.svg")), "an auditor": auditor.do(get("/display/" + id + "/qr.svg")),
		"another offer": tablet.do(get("/display/" + another + "/qr.svg")), "no offer": tablet.do(get("/display/nowhere/qr.svg")),
	} {
		if a.status != http.StatusNotFound || strings.Contains(a.body, "<svg") {
			t.Errorf("%s: the QR code answered %d", name, a.status)
		}
	}
	clerk.do(post(offer+"/cancel", nil))
	if got := tablet.shows(); got != "Please ask the staff" {
		t.Errorf("after the end it shows %q", got)
	}
	if a := tablet.do(get("/display/" + id + "/qr.svg")); a.status != http.StatusNotFound {
		t.Errorf("after the end the QR code answered %d", a.status)
	}
	b.ahead.Add(int64(time.Minute))
	if got := tablet.shows(); got != "Welcome" {
		t.Errorf("a minute later it shows %q", got)
	}
}

func TestDisplay_shows_what_the_clerk_has_open(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor := b.signIn("demo-clerk"), b.signIn("demo-auditor")
	tablet := clerk.paired()
	first, second := clerk.create(), clerk.create()
	is := func(what, path string) {
		t.Helper()
		want := "/display" + strings.TrimPrefix(path, "/offers") + "/qr.svg"
		if src, _ := tablet.do(get("/display")).page(t).Find(".qr img").Attr("src"); path == "" && src != "" || path != "" && src != want {
			t.Errorf("%s it shows %q", what, src)
		}
	}
	is("before anything is open", "")
	clerk.do(get(first))
	is("when the first is open", first)
	clerk.do(get(second))
	is("when the second is open", second)
	auditor.do(get(first))
	is("when an auditor looks at the first", second)
	clerk.do(get(first + "/live"))
	clerk.do(get(first + "/qr.svg"))
	is("when a tab in the background refreshes", second)
	clerk.do(get("/offers"))
	is("when the clerk looks at the list", second)
	part := clerk.do(post(second+"/hide", nil).with("HX-Request", "true")).page(t)
	is("when it was cleared", "")
	if part.Find("a[href='"+second+"']").Length() != 1 || part.Find("form").Length() != 0 {
		t.Error("the counter screen does not offer to show it again")
	}
	clerk.do(get(second + "/live"))
	is("when the counter screen refreshes", "")
	clerk.do(get(second))
	is("when it is opened again", second)
	clerk.do(post(first+"/cancel", nil))
	clerk.do(get(first))
	is("when one that has ended is looked at", second)
	clerk.do(get("/"))
	is("when the clerk is at the home page", "")
}

func TestDisplay_ends_with_the_clerk(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end   func(b *bank, clerk person)
		shows string
	}{
		"signs out":          {func(_ *bank, clerk person) { clerk.do(post("/sign-out", nil)) }, "Pairing code"},
		"unpairs":            {func(_ *bank, clerk person) { clerk.do(post("/display/unpair", nil)) }, "Pairing code"},
		"pairs another":      {func(_ *bank, clerk person) { clerk.paired() }, "Pairing code"},
		"idle for too long":  {func(b *bank, _ person) { b.ahead.Add(int64(31 * time.Minute)) }, "Welcome"},
		"twelve hours later": {func(b *bank, _ person) { b.ahead.Add(int64(12 * time.Hour)) }, "Pairing code"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			clerk := b.signIn("demo-clerk")
			tablet := clerk.paired()
			offer := clerk.create()
			clerk.do(get(offer))
			id := strings.TrimPrefix(offer, "/offers/")
			if got := tablet.shows(); got != "Three steps to your wallet" {
				t.Fatalf("it shows %q", got)
			}
			c.end(b, clerk)
			if got := tablet.shows(); got != c.shows {
				t.Errorf("it shows %q", got)
			}
			if a := tablet.do(get("/display/" + id + "/qr.svg")); a.status != http.StatusNotFound {
				t.Errorf("the QR code answered %d", a.status)
			}
			live := tablet.do(get("/display/live?paired=yes"))
			if reload := live.header.Get("HX-Refresh") == "true"; reload != (c.shows == "Pairing code") {
				t.Errorf("the page is told to load anew: %t", reload)
			}
		})
	}
}

func TestDisplayStream_ticks_when_there_is_something_else_to_show(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	tablet := clerk.paired()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, lines := tablet.stream(ctx, "/display", http.Header{})
	if a.header.Get("Content-Type") != "text/event-stream" || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %v", a.status, a.header)
	}
	tick := func(what string) {
		t.Helper()
		for _, want := range []string{"event: tick", "data: 1"} {
			if got := next(t, lines); got != want {
				t.Fatalf("%s: got %q, want %q", what, got, want)
			}
		}
	}
	if got := next(t, lines); !retries.MatchString(got) {
		t.Fatalf("the stream begins with %q", got)
	}
	for _, want := range []string{"event: tick", "data: 0"} {
		if got := next(t, lines); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	offer := clerk.create()
	clerk.do(get(offer))
	tick("an offer")
	clerk.do(post(offer+"/hide", nil)) // between two looks: a page that fetched just then must not stay cleared
	clerk.do(get(offer))
	tick("the same offer again")
	clerk.do(post(offer+"/cancel", nil))
	tick("its end")
	b.ahead.Add(int64(time.Minute))
	tick("by itself")
	clerk.do(post("/sign-out", nil))
	tick("the clerk is gone")

	stranger, _ := b.display()
	for name, c := range map[string]struct {
		who     person
		request request
		status  int
	}{
		"not paired":    {stranger, get("/display/stream"), 404},
		"no longer":     {tablet, get("/display/stream"), 404},
		"nobody":        {b.nobody(), get("/display/stream"), 404},
		"another site":  {b.signIn("demo-clerk").paired(), get("/display/stream").with("Sec-Fetch-Site", "cross-site"), 403},
		"SS-006 POST":   {stranger, post("/display/stream", nil), 405},
		"a live of who": {b.nobody(), get("/display/live"), 204},
	} {
		if a := c.who.do(c.request); a.status != c.status {
			t.Errorf("%s answered %d", name, a.status)
		}
	}
}

func TestPair_is_for_who_may_create_offers(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor := b.signIn("demo-clerk"), b.signIn("demo-auditor")
	tablet, code := b.display()
	for _, r := range []request{get("/display/pair"), post("/display/pair", url.Values{"code": {code}}), post("/display/unpair", nil), post(clerk.create()+"/hide", nil)} {
		if a := auditor.do(r); a.status != http.StatusForbidden {
			t.Errorf("the auditor's %s %s answered %d", r.method, r.path, a.status)
		}
		for name, p := range map[string]person{"nobody": b.nobody(), "the display": tablet} {
			if a := p.do(r); a.status != http.StatusSeeOther && a.status != http.StatusUnauthorized {
				t.Errorf("%s of %s %s answered %d", name, r.method, r.path, a.status)
			}
		}
	}
	if a := clerk.do(post("/display/pair", url.Values{"code": {code}}).with("Sec-Fetch-Site", "cross-site")); a.status != http.StatusForbidden {
		t.Errorf("another site pairs: %d", a.status)
	}
	if auditor.do(get("/")).page(t).Find("a[href='/display/pair']").Length() != 0 || clerk.do(get("/")).page(t).Find("a[href='/display/pair']").Length() != 1 {
		t.Error("the home page leads the wrong people there")
	}
	if got := tablet.shows(); got != "Pairing code" {
		t.Errorf("it shows %q", got)
	}
}

func TestPair_refuses_wrong_codes_and_guesses(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	tablet, code := b.display()
	for name, form := range map[string]url.Values{
		"no field": {}, "an empty one": {"code": {""}}, "too short": {"code": {code[:5]}}, "a script": {"code": {`"><script>alert(1)</script>`}},
		"very long": {"code": {strings.Repeat("A", 100_000)}}, "no text": {"code": {"\xff\xfe\xfd\xfc\xfb\xfa"}}, "a letter that is not used": {"code": {"OOO 000"}},
	} {
		a := clerk.do(post("/display/pair", form))
		if a.status != http.StatusUnprocessableEntity || a.page(t).Find(".error").Length() != 1 {
			t.Errorf("%s answered %d", name, a.status)
		}
	}
	for name, body := range map[string]string{"PF-084 twice": "code=A&code=B", "PF-032 a NUL": "code=%00"} {
		if a := clerk.do(post("/display/pair", nil).sending(body)); a.status != http.StatusBadRequest {
			t.Errorf("%s answered %d", name, a.status)
		}
	}
	b.ahead.Add(int64(10 * time.Minute))
	if a := clerk.do(post("/display/pair", url.Values{"code": {code}})); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a code that is over answered %d", a.status)
	}
	fresh := tablet.do(get("/display/live")).page(t).Find(".pairing").Text()
	if fresh == code || clerk.do(post("/display/pair", url.Values{"code": {fresh}})).status != http.StatusSeeOther {
		t.Errorf("the new code is %q", fresh)
	}
	if a := clerk.do(post("/display/pair", url.Values{"code": {fresh}})); a.status != http.StatusUnprocessableEntity || tablet.shows() != "Welcome" {
		t.Errorf("the code again answered %d", a.status)
	}
	seen := map[int]int{}
	for range 60 {
		seen[clerk.do(post("/display/pair", url.Values{"code": {"AAAAAA"}})).status]++
	}
	if seen[http.StatusTooManyRequests] == 0 || seen[http.StatusSeeOther] != 0 {
		t.Errorf("guesses got %v", seen)
	}
}

func TestDisplay_bounds_how_many_an_address_brings(t *testing.T) {
	t.Parallel()
	b := open(t)
	known, _ := b.display()
	seen := map[int]int{}
	for range 60 {
		seen[b.nobody().do(get("/display")).status]++
	}
	if seen[http.StatusTooManyRequests] == 0 || known.do(get("/display")).status != http.StatusOK {
		t.Errorf("got %v", seen)
	}
}

// noWallet stands in where only routes are looked at.
type noWallet struct{}

func (noWallet) Collect(context.Context, wallet.Request) (wallet.Collected, error) {
	return wallet.Collected{}, nil
}

// The cookie of a display, paired and with an offer on it, opens nothing but the display.
func TestDisplay_opens_no_other_page(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	tablet := clerk.paired()
	offer := clerk.create()
	clerk.do(get(offer))
	routes := portal.New(portal.Dependencies{Staff: &staff.Service{}, DemoWallet: noWallet{}, Clock: time.Now}).GetRoutes(true)
	open := map[string]bool{
		"/display": true, "/display/live": true, "/display/stream": true, "/display/:offer/qr.svg": true,
		"/sign-in": true, "/sign-in/second": true, "/sign-in/setup": true, "/language": true, "/session": true, portal.SSOLogout: true, "/sign-in/passkey/begin": true, "/sign-in/passkey": true, "/sign-in/sso": true, portal.SSOBack: true,
		"/sign-out": true, "/static/*": true, "/brand/*": true, // anybody's
		"/help": true, "/help/troubles": true, "/help/keyboard": true, "/help/pictures/*": true, // likewise
	}
	values := strings.NewReplacer(":offer", strings.TrimPrefix(offer, "/offers/"), ":type", "IdentityCredential", ":callback", "default", ":delivery", "1", ":person", "demo-auditor", ":client", "none")
	walked := 0
	for _, route := range routes {
		if open[route.Path] || route.Method == fiber.MethodHead {
			continue
		}
		walked++
		r := get(values.Replace(route.Path))
		if route.Method == fiber.MethodPost {
			r = post(values.Replace(route.Path), nil)
		}
		if strings.Contains(r.path, ":") {
			t.Fatalf("%s has a value that this test does not know", route.Path)
		}
		for name, cookie := range map[string]string{"as it is": tablet.cookie, "under the session's name": strings.Replace(tablet.cookie, "-display", "", 1)} {
			a := person{bank: b, cookie: cookie}.do(r)
			if a.status != http.StatusUnauthorized && (a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/sign-in?")) {
				t.Errorf("%s, %s %s answered %d", name, r.method, r.path, a.status)
			}
		}
	}
	if walked < 20 {
		t.Errorf("only %d routes were walked", walked)
	}
}

func TestCounter_tells_how_the_display_fares(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor := b.signIn("demo-clerk"), b.signIn("demo-auditor")
	offer := clerk.create()
	says := func(p person) string {
		t.Helper()
		return p.do(get(offer + "/live")).page(t).Find("#display").Text()
	}
	if got := says(clerk); !strings.Contains(got, "Pair a customer display") {
		t.Errorf("without a display: %q", got)
	}
	tablet := clerk.paired()
	if got := says(clerk); !strings.Contains(got, "Customer display: connected") {
		t.Errorf("with one: %q", got)
	}
	b.ahead.Add(int64(31 * time.Second))
	if got := says(clerk); !strings.Contains(got, "Customer display disconnected") || !strings.Contains(got, "Load its page again") {
		t.Errorf("not seen for 31 s: %q", got)
	}
	tablet.do(get("/display/live?paired=yes"))
	if got := says(clerk); !strings.Contains(got, "Customer display: connected") {
		t.Errorf("seen again: %q", got)
	}
	if got := says(auditor); got != "" {
		t.Errorf("the auditor reads %q", got)
	}
}
