package portal_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"counterfoil/internal/staff"
	"counterfoil/web/portal"
)

func TestHelp_is_there_for_who_cannot_sign_in(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, p := range []person{b.nobody(), {bank: b, cookie: "counterfoil=of-a-session-that-has-ended"}, b.signIn("demo-clerk")} {
		for _, path := range []string{"/help", "/help/keyboard"} {
			a := p.do(get(path))
			if a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s answered %d", path, a.status)
			}
			doc := a.page(t)
			if signedIn := doc.Find("header nav").Length() == 1; signedIn != (p.cookie != "" && !strings.Contains(p.cookie, "ended")) {
				t.Errorf("%s of %q: the menu is there: %v", path, p.cookie, signedIn)
			}
		}
	}
	if a := b.nobody().do(get("/help/administration")); a.status != http.StatusSeeOther {
		t.Errorf("nobody reads the guide for administrators: %d", a.status)
	}
}

func TestHelp_leads_to_what_it_says_about_the_page(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, administrator := b.signIn("demo-clerk"), b.signIn("demo-administrator")
	for _, c := range []struct {
		p          person
		path, want string
	}{
		{b.nobody(), "/sign-in", "/help#sign-in"},
		{clerk, "/", "/help#choose"},
		{clerk, "/offers/new/IdentityCredential", "/help#fill-in"},
		{clerk, clerk.create(), "/help#watch"},
		{clerk, "/help/keyboard", "/help"},
		{administrator, "/callbacks/default", "/help/administration#callbacks"},
		{administrator, "/system", "/help/administration#system"},
	} {
		doc := c.p.do(get(c.path)).page(t)
		if links := doc.Find(".who a").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.AttrOr("href", "") == c.want }); links.Length() != 1 {
			t.Errorf("%s has %d ways to %s", c.path, links.Length(), c.want)
		}
	}
}

func TestHelp_speaks_the_language_that_was_asked_for(t *testing.T) {
	t.Parallel()
	b := open(t)
	for asked, want := range map[string]string{"": "Guide for the counter", "de-CH": "Anleitung für den Schalter", "fr": "Guide du guichet", "it": "Guide for the counter"} {
		if h1 := b.nobody().do(get("/help").with("Accept-Language", asked)).page(t).Find("h1").Text(); h1 != want {
			t.Errorf("%q gets %q", asked, h1)
		}
	}
}

func TestHelp_catches_who_comes_for_a_part_that_stands_elsewhere(t *testing.T) {
	t.Parallel()
	b := open(t)
	doc := b.nobody().do(get("/help")).page(t)
	if to := doc.Find("#callbacks a").AttrOr("href", ""); to != "/help/administration#callbacks" {
		t.Errorf("/help#callbacks leads on to %q", to)
	}
	if b.signIn("demo-auditor").do(get("/help/administration")).page(t).Find("h2#callbacks").Length() != 1 {
		t.Error("the part is not there")
	}
}

func TestHelp_serves_its_pictures_for_ever_and_no_other_file(t *testing.T) {
	t.Parallel()
	b := open(t)
	src := b.nobody().do(get("/help")).page(t).Find(".guide img").AttrOr("src", "")
	if a := b.nobody().do(get(src)); a.status != http.StatusOK || a.header.Get("Content-Type") != "image/png" || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", src, a.status, a.header)
	}
	for _, path := range []string{"/help/pictures/", "/help/pictures/en/counter.md", "/help/pictures/..%2fen/counter.md", "/help/en/counter.md", "/help/nothing", "/help/"} {
		if a := b.nobody().do(get(path)); a.status != http.StatusNotFound {
			t.Errorf("%s answered %d", path, a.status)
		}
	}
}

func TestKeys_are_switched_off_and_on_by_a_form(t *testing.T) {
	t.Parallel()
	b := open(t)
	off := b.nobody().do(post("/help/keyboard", url.Values{"keys": {"off"}}))
	cookie, rest, _ := strings.Cut(off.header.Get("Set-Cookie"), ";")
	if off.status != http.StatusSeeOther || cookie != "keys=off" || strings.Contains(rest, "HttpOnly") || !strings.Contains(rest, "SameSite=Lax") {
		t.Errorf("switching off: %d %q", off.status, off.header.Get("Set-Cookie"))
	}
	has := func(cookie, button string) bool {
		return person{bank: b, cookie: cookie}.do(get("/help/keyboard")).page(t).Find("[name=keys]").AttrOr("value", "") == button
	}
	if !has("keys=off", "on") || !has("", "off") || !has("keys=on", "off") || !has("keys=off; keys=off", "off") {
		t.Error("the page does not offer the other state")
	}
	on := b.nobody().do(post("/help/keyboard", url.Values{"keys": {"on"}}))
	if set := on.header.Get("Set-Cookie"); on.status != http.StatusSeeOther || !strings.HasPrefix(set, "keys=;") || !strings.Contains(set, "expires=Thu, 01 Jan 1970") {
		t.Errorf("switching on: %d %q", on.status, set)
	}
}

func TestKeys_refuse_what_no_form_of_theirs_sends(t *testing.T) {
	t.Parallel()
	b := open(t)
	good := url.Values{"keys": {"off"}}
	for name, c := range map[string]struct {
		r    request
		want int
	}{
		"another value":      {post("/help/keyboard", url.Values{"keys": {"off; Path=/x"}}), http.StatusBadRequest},
		"no value":           {post("/help/keyboard", nil), http.StatusBadRequest},
		"the value twice":    {post("/help/keyboard", url.Values{"keys": {"off", "on"}}), http.StatusBadRequest},
		"another site":       {post("/help/keyboard", good).with("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		"JSON":               {post("/help/keyboard", nil).with("Content-Type", "application/json").sending(`{"keys":"off"}`), http.StatusUnsupportedMediaType},
		"to a guide":         {post("/help", good), http.StatusMethodNotAllowed},
		"more than any form": {post("/help/keyboard", nil).sending("keys=" + strings.Repeat("x", 300<<10)), http.StatusRequestEntityTooLarge},
	} {
		if a := b.nobody().do(c.r); a.status != c.want || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %q", name, a.status, a.header.Get("Set-Cookie"))
		}
	}
}

// away is a database that answers nobody.
type away struct{ portal.Staff }

func (away) Session(ctx context.Context, _ string) (staff.Person, staff.Session, error) {
	<-ctx.Done()
	return staff.Person{}, staff.Session{}, ctx.Err()
}

func TestHelp_is_there_when_the_database_is_not(t *testing.T) {
	t.Parallel()
	app := portal.New(portal.Dependencies{Staff: away{}, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/help", nil)
	r.Header.Set("Cookie", "counterfoil=somebody")
	resp, err := app.Test(r, int((5 * time.Second).Milliseconds()))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `id="database-away"`) {
		t.Errorf("help answered %d, %v", resp.StatusCode, err)
	}
}
