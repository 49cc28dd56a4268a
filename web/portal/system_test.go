package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSystem_says_what_keeps_it_from_going_live(t *testing.T) {
	t.Parallel()
	admin := open(t, "COUNTERFOIL_PUBLIC_URL=http://127.0.0.1:1").signIn("demo-administrator")
	a := admin.do(get("/system"))
	doc := a.page(t)
	if a.status != http.StatusOK || doc.Find(`nav a[href="/system"][aria-current]`).Length() != 1 {
		t.Errorf("got %d", a.status)
	}
	// Nothing listens at the public URL of this test, and it is a demo.
	if text := doc.Find("#failed + ul").Text(); !strings.Contains(text, "Public address") || !strings.Contains(text, "How to fix it") {
		t.Errorf("it does not say what failed: %s", text)
	}
	for group, word := range map[string]string{"failed": "Failed", "warning": "Warning", "not-checked": "Not checked", "ok": "OK"} {
		rows, words := doc.Find("#"+group+" + ul > li"), doc.Find("#"+group+" + ul .status")
		if rows.Length() == 0 || rows.Length() != words.Length() || seen(words.First()) != word {
			t.Errorf("%s: %d checks, %d words, %q", group, rows.Length(), words.Length(), words.First().Text())
		}
	}
	if titles := doc.Find("main h2").Text(); titles != "To fix"+"To look at"+"Not checked"+"In order" {
		t.Errorf("the groups are %s", titles)
	}
	for _, secret := range []string{"whsec_", "cfk_", "PRIVATE KEY"} {
		if strings.Contains(a.body, secret) {
			t.Errorf("the page has %s", secret)
		}
	}
}

// A report is kept for a minute, and the button looks again at once.
func TestSystem_runs_again_when_asked_or_after_a_minute(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	at := func() string {
		t.Helper()
		return admin.do(get("/system")).page(t).Find(".actions .hint").Text()
	}
	first := at()
	b.ahead.Add(int64(30 * time.Second))
	if got := at(); got != first {
		t.Errorf("looked again by itself: %s, %s", first, got)
	}
	a := admin.do(post("/system", nil))
	second := at()
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/system" || second == first {
		t.Errorf("got %d to %s, checked %s and %s", a.status, a.header.Get("Location"), first, second)
	}
	b.ahead.Add(int64(2 * time.Minute))
	if got := at(); got == second {
		t.Errorf("an old report is shown: %s", got)
	}
}

func TestSystem_is_for_administrators_and_auditors(t *testing.T) {
	t.Parallel()
	b := open(t)
	for name, want := range map[string]struct{ see, run, links int }{
		"demo-administrator": {200, 303, 1}, "demo-auditor": {200, 403, 1}, "demo-clerk": {403, 403, 0}, // PF-068, PF-069
	} {
		p := b.signIn(name)
		if a := p.do(get("/system")); a.status != want.see || a.page(t).Find(`form[action="/system"]`).Length() != 1 && want.run == http.StatusSeeOther {
			t.Errorf("%s: GET answered %d", name, a.status)
		} else if want.run != http.StatusSeeOther && a.page(t).Find(`form[action="/system"]`).Length() != 0 {
			t.Errorf("%s is shown a button that does nothing", name)
		}
		if a := p.do(post("/system", nil)); a.status != want.run {
			t.Errorf("%s: POST answered %d", name, a.status)
		}
		if got := p.do(get("/")).page(t).Find(`nav a[href="/system"]`).Length(); got != want.links {
			t.Errorf("%s: the menu has %d links", name, got)
		}
	}
	if a := b.nobody().do(get("/system")); a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/sign-in") { // PF-001
		t.Errorf("nobody: %d", a.status)
	}
	admin := b.signIn("demo-administrator")
	if a := admin.do(post("/system", nil).with("Sec-Fetch-Site", "cross-site")); a.status != http.StatusForbidden {
		t.Errorf("from another site: %d", a.status)
	}
	for range 6 {
		admin.do(post("/system", nil))
	}
	if a := admin.do(post("/system", nil)); a.status != http.StatusTooManyRequests {
		t.Errorf("the eighth in a minute: %d", a.status)
	}
}

// What is found and how to fix it is said in the reader's language, not only what stands around it.
func TestSystem_speaks_the_readers_language(t *testing.T) {
	t.Parallel()
	b := open(t, "COUNTERFOIL_PUBLIC_URL=http://127.0.0.1:1")
	admin := b.signIn("demo-administrator")
	texts := func(language string) map[string]bool {
		admin := admin
		admin.cookie += "; language=" + language
		all := map[string]bool{}
		doc := admin.do(get("/system")).page(t)
		for _, part := range doc.Find(".doctor strong, .doctor p").EachIter() {
			all[part.Text()] = true
		}
		return all
	}
	english := texts("en")
	if len(english) < 10 {
		t.Fatalf("only %d texts were found", len(english))
	}
	same := map[string]bool{"TLS": true, "Mode": true, "Logos": true, "Certificates": true} // words that are the same in another language, or a name
	for _, language := range []string{"de", "fr"} {
		for text := range texts(language) {
			if english[text] && !same[text] {
				t.Errorf("%s: %s", language, text)
			}
		}
	}
}
