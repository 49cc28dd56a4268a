package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// passes lets time pass, for the program and for the browser: what waits on the page comes due at once, and what that asks for is answered
// before the time goes on.
func (b *browser) passes(at *bank, d time.Duration) {
	b.t.Helper()
	at.ahead.Add(int64(d))
	params := emulation.SetVirtualTimePolicyParams{Policy: emulation.VirtualTimePolicyPauseIfNetworkFetchesPending, Budget: new(float64(d.Milliseconds()))}
	if _, err := chromedp.Call(b.ctx, emulation.SetVirtualTimePolicy, params); err != nil {
		b.t.Fatal(err)
	}
}

// Somebody at the counter is called away: the page warns them in time, lets them stay, and keeps what was typed when it is too late.
func TestIdle_a_page_warns_before_its_session_ends_and_keeps_what_was_typed(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.expect("status of 401") // the preview, which was about to be drawn when the time passed
	p.expect("Response Status Error Code 401")
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/new/IdentityCredential")
	p.fill(map[string]string{"claim.given_name": "Erika"})
	p.awaits(".preview", "Erika") // the last that the page sends by itself
	p.passes(b, 28*time.Minute+30*time.Second)
	says := func(words string) func() bool {
		return func() bool { return strings.Contains(p.text("#session"), words) }
	}
	eventually(t, patience, "the warning", says("you will be signed out at"))
	p.do(chromedp.Click(chromedp.CSS("#session button")))
	eventually(t, patience, "the warning goes", func() bool { return p.text("#session") == "" })
	p.passes(b, 31*time.Minute)
	eventually(t, patience, "the end", says("You are signed out"))
	if got := get(p, chromedp.Evaluate[string](`document.querySelector("[name='claim.given_name']").value`)); got != "Erika" {
		t.Errorf("what was typed is now %q", got)
	}
}
