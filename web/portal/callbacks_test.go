package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// added is what an administrator fills in for an endpoint.
func added(address string) url.Values {
	return url.Values{"url": {address}, "name": {"Core banking"}, "status.OFFER_CREATED": {"yes"}, "status.FAILED": {"yes"}}
}

func TestCallbacks_are_looked_after_by_administrators(t *testing.T) {
	t.Parallel()
	b := open(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("<script>alert(1)</script>")) // CB-111
	}))
	defer receiver.Close()
	admin := b.signIn("demo-administrator")
	made := admin.do(post("/callbacks", added(receiver.URL)))
	if made.status != http.StatusCreated {
		t.Fatalf("got %d", made.status)
	}
	page := made.page(t)
	secret := page.Find(".once code").Text()
	if !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("the secret is %q", secret)
	}
	href, _ := page.Find(`form[action$="/ping"]`).Attr("action")
	endpoint := strings.TrimSuffix(href, "/ping")
	for _, path := range []string{"/callbacks", endpoint} {
		if a := admin.do(get(path)); a.status != http.StatusOK || strings.Contains(a.body, secret) || !strings.Contains(a.page(t).Text(), "Core banking") {
			t.Errorf("%s: %d, with the secret: %t", path, a.status, strings.Contains(a.body, secret))
		}
	}
	delivery := admin.do(post(endpoint+"/ping", nil)).header.Get("Location")
	a := admin.do(get(delivery))
	if text := a.page(t).Text(); !strings.Contains(text, "HTTP 418") || !strings.Contains(text, "<script>alert(1)</script>") || strings.Contains(a.body, "<script>alert") {
		t.Errorf("the answer of the receiver is shown as %s", text)
	}
	for _, step := range []struct{ path, words string }{{"/pause", "Paused"}, {"/resume", "Working"}, {"/rotate", "whsec_"}, {"/replay", "nothing to send again"}} {
		if a := admin.do(post(endpoint+step.path, nil)); a.status != http.StatusOK || !strings.Contains(a.page(t).Text(), step.words) {
			t.Errorf("%s: %d", step.path, a.status)
		}
	}
	if a := admin.do(post(endpoint+"/delete", nil)); a.status != http.StatusSeeOther {
		t.Errorf("delete: %d", a.status)
	}
	if a := admin.do(get(endpoint)); a.status != http.StatusNotFound {
		t.Errorf("a deleted endpoint answers %d", a.status)
	}
}

// An administrator changes where an endpoint is and what it is told; what does not fit changes nothing and is said at its field.
func TestCallbacks_are_changed(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	href, _ := admin.do(post("/callbacks", added("https://bank.example/"))).page(t).Find(`form[action$="/change"]`).Attr("action")
	form := url.Values{"url": {"https://bank.example/new"}, "name": {"Moved"}, "status.ISSUED": {"yes"}, "type.IdentityCredential": {"yes"}}
	a := admin.do(post(href, form))
	facts := a.page(t).Find("dl.facts").Text()
	if a.status != http.StatusOK || !strings.Contains(facts, "https://bank.example/new") || !strings.Contains(facts, "ISSUED") || strings.Contains(facts, "OFFER_CREATED") || strings.Contains(facts, "all") {
		t.Errorf("got %d, %s", a.status, facts)
	}
	for name, row := range map[string]struct{ field, value, href string }{
		"an address inside": {"url", "https://10.0.0.1/", "#url"}, "no address": {"url", "", "#url"}, "nothing told": {"status.ISSUED", "", "#statuses"},
		"a name with a line end": {"name", "a\nb", "#name"},
	} {
		bad := url.Values{"url": {"https://bank.example/other"}, "status.ISSUED": {"yes"}}
		bad.Set(row.field, row.value)
		a := admin.do(post(href, bad))
		doc := a.page(t)
		if got, _ := doc.Find("details[open] .summary a").Attr("href"); a.status != http.StatusUnprocessableEntity || got != row.href || doc.Find(row.href).Length() != 1 {
			t.Errorf("%s: %d, leads to %q", name, a.status, got)
		}
	}
	if text := admin.do(get(strings.TrimSuffix(href, "/change"))).page(t).Find("dl.facts").Text(); text != facts {
		t.Errorf("what was refused made it %s", text)
	}
	if a := admin.do(post("/callbacks/none/change", form)); a.status != http.StatusNotFound {
		t.Errorf("changing none: %d", a.status)
	}
}

