package e2e_test

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// staffScreens are the pages of people, API clients and the audit trail, from the home page of an administrator on.
func staffScreens() []screen {
	var code string
	return []screen{
		{"people", func(b *bank, p *browser) { p.goTo(b.portal + "/people") }},
		{"people-new", func(b *bank, p *browser) { p.goTo(b.portal + "/people/new") }},
		{"people-errors", func(_ *bank, p *browser) {
			p.fill(map[string]string{"name": "Bob Builder", "display": "Bob Builder"})
			p.press("main form button.primary")
		}},
		{"people-added", func(b *bank, p *browser) {
			p.goTo(b.portal + "/people/new")
			p.fill(map[string]string{"name": "b.builder", "display": "Bob Builder"})
			p.do(chromedp.Click(chromedp.CSS(`input[name="role.operator"]`)))
			p.press("main form button.primary")
			code = p.text(".once code")
		}},
		{"person", func(b *bank, p *browser) { p.goTo(b.portal + "/people/demo-clerk") }},
		{"person-changed", func(_ *bank, p *browser) {
			p.do(chromedp.Click(chromedp.CSS(`input[name="role.auditor"]`)))
			p.press(`form[action$="/roles"] button`)
		}},
		{"person-errors", func(_ *bank, p *browser) {
			p.do(chromedp.Click(chromedp.CSS(`input[name="role.auditor"]`)), chromedp.Click(chromedp.CSS(`input[name="role.operator"]`)))
			p.press(`form[action$="/roles"] button`)
		}},
		{"person-folds", func(b *bank, p *browser) {
			p.goTo(b.portal + "/people/demo-approver")
			p.unfold(`details:has(form[action$="/reset"])`)
			p.unfold(`details:has(form[action$="/disable"])`)
		}},
		{"person-shut-out", func(_ *bank, p *browser) { p.press(`form[action$="/disable"] button`) }},
		{"person-self", func(b *bank, p *browser) { p.goTo(b.portal + "/people/demo-administrator") }},
		{"person-missing", func(b *bank, p *browser) { p.goTo(b.portal + "/people/nobody") }},
		{"clients-empty", func(b *bank, p *browser) { p.goTo(b.portal + "/clients") }},
		{"clients-new", func(b *bank, p *browser) { p.goTo(b.portal + "/clients/new") }},
		{"clients-errors", func(_ *bank, p *browser) {
			p.fill(map[string]string{"name": "Core Banking", "networks": "everywhere"})
			p.do(chromedp.Click(chromedp.CSS(`input[value="identity"]`)))
			p.press("main form button.primary")
		}},
		{"client-added", func(b *bank, p *browser) {
			p.goTo(b.portal + "/clients/new")
			p.fill(map[string]string{"name": "core-banking", "networks": "192.0.2.0/24"})
			p.do(chromedp.Click(chromedp.CSS(`input[name="scope.offers:create"]`)), chromedp.Click(chromedp.CSS(`input[name="scope.offers:read"]`)))
			p.press("main form button.primary")
		}},
		{"client-two-keys", func(_ *bank, p *browser) { p.press(`form[action$="/keys"] button.primary`) }},
		{"client-key-ended", func(_ *bank, p *browser) { p.press(`form[action$="/keys/end"] button`) }},
		{"client-change", func(_ *bank, p *browser) { p.press("a#change") }},
		{"client-change-errors", func(_ *bank, p *browser) {
			p.fill(map[string]string{"networks": "everywhere"})
			p.press("main form button.primary")
		}},
		{"client-changed", func(_ *bank, p *browser) {
			p.press("main form .actions a")
			p.press("a#change")
			p.do(chromedp.Click(chromedp.CSS(`input[name="scope.offers:cancel"]`)))
			p.press("main form button.primary")
		}},
		{"client-shut-out", func(_ *bank, p *browser) {
			p.unfold(`details:has(form[action$="/disable"])`)
			p.press(`form[action$="/disable"] button`)
		}},
		{"clients", func(b *bank, p *browser) { p.goTo(b.portal + "/clients") }},
		{"audit", func(b *bank, p *browser) { p.goTo(b.portal + "/audit") }},
		{"audit-unfolded", func(_ *bank, p *browser) { p.unfold("main details") }},
		{"audit-verified", func(_ *bank, p *browser) { p.press(`form[action="/audit/verify"] button`) }},
		{"audit-found", func(b *bank, p *browser) { p.goTo(b.portal + "/audit?who=builder") }},
		{"audit-nothing", func(b *bank, p *browser) { p.goTo(b.portal + "/audit?who=nobody") }},
		{"audit-errors", func(b *bank, p *browser) { p.goTo(b.portal + "/audit?from=2026-12-02&to=2026-12-01") }},
		{"audit-auditor", func(b *bank, p *browser) {
			p.signIn(b, "demo-auditor")
			p.goTo(b.portal + "/audit")
		}},
		{"person-auditor", func(b *bank, p *browser) { p.goTo(b.portal + "/people/b.builder") }},
		{"client-auditor", func(b *bank, p *browser) {
			p.goTo(b.portal + "/clients")
			p.press("td a")
		}},
		{"setup", func(b *bank, p *browser) {
			p.press("header form button")
			p.goTo(b.portal + "/sign-in/setup")
		}},
		{"setup-errors", func(_ *bank, p *browser) {
			p.fill(map[string]string{"name": "b.builder", "code": code, "password": "short", "again": "short"})
			p.press("main form button.primary")
		}},
		{"account-must", func(_ *bank, p *browser) {
			p.fill(map[string]string{"code": strings.ToLower(code), "password": servePassword, "again": servePassword})
			p.press("main form button.primary")
		}},
		{"account-german", func(_ *bank, p *browser) {
			p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#language").value = "de"`))
			p.press(`form[action="/language"] button`)
		}},
	}
}

func TestScreens_of_people_clients_and_the_audit_trail(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("wallets/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("npm packages are missing, run make test-deps: %v", err)
	}
	b := openBank(t, "", "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:"+freePort(t), "COUNTERFOIL_SECOND_STEP=true")
	p := openBrowser(t, 1280, 800)
	p.expect("status of 404")
	p.expect("status of 422")
	p.expect("Clear-Site-Data") // Chromium says that it did
	p.signIn(b, "demo-administrator")
	for _, s := range staffScreens() {
		p.do(chromedp.EmulateViewport(1280, 800))
		s.reach(b, p)
		p.inspect(s.name, string(axe))
	}
}
