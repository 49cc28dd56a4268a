package e2e_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"counterfoil/internal/store/storetest"
)

// atMost is how long a lost connection may go unsaid.
const atMost = 2 * time.Second

// online plugs the browser's network out or in.
func (b *browser) online(yes bool) {
	b.t.Helper()
	offline := !yes
	if _, err := chromedp.Call(b.ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: offline}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{DownloadThroughput: -1, UploadThroughput: -1, Offline: offline}},
	}); err != nil {
		b.t.Fatal(err)
	}
}

// saysLost waits until the banner is there, or gone again, and fails when that takes longer than it may.
func (b *browser) saysLost(yes bool, limit time.Duration) {
	b.t.Helper()
	eventually(b.t, limit, "the banner of a lost connection", func() bool {
		return get(b, chromedp.Evaluate[bool](`!document.getElementById("offline").hidden`)) == yes
	})
}

func TestLost_a_browser_without_network_says_so_and_keeps_what_was_typed(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.expect("ERR_INTERNET_DISCONNECTED")
	p.signIn(b, "demo-administrator")
	p.goTo(b.portal + "/new-type")
	p.fill(map[string]string{"id": "Membership"})
	p.paste("metadata", membership)
	p.online(false)
	p.saysLost(true, atMost)
	p.do(chromedp.Click(chromedp.CSS("main form button.primary")))
	p.saysLost(true, atMost)
	if got := get(p, chromedp.Evaluate[string](`document.getElementById("metadata").value`)); got != membership {
		t.Errorf("what was typed is now %q", got)
	}
	p.online(true)
	p.saysLost(false, atMost)
	p.press("main form button.primary")
	p.awaits("h1", "Add Membership?")
}

// The portal is away while the browser's own network is well: only a stream or a request can tell.
func TestLost_a_portal_that_is_away_is_told_and_comes_back_by_itself(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	c, portal := newCable(t, b.portal)
	p := openBrowser(t, 1280, 900)
	for _, words := range []string{"net::ERR_", "htmx:sendError", "htmx:afterRequest", "[object Event]"} {
		p.expect(words)
	}
	offer := b.create(identity(withCode()))
	p.goTo(portal + "/sign-in")
	p.press(`form:has(input[value="demo-clerk"]) button`)
	p.goTo(portal + "/offers/" + offer.OfferID)
	eventually(t, patience, "the stream", func() bool {
		return get(p, chromedp.Evaluate[bool](`document.querySelector("[sse-connect]")?.["htmx-internal-data"]?.sseEventSource?.readyState === 1`))
	})
	c.pull()
	p.saysLost(true, atMost)
	c.putBack()
	p.saysLost(false, patience)
	p.quick(".story", "Phone connected", func() { b.code(offer) })

	// A page without a stream: what is typed is sent only when the portal answers.
	p.goTo(portal + "/sign-in")
	p.press(`form:has(input[value="demo-administrator"]) button`)
	p.goTo(portal + "/new-type")
	p.fill(map[string]string{"id": "Membership"})
	p.paste("metadata", membership)
	c.pull()
	p.do(chromedp.Click(chromedp.CSS("main form button.primary")))
	p.saysLost(true, atMost)
	if got := get(p, chromedp.Evaluate[string](`document.getElementById("metadata").value`)); got != membership {
		t.Errorf("what was typed is now %q", got)
	}
	c.putBack()
	p.saysLost(false, patience) // by itself: nobody presses anything
	p.press("main form button.primary")
	p.awaits("h1", "Add Membership?")
}

// htmx puts nothing in the place of what was pressed when the answer is an error: nobody would be told.
func TestLost_what_was_pressed_in_vain_is_told(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	for _, words := range []string{"status of 404", "htmx:responseError", "Response Status Error"} {
		p.expect(words)
	}
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/" + b.create(identity(withCode())).OfferID)
	p.do(chromedp.WaitVisible(chromedp.CSS(".code button")),
		chromedp.Evaluate[chromedp.Void](`var f = document.querySelector(".code form"), g = f.cloneNode(true); g.setAttribute("hx-post", "/offers/gone/reveal"); f.replaceWith(g); htmx.process(g)`),
		chromedp.Click(chromedp.CSS(".code form button")))
	p.awaits("main h1", "This does not exist")
	if !p.sees("main", "Go back") {
		t.Errorf("there is no way back: %q", p.text("main"))
	}
}

// PF-127: nobody gets in as nobody.
func TestLost_a_database_that_is_away_is_told_with_a_way_to_try_again(t *testing.T) {
	t.Parallel()
	c, database := newCable(t, storetest.PostgreSQL(t))
	b := openBank(t, database)
	p := openBrowser(t, 1280, 900)
	p.expect("status of 503")
	p.signIn(b, "demo-clerk")
	c.pull()
	p.goTo(b.portal + "/")
	if !p.sees("h1", "Not now") || !p.sees("main", "Nothing was lost") {
		t.Errorf("the page says %q", p.text("main"))
	}
	c.putBack()
	eventually(t, patience, "the home page is back", func() bool {
		p.press("main a.primary") // try again
		return p.sees("h1", "What does the customer need?")
	})
}
