package e2e_test

import (
	"fmt"
	"math"
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
	for _, size := range [][2]int64{{1280, 900}, {1366, 768}, {2560, 1440}} {
		p.do(chromedp.EmulateViewport(size[0], size[1]))
		p.hasWholeModules(320)
	}
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

// hasWholeModules holds the QR code to at least so many pixels on a side, quiet zone included, and every module to a whole number of them:
// one that is a pixel wider than others is what cheap readers stumble over.
func (b *browser) hasWholeModules(least float64) {
	b.t.Helper()
	side := get(b, chromedp.Evaluate[float64](`document.querySelector(".qr img").getBoundingClientRect().width`))
	modules := get(b, chromedp.Evaluate[float64](`+document.querySelector(".qr").dataset.modules`))
	drawn := get(b, chromedp.Evaluate[float64](`fetch(document.querySelector(".qr img").src).then(a => a.text()).then(a => +a.match(/viewBox="0 0 (\d+)/)[1])`, chromedp.EvalAwaitPromise))
	if modules != drawn || side < least || math.Mod(side, modules) != 0 {
		b.t.Errorf("the QR code of %.0f modules is drawn as one of %.0f, %.2f px wide", drawn, modules, side)
	}
}
