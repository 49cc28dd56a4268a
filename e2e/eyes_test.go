package e2e_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"counterfoil/internal/wallet"
)

// loan is what a clerk types for a loan.
func loan(amount string) map[string]string {
	return map[string]string{"claim.borrower": "Erika Mustermann", "claim.amount": amount, "claim.bank": "Demo Bank"}
}

// makeLoan fills in the form of a loan and gives the offer.
func (b *browser) makeLoan(bank *bank, amount string) created {
	b.t.Helper()
	b.goTo(bank.portal + "/offers/new/LoanCommitmentCredential")
	b.fill(loan(amount))
	b.do(chromedp.SetValue(chromedp.CSS("[id='claim.currency']"), "EUR"))
	b.press("main form button.primary")
	b.do(chromedp.WaitVisible(chromedp.CSS(".story")))
	return offerOf(b)
}

// A loan over the limit: the clerk waits, a colleague approves in another browser, and the clerk's screen goes on by itself.
func TestFourEyes_a_colleague_approves_and_the_counter_goes_on_by_itself(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		receiver := newReceiver(t, always(http.StatusNoContent))
		b := openBank(t, database, receiver.settings()...)
		clerk, approver := openBrowser(t, 1280, 900), openBrowser(t, 1280, 900)
		approver.signIn(b, "demo-approver")
		approver.goTo(b.portal + "/approvals")
		approver.awaits("#inbox", "Nothing waits for you")

		clerk.signIn(b, "demo-clerk")
		offer := clerk.makeLoan(b, "10000.01")
		clerk.awaits(".big", "Waiting for a colleague to approve")
		if clerk.sees("main", "Valid for") || b.status(offer.OfferID) != "pending" {
			t.Error("the offer is open before anybody approved it")
		}

		approver.awaits("#inbox", "Loan commitment") // by itself
		approver.press("#inbox tbody a")
		approver.awaits("table.claims", "10000.01")
		clerk.quick(".story", "Approved by Pia Approver", func() { approver.press("form[action$='/approve'] button") })
		approver.awaits("main", "Approved by")
		clerk.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
		offer.URI, offer.TxCode = clerk.decode(), clerk.reveal()
		clerk.quick(".big", "Stored in the wallet", func() {
			if _, err := ourWallet(t, b, wallet.Request{Offer: offer.URI, TxCode: offer.TxCode}); err != nil {
				t.Error(err)
			}
		})
	})
}

// The wrong amount was typed: the clerk corrects it, the approver sees what changed, and the old offer ends when the new one is collected.
func TestCorrection_ends_the_old_offer_when_the_new_one_is_collected(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	clerk := openBrowser(t, 1280, 900)
	clerk.signIn(b, "demo-clerk")
	old := clerk.makeLoan(b, "5000")
	clerk.press("form[action$='/replace'] button")
	clerk.awaits(".say", "You correct another offer")
	if kept := get(clerk, chromedp.Value(chromedp.CSS("[id='claim.borrower']"))); kept != "Erika Mustermann" {
		t.Errorf("the form begins with %q", kept)
	}
	clerk.do(chromedp.SetValue(chromedp.CSS("[id='claim.amount']"), "6000"))
	clerk.press("main form button.primary")
	clerk.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
	next := offerOf(clerk)
	if next.OfferID == old.OfferID || b.status(old.OfferID) != "ready" {
		t.Fatalf("the old offer is %s before the new one is collected", b.status(old.OfferID))
	}
	next.URI, next.TxCode = clerk.decode(), clerk.reveal()
	got, err := ourWallet(t, b, wallet.Request{Offer: next.URI, TxCode: next.TxCode})
	if err != nil {
		t.Fatal(err)
	}
	if amount := got.Credentials[0].Claims["amount"]; fmt.Sprint(amount) != "6000" {
		t.Errorf("the amount is %v", amount)
	}
	if status := b.status(old.OfferID); status != "cancelled" {
		t.Errorf("the old offer is %s", status)
	}
	clerk.goTo(b.portal + "/offers/" + old.OfferID + "/record")
	clerk.awaits(".facts", "Replaced by a corrected offer")
	clerk.press("a[href='/offers/" + next.OfferID + "/record']")
	clerk.awaits("#credentials", "Credentials")
	clerk.awaits("main", "Revoke")
}
