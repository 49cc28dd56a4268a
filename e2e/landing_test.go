package e2e_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"counterfoil/internal/wallet"
)

// A phone's camera opens the address of the hand-out, its person presses the button, and the wallet does the rest.
func TestLanding_leads_a_phone_into_the_wallet(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(map[string]any{"scheme": "haip-vci"}))
	p := openBrowser(t, 360, 740)
	p.expect("status of 410")
	p.goTo(b.landing(offer))
	if wide := get(p, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); wide > 360 {
		t.Errorf("the page is %d px wide", wide)
	}
	if low := get(p, chromedp.Evaluate[float64](`Math.min(...[...document.querySelectorAll("main a, main input")].map(e => e.getBoundingClientRect().height))`)); low < 44 {
		t.Errorf("something to press is %.0f px high", low)
	}
	if at := get(p, chromedp.Evaluate[float64](`document.querySelector("main a.primary").getBoundingClientRect().bottom`)); at > 740 {
		t.Errorf("the button is below the fold, at %.0f px", at)
	}
	if status := b.status(offer.OfferID); status != "ready" {
		t.Errorf("after looking the offer is %s", status)
	}
	leads := get(p, chromedp.AttributeValue(chromedp.CSS("main a.primary"), "href")).Value
	if leads != offer.URI {
		t.Errorf("the button leads to %s, the API says %s", leads, offer.URI)
	}
	if _, err := ourWallet(t, b, wallet.Request{Offer: leads}); err != nil {
		t.Fatal(err)
	}
	p.goTo(b.landing(offer))
	p.awaits("h1", "Your wallet has it")
}
