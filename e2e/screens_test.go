package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/wallet"
)

// screensDir is where make screens wants the pictures; without it the pages are checked and no picture is kept.
const screensDir = "COUNTERFOIL_SCREENS_DIR"

// screen is one page in one state: how to get there, from the home page of a clerk.
type screen struct {
	name  string
	reach func(b *bank, p *browser)
}

// screens is every page in every state that a person can meet.
func screens() []screen {
	return slices.Concat(counterScreens(), paperScreens(), landingScreens(), helpScreens(), administratorScreens())
}

// counterScreens are those of a clerk's day.
func counterScreens() []screen {
	var live created // the offer that the screens at the counter walk through
	counter := func(b *bank, p *browser, offer created) { p.goTo(b.portal + "/offers/" + offer.OfferID) }
	return []screen{
		{"home-empty", func(b *bank, p *browser) { p.goTo(b.portal) }},
		{"form", func(b *bank, p *browser) { p.goTo(b.portal + "/offers/new/IdentityCredential") }},
		{"form-errors", func(b *bank, p *browser) {
			p.goTo(b.portal + "/offers/new/IdentityCredential")
			p.fill(map[string]string{"claim.given_name": "Erika", "claim.birth_date-day": "31", "claim.birth_date-month": "2", "claim.birth_date-year": "1999"})
			p.do(chromedp.Click(chromedp.CSS("main form button.primary")))
			p.awaits(".summary", "There is no such day")
		}},
		{"form-account", func(b *bank, p *browser) { p.goTo(b.portal + "/offers/new/AccountOwnershipCredential") }},
		{"form-diploma", func(b *bank, p *browser) { p.goTo(b.portal + "/offers/new/DiplomaCredential") }},
		{"counter-ready", func(b *bank, p *browser) {
			live = b.create(identity(map[string]any{"tx_code": withCode()["tx_code"], "reference": "Account opening 4711"}))
			counter(b, p, live)
		}},
		{"counter-code-shown", func(_ *bank, p *browser) { p.reveal() }},
		{"counter-wrong-code", func(b *bank, p *browser) {
			b.mustRefuse(live)
			counter(b, p, live)
		}},
		{"counter-code-renewed", func(_ *bank, p *browser) { live.TxCode = p.askCode("renew") }},
		{"counter-clock-off", func(b *bank, p *browser) {
			b.refusedForTheClock(live)
			p.unfold("#support")
			p.awaits(".say", "disagree about the time")
		}},
		{"counter-delivered", func(b *bank, p *browser) {
			b.mustCollect(live)
			counter(b, p, live)
		}},
		{"counter-stays", func(b *bank, p *browser) { p.goTo(b.portal + "/offers/" + live.OfferID + "?stay=yes") }},
		{"counter-redeemed", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.mustRedeem(offer)
			counter(b, p, offer)
		}},
		{"counter-not-stored", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.collectBut(offer, "credential_failure")
			counter(b, p, offer)
		}},
		{"counter-not-kept", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.collectBut(offer, "credential_deleted")
			counter(b, p, offer)
		}},
		{"counter-shown-again", func(b *bank, p *browser) {
			counter(b, p, b.create(identity(withCode())))
			p.showAgain()
		}},
		{"counter-before", func(_ *bank, p *browser) { p.press("p.lead a") }},
		{"counter-cancelled", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.call("POST", b.management+"/offers/"+offer.OfferID+"/cancel", nil, nil)
			counter(b, p, offer)
		}},
		{"counter-locked", func(b *bank, p *browser) {
			offer := b.create(identity(withCode()))
			for range 5 {
				b.mustRefuse(offer)
			}
			counter(b, p, offer)
		}},
		{"display-code", func(b *bank, p *browser) { p.goTo(b.portal + "/display") }},
		{"pair", func(b *bank, p *browser) { p.goTo(b.portal + "/display/pair") }},
		{"pair-wrong", func(_ *bank, p *browser) {
			p.fill(map[string]string{"code": "AAA 222"})
			p.press("main form button.primary")
		}},
		{"pair-paired", func(b *bank, p *browser) { p.pair(b, p) }},
		{"display-idle", func(b *bank, p *browser) { p.goTo(b.portal + "/display") }},
		{"counter-display", func(b *bank, p *browser) {
			live = b.create(identity(withCode()))
			counter(b, p, live)
		}},
		{"display-scan", func(b *bank, p *browser) { p.goTo(b.portal + "/display") }},
		{"display-connected", func(b *bank, p *browser) {
			b.mustRefuse(live)
			p.goTo(b.portal + "/display")
		}},
		{"display-creating", func(b *bank, p *browser) {
			redeemed := b.create(identity(nil))
			counter(b, p, redeemed)
			b.mustRedeem(redeemed)
			p.goTo(b.portal + "/display")
		}},
		{"display-done", func(b *bank, p *browser) {
			counter(b, p, live)
			b.mustCollect(live)
			p.goTo(b.portal + "/display")
		}},
		{"display-trouble", func(b *bank, p *browser) {
			live = b.create(identity(nil))
			counter(b, p, live)
			b.call("POST", b.management+"/offers/"+live.OfferID+"/cancel", nil, nil)
			p.goTo(b.portal + "/display")
		}},
		{"counter-expired", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.ahead.Add(int64(5 * time.Minute))
			counter(b, p, offer)
			p.awaits(".screen .primary", "Show again")
		}},
		{"counter-no-phone", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.ahead.Add(int64(90 * time.Second))
			counter(b, p, offer)
		}},
		{"home-open", func(b *bank, p *browser) { p.goTo(b.portal) }},
		{"offers", func(b *bank, p *browser) { p.goTo(b.portal + "/offers") }},
		{"wallet", func(b *bank, p *browser) { p.goTo(b.portal + "/demo/wallet") }},
		{"wallet-collected", func(b *bank, p *browser) {
			offer := b.create(identity(withCode()))
			p.fill(map[string]string{"offer": offer.URI, "code": offer.TxCode})
			p.press("main form button.primary")
		}},
		{"wallet-refused", func(b *bank, p *browser) {
			offer := b.create(identity(withCode()))
			p.goTo(b.portal + "/demo/wallet")
			p.fill(map[string]string{"offer": offer.URI, "code": other(offer.TxCode)})
			p.press("main form button.primary")
		}},
		{"counter-display-away", func(b *bank, p *browser) {
			b.ahead.Add(int64(time.Minute))
			counter(b, p, b.create(identity(nil)))
		}},
		{"home-display", func(b *bank, p *browser) { p.goTo(b.portal) }},
	}
}

