package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A page asks by itself when its session is about to end, and says so in time (WCAG 2.2, 2.2.1).
func TestPortal_warns_before_a_session_ends(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	waits := clerk.do(get("/")).page(t).Find("#session")
	if trigger, _ := waits.Attr("hx-trigger"); trigger != "load delay:1680s" || waits.Text() != "" { // 30 minutes but two
		t.Fatalf("the page asks at %q and says %q", trigger, waits.Text())
	}
	b.ahead.Add(int64(29 * time.Minute))
	warned := clerk.do(get("/session").with("HX-Request", "true")).page(t)
	if text := warned.Find("[role=alert]").Text(); !strings.Contains(text, "you will be signed out at") || warned.Find(`form[hx-post="/session"] button`).Length() != 1 {
		t.Errorf("it says %q", text)
	}
	if a := clerk.do(post("/session", nil).with("HX-Request", "true")); a.status != http.StatusOK || a.page(t).Find("[role=alert]").Length() != 0 {
		t.Errorf("staying answered %d: %s", a.status, a.body)
	}
	b.ahead.Add(int64(29 * time.Minute)) // which asking does not make longer
	clerk.do(get("/session").with("HX-Request", "true"))
	b.ahead.Add(int64(2 * time.Minute))
	over := clerk.do(get("/session").with("HX-Request", "true").with("Referer", b.portal+"/offers/new/IdentityCredential"))
	href, _ := over.page(t).Find("[role=alert] a.button").Attr("href")
	if over.status != http.StatusOK || over.header.Get("HX-Redirect") != "" || href != "/sign-in?next="+url.QueryEscape("/offers/new/IdentityCredential") {
		t.Errorf("when it is over it answers %d, leads to %q", over.status, href)
	}
	if a := clerk.do(post("/session", nil).with("HX-Request", "true")); a.status != http.StatusUnauthorized {
		t.Errorf("staying when it is over answered %d", a.status)
	}
}

// After twelve hours nobody can stay, and is told so.
func TestPortal_offers_no_staying_at_the_end_of_the_day(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	for range 35 {
		b.ahead.Add(int64(20*time.Minute + 30*time.Second))
		clerk.do(get("/"))
	}
	b.ahead.Add(int64(2 * time.Minute))
	doc := clerk.do(get("/session")).page(t)
	if doc.Find("[role=alert]").Length() != 1 || !strings.Contains(doc.Text(), "You signed in long ago") || doc.Find("button").Length() != 0 {
		t.Errorf("it says %q", doc.Text())
	}
}

func TestPortal_is_light_or_dark_as_somebody_chose(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	class := func(cookie string) string {
		as := clerk
		as.cookie += cookie
		got, _ := as.do(get("/account")).page(t).Find("html").Attr("class")
		return got
	}
	a := clerk.do(post("/account/appearance", url.Values{"appearance": {"dark"}}))
	if set := a.header.Get("Set-Cookie"); a.status != http.StatusSeeOther || !strings.HasPrefix(set, "appearance=dark;") || !strings.Contains(set, "HttpOnly") {
		t.Errorf("choosing answered %d, %q", a.status, set)
	}
	for cookie, want := range map[string]string{
		"": "", "; appearance=dark": "dark", "; appearance=light": "light", `; appearance=dark" onload="x`: "", "; appearance=DARK": "", "; appearance=dark; appearance=light": "",
	} {
		if got := class(cookie); got != want {
			t.Errorf("%q: the page is %q", cookie, got)
		}
	}
	for name, form := range map[string]url.Values{"nothing": {}, "another": {"appearance": {"sepia"}}, "two": {"appearance": {"dark", "light"}}} {
		if a := clerk.do(post("/account/appearance", form)); a.status < http.StatusBadRequest || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d, %q", name, a.status, a.header.Get("Set-Cookie"))
		}
	}
}
