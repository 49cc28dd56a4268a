package e2e_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"counterfoil/internal/staff"
)

// authenticator gives the browser a passkey device that Chromium simulates; verified tells whether its owner shows a finger.
func (b *browser) authenticator(verified bool) webauthn.AuthenticatorID {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	made, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true,
		AutomaticPresenceSimulation: true, IsUserVerified: verified,
	}})
	if err != nil {
		b.t.Fatal(err)
	}
	return made.AuthenticatorID
}

// openBankOnLocalhost opens a demo whose portal is reached by a name: no passkey is for an address in numbers.
func openBankOnLocalhost(t *testing.T, database string, settings ...string) *bank {
	t.Helper()
	port := freePort(t)
	b := openBank(t, database, append(settings, "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:"+port)...)
	b.portal = "http://localhost:" + port
	return b
}

// Somebody makes a passkey and signs in with nothing else; once it is removed, it opens nothing.
func TestPortal_signs_in_with_a_passkey(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBankOnLocalhost(t, database)
		p := openBrowser(t, 1280, 800)
		p.expect("status of 422")
		p.expect("Clear-Site-Data") // Chromium says that it did
		p.authenticator(true)
		p.signIn(b, "demo-administrator")
		p.goTo(b.portal + "/account")
		p.fill(map[string]string{"passkey-name": "Laptop"})
		p.clickUntil("[data-passkey=add] button", "it is there", func() bool { return p.sees("main", "Laptop") })
		p.awaits("main", "Make recovery codes")
		p.press(`form[action="/account/recovery"] button`)
		p.awaits("h1", "Recovery codes")
		p.press(`header form button`)
		p.unfold("main details")
		p.clickUntil("[data-passkey=sign-in] button", "it lets in", func() bool { return p.sees(`header a[href="/account"]`, "Ada Administrator") })
		p.goTo(b.portal + "/account")
		p.awaits("main", "passkey")
		p.awaits("main", "10 are left")
		p.press(`form[action="/account/passkeys/remove"] button`)
		p.press(`header form button`)
		p.unfold("main details")
		p.clickUntil("[data-passkey=sign-in] button", "it is refused", func() bool { return p.sees("[data-passkey=sign-in] [role=status]", "was not accepted") })
	})
}

// Without a finger or a code of the device, it is not known who holds it.
func TestPortal_takes_no_passkey_of_whom_the_device_does_not_know(t *testing.T) {
	t.Parallel()
	b := openBankOnLocalhost(t, "")
	p := openBrowser(t, 1280, 800)
	p.authenticator(false)
	p.signIn(b, "demo-administrator")
	p.goTo(b.portal + "/account")
	p.clickUntil("[data-passkey=add] button", "it is refused", func() bool { return p.sees("[data-passkey=add] [role=status]", "Nothing was done") })
	p.goTo(b.portal + "/account")
	if p.sees("main", "Last used") {
		t.Error("there is a passkey")
	}
}

// At an address in numbers no browser makes a passkey; the page says where it would.
func TestPortal_says_where_passkeys_work(t *testing.T) {
	t.Parallel()
	b := openBankOnLocalhost(t, "")
	b.portal = strings.Replace(b.portal, "localhost", "127.0.0.1", 1)
	p := openBrowser(t, 1280, 800)
	p.authenticator(true)
	p.signIn(b, "demo-administrator")
	p.goTo(b.portal + "/account")
	p.clickUntil("[data-passkey=add] button", "it is said", func() bool {
		return p.sees("[data-passkey=add] [role=status]", "Open the portal by its name (on this machine: localhost)")
	})
}