// paperScreens are those that are made to be printed.
func paperScreens() []screen {
	var live created
	paper := func(b *bank, p *browser, offer created, name string) {
		p.goTo(b.portal + "/offers/" + offer.OfferID + "/" + name)
	}
	return []screen{
		{"slip", func(b *bank, p *browser) {
			live = b.create(identity(withCode()))
			paper(b, p, live, "slip")
		}},
		{"slip-code-shown", func(_ *bank, p *browser) { p.press(".printed form:not(:has(select)) button") }},
		{"handout", func(b *bank, p *browser) { paper(b, p, live, "handout") }},
		{"handout-no-code", func(b *bank, p *browser) { paper(b, p, b.create(identity(nil)), "handout") }},
		{"slip-over", func(b *bank, p *browser) {
			b.mustCollect(live)
			paper(b, p, live, "slip")
		}},
		{"handout-over", func(b *bank, p *browser) { paper(b, p, live, "handout") }},
	}
}

// landingScreens are what a customer's phone shows whose camera read an offer's address.
func landingScreens() []screen {
	open := func(b *bank, p *browser, offer created) { p.goTo(b.landing(offer)) }
	return []screen{
		{"landing-open", func(b *bank, p *browser) { open(b, p, b.create(identity(nil))) }},
		{"landing-code", func(b *bank, p *browser) {
			open(b, p, b.create(identity(map[string]any{"tx_code": withCode()["tx_code"], "scheme": "eu-eaa-offer", "expires_in": 7200})))
		}},
		{"landing-opened", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.code(offer)
			eventually(b.t, patience, "retrieval", func() bool { return b.status(offer.OfferID) == "retrieved" })
			open(b, p, offer)
		}},
		{"landing-redeemed", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			if status, body, err := b.redeem(b.code(offer), ""); err != nil || status != http.StatusOK {
				b.t.Fatalf("redeeming answered %d %s %v", status, body, err)
			}
			open(b, p, offer)
		}},
		{"landing-issued", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.mustCollect(offer)
			open(b, p, offer)
		}},
		{"landing-expired", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.ahead.Add(int64(5 * time.Minute))
			open(b, p, offer)
		}},
		{"landing-withdrawn", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			b.call("POST", b.management+"/offers/"+offer.OfferID+"/cancel", nil, nil)
			open(b, p, offer)
		}},
		{"landing-missing", func(b *bank, p *browser) { open(b, p, created{OfferID: "nowhere"}) }},
	}
}

