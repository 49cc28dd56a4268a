package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// pair lets this clerk pair the display that a browser shows.
func (b *browser) pair(bank *bank, display *browser) {
	b.t.Helper()
	display.goTo(bank.portal + "/display")
	code := display.text(".pairing")
	b.goTo(bank.portal + "/display/pair")
	b.fill(map[string]string{"code": strings.ToLower(code)})
	b.press("main form button.primary")
	b.awaits("main", "Customer display: connected")
}

// becomes waits for words on a display: its page loads anew when it is paired or unpaired, and without scripts all the time.
func (b *browser) becomes(selector, words string) {
	b.t.Helper()
	shows := chromedp.Evaluate[bool](fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))`, selector, words))
	eventually(b.t, patience, fmt.Sprintf("%q in %s", words, selector), func() bool {
		yes, err := chromedp.Run(b.ctx, shows)
		return err == nil && yes
	})
}

// A customer at the counter: two screens, a phone, and nothing of the staff on the screen that faces the customer.
func TestDisplay_leads_a_customer_through(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBank(t, database)
		clerk, tablet := openBrowser(t, 1280, 900), openBrowser(t, 800, 1280)
		clerk.signIn(b, "demo-clerk")
		clerk.pair(b, tablet)
		tablet.becomes("h1", "Welcome")

		clerk.goTo(b.portal + "/offers/new/IdentityCredential")
		clerk.fill(erika())
		clerk.press("main form button.primary")
		offer := offerOf(clerk)
		clerk.awaits("#display", "Customer display: connected")
		tablet.becomes(".steps", "Enter the code you are given")
		for _, size := range [][2]int64{{800, 1280}, {1280, 800}, {375, 812}} {
			tablet.do(chromedp.EmulateViewport(size[0], size[1]))
			for _, scheme := range []string{"light", "dark"} {
				tablet.scheme(scheme)
				tablet.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
				if offer.URI = tablet.decode(); !strings.HasSuffix(offer.URI, offer.OfferID) {
					t.Errorf("at %v, %s, the QR code says %s", size, scheme, offer.URI)
				}
				tablet.hasWholeModules(262) // 70 % of 375 px
			}
		}
		offer.TxCode = clerk.reveal()
		b.mustRefuse(offer)
		tablet.becomes("main", "Enter the 6-digit code you were given.")
		if get(tablet, chromedp.Evaluate[bool](`document.querySelector(".qr") !== null`)) {
			t.Error("the QR code is still there for others to scan")
		}
		html := get(tablet, chromedp.OuterHTML(chromedp.CSS("html")))
		for _, word := range []string{offer.TxCode, "Erika", "Mustermann", "T22000129", "Clerk", "clerk", "/offers", "Sign out"} {
			if strings.Contains(html, word) {
				t.Errorf("the display holds %q", word)
			}
		}
		b.mustCollect(offer)
		tablet.becomes("h1", "All done")
		b.ahead.Add(int64(15 * time.Second))
		tablet.becomes("h1", "Welcome")
	})
}

func TestDisplay_follows_the_clerk(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	clerk, tablet := openBrowser(t, 1280, 900), openBrowser(t, 1280, 800)
	clerk.signIn(b, "demo-clerk")
	clerk.pair(b, tablet)
	offer := b.create(identity(nil))
	counter := b.portal + "/offers/" + offer.OfferID
	clerk.goTo(counter)
	tablet.becomes(".steps", "Scan this code")
	clerk.clickUntil("#display button", "the display is cleared", func() bool { return clerk.sees("#display", "Show this offer") })
	tablet.becomes("h1", "Welcome")
	clerk.press("#display a")
	tablet.becomes(".steps", "Scan this code")
	clerk.goTo(b.portal)
	tablet.becomes("h1", "Welcome")
	clerk.goTo(counter)
	tablet.becomes(".steps", "Scan this code")
	b.call(http.MethodPost, b.management+"/offers/"+offer.OfferID+"/cancel", nil, nil)
	tablet.becomes("h1", "Please ask the staff")

	tablet.goTo("about:blank")
	b.ahead.Add(int64(31 * time.Second))
	clerk.goTo(b.portal + "/offers/" + b.create(identity(nil)).OfferID)
	clerk.awaits("#display", "Customer display disconnected")
	tablet.goTo(b.portal + "/display")
	clerk.awaits("#display", "Customer display: connected") // by itself
	tablet.becomes(".steps", "Scan this code")
	clerk.expect("Clear-Site-Data")
	clerk.expect("status of 401")                         // what the page asks for by itself may find the session ended
	clerk.do(chromedp.Click(chromedp.CSS(".who button"))) // the page leads to sign-in by itself as well: whichever is first
	clerk.awaits("h1", "Sign in")
	tablet.becomes("h1", "Pairing code") // the clerk is gone, and with them what they showed
}

func TestDisplay_works_without_scripts(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	clerk, tablet := openBrowser(t, 1280, 900), openBrowser(t, 800, 1280)
	for _, p := range []*browser{clerk, tablet} {
		p.scripts(false)
	}
	clerk.signIn(b, "demo-clerk")
	clerk.pair(b, tablet)
	offer := b.create(identity(withCode()))
	clerk.goTo(b.portal + "/offers/" + offer.OfferID)
	tablet.becomes(".steps", "Scan this code") // it loads again by itself
	if uri := tablet.decode(); !strings.HasSuffix(uri, offer.OfferID) {
		t.Errorf("the QR code says %s", uri)
	}
	b.mustCollect(offer)
	tablet.becomes("h1", "All done")
	other := b.create(identity(nil))
	clerk.goTo(b.portal + "/offers/" + other.OfferID)
	clerk.press("#display button")
	if at := get(clerk, chromedp.Location()); at != b.portal+"/" {
		t.Errorf("after clearing the clerk is at %s", at)
	}
	tablet.becomes("h1", "Welcome")
}

// The display shows the transaction code only for types whose policy says so, and only once a phone has come.
func TestDisplay_shows_the_code_where_the_policy_of_the_type_says_so(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	const id = "LibraryCard"
	status := b.call("POST", b.management+"/types", map[string]any{
		"credential_configuration_id": id, "config": map[string]any{"tx_code": map[string]any{"on_display": true}},
		"type_metadata": map[string]any{"vct": "urn:test:library:1", "name": "Library card", "claims": []any{map[string]any{"path": []string{"name"}}}},
	}, nil)
	if status != http.StatusCreated {
		t.Fatalf("POST /types answered %d", status)
	}
	clerk, tablet := openBrowser(t, 1280, 900), openBrowser(t, 800, 1280)
	clerk.signIn(b, "demo-clerk")
	clerk.pair(b, tablet)
	for _, c := range []struct {
		body  map[string]any
		shows bool
	}{
		{map[string]any{"credential_configuration_id": id, "claims": map[string]any{"name": "Erika"}, "tx_code": withCode()["tx_code"]}, true},
		{identity(withCode()), false},
	} {
		offer := b.create(c.body)
		code := offer.TxCode[:3] + " " + offer.TxCode[3:]
		clerk.goTo(b.portal + "/offers/" + offer.OfferID)
		tablet.becomes(".steps", "Enter the code you are given")
		if tablet.sees("body", code) {
			t.Error("the code is there before a phone has come")
		}
		b.code(offer) // a wallet fetches the offer
		if c.shows {
			tablet.becomes(".pairing", code)
			b.mustCollect(offer)
			tablet.becomes("h1", "All done")
		} else {
			tablet.becomes(".do", "digit code you were given")
		}
		if tablet.sees("body", code) {
			t.Error("the code is there where it must not be")
		}
	}
}
