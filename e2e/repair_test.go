package e2e_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// mustRedeem lets a wallet redeem the offer and gives its access token.
func (b *bank) mustRedeem(offer created) string {
	b.t.Helper()
	status, body, err := b.redeem(b.code(offer), offer.TxCode)
	if err != nil || status != http.StatusOK {
		b.t.Fatalf("redeeming answered %d %s %v", status, body, err)
	}
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &token); err != nil {
		b.t.Fatal(err)
	}
	return token.Access
}

// collectBut lets a wallet collect the identity credential and say afterwards what became of it (OpenID4VCI 1.0 §11.1).
func (b *bank) collectBut(offer created, said string) {
	b.t.Helper()
	access := b.mustRedeem(offer)
	var nonce struct {
		Value string `json:"c_nonce"`
	}
	b.call(http.MethodPost, b.wallet+"/oidc4vci/nonce", nil, &nonce)
	status, body, err := b.collect(access, `{"credential_configuration_id":"IdentityCredential","proofs":{"jwt":["`+proof(b.t, b, nonce.Value)+`"]}}`)
	var got struct {
		ID string `json:"notification_id"`
	}
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &got) != nil {
		b.t.Fatalf("collecting answered %d %s %v", status, body, err)
	}
	r, err := http.NewRequest(http.MethodPost, b.wallet+"/oidc4vci/notification", strings.NewReader(`{"notification_id":"`+got.ID+`","event":"`+said+`"}`))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+access)
	if status, body, err := do(r); err != nil || status != http.StatusNoContent {
		b.t.Fatalf("the notification answered %d %s %v", status, body, err)
	}
}

// refusedForTheClock lets a wallet come whose clock is an hour late.
func (b *bank) refusedForTheClock(offer created) {
	b.t.Helper()
	status, body, err := b.redeemWith(b.code(offer), dpopProof(b.t, b.wallet+"/oidc4vci/token", "x", b.now().Add(-time.Hour)))
	if err != nil || status != http.StatusBadRequest {
		b.t.Fatalf("a late clock answered %d %s %v", status, body, err)
	}
}

// within fails the test when the words are there later than after the limit.
func (b *browser) within(limit time.Duration, selector, words string) {
	b.t.Helper()
	start := time.Now()
	b.becomes(selector, words)
	if took := time.Since(start); took > limit {
		b.t.Errorf("%q in %s came after %s", words, selector, took)
	}
}

// showAgain presses the button for the same offer again until its page is there.
func (b *browser) showAgain() {
	b.t.Helper()
	before := offerOf(b).OfferID
	arrived := func() bool {
		at, err := chromedp.Run(b.ctx, chromedp.Location())
		return err == nil && !strings.Contains(at, before)
	}
	eventually(b.t, patience, "the offer is shown again", func() bool {
		ctx, cancel := context.WithTimeout(b.ctx, time.Second)
		defer cancel()
		if arrived() {
			return true
		}
		return chromedp.Do(ctx, chromedp.Click(chromedp.CSS(`form[action="/offers/`+before+`/again"] button`))) == nil && arrived()
	})
	b.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
}

// What the wallet says last counts: who could not store the credential, or did not keep it, has none, whatever was delivered.
func TestWallet_that_does_not_keep_the_credential_is_told_to_everybody(t *testing.T) {
	t.Parallel()
	for said, words := range map[string]string{"credential_failure": "could not store it", "credential_deleted": "did not keep the credential"} {
		t.Run(said, func(t *testing.T) {
			t.Parallel()
			b := openBank(t, "")
			clerk, tablet := openBrowser(t, 1280, 900), openBrowser(t, 800, 1280)
			clerk.signIn(b, "demo-clerk")
			clerk.pair(b, tablet)
			offer := b.create(identity(nil))
			clerk.goTo(b.portal + "/offers/" + offer.OfferID)
			tablet.becomes(".steps", "Scan this code")
			b.collectBut(offer, said)
			clerk.awaits(".say", words)
			clerk.awaits(".say", "make a new offer")
			clerk.awaits(".big", "Not in the wallet")
			tablet.becomes("h1", "Please ask the staff")
			if clerk.sees("main", "Delivered.") || get(clerk, chromedp.Evaluate[bool](`document.querySelector("[data-go]") !== null`)) {
				t.Error("the screen says that all is well, or goes home")
			}
			clerk.goTo(b.portal + "/offers")
			clerk.awaits("tbody", "Not in the wallet")
		})
	}
}