// administratorScreens begin with signing in as one.
func administratorScreens() []screen {
	return []screen{
		{"callbacks", func(b *bank, p *browser) {
			p.signIn(b, "demo-administrator")
			p.goTo(b.portal + "/callbacks")
		}},
		{"callbacks-errors", func(_ *bank, p *browser) {
			p.fill(map[string]string{"url": "http://10.0.0.1/"})
			p.press("main form button.primary")
		}},
		{"callback", func(b *bank, p *browser) { p.goTo(b.portal + "/callbacks/default") }},
		{"callback-change", func(b *bank, p *browser) {
			p.goTo(b.portal + "/callbacks/default")
			p.unfold("details:has(#from)")
			p.unfold("details:has(#url)")
		}},
		{"callback-secret", func(_ *bank, p *browser) {
			p.unfold(`details:has(form[action$="/rotate"])`)
			p.press(`form[action$="/rotate"] button`)
		}},
		{"delivery", func(b *bank, p *browser) {
			p.goTo(b.portal + "/callbacks/default")
			p.press(`form[action$="/ping"] button`)
		}},
		{"system", func(b *bank, p *browser) { // the clock is ahead of the one behind the public address by now
			b.call("POST", b.management+"/callbacks/default/pause", nil, nil)
			p.goTo(b.portal + "/system")
		}},
		{"system-again", func(_ *bank, p *browser) { p.press(`form[action="/system"] button`) }},
		{"system-auditor", func(b *bank, p *browser) {
			p.signIn(b, "demo-auditor")
			p.goTo(b.portal + "/system")
		}},
		{"account", func(b *bank, p *browser) { p.goTo(b.portal + "/account") }},
		{"account-totp", func(_ *bank, p *browser) { p.press(`form[action="/account/totp"] button`) }},
		{"account-totp-wrong", func(_ *bank, p *browser) {
			p.fill(map[string]string{"code": "123"})
			p.press(`form[action="/account/totp/confirm"] button`)
		}},
		{"account-codes", func(b *bank, p *browser) {
			key := strings.ReplaceAll(get(p, chromedp.Evaluate[string](`document.querySelector("details code").textContent`)), " ", "")
			code, err := totp.GenerateCode(key, time.Now().Add(time.Duration(b.ahead.Load())))
			if err != nil {
				b.t.Fatal(err)
			}
			p.fill(map[string]string{"code": code})
			p.press(`form[action="/account/totp/confirm"] button`)
		}},
		{"account-full", func(b *bank, p *browser) { p.goTo(b.portal + "/account") }},
		{"sign-in-unfolded", func(b *bank, p *browser) {
			p.press("header form button")
			p.unfold("main details")
		}},
		{"missing", func(b *bank, p *browser) {
			p.signIn(b, "demo-clerk")
			p.goTo(b.portal + "/offers/nowhere")
		}},
	}
}

// mustCollect lets the demo wallet collect an offer.
func (b *bank) mustCollect(offer created) {
	b.t.Helper()
	if _, err := ourWallet(b.t, b, wallet.Request{Offer: offer.URI, TxCode: offer.TxCode}); err != nil {
		b.t.Fatal(err)
	}
}

