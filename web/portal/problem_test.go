package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestProblems_say_what_to_do_and_lead_back(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor, admin := b.signIn("demo-clerk"), b.signIn("demo-auditor"), b.signIn("demo-administrator")
	offer := clerk.create()
	b.ahead.Add(int64(6 * time.Minute)) // it expires
	from := func(r request, page string) request { return r.with("Referer", b.portal+page) }
	for range 6 { // the doctor is asked so often that the next time is too much
		admin.do(post("/system", nil))
	}
	for name, c := range map[string]struct {
		who               person
		r                 request
		status            int
		title, help, back string
	}{
		"403 the role":          {auditor, from(get("/offers/new/IdentityCredential"), "/offers"), 403, "Not allowed", "#not-allowed", "/offers"},
		"403 another site":      {clerk, post("/offers", nil).with("Sec-Fetch-Site", "cross-site"), 403, "Not from this portal", "/troubles#other-page", ""},
		"404 no page":           {clerk, get("/nowhere"), 404, "This page does not exist", "#not-found", ""},
		"404 no offer":          {clerk, from(get("/offers/nowhere"), "/offers?page=2"), 404, "This does not exist", "#not-found", "/offers?page=2"},
		"404 no type":           {admin, get("/types/nowhere"), 404, "This page does not exist", "#not-found", ""},
		"404 from another site": {clerk, get("/nowhere").with("Referer", "https://evil.example/x"), 404, "This page does not exist", "#not-found", ""},
		"404 an odd way back":   {clerk, get("/nowhere").with("Referer", b.portal+"//evil.example/x"), 404, "This page does not exist", "#not-found", ""},
		"405":                   {clerk, post("/offers/x/live", nil), 405, "Not like this", "/troubles#not-like-this", ""},
		"409":                   {clerk, from(post(offer+"/cancel", nil), offer), 409, "Not possible any more", "#gone", offer},
		"413":                   {admin, post("/new-type", nil).sending(strings.Repeat("x", 2<<20)), 413, "Too large", "/troubles#too-large", ""},
		"415":                   {clerk, post("/offers", nil).with("Content-Type", "text/plain"), 415, "This did not work", "/troubles#bad-request", ""},
		"429":                   {admin, from(post("/system", nil), "/system"), 429, "Too many at once", "#too-many", "/system"},
	} {
		a := c.who.do(c.r)
		doc := a.page(t)
		if a.status != c.status || doc.Find("h1").Text() != c.title || doc.Find(".lead").Text() == "" {
			t.Errorf("%s: %d %q", name, a.status, doc.Find("h1").Text())
		}
		if got := doc.Find(`.actions a.plain`).AttrOr("href", ""); got != "/help"+c.help {
			t.Errorf("%s: help at %s", name, got)
		}
		want := c.back
		if want == "" {
			want = "/"
		}
		if got := doc.Find(".actions a.primary").AttrOr("href", ""); got != want || doc.Find(`.actions a[href="/"]`).Length() != 1 {
			t.Errorf("%s: the way back is %s", name, got)
		}
		if doc.Find("header nav").Length() != 1 && c.status != 413 { // which is refused before anybody is looked for
			t.Errorf("%s: the menu is gone", name)
		}
		if id := a.header.Get("X-Request-Id"); id == "" || !strings.Contains(doc.Find("details .support").Text(), id) {
			t.Errorf("%s: the page does not say request %s", name, id)
		}
	}
}

func TestProblems_who_sends_a_form_without_a_session_is_told_that_nothing_came_of_it(t *testing.T) {
	t.Parallel()
	b := open(t)
	a := b.nobody().do(post("/new-type", nil).with("Referer", b.portal+"/new-type?from=IdentityCredential"))
	doc := a.page(t)
	if a.status != http.StatusUnauthorized || doc.Find("h1").Text() != "You are signed out" || !strings.Contains(doc.Find(".lead").Text(), "Nothing was changed") {
		t.Errorf("got %d %q", a.status, doc.Find("h1").Text())
	}
	if got := doc.Find(".actions a.primary").AttrOr("href", ""); got != "/sign-in?next=%2Fnew-type%3Ffrom%3DIdentityCredential" {
		t.Errorf("signing in leads to %s", got)
	}
	if a := b.nobody().do(post("/new-type", nil).with("HX-Request", "true")); a.status != http.StatusUnauthorized || a.body != "Unauthorized" || a.header.Get("HX-Redirect") != "/sign-in" {
		t.Errorf("a fragment gets %d %q", a.status, a.body)
	}
}

// A page that a busy or broken portal could not make may be asked for again.
func TestProblems_that_pass_can_be_tried_again(t *testing.T) {
	t.Parallel()
	b := open(t)
	limited := answer{}
	for range 70 {
		if limited = b.nobody().do(get("/display")); limited.status == http.StatusTooManyRequests {
			break
		}
	}
	if doc := limited.page(t); limited.status != http.StatusTooManyRequests || doc.Find(".actions a.primary").AttrOr("href", "") != "/display" {
		t.Errorf("got %d, again at %q", limited.status, doc.Find(".actions a.primary").AttrOr("href", ""))
	}
	b.ahead.Add(int64(2 * time.Minute))
	if a := b.nobody().do(get("/display")); a.status != http.StatusOK {
		t.Errorf("later it answers %d", a.status)
	}
}
