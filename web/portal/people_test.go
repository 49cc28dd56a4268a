package portal_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

const chosen = "four words that differ"

// invite adds a person and gives the setup code that is shown once.
func (p person) invite(name string, roles ...string) string {
	p.t.Helper()
	form := url.Values{"name": {name}, "display": {"Bob <b>Builder</b>"}}
	for _, r := range roles {
		form.Set("role."+r, "yes")
	}
	a := p.do(post("/people", form))
	code := a.page(p.t).Find(".once code").Text()
	if a.status != http.StatusCreated || !regexp.MustCompile(`^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$`).MatchString(code) {
		p.t.Fatalf("adding %s answered %d with the code %q", name, a.status, code)
	}
	return code
}

// setUp ends a setup code and gives who is signed in then.
func (b *bank) setUp(name, code, password string) (person, answer) {
	b.t.Helper()
	a := b.nobody().do(post("/sign-in/setup", url.Values{"name": {name}, "code": {code}, "password": {password}, "again": {password}}))
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return person{bank: b, cookie: cookie}, a
}

// enrol sets up an authenticator app.
func (p person) enrol() {
	p.t.Helper()
	page := p.do(post("/account/totp", nil)).page(p.t)
	code, err := totp.GenerateCode(strings.ReplaceAll(page.Find("details code").Text(), " ", ""), time.Now().Add(time.Duration(p.ahead.Load())))
	if err != nil {
		p.t.Fatal(err)
	}
	a := p.do(post("/account/totp/confirm", url.Values{"step": {page.Find("input[name=step]").AttrOr("value", "")}, "code": {code}}))
	if a.status != http.StatusOK || a.page(p.t).Find(".codes code").Length() != 10 {
		p.t.Fatalf("confirming answered %d", a.status)
	}
}

// What the domain refuses is said in the language of whoever reads it, beside the field.
func TestPeople_are_refused_in_the_language_of_the_reader(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	code := admin.invite("bob", "operator")
	german := func(r request) request { return r.with("Accept-Language", "de") }
	form := url.Values{"name": {"bob"}, "code": {code}, "password": {"kurz"}, "again": {"kurz"}}
	for name, c := range map[string]struct {
		a    answer
		want string
	}{
		"a short password": {b.nobody().do(german(post("/sign-in/setup", form))), "Ein Passwort hat mindestens 12 Zeichen und höchstens 1024 Byte."},
		"a name twice":     {admin.do(german(post("/people", url.Values{"name": {"bob"}, "role.operator": {"yes"}}))), "Jemanden mit diesem Namen gibt es schon."},
	} {
		if said := c.a.page(t).Find("main").Text(); !strings.Contains(said, c.want) {
			t.Errorf("%s is not refused with %q: %s", name, c.want, said)
		}
	}
}

// An administrator adds somebody, who chooses a password and works; what they may do changes with their next click, and being shut out ends
// what they have open.
func TestPeople_are_added_changed_and_shut_out(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin, auditor := b.signIn("demo-administrator"), b.signIn("demo-auditor")
	code := admin.invite("bob", "operator")
	if strings.Contains(admin.do(get("/people/bob")).body, code) {
		t.Error("the code is shown again")
	}
	list := auditor.do(get("/people")).page(t)
	if row := list.Find("tr:contains('bob')").Text(); !strings.Contains(row, "Bob <b>Builder</b>") || !strings.Contains(row, "Not set up yet") {
		t.Errorf("the list says %q", row)
	}
	if list.Find("main form, main a.primary").Length() > 0 || auditor.do(get("/people/bob")).page(t).Find("main form").Length() > 0 {
		t.Error("the auditor is offered changes")
	}
	bob, a := b.setUp("bob", code, chosen)
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/" || bob.do(get("/offers/new/IdentityCredential")).status != http.StatusOK {
		t.Fatalf("setting up answered %d", a.status)
	}
	if a := bob.do(get("/people")); a.status != http.StatusForbidden {
		t.Errorf("an operator got the list of people: %d", a.status)
	}
	change := func(path string, form url.Values) answer { return admin.do(post("/people/bob/"+path, form)) }
	if a := change("roles", url.Values{"role.auditor": {"yes"}}); a.status != http.StatusOK || bob.do(get("/people")).status != http.StatusOK ||
		bob.do(get("/offers/new/IdentityCredential")).status != http.StatusForbidden {
		t.Errorf("changing roles answered %d", a.status)
	}
	if a := change("roles", nil); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.page(t).Find(".summary").Text(), "at least one role") {
		t.Errorf("no role answered %d", a.status)
	}
	session, _ := admin.do(get("/people/bob")).page(t).Find("input[name=session]").Attr("value")
	if a := change("sessions/end", url.Values{"session": {session}}); a.status != http.StatusSeeOther || bob.do(get("/people")).status != http.StatusSeeOther {
		t.Errorf("ending the session answered %d", a.status)
	}
	again := b.nobody().do(post("/sign-in", url.Values{"name": {"bob"}, "password": {chosen}}))
	cookie, _, _ := strings.Cut(again.header.Get("Set-Cookie"), ";")
	bob = person{bank: b, cookie: cookie}
	if a := change("disable", nil); a.status != http.StatusOK || bob.do(get("/")).status != http.StatusSeeOther || !strings.Contains(a.body, "Let them in again") {
		t.Errorf("shutting out answered %d", a.status)
	}
	if a := b.nobody().do(post("/sign-in", url.Values{"name": {"bob"}, "password": {chosen}})); a.status != http.StatusUnprocessableEntity {
		t.Errorf("signing in although shut out answered %d", a.status)
	}
	change("enable", nil)
	reset := change("reset", nil).page(t).Find(".once code").Text()
	if _, a := b.setUp("bob", reset, chosen); a.status != http.StatusSeeOther {
		t.Errorf("the code of a reset answered %d", a.status)
	}
}