// landing gives the address of an offer's page for people.
func (b *bank) landing(offer created) string {
	return oid4vci.URLs{Issuer: b.wallet}.Landing(issuance.OfferID(offer.OfferID))
}

// mustRefuse lets a wallet fetch the offer and send a wrong code.
func (b *bank) mustRefuse(offer created) {
	b.t.Helper()
	if status, body, err := b.redeem(b.code(offer), other(offer.TxCode)); err != nil || status != 400 {
		b.t.Fatalf("a wrong code answered %d %s %v", status, body, err)
	}
}

func TestScreens_are_accessible_and_fit(t *testing.T) {
	t.Parallel()
	walk(t, screens())
}

func TestScreens_of_the_office_are_accessible_and_fit(t *testing.T) {
	t.Parallel()
	walk(t, officeScreens())
}

// walk looks at every page of a list, beginning as a clerk who just signed in.
func walk(t *testing.T, list []screen) {
	t.Helper()
	axe, err := os.ReadFile("wallets/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("npm packages are missing, run make test-deps: %v", err)
	}
	receiver := newReceiver(t, always(204))
	b := openBank(t, "", append(receiver.settings(), "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:"+freePort(t))...)
	p := openBrowser(t, 1280, 800)
	p.expect("status of 403")
	p.expect("status of 404")
	p.expect("status of 410")
	p.expect("status of 422")
	p.expect("status of 429")
	p.expect("Clear-Site-Data") // Chromium says that it did
	p.goTo(b.portal + "/sign-in")
	p.inspect("sign-in", string(axe))
	p.signIn(b, "demo-clerk")
	for _, s := range list {
		p.do(chromedp.EmulateViewport(1280, 800))
		s.reach(b, p)
		p.inspect(s.name, string(axe))
	}
}

// everyWay tells that pages are looked at in both schemes at every size, as make screens and make budgets do. Otherwise each size is
// looked at in one.
func everyWay() bool { return os.Getenv(screensDir) != "" || os.Getenv("COUNTERFOIL_EVERY_WAY") != "" }

// way is how a page is looked at: how wide, and in which scheme.
type way struct {
	size, scheme  string
	width, height int64
}

// ways gives how a page is looked at. When there is no time for all, each width is in one scheme.
func ways(name string) []way {
	all := []way{{"wide", "light", 1280, 800}, {"phone", "dark", 375, 812}}
	if everyWay() {
		all = append(all, way{"wide", "dark", 1280, 800}, way{"phone", "light", 375, 812})
		if strings.HasPrefix(name, "display") { // no page of the staff is different on a tablet
			all = append(all, way{"tablet", "light", 800, 1280}, way{"tablet", "dark", 800, 1280})
		}
	}
	return all
}

// inspect looks at a page in every way that there is time for.
func (b *browser) inspect(name, axe string) {
	b.t.Helper()
	for _, w := range ways(name) {
		b.look(name, axe, w)
	}
}

// look holds a page to what axe wants, to its width and to having its pictures, and keeps a picture of it when asked.
func (b *browser) look(name, axe string, w way) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(w.width, w.height))
	b.scheme(w.scheme)
	where := fmt.Sprintf("%s, %s, %s", name, w.size, w.scheme)
	violations := get(b, chromedp.Evaluate[json.RawMessage](
		axe+`;axe.run().then(r => r.violations.map(v => ({rule: v.id, help: v.help, nodes: v.nodes.map(n => n.html + ": " + n.failureSummary)})))`,
		chromedp.EvalAwaitPromise))
	if string(violations) != "[]" {
		b.t.Errorf("%s: axe finds %s", where, violations)
	}
	if wide := get(b, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); wide > w.width {
		b.t.Errorf("%s: the page is %d px wide", where, wide)
	}
	if broken := get(b, chromedp.Evaluate[string](`[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src).join(" ")`)); broken != "" {
		b.t.Errorf("%s: pictures that are nowhere: %s", where, broken)
	}
	if dir := os.Getenv(screensDir); dir != "" {
		picture := get(b, chromedp.FullScreenshot(100))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%s.png", name, w.size, w.scheme)), picture, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
}