// What an endpoint missed is sent from the portal too: a time range, in the time zone that the page shows times in.
func TestCallbacks_send_a_time_range_again(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.signIn("demo-clerk").create()
	admin := b.signIn("demo-administrator")
	page := admin.do(post("/callbacks", added("https://bank.example/"))).page(t)
	href, _ := page.Find(`form[action$="/replay_range"]`).Attr("action")
	admin.do(post(strings.TrimSuffix(href, "/replay_range")+"/pause", nil))
	hour := func(n int) string { return time.Now().Add(time.Duration(n) * time.Hour).Format("2006-01-02T15:04") }
	for name, row := range map[string]struct {
		from, until string
		status      int
		words, href string
	}{
		"before it":      {hour(-3), hour(-2), http.StatusOK, "nothing to send again", ""},
		"no beginning":   {"", hour(0), http.StatusUnprocessableEntity, "From: give", "#from"},
		"in words":       {"yesterday", "", http.StatusUnprocessableEntity, "From: give", "#from"},
		"no end of time": {hour(-1), "later", http.StatusUnprocessableEntity, "Until: give", "#until"},
		"backwards":      {hour(0), hour(-1), http.StatusUnprocessableEntity, "must not lie before", "#until"},
	} {
		a := admin.do(post(href, url.Values{"from": {row.from}, "until": {row.until}}))
		doc := a.page(t)
		got, _ := doc.Find("details[open] .summary a").Attr("href")
		if a.status != row.status || got != row.href || !strings.Contains(doc.Text(), row.words) {
			t.Errorf("%s: %d, leads to %q", name, a.status, got)
		}
	}
	said := admin.do(post(href, url.Values{"from": {hour(-1)}})).page(t).Find(".say").Text()
	if !strings.HasPrefix(said, "One event goes out again once") {
		t.Errorf("it says %q", said)
	}
}

func TestCallbacks_refuse_what_cannot_be_called(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	for name, c := range map[string]struct {
		change func(url.Values)
		href   string
	}{
		"no address":      {func(v url.Values) { v.Set("url", "") }, "#url"},
		"plain http":      {func(v url.Values) { v.Set("url", "http://bank.example/") }, "#url"},
		"inside":          {func(v url.Values) { v.Set("url", "https://10.0.0.1/") }, "#url"},
		"metadata":        {func(v url.Values) { v.Set("url", "https://169.254.169.254/") }, "#url"},
		"nothing told":    {func(v url.Values) { v.Del("status.OFFER_CREATED"); v.Del("status.FAILED") }, "#statuses"},
		"a name too long": {func(v url.Values) { v.Set("name", strings.Repeat("x", 101)) }, "#name"},
	} {
		form := added("https://bank.example/")
		c.change(form)
		a := admin.do(post("/callbacks", form))
		doc := a.page(t)
		if got, _ := doc.Find(".summary a").Attr("href"); a.status != http.StatusUnprocessableEntity || got != c.href || doc.Find(c.href).Length() != 1 {
			t.Errorf("%s: %d, leads to %q", name, a.status, got)
		}
		if kept, _ := doc.Find("#url").Attr("value"); kept != form.Get("url") {
			t.Errorf("%s: the address typed was lost", name)
		}
	}
}

func TestCallbacks_are_hidden_from_who_has_nothing_to_do_with_them(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin, auditor, clerk := b.signIn("demo-administrator"), b.signIn("demo-auditor"), b.signIn("demo-clerk")
	href, _ := admin.do(post("/callbacks", added("https://bank.example/"))).page(t).Find(`form[action$="/ping"]`).Attr("action")
	endpoint := strings.TrimSuffix(href, "/ping")
	for _, c := range []struct {
		request               request
		admin, auditor, clerk int
	}{
		{get("/callbacks"), 200, 200, 403}, {get(endpoint), 200, 200, 403}, {get("/deliveries/999"), 404, 404, 403},
		{post("/callbacks", added("https://bank.example/2")), 201, 403, 403}, {post(endpoint+"/pause", nil), 200, 403, 403},
		{post(endpoint+"/resume", nil), 200, 403, 403}, {post(endpoint+"/rotate", nil), 200, 403, 403}, {post(endpoint+"/replay", nil), 200, 403, 403},
		{post("/deliveries/999/replay", nil), 404, 403, 403}, {post(endpoint+"/ping", nil), 303, 403, 403},
		{post("/callbacks/nowhere/pause", nil), 404, 403, 403}, {get("/callbacks/%00"), 404, 404, 403}, {get("/deliveries/x"), 404, 404, 403},
		{post(endpoint+"/delete", nil), 303, 403, 403},
	} {
		for who, p := range map[string]struct {
			person person
			want   int
		}{"the clerk": {clerk, c.clerk}, "the auditor": {auditor, c.auditor}, "the administrator": {admin, c.admin}} {
			if who == "the administrator" {
				continue // last, because it changes something
			}
			if a := p.person.do(c.request); a.status != p.want {
				t.Errorf("%s's %s %s answered %d, want %d", who, c.request.method, c.request.path, a.status, p.want)
			}
		}
		if a := admin.do(c.request); a.status != c.admin {
			t.Errorf("the administrator's %s %s answered %d, want %d", c.request.method, c.request.path, a.status, c.admin)
		}
	}
	if doc := clerk.do(get("/")).page(t); doc.Find(`nav a[href="/callbacks"]`).Length() != 0 {
		t.Error("the clerk's menu leads to callbacks")
	}
}
