package e2e_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const croppedField = "claim.portrait"

// portraitShape is width and height of the picture that the form keeps, in pixels.
func (b *browser) portraitShape() string {
	b.t.Helper()
	return get(b, chromedp.Evaluate[string](fmt.Sprintf(`(() => {
		const i = document.querySelector('[id="%s-kept"] img');
		return i && i.complete ? i.naturalWidth + " " + i.naturalHeight : "";
	})()`, croppedField)))
}

// becomesPassport waits until the picture has the shape of a passport photo.
func (b *browser) becomesPassport() {
	b.t.Helper()
	b.settles("a picture of 35 × 45", func() bool {
		var w, h int
		_, err := fmt.Sscan(b.portraitShape(), &w, &h)
		return err == nil && h > 0 && w*1000/h > 770 && w*1000/h < 785
	})
}

// whole is how the picture of portraitFile is kept before anybody cuts it.
const whole = "360 480"

// With scripts the picture follows the sliders, and the slider under the hand stays where it is.
func TestCrop_works_by_keyboard_alone(t *testing.T) {
	t.Parallel()
	b := formBank(t)
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/new/StaffPass")
	p.fill(map[string]string{"claim.name": "Erika Mustermann"})
	p.choose(croppedField, portraitFile(t))
	p.settles("the whole picture", func() bool { return p.portraitShape() == whole })
	zoom := `[id="` + croppedField + `-zoom"]`
	p.tabTo(zoom)
	for range 3 {
		p.key(kb.ArrowRight)
	}
	p.becomesPassport()
	here := chromedp.Evaluate[string](`document.activeElement.id + " " + document.activeElement.value`)
	if got := get(p, here); got != croppedField+"-zoom 3" {
		t.Errorf("the hand is on %q", got)
	}
	p.tabTo(`[id="` + croppedField + `-down"]`)
	p.key(kb.Home)
	p.tabTo(`button[value="crop ` + croppedField + `"]`)
	p.key(kb.Enter) // the page stays, and takes in what comes
	p.settles("the page with the sliders as they were", func() bool {
		return get(p, here) == croppedField+"-zoom 3" && get(p, chromedp.Value(chromedp.CSS(`[id="`+croppedField+`-down"]`))) == "0"
	})
	p.becomesPassport()
	p.tabTo("main form button.primary")
	p.enter()
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
}

// Without scripts the button shows the part that the sliders stand for.
func TestCrop_works_without_scripts(t *testing.T) {
	t.Parallel()
	b := formBank(t)
	p := openBrowser(t, 375, 800)
	p.signIn(b, "demo-clerk")
	p.scripts(false)
	p.goTo(b.portal + "/offers/new/StaffPass")
	p.fill(map[string]string{"claim.name": "Erika Mustermann"})
	p.choose(croppedField, portraitFile(t))
	p.press(`button[value="preview"]`)
	p.settles("the whole picture", func() bool { return p.portraitShape() == whole })
	p.do(chromedp.Focus(chromedp.CSS(`[id="` + croppedField + `-zoom"]`)))
	p.key(kb.End)
	p.press(`button[value="crop ` + croppedField + `"]`)
	p.becomesPassport()
	if got := get(p, chromedp.Value(chromedp.CSS(`[id="`+croppedField+`-zoom"]`))); got != "100" {
		t.Errorf("the slider is at %s", got)
	}
	p.press("main form button.primary")
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
}
