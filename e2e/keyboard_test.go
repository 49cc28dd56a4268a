package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"counterfoil/internal/wallet"
)

// tabTo presses Tab until what the selector finds has the focus. On the way the focus must always be seen.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	const enough = 60
	for range enough {
		b.do(chromedp.KeyEvent(kb.Tab))
		if hidden := get(b, chromedp.Evaluate[string](`(e => {
			if (e === document.body) return "";
			const box = e.getBoundingClientRect(), seen = getComputedStyle(e).outlineStyle !== "none" || e.closest("label, summary");
			return seen && box.width > 0 && box.bottom > 0 && box.top < innerHeight ? "" : e.outerHTML;
		})(document.activeElement)`)); hidden != "" {
			b.t.Errorf("the focus is not seen at %s", hidden)
		}
		if get(b, chromedp.Evaluate[bool](fmt.Sprintf(`document.activeElement.matches(%q)`, selector))) {
			return
		}
	}
	b.t.Fatalf("no Tab leads to %s", selector)
}

// enter presses Enter and waits for the page that comes of it.
func (b *browser) enter() {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		b.t.Fatalf("press Enter: %v", err)
	}
}

func TestPortal_works_by_keyboard_only(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1366, 768)
	p.goTo(b.portal + "/sign-in")
	p.tabTo(`form:has(input[value="demo-clerk"]) button`)
	p.enter()
	p.tabTo(`a[href="/offers/new/IdentityCredential"]`)
	p.enter()
	for _, id := range []string{"given_name", "family_name", "document_number", "issuing_country"} {
		p.tabTo(`[id="claim.` + id + `"]`)
		p.do(chromedp.KeyEvent(erika()["claim."+id]))
	}
	p.tabTo("main form button.primary")
	p.enter()
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
	offer := offerOf(p)
	offer.URI = get(p, chromedp.AttributeValue(chromedp.CSS("[data-link]"), "href")).Value
	p.tabTo(".code button")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.awaits(".code", "hides again")
	offer.TxCode = strings.ReplaceAll(p.text(".code output"), " ", "")
	if _, err := ourWallet(t, b, wallet.Request{Offer: offer.URI, TxCode: offer.TxCode}); err != nil {
		t.Fatal(err)
	}
	p.awaits(".big", "Stored in the wallet")
	p.tabTo(".screen a.primary")
	p.enter()
	p.awaits("h1", "What does the customer need?")
}

// From the sign-in page to the QR code are four clicks at most, besides typing.
func TestPortal_is_four_clicks_from_sign_in_to_the_QR_code(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1366, 768)
	p.goTo(b.portal)
	clicks := []func(){
		func() { p.press(`form:has(input[value="demo-clerk"]) button`) },
		func() { p.press(`a[href="/offers/new/IdentityCredential"]`) },
		func() { p.fill(erika()); p.press("main form button.primary") },
	}
	for _, click := range clicks {
		click()
	}
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
	if len(clicks) > 4 {
		t.Errorf("it took %d clicks", len(clicks))
	}
	// The whole counter screen is seen at once on a small desk screen.
	if low := get(p, chromedp.Evaluate[float64](`Math.max(...[...document.querySelectorAll(".qr, .countdown, .code, .say, .story")].map(e => e.getBoundingClientRect().bottom))`)); low > 768 {
		t.Errorf("what the clerk needs reaches down to %.0f px", low)
	}
}

// Whoever looks at an offer sees what anybody did with it, within the second that quick allows. (SS-067)
func TestPortal_tabs_and_people_agree_on_an_offer(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(nil))
	clerk, sameClerk, colleague := openBrowser(t, 1280, 900), openBrowser(t, 1280, 900), openBrowser(t, 1280, 900)
	for p, name := range map[*browser]string{clerk: "demo-clerk", sameClerk: "demo-clerk", colleague: "demo-approver"} {
		p.signIn(b, name)
		p.goTo(b.portal + "/offers/" + offer.OfferID)
		p.awaits(".say", "Ask the customer to open the wallet")
	}
	clerk.unfold("#cancel")
	sameClerk.quick(".big", "Cancelled", func() {
		colleague.quick(".big", "Cancelled", func() { clerk.press("#cancel form button") })
	})
	if !clerk.sees(".big", "Cancelled") {
		t.Error("who cancelled does not see it")
	}
}