// A Host header that somebody planted reaches no page: a code of a reset comes without a link, and the address of the display is that of the
// settings. PF-066.
func TestPortal_shows_no_address_that_a_request_brought(t *testing.T) {
	t.Parallel()
	b := open(t, "COUNTERFOIL_PORTAL_URL=http://localhost:1")
	admin := b.signIn("demo-administrator")
	admin.invite("bob", "operator")
	poisoned := func(r request) request {
		return r.with("Host", "evil.example").with("X-Forwarded-Host", "evil.example").with("Forwarded", "host=evil.example")
	}
	reset := admin.do(poisoned(post("/people/bob/reset", nil)))
	display := b.signIn("demo-clerk").do(poisoned(get("/display/pair")))
	if reset.status != http.StatusOK || display.status != http.StatusOK || !strings.Contains(display.body, "http://localhost:1/display") {
		t.Errorf("answered %d and %d", reset.status, display.status)
	}
	if strings.Contains(reset.body+display.body, "evil.example") {
		t.Error("the planted host is on a page")
	}
}

// What does not fit comes back beside its field, with what was typed and without the code or a password.
func TestPeople_forms_say_what_does_not_fit(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	code := admin.invite("bob", "operator")
	for name, form := range map[string]url.Values{
		"nothing": {}, "a name with spaces": {"name": {"a b"}, "role.operator": {"yes"}}, "markup": {"name": {"<script>alert(1)</script>"}, "role.operator": {"yes"}},
		"a name that is taken": {"name": {"demo-clerk"}, "role.operator": {"yes"}}, "a name too long": {"name": {strings.Repeat("a", 65)}, "role.operator": {"yes"}},
		"no role": {"name": {"eve"}}, "a role of nobody (PF-070)": {"name": {"eve"}, "role.king": {"yes"}, "role": {"administrator"}},
		"a box that is neither (PF-105)": {"name": {"eve"}, "role.operator": {"banana"}},
		"a name to show on two lines":    {"name": {"eve"}, "display": {"E\nve"}, "role.operator": {"yes"}}, "no text": {"name": {"eve"}, "display": {"\xff"}, "role.operator": {"yes"}},
	} {
		a := admin.do(post("/people", form))
		doc := a.page(t)
		if a.status != http.StatusUnprocessableEntity || doc.Find(".summary a").Length() == 0 || doc.Find(".field.wrong .error").Length() == 0 || !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
			t.Errorf("%s answered %d", name, a.status)
		}
		if target := doc.Find(".summary a").First().AttrOr("href", ""); doc.Find(target).Length() != 1 {
			t.Errorf("%s: the summary leads to %s, which is not there", name, target)
		}
		if got, _ := doc.Find("#name").Attr("value"); got != strings.ToLower(strings.TrimSpace(form.Get("name"))) {
			t.Errorf("%s: the name comes back as %q", name, got)
		}
	}
	for name, form := range map[string]url.Values{
		"nothing": {}, "a wrong code": {"name": {"bob"}, "code": {"AAAA-BBBB-CCCC-DDDD"}, "password": {chosen}, "again": {chosen}},
		"another's name": {"name": {"demo-clerk"}, "code": {code}, "password": {chosen}, "again": {chosen}}, "a short password": {"name": {"bob"}, "code": {code}, "password": {"short"}, "again": {"short"}},
		"two passwords": {"name": {"bob"}, "code": {code}, "password": {chosen}, "again": {chosen + "x"}}, "a password too long": {"name": {"bob"}, "code": {code}, "password": {strings.Repeat("a", 1025)}, "again": {strings.Repeat("a", 1025)}},
	} {
		a := b.nobody().do(post("/sign-in/setup", form))
		if a.status != http.StatusUnprocessableEntity || a.page(t).Find(".field.wrong .error").Length() != 1 || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s answered %d", name, a.status)
		}
		if strings.Contains(a.body, code) || strings.Contains(a.body, chosen) {
			t.Errorf("%s: what was typed comes back", name)
		}
	}
	for name, r := range map[string]request{
		"from another page": post("/sign-in/setup", nil).with("Sec-Fetch-Site", "cross-site"), "from nowhere": post("/people", nil).with("Sec-Fetch-Site"),
	} {
		if a := admin.do(r); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	for _, path := range []string{"/people/nobody", "/people/%00", "/people/%ff", "/people/..%2f..", "/people/" + strings.Repeat("a", 3000)} {
		if a := admin.do(get(path)); a.status != http.StatusNotFound {
			t.Errorf("%s answered %d", path[:min(len(path), 20)], a.status)
		}
		if a := admin.do(post(path+"/disable", nil)); a.status != http.StatusNotFound {
			t.Errorf("shutting out %s answered %d", path[:min(len(path), 20)], a.status)
		}
	}
}