func TestRepair_is_one_click_and_reaches_every_screen(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	clerk, colleague, tablet := openBrowser(t, 1280, 900), openBrowser(t, 1280, 900), openBrowser(t, 800, 1280)
	clerk.signIn(b, "demo-clerk")
	colleague.signIn(b, "demo-clerk")
	clerk.pair(b, tablet)
	offer := b.create(identity(withCode()))
	counter := b.portal + "/offers/" + offer.OfferID
	colleague.goTo(counter)
	if colleague.reveal() != offer.TxCode {
		t.Error("the colleague reads another code")
	}
	clerk.goTo(counter)
	clerk.do(chromedp.EmulateViewport(1366, 768))
	if low := get(clerk, chromedp.Evaluate[float64](`document.querySelector(".code button").getBoundingClientRect().bottom`)); low > 768 {
		t.Errorf("on a small screen the code is shown at %.0f px, below the fold", low)
	}
	b.mustRefuse(offer)
	clerk.awaits(".say", "4 more tries")
	const renewals = 5 // the page moves at each, and what it fetched before must not hide the code
	fresh := offer.TxCode
	for range renewals {
		before := fresh
		clerk.do(chromedp.Click(chromedp.CSS(`.code form[action$="renew"] button`)))
		clerk.settles("another code shows", func() bool {
			fresh = strings.ReplaceAll(get(clerk, chromedp.Evaluate[string](`document.querySelector(".code output")?.innerText ?? ""`)), " ", "")
			return fresh != "" && fresh != before
		})
	}
	if fresh == offer.TxCode {
		t.Error("the code is the same")
	}
	clerk.awaits(".say", "Tell the customer the transaction code")
	colleague.awaits(".code", "Show code") // within the four seconds in which every page looks by itself
	if colleague.sees(".code", offer.TxCode[:3]+" "+offer.TxCode[3:]) {
		t.Error("the colleague still reads the code that works no more")
	}

	if n := count(b.events(offer.OfferID), "code.renewed"); n != renewals {
		t.Errorf("%d clicks made %d new codes", renewals, n)
	}
	if shown := strings.ReplaceAll(clerk.text(".code output"), " ", ""); shown != fresh {
		t.Errorf("the code shows %q after the page moved", shown)
	}
	clerk.showAgain()
	colleague.within(2*time.Second, ".big", "Shown again")
	again := offerOf(clerk)
	if again.OfferID == offer.OfferID || !clerk.sees("p.lead", "To the offer that this one replaces") {
		t.Fatalf("the new offer is %s", again.OfferID)
	}
	tablet.becomes(".steps", "Scan this code")
	eventually(t, patience, "the display shows the new offer", func() bool {
		drawn := `(img => img !== null && img.complete && img.naturalWidth > 0 && img.src.includes("` + again.OfferID + `"))(document.querySelector(".qr img"))`
		return get(tablet, chromedp.Evaluate[bool](drawn))
	})
	if again.URI = tablet.decode(); !strings.HasSuffix(again.URI, again.OfferID) {
		t.Errorf("the display's QR code says %s", again.URI)
	}
	colleague.press(".screen a.primary")
	if at := offerOf(colleague); at.OfferID != again.OfferID {
		t.Errorf("the old page leads to %s", at.OfferID)
	}
	again.TxCode = clerk.reveal()
	b.mustCollect(again)
	clerk.awaits(".big", "Stored in the wallet")
}

// Everything at hand by keyboard: the same way without a mouse.
func TestRepair_works_by_keyboard_and_without_scripts(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	offer := b.create(identity(withCode()))
	b.ahead.Add(int64(5 * time.Minute))
	eventually(t, patience, "expiry", func() bool { return b.status(offer.OfferID) == "expired" })
	p.goTo(b.portal + "/offers/" + offer.OfferID)
	p.awaits(".screen .primary", "Show again") // once the sweep has written it down
	p.do(chromedp.Focus(chromedp.CSS(`form[action$="/again"] button`)))
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	second := offerOf(p)
	if second.OfferID == offer.OfferID {
		t.Fatal("the offer was not shown again")
	}
	p.scripts(false)
	p.goTo(b.portal + "/offers/" + second.OfferID)
	p.press(`.code form[action$="renew"] button`)
	if !p.sees(".code", "works no more") || !strings.HasSuffix(get(p, chromedp.Location()), "/renew") {
		t.Error("without scripts the new code is not shown, or its page has another address")
	}
	p.goTo(b.portal + "/offers/" + second.OfferID)
	p.showAgain()
	third := offerOf(p)
	third.URI = p.decode()
	p.press(`.code form[action$="reveal"] button`)
	third.TxCode = strings.ReplaceAll(p.text(".code output"), " ", "")
	b.mustCollect(third)
	p.goTo(b.portal + "/offers/" + third.OfferID)
	if get(p, chromedp.Evaluate[string](`getComputedStyle(document.querySelector(".home")).display`)) != "none" || !p.sees(".screen a.primary", "Next customer") {
		t.Error("without scripts a countdown stands still, or there is no way on")
	}
}

