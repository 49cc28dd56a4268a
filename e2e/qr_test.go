package e2e_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// A phone sees the code from near and far, askew, out of focus, and on a dark page; decoders that nobody here wrote read it every time.
func TestQR_is_read_from_the_screen_however_it_is_seen(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	offer := b.create(identity(withCode()))
	p.goTo(b.portal + "/offers/" + offer.OfferID)
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
	for _, scheme := range []string{"light", "dark"} {
		p.scheme(scheme)
		for name, seen := range map[string]struct {
			scale             float64
			transform, filter string
		}{
			"as it is":         {scale: 1},
			"on a fine screen": {scale: 2},
			"from afar":        {scale: .5},
			"askew":            {scale: 1, transform: "rotate(10deg)"},
			"on its side":      {scale: 1, transform: "rotate(90deg)"},
			"out of focus":     {scale: 1, filter: "blur(1px)"},
			"in bad light":     {scale: 1, filter: "contrast(60%) brightness(70%)"},
		} {
			p.do(chromedp.EmulateViewport(1280, 900, chromedp.EmulateScale(seen.scale)))
			p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
				`document.querySelector(".qr").style.transform = %q; document.documentElement.style.filter = %q; undefined`, seen.transform, seen.filter)))
			if got := p.decode(); got != offer.URI {
				t.Errorf("%s, %s: the code says %q, the API %q", scheme, name, got, offer.URI)
			}
		}
	}
}