// Nobody changes themselves, and who signed in long ago signs in again before letting others in (PF-077).
func TestPeople_are_not_changed_from_a_screen_that_was_left(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	if doc := admin.do(get("/people/demo-administrator")).page(t); doc.Find("main form").Length() > 0 || !strings.Contains(doc.Text(), "This is you") {
		t.Error("somebody is offered to change themselves")
	}
	for _, path := range []string{"roles", "disable", "reset"} {
		if a := admin.do(post("/people/demo-administrator/"+path, url.Values{"role.auditor": {"yes"}})); a.status != http.StatusForbidden {
			t.Errorf("%s of oneself answered %d", path, a.status)
		}
	}
	b.ahead.Add(int64(11 * time.Minute))
	for _, r := range []request{
		get("/people/new"), post("/people", nil), post("/people/demo-clerk/roles", nil), post("/people/demo-clerk/reset", nil), post("/people/demo-clerk/enable", nil),
		get("/clients/new"), post("/clients", nil), post("/clients/x/keys", nil), post("/clients/x/enable", nil),
	} {
		if a := admin.do(r); a.status != http.StatusForbidden || !strings.Contains(a.body, "Sign in again first") {
			t.Errorf("%s %s answered %d", r.method, r.path, a.status)
		}
	}
	if a := admin.do(post("/people/demo-clerk/disable", nil)); a.status != http.StatusOK { // which gives nobody anything
		t.Errorf("shutting out answered %d", a.status)
	}
}

// Where everybody needs a second step, who has none sets one up before anything else opens.
func TestSecondStep_comes_before_anything_else(t *testing.T) {
	t.Parallel()
	b := open(t, "COUNTERFOIL_SECOND_STEP=true")
	admin := b.signIn("demo-administrator") // the demo's one click is no password
	bob, a := b.setUp("bob", admin.invite("bob", "operator", "administrator"), chosen)
	if a.status != http.StatusSeeOther {
		t.Fatalf("setting up answered %d", a.status)
	}
	closed := func(p person) {
		t.Helper()
		for _, path := range []string{"/", "/offers", "/offers/new/IdentityCredential", "/people", "/audit"} {
			if a := p.do(get(path)); a.status != http.StatusSeeOther || a.header.Get("Location") != "/account" {
				t.Errorf("%s answered %d to %s", path, a.status, a.header.Get("Location"))
			}
		}
		if a := p.do(get("/offers").with("HX-Request", "true")); a.status != http.StatusForbidden || a.header.Get("HX-Redirect") != "/account" {
			t.Errorf("a fragment answered %d", a.status)
		}
		if a := p.do(post("/people", url.Values{"name": {"eve"}, "role.administrator": {"yes"}})); a.status != http.StatusSeeOther {
			t.Errorf("a change answered %d", a.status)
		}
	}
	closed(bob)
	if page := bob.do(get("/account")).page(t); !strings.Contains(page.Find(".summary").Text(), "Set up a second step first") {
		t.Error("the account does not say what to do")
	}
	again := b.nobody().do(post("/sign-in", url.Values{"name": {"bob"}, "password": {chosen}}))
	cookie, _, _ := strings.Cut(again.header.Get("Set-Cookie"), ";")
	closed(person{bank: b, cookie: cookie})
	bob.enrol()
	if a := bob.do(get("/offers/new/IdentityCredential")); a.status != http.StatusOK {
		t.Errorf("with a second step the form answered %d", a.status)
	}
	if a := bob.do(post("/account/totp/remove", nil)); a.status != http.StatusForbidden || !strings.Contains(a.body, "your only one") {
		t.Errorf("removing the only one answered %d", a.status)
	}
}
