package e2e_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"counterfoil/views/i18n"
)

// picturesDir is where make help-pictures has the project, which gets the pictures; without it they are made and not kept.
const picturesDir = "COUNTERFOIL_PICTURES_DIR"

// The guides show four screens of a day at the counter, in every language that staff read, and the README shows the counter.
func TestGuide_has_pictures_of_the_screens_that_ship(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(picturesDir)
	for _, l := range i18n.Staff() {
		b := openBank(t, "")
		p := openBrowser(t, 1000, 740)
		p.scheme("light")
		keepAs := func(path ...string) {
			t.Helper()
			p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll(".ribbon, [href^='/demo/']").forEach(e => e.remove()); document.activeElement.blur(); scrollTo(0, 0)`))
			small := fewColours(t, get(p, chromedp.CaptureScreenshot()))
			if limit := 60 << 10; len(small) > limit {
				t.Errorf("%s has %d bytes", filepath.Join(path...), len(small))
			}
			if dir == "" {
				return
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Join(path...)), small, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		keep := func(name string) { keepAs("views", "help", "img", l.Tag, name+".png") }
		b.create(map[string]any{"credential_configuration_id": "IdentityCredential", "claims": identity(nil)["claims"], "reference": "4711"})
		p.signIn(b, "demo-clerk")
		p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.cookie = 'language=%s'", l.Tag)))
		p.goTo(b.portal)
		keep("home")
		p.press("a.tile[href='/offers/new/IdentityCredential']")
		p.fill(erika())
		keep("form")
		p.press("main form button.primary")
		offer := offerOf(p)
		offer.URI = get(p, chromedp.AttributeValue(chromedp.CSS(".links a"), "href")).Value
		if l.Tag == "en" {
			p.do(chromedp.EmulateViewport(1280, 860))
			keepAs("web", "portal", "counter.png")
			p.do(chromedp.EmulateViewport(1000, 740))
		}
		b.code(offer)
		p.do(chromedp.WaitVisible(chromedp.CSS(".story li:nth-child(2):not(.todo):not(.now)")))
		p.reveal()
		keep("counter")
		offer = b.create(identity(withCode()))
		b.mustCollect(offer)
		p.goTo(b.portal + "/offers/" + offer.OfferID)
		p.do(chromedp.WaitVisible(chromedp.CSS(".screen a.primary")))
		keep("done")
	}
}

// fewColours writes a picture with at most 256 colours, each of the others as the nearest of them: half the bytes, and nobody sees it on a
// flat page.
func fewColours(t *testing.T, picture []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	used := map[color.Color]int{}
	for y := range full.Bounds().Dy() {
		for x := range full.Bounds().Dx() {
			used[full.At(x, y)]++
		}
	}
	palette := make(color.Palette, 0, len(used))
	for c := range used {
		palette = append(palette, c)
	}
	slices.SortFunc(palette, func(a, b color.Color) int { return used[b] - used[a] })
	small := image.NewPaletted(full.Bounds(), palette[:min(len(palette), 256)])
	nearest := map[color.Color]uint8{}
	for y := range full.Bounds().Dy() {
		for x := range full.Bounds().Dx() {
			c := full.At(x, y)
			if _, known := nearest[c]; !known {
				nearest[c] = uint8(small.Palette.Index(c))
			}
			small.SetColorIndex(x, y, nearest[c])
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