func TestCounter_goes_home_by_itself_and_stays_when_asked(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	for _, stay := range []bool{true, false} {
		offer := b.create(identity(nil))
		p.goTo(b.portal + "/offers/" + offer.OfferID)
		p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
		b.mustCollect(offer)
		p.awaits(".home", "Stay here")
		start := time.Now()
		if !stay {
			p.awaits("h1", "What does the customer need?")
			if took := time.Since(start); took < 5*time.Second || took > 15*time.Second {
				t.Errorf("it went home after %s", took)
			}
			continue
		}
		p.press(".home a")
		p.awaits(".big", "Stored in the wallet")
		if get(p, chromedp.Evaluate[bool](`document.querySelector("[data-go]") !== null`)) {
			t.Error("it goes home although somebody wants to stay")
		}
	}
}

// Details for support go to the clipboard as they are now, not as they were when the page was opened.
func TestSupport_copies_what_happened_with_one_click(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	offer := b.create(identity(withCode()))
	p.goTo(b.portal + "/offers/" + offer.OfferID)
	p.unfold("#support")
	b.refusedForTheClock(offer)
	p.awaits(".support", "request.refused clock token request: iat is too far")
	if !get(p, chromedp.Evaluate[bool](`document.querySelector("#support").open`)) {
		t.Error("what the clerk had opened is closed after the page moved")
	}
	p.do(chromedp.Evaluate[chromedp.Void](`navigator.clipboard.writeText = text => { document.body.dataset.copied = text; return Promise.resolve() }`))
	p.clickUntil("#support [data-copy]", "it is copied", func() bool {
		return get(p, chromedp.Evaluate[bool](`"copied" in document.body.dataset`))
	})
	copied := get(p, chromedp.Evaluate[string](`document.body.dataset.copied`))
	for _, want := range []string{"Offer " + offer.OfferID, "Type IdentityCredential", "offer.created", "request.refused clock token request: iat is too far"} {
		if !strings.Contains(copied, want) {
			t.Errorf("%q is not in %q", want, copied)
		}
	}
	for _, secret := range append(claimsOfErika(), offer.TxCode) {
		if strings.Contains(copied, secret) {
			t.Errorf("support is told %q", secret)
		}
	}
}

// The clerk works at one process, the display is at the other: it shows within two seconds what happened (SS-057).
func TestDisplay_shows_what_another_process_did(t *testing.T) {
	t.Parallel()
	const soon = 2 * time.Second
	two := openTwo(t)
	here, there := two[0], two[1]
	clerk, tablet := openBrowser(t, 1280, 900), openBrowser(t, 800, 1280)
	clerk.signIn(here, "demo-clerk")
	tablet.goTo(there.portal + "/display")
	code := tablet.text(".pairing")
	clerk.goTo(here.portal + "/display/pair")
	clerk.fill(map[string]string{"code": code})
	clerk.press("main form button.primary")
	tablet.becomes("h1", "Welcome") // an unpaired page asks every two seconds
	offer := here.create(identity(nil))
	clerk.goTo(here.portal + "/offers/" + offer.OfferID)
	tablet.within(soon, ".steps", "Scan this code")
	here.code(offer)
	tablet.within(soon, "h1", "Phone connected")
	clerk.showAgain()
	tablet.within(soon, ".steps", "Scan this code")
	again := offerOf(clerk)
	here.mustRedeem(again)
	tablet.within(soon, "h1", "One moment")
	other := here.create(identity(nil))
	clerk.goTo(here.portal + "/offers/" + other.OfferID)
	here.collectBut(other, "credential_accepted")
	tablet.within(soon, "h1", "All done")
	clerk.goTo(here.portal)
	tablet.within(soon, "h1", "Welcome")
}
