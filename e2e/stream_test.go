package e2e_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// watching opens the counter screen of an offer by an address of the portal.
func (b *bank) watching(portal string, offer created) *browser {
	b.t.Helper()
	p := openBrowser(b.t, 1280, 900)
	p.goTo(portal + "/sign-in")
	p.press(`form:has(input[value="demo-clerk"]) button`)
	p.goTo(portal + "/offers/" + offer.OfferID)
	p.awaits(".say", "Ask the customer to open the wallet")
	return p
}

// SS-036, SS-038, SS-043, SS-047, SS-063: whatever happened while the connection was away is on the screen soon after it is back.
func TestStream_catches_up_when_the_connection_is_back(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(nil))
	wire, portal := newCable(t, b.portal)
	p := b.watching(portal, offer)
	p.expect("ERR_")
	p.expect("[object Event]") // what the SSE extension says of a stream that ends
	p.expect("htmx:")
	wire.pull()
	b.call(http.MethodPost, b.management+"/offers/"+offer.OfferID+"/cancel", nil, nil)
	if p.sees(".big", "Cancelled") {
		t.Error("the screen knows what nobody could tell it")
	}
	wire.putBack()
	const soon = 6 * time.Second // it asks every four by itself
	eventually(t, soon, "the screen shows the cancellation", func() bool { return p.sees(".big", "Cancelled") })
}

// SS-040, SS-044: a screen whose session has ended asks to sign in, and no more for the offer.
func TestStream_leads_to_sign_in_when_the_session_has_ended(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := b.watching(b.portal, b.create(identity(nil)))
	p.expect("status of 401")
	p.expect("Response Status Error Code 401")
	p.expect("Clear-Site-Data")
	p.expect("[object Event]")
	p.do(chromedp.Evaluate[chromedp.Void](`void fetch("/sign-out", {method: "POST"})`))
	p.awaits("h1", "Sign in")
}

// SS-099, SS-062, SS-100: a tick takes nothing from under the hands of who is about to press something, nor the focus (SS-098). What changed is
// read out once (SS-096), and nothing moves where the system asks for that (SS-095).
func TestStream_leaves_the_focus_where_it_is(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(withCode()))
	p := b.watching(b.portal, offer)
	p.unfold("#cancel")
	p.scheme("light") // and no motion, please
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#cancel form button").focus(), window.said = [],
		new MutationObserver(() => said.push(document.querySelector("#announce").textContent)).observe(document.querySelector("#announce"), {childList: true, characterData: true, subtree: true})`))
	p.quick(".story", "Wrong code typed", func() { b.mustRefuse(offer) })
	p.settles("it is read out", func() bool { return get(p, chromedp.Evaluate[int](`said.length`)) > 0 })
	if !get(p, chromedp.Evaluate[bool](`document.activeElement.matches("#cancel form button")`)) {
		t.Errorf("the focus is at %s", get(p, chromedp.Evaluate[string](`document.activeElement.outerHTML`)))
	}
	if said := get(p, chromedp.Evaluate[[]string](`said`)); len(said) != 1 || !strings.Contains(said[0], "The code that was typed is wrong") {
		t.Errorf("a screen reader reads out %q", said)
	}
	if role := get(p, chromedp.Evaluate[string](`document.querySelector("#announce").getAttribute("role")`)); role != "status" { // polite, by WAI-ARIA 1.2
		t.Errorf("it is read out as %q", role)
	}
	if n := get(p, chromedp.Evaluate[int](`document.getAnimations().length`)); n != 0 {
		t.Errorf("%d things move", n)
	}
}

// SS-002, SS-070: a stream is for who is signed in, and asking for more gives no more (SS-116).
func TestStream_is_for_who_is_signed_in(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(nil))
	ask := func(client *http.Client, query string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.portal+"/offers/"+offer.OfferID+"/stream"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/event-stream")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			first := make([]byte, 64)
			n, err := resp.Body.Read(first)
			if err != nil || !regexp.MustCompile(`^retry: [1-4]\d{3}\n\nevent: tick\ndata: 0\n\n$`).Match(first[:n]) {
				t.Errorf("the stream says %q, %v", first[:n], err)
			}
		}
		return resp.StatusCode
	}
	clerk, _ := b.session("demo-clerk")
	nobody := &http.Client{}
	for name, c := range map[string]struct {
		client *http.Client
		query  string
		status int
	}{
		"the clerk":                 {clerk, "", 200},
		"the clerk, asking for all": {clerk, "?events=all&offers=*", 200},
		"nobody":                    {nobody, "", 401},
		"nobody, with a token":      {nobody, "?token=x&session=x", 401},
	} {
		if got := ask(c.client, c.query); got != c.status {
			t.Errorf("%s: got %d", name, got)
		}
	}
	b.ahead.Add(int64(24 * time.Hour))
	if got := ask(clerk, ""); got != http.StatusUnauthorized {
		t.Errorf("with a session of yesterday: got %d", got)
	}
}

// SS-091, SS-093: a page that is left gives its stream back, and one that somebody comes back to shows what happened meanwhile.
func TestStream_is_given_back_by_a_page_that_is_left(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(nil))
	p := b.watching(b.portal, offer)
	b.awaitStreams(1)
	p.press("header .brand")
	p.awaits("h1", "What does the customer need?")
	b.awaitStreams(0)
	b.call(http.MethodPost, b.management+"/offers/"+offer.OfferID+"/cancel", nil, nil)
	p.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	const fresh = 3 * time.Second
	eventually(t, fresh, "the page that somebody comes back to is fresh", func() bool { return p.sees(".big", "Cancelled") })
}