// Staff sign in at a provider that nobody here wrote: who they are and may do comes from there, at every sign-in.
func TestPortal_signs_in_at_an_OpenID_Provider(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		port := freePort(t)
		portal := "http://localhost:" + port
		issuer := provider(t, "staff.mjs", "counterfoil", "a-secret-of-the-test", portal+"/sign-in/sso/back",
			`{"cleo":["guests","bank-clerks"],"otto":["bank-it","bank-audit"],"gina":["guests"]}`)
		b := openBank(t, database, "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:"+port, "COUNTERFOIL_OIDC_ISSUER="+issuer, "COUNTERFOIL_OIDC_CLIENT_ID=counterfoil",
			"COUNTERFOIL_OIDC_CLIENT_SECRET=a-secret-of-the-test", "COUNTERFOIL_OIDC_ROLES=bank-clerks=operator,bank-it=administrator,bank-audit=auditor")
		b.portal = portal
		at := func(name, next string) *browser { return b.atProvider(t, name, next) }
		clerk := at("cleo", "/offers")
		clerk.awaits(`header a[href="/account"]`, "Cleo of the bank")
		clerk.awaits("h1", "Offers")
		clerk.goTo(portal + "/account")
		clerk.awaits("main", "Operator")
		clerk.awaits("main", "single sign-on")
		at("otto", "/").awaits("nav", "Callbacks")
		at("gina", "/").awaits("main", "You have no role here")
	})
}

// atProvider opens a browser in which somebody signs in at the OpenID Provider.
func (b *bank) atProvider(t *testing.T, name, next string) *browser {
	t.Helper()
	p := openBrowser(t, 1280, 800)
	for _, words := range []string{"status of 4", "ERR_NAME_NOT_RESOLVED", "autocomplete attributes", "Autofocus processing was blocked"} { // the provider's own pages
		p.expect(words)
	}
	p.goTo(b.portal + "/sign-in?next=" + url.QueryEscape(next))
	p.unfold("main details")
	p.press(`a[href^="/sign-in/sso"]`)
	p.do(chromedp.SendKeys(chromedp.CSS("input[name=login]"), name), chromedp.SendKeys(chromedp.CSS("input[name=password]"), "x"))
	p.press("button[type=submit]") // signs in
	p.press("button[type=submit]") // agrees
	return p
}

// What the provider sends back counts for the browser that began, once, and as it was sent (PF-049, PF-050, PF-052).
func TestPortal_refuses_answers_that_were_not_asked_for(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	portal := "http://localhost:" + port
	issuer := provider(t, "staff.mjs", "counterfoil", "a-secret-of-the-test", portal+"/sign-in/sso/back", `{}`)
	openBank(t, "", "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:"+port, "COUNTERFOIL_OIDC_ISSUER="+issuer, "COUNTERFOIL_OIDC_CLIENT_ID=counterfoil",
		"COUNTERFOIL_OIDC_CLIENT_SECRET=a-secret-of-the-test", "COUNTERFOIL_OIDC_ROLES=a=operator")
	back := func(query, cookie string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, portal+"/sign-in/sso/back?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", "counterfoil-step="+cookie)
		status, body, err := do(r)
		if err != nil {
			t.Fatal(err)
		}
		return status, string(body)
	}
	begin := func() string {
		t.Helper()
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Get(portal + "/sign-in/sso")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close() // it is empty
		to, err := url.Parse(res.Header.Get("Location"))
		if err != nil || to.Query().Get("code_challenge_method") != "S256" || to.Query().Get("nonce") == "" || !strings.HasPrefix(to.String(), issuer) {
			t.Fatalf("it leads to %s, %v", to, err)
		}
		return to.Query().Get("state")
	}
	state := begin()
	for name, row := range map[string]struct{ query, cookie, words string }{
		"no state":                      {"code=x", state, "begun in another browser"},
		"another browser":               {"code=x&state=" + state, "", "begun in another browser"},
		"another's state":               {"code=x&state=" + begin(), state, "begun in another browser"},
		"a state of nobody":             {"code=x&state=abc", "abc", "begin again"},
		"refused at the provider":       {"error=access_denied&state=" + state, state, "did not let you in"},
		"another provider (RFC 9207)":   {"iss=https://evil.example&code=x&state=" + begin(), "", "begun in another browser"},
		"markup in the provider's word": {"error=<script>&state=" + state, state, "did not let you in"},
	} {
		if status, body := back(row.query, row.cookie); status != http.StatusUnprocessableEntity || !strings.Contains(body, row.words) || strings.Contains(body, "error=<script>") {
			t.Errorf("%s: %d", name, status)
		}
	}
	mixed := begin()
	if status, body := back("iss=https://evil.example&code=x&state="+mixed, mixed); status != http.StatusUnprocessableEntity || !strings.Contains(body, "was not accepted") {
		t.Errorf("another issuer's answer: %d", status)
	}
	made := begin()
	if status, body := back("code=made-up&state="+made, made); status != http.StatusUnprocessableEntity || !strings.Contains(body, "was not accepted") {
		t.Errorf("a code of nobody: %d %s", status, body)
	}
	if status, body := back("code=made-up&state="+made, made); status != http.StatusUnprocessableEntity || !strings.Contains(body, "begin again") {
		t.Errorf("the same state again: %d", status)
	}
}

