package e2e_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"counterfoil/internal/staff"
)

// An administrator adds a clerk, who chooses a password, sets up a passkey because the bank asks for a second step, and makes an offer. Shut
// out, the clerk is gone within a second, wherever the clerk is signed in; the auditor reads all of it.
func TestPortal_an_administrator_looks_after_a_clerk_and_an_auditor_reads_it(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBankOnLocalhost(t, database, "COUNTERFOIL_SECOND_STEP=true")
		admin, clerk, auditor := openBrowser(t, 1280, 900), openBrowser(t, 1280, 900), openBrowser(t, 1280, 900)
		admin.signIn(b, "demo-administrator")
		admin.press(`nav a[href="/people"]`)
		admin.press("main .actions a.primary")
		admin.fill(map[string]string{"name": "c.clerk", "display": "Cleo Clerk"})
		admin.do(chromedp.Click(chromedp.CSS(`input[name="role.operator"]`)))
		admin.press("main form button.primary")
		code := admin.text(".once code")

		clerk.authenticator(true)
		clerk.goTo(b.portal + "/sign-in")
		clerk.unfold("main details")
		clerk.press(`a[href="/sign-in/setup"]`)
		clerk.fill(map[string]string{"name": "c.clerk", "code": code, "password": servePassword, "again": servePassword})
		clerk.press("main form button.primary")
		clerk.goTo(b.portal + "/offers/new/IdentityCredential") // nothing opens yet
		clerk.awaits(".summary", "Set up a second step first")
		clerk.clickUntil("[data-passkey=add] button", "it is there", func() bool { return clerk.sees(".summary", "Now make recovery codes") })
		clerk.press(`.summary form button`)
		clerk.awaits("h1", "Recovery codes")
		clerk.goTo(b.portal + "/offers/new/IdentityCredential")
		clerk.fill(erika())
		clerk.press("main form button.primary")
		clerk.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
		offer := offerOf(clerk)

		admin.goTo(b.portal + "/people/c.clerk")
		admin.awaits("main", "1 passkey")
		admin.unfold(`details:has(form[action$="/disable"])`)
		clerk.expect("status of 401")
		clerk.quick("h1", "Sign in", func() { admin.press(`form[action$="/disable"] button`) }) // the open screen goes by itself
		clerk.goTo(b.portal + "/offers")
		clerk.awaits("h1", "Sign in")

		auditor.signIn(b, "demo-auditor")
		auditor.press(`nav a[href="/audit"]`)
		auditor.fill(map[string]string{"who": "c.clerk"})
		auditor.press("main form button.primary")
		for _, words := range []string{"Person added", "Setup code used, password chosen", "Passkey added", "Recovery codes made", "Offer made", offer.OfferID, "Person shut out"} {
			auditor.awaits("table", words)
		}
		auditor.unfold("main details")
		auditor.press(`form[action="/audit/verify"] button`)
		auditor.awaits(".say", "The trail is whole")
		auditor.goTo(b.portal + "/people/c.clerk")
		if auditor.sees("main", "Reset access") {
			t.Error("the auditor is offered changes")
		}
	})
}

// An administrator makes an API client in a browser without scripts, and what it was given is what it can do.
func TestPortal_an_administrator_makes_an_API_client(t *testing.T) {
	t.Parallel()
	b := openBank(t, "", "COUNTERFOIL_MANAGEMENT_AUTH=key")
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-administrator")
	p.scripts(false)
	p.goTo(b.portal + "/clients/new")
	p.fill(map[string]string{"name": "reader"})
	p.do(chromedp.Click(chromedp.CSS(`input[name="scope.offers:read"]`)))
	p.press("main form button.primary")
	key := p.text(".once code")
	call := func(method string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, b.management+"/offers", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		status, _, err := do(r)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	if read, made := call(http.MethodGet), call(http.MethodPost); read != http.StatusOK || made != http.StatusForbidden {
		t.Errorf("reading answered %d, making %d", read, made)
	}
	p.press(`form[action$="/keys/end"] button`)
	if status := call(http.MethodGet); status != http.StatusUnauthorized {
		t.Errorf("the key that was ended answered %d", status)
	}
}

// Who signs out at the identity provider is signed out here: the provider says so itself (OpenID Connect Back-Channel Logout 1.0).
func TestPortal_signs_out_whom_the_OpenID_Provider_signs_out(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	portal := "http://localhost:" + port
	issuer := provider(t, "staff.mjs", "counterfoil", "a-secret-of-the-test", portal+"/sign-in/sso/back", `{"cleo":["bank-clerks"],"otto":["bank-clerks"]}`)
	b := openBank(t, "", "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:"+port, "COUNTERFOIL_OIDC_ISSUER="+issuer, "COUNTERFOIL_OIDC_CLIENT_ID=counterfoil",
		"COUNTERFOIL_OIDC_CLIENT_SECRET=a-secret-of-the-test", "COUNTERFOIL_OIDC_ROLES=bank-clerks=operator")
	b.portal = portal
	cleo, otto := b.atProvider(t, "cleo", "/offers"), b.atProvider(t, "otto", "/offers")
	cleo.awaits("h1", "Offers")
	otto.awaits("h1", "Offers")
	cleo.goTo(issuer + "/session/end")
	cleo.press("button[name=logout]")
	eventually(t, patience, "the portal to sign Cleo out", func() bool {
		cleo.goTo(portal + "/offers")
		return cleo.sees("h1", "Sign in")
	})
	otto.goTo(portal + "/offers")
	otto.awaits("h1", "Offers")
	auditor := openBrowser(t, 1280, 900)
	auditor.signIn(b, "demo-auditor")
	auditor.goTo(portal + "/audit?what=" + url.QueryEscape(string(staff.ActSessionEnded)))
	auditor.awaits("table", "at the identity provider")
}

// Shut out at one process, somebody is out within a second at the other as well: the screen that is open there goes to the sign-in page.
func TestPortal_shuts_out_at_every_process_within_a_second(t *testing.T) {
	t.Parallel()
	two := openTwo(t)
	admin, clerk := openBrowser(t, 1280, 900), openBrowser(t, 1280, 900)
	clerk.expect("status of 401")
	admin.signIn(two[0], "demo-administrator")
	clerk.signIn(two[1], "demo-clerk")
	clerk.goTo(two[1].portal + "/offers/" + two[1].create(identity(nil)).OfferID)
	clerk.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
	admin.goTo(two[0].portal + "/people/demo-clerk")
	admin.unfold(`details:has(form[action$="/disable"])`)
	clerk.quick("h1", "Sign in", func() { admin.press(`form[action$="/disable"] button`) })
}
