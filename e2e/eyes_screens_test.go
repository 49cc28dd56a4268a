package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func TestScreens_of_four_eyes_are_accessible_and_fit(t *testing.T) {
	t.Parallel()
	walk(t, fourEyesScreens())
}

// fourEyesScreens are those of a second person, and of looking up and correcting offers. They begin and end with a clerk.
func fourEyesScreens() []screen {
	var waits, corrected created // offers that wait for approval
	counter := func(b *bank, p *browser, offer created, more string) {
		p.goTo(b.portal + "/offers/" + offer.OfferID + more)
	}
	approve := func(b *bank, p *browser, offer created) { p.goTo(b.portal + "/approvals/" + offer.OfferID) }
	loan := func(b *bank, amount any) created {
		return b.create(map[string]any{
			"credential_configuration_id": "LoanCommitmentCredential", "reference": "Loan 4711", "customer": "4711", "tx_code": map[string]any{},
			"claims": map[string]any{"borrower": "Erika Mustermann", "amount": amount, "currency": "EUR", "purpose": "Kitchen", "bank": "Demo Bank"},
		})
	}
	return []screen{
		{"approvals-empty", func(b *bank, p *browser) {
			p.signIn(b, "demo-approver")
			p.goTo(b.portal + "/approvals")
		}},
		{"form-approval", func(b *bank, p *browser) {
			p.signIn(b, "demo-clerk")
			p.goTo(b.portal + "/offers/new/LoanCommitmentCredential")
		}},
		{"counter-pending", func(b *bank, p *browser) { waits = p.makeLoan(b, "20000") }},
		{"form-correct", func(_ *bank, p *browser) { p.press("form[action$='/replace'] button") }},
		{"counter-corrected", func(b *bank, p *browser) {
			p.do(chromedp.SetValue(chromedp.CSS("[id='claim.amount']"), "15000"))
			p.press("main form button.primary")
			p.do(chromedp.WaitVisible(chromedp.CSS(".story")))
			corrected = offerOf(p)
			counter(b, p, waits, "")
		}},
		{"approvals", func(b *bank, p *browser) {
			loan(b, 12000)
			p.signIn(b, "demo-approver")
			p.goTo(b.portal + "/approvals")
		}},
		{"approval", func(b *bank, p *browser) { approve(b, p, waits) }},
		{"approval-changed", func(b *bank, p *browser) { approve(b, p, corrected) }},
		{"approval-errors", func(_ *bank, p *browser) {
			p.unfold("#reject")
			p.press("form[action$='/reject'] button")
		}},
		{"record-approved", func(b *bank, p *browser) {
			approve(b, p, corrected)
			p.press("form[action$='/approve'] button")
		}},
		{"record-rejected", func(b *bank, p *browser) {
			approve(b, p, waits)
			p.unfold("#reject")
			p.fill(map[string]string{"reason": "The amount is wrong, see the contract"})
			p.press("form[action$='/reject'] button")
		}},
		{"counter-rejected", func(b *bank, p *browser) {
			p.signIn(b, "demo-clerk")
			counter(b, p, waits, "")
		}},
		{"offers-filtered", func(b *bank, p *browser) {
			for i := range 51 {
				loan(b, i)
			}
			p.goTo(b.portal + "/offers?reference=loan&status=ready")
		}},
		{"offers-none", func(b *bank, p *browser) { p.goTo(b.portal + "/offers?reference=nobody-has-this") }},
		{"offers-errors", func(b *bank, p *browser) { p.goTo(b.portal + "/offers?from=2026-11-25&to=2026-11-24&status=x") }},
		{"offers-customer", func(b *bank, p *browser) {
			p.goTo(b.portal + "/offers")
			p.unfold("details.customer")
			p.fill(map[string]string{"customer": "4711"})
			p.press("details.customer form button")
		}},
		{"record-issued", func(b *bank, p *browser) {
			offer := loan(b, 500)
			b.mustCollect(offer)
			p.signIn(b, "demo-auditor")
			eventually(b.t, patience, "notification", func() bool { return b.status(offer.OfferID) == "confirmed" })
			counter(b, p, offer, "/record")
			corrected = offer
		}},
		{"form-correct-collected", func(b *bank, p *browser) {
			p.signIn(b, "demo-clerk")
			counter(b, p, corrected, "/record")
			p.press("form[action$='/replace'] button")
		}},
		{"record-refused", func(b *bank, p *browser) {
			offer := b.create(identity(nil))
			counter(b, p, offer, "/record")
			b.call("POST", fmt.Sprintf("%s/offers/%s/cancel", b.management, offer.OfferID), nil, nil)
			p.expect("status of 409")
			p.press("form[action$='/replace'] button")
		}},
		{"approval-over", func(b *bank, p *browser) { // the clock is ahead, so that sessions are over
			offer := loan(b, 20000)
			b.ahead.Add(int64(24*time.Hour + time.Minute))
			p.signIn(b, "demo-clerk")
			counter(b, p, offer, "")
		}},
	}
}