// A provider that is away is said so, and does not hold up those with a password (PF-059).
func TestPortal_says_that_the_provider_is_away(t *testing.T) {
	t.Parallel()
	b := openBankOnLocalhost(t, "", "COUNTERFOIL_OIDC_ISSUER=http://127.0.0.1:"+freePort(t), "COUNTERFOIL_OIDC_CLIENT_ID=counterfoil", "COUNTERFOIL_OIDC_ROLES=a=operator")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.portal+"/sign-in/sso", nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body, err := do(r); err != nil || status != http.StatusServiceUnavailable || !strings.Contains(string(body), "cannot be reached just now") {
		t.Errorf("got %d %s %v", status, body, err)
	}
}

// With an authenticator app a password opens nothing before the app's code; recovery codes stand in for it.
func TestServe_asks_for_a_second_step(t *testing.T) {
	t.Parallel()
	portal, person := openServe(t, staff.Administrator)
	if status, _ := person.signIn(portal, "ada", servePassword); status != http.StatusOK {
		t.Fatalf("got %d", status)
	}
	page := person.form(portal+"/account/totp", nil)
	key := strings.ReplaceAll(page.Find("details code").Text(), " ", "")
	step, _ := page.Find("input[name=step]").Attr("value")
	now := func() string {
		code, err := totp.GenerateCode(key, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	if again := person.form(portal+"/account/totp/confirm", url.Values{"step": {step}, "code": {"123"}}); !strings.Contains(again.Text(), "The code is not right") {
		t.Errorf("a wrong first code: %s", again.Text())
	}
	var codes []string
	person.form(portal+"/account/totp/confirm", url.Values{"step": {step}, "code": {now()}}).Find(".codes code").Each(func(_ int, s *goquery.Selection) { codes = append(codes, s.Text()) })
	if len(codes) != 10 || !regexp.MustCompile(`^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$`).MatchString(codes[0]) {
		t.Fatalf("recovery codes %v", len(codes))
	}
	person.form(portal+"/sign-out", nil)
	if _, body := person.signIn(portal, "ada", servePassword); !strings.Contains(body, "One more step") {
		t.Fatal("a password alone is enough")
	}
	if _, body := person.get(portal + "/offers"); strings.Contains(body, "<h1>Offers") {
		t.Error("half a sign-in opens pages")
	}
	if doc := person.form(portal+"/sign-in/second", url.Values{"code": {"AAAA-AAAA-AAAA-AAAA"}}); !strings.Contains(doc.Text(), "The code is not right") {
		t.Error("a recovery code of nobody")
	}
	if doc := person.form(portal+"/sign-in/second", url.Values{"code": {codes[3]}, "next": {"/offers"}}); !strings.Contains(doc.Find("h1").Text(), "Offers") {
		t.Errorf("a recovery code leads to %s", doc.Find("h1").Text())
	}
}

// form posts a form as the portal's own pages do and gives the page that comes of it.
func (p *person) form(at string, form url.Values) *goquery.Document {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	_, body := p.do(r)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	return doc
}
