package portal_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// twoSides is a wide picture, dark at the left and light at the right.
func twoSides(t testing.TB) string {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 800, 600))
	for y := range 600 {
		for x := 400; x < 800; x++ {
			m.SetGray(x, y, color.Gray{Y: 250})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// cropping gives the fields of a form whose picture was just taken in, as the page that came back would send them.
func (p person) cropping() map[string]string {
	p.t.Helper()
	form := p.pass()
	delete(form, "claim.name")
	a := p.do(upload(p.t, "/offers/new/StaffPass", form, part{"claim.portrait-camera", "e.jpg", twoSides(p.t)}))
	doc := a.page(p.t)
	if a.status != http.StatusOK {
		p.t.Fatalf("taking it in answered %d", a.status)
	}
	doc.Find(`[id="claim.portrait-picture"] input:not([type=file])`).Each(func(_ int, s *goquery.Selection) {
		form[s.AttrOr("name", "")] = s.AttrOr("value", "")
	})
	return form
}

// kept gives the picture that a page keeps, decoded.
func kept(t *testing.T, doc *goquery.Document) image.Image {
	t.Helper()
	value := doc.Find(`input[name="claim.portrait"]`).AttrOr("value", "")
	if shown := doc.Find(`[id="claim.portrait-kept"] img`).AttrOr("src", ""); shown != value {
		t.Errorf("what is shown is %.60q, what is kept %.60q", shown, value)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(value, "data:image/jpeg;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func isDark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x4000
}

func TestCrop_shows_the_part_again_and_keeps_it(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	form := clerk.cropping()
	if form["claim.portrait-zoom"] != "0" || form["claim.portrait-across"] != "50" || form["claim.portrait-down"] != "50" || form["claim.portrait-whole"] == "" {
		t.Fatalf("the sliders begin at %q, %q, %q", form["claim.portrait-zoom"], form["claim.portrait-across"], form["claim.portrait-down"])
	}
	form["claim.portrait-zoom"], form["claim.portrait-across"], form["do"] = "40", "100", "crop claim.portrait"
	a := clerk.do(upload(t, "/offers/new/StaffPass", form, part{"claim.portrait-file", "", ""}))
	doc := a.page(t)
	m := kept(t, doc)
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	if ratio := float64(w) / float64(h); a.status != http.StatusOK || ratio < 0.76 || ratio > 0.79 || isDark(m.At(0, h/2)) {
		t.Errorf("%d: the right of it is %d × %d and begins %v", a.status, w, h, m.At(0, h/2))
	}
	zoom := doc.Find(`input[name="claim.portrait-zoom"]`)
	if _, here := zoom.Attr("autofocus"); zoom.AttrOr("value", "") != "40" || !here || doc.Find(`input[name="claim.portrait-whole"]`).AttrOr("value", "") != form["claim.portrait-whole"] {
		t.Error("the page forgets where the sliders were, or what it is cut from")
	}
	if alt := doc.Find(`[id="claim.portrait-kept"] img`).AttrOr("alt", ""); alt != "Portrait of the customer" {
		t.Errorf("the picture is called %q", alt)
	}
	// The draft has it too.
	if m := kept(t, clerk.do(get("/offers/new/StaffPass")).page(t)); isDark(m.At(0, m.Bounds().Dy()/2)) {
		t.Error("the draft keeps another picture")
	}
	// Nobody has to press the button: what is sent is cut as the sliders stand.
	delete(form, "do")
	form["claim.portrait-across"] = "0"
	a = clerk.do(upload(t, "/offers", form))
	if m := kept(t, a.page(t)); a.status != http.StatusUnprocessableEntity || !isDark(m.At(m.Bounds().Dx()-1, m.Bounds().Dy()/2)) {
		t.Errorf("%d: what is sent is cut otherwise than the sliders stand", a.status)
	}
	// Another file begins anew.
	a = clerk.do(upload(t, "/offers/new/StaffPass", form, part{"claim.portrait-file", "e.jpg", picture(t, 90, 120)}))
	if doc := a.page(t); doc.Find(`input[name="claim.portrait-zoom"]`).AttrOr("value", "") != "0" || kept(t, doc).Bounds().Dx() != 90 {
		t.Error("another picture is cut as the one before")
	}
	form["do"] = "drop claim.portrait"
	if left := clerk.do(upload(t, "/offers/new/StaffPass", form)).page(t).Find(`[id="claim.portrait-picture"] input:not([type=file])`).Length(); left != 0 {
		t.Errorf("%d fields of it are left after it was taken out", left)
	}
	delete(form, "do")
	form["claim.name"] = "Erika Mustermann"
	if a := clerk.do(upload(t, "/offers", form)); a.status != http.StatusSeeOther {
		t.Errorf("the offer with it: %d %s", a.status, a.page(t).Find(".summary").Text())
	}
}

// While sliders are moved, the page gets the picture alone: the slider under the hand stays.
func TestCrop_changes_the_picture_alone_while_it_is_filled_in(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	form := clerk.cropping()
	ask := func() *goquery.Document {
		a := clerk.do(upload(t, "/offers/new/StaffPass", form).with("HX-Request", "true").with("HX-Target", "preview"))
		if a.status != http.StatusOK {
			t.Errorf("got %d", a.status)
		}
		return a.page(t)
	}
	if doc := ask(); doc.Find("[hx-swap-oob]").Length() != 0 {
		t.Error("a picture is sent although nothing was moved")
	}
	form["claim.portrait-zoom"] = "60"
	doc := ask()
	if id := doc.Find("[hx-swap-oob]").AttrOr("id", ""); id != "claim.portrait-kept" || doc.Find("input[type=range]").Length() != 0 {
		t.Errorf("moving a slider changes %q", id)
	}
	kept(t, doc)
	form["claim.portrait-whole"] = "data:text/html;base64,PHNjcmlwdD4="
	if doc := ask(); doc.Find(`[hx-swap-oob] .error`).Text() == "" {
		t.Error("nothing is said of a picture that is none")
	}
}

func TestCrop_refuses_what_no_page_sends(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	good := clerk.cropping()
	good["claim.name"] = "Erika Mustermann"
	for name, c := range map[string]struct{ field, value, words string }{
		"below the scale":          {"-zoom", "-1", ""},
		"above it":                 {"-zoom", "101", ""},
		"words":                    {"-across", "left", ""},
		"a fraction":               {"-across", "5.5", ""},
		"more than a number":       {"-down", strings.Repeat("9", 400), ""},
		"other digits":             {"-down", "\u0665", ""},
		"markup":                   {"-down", `"><script>alert(1)</script>`, ""},
		"a page to cut from":       {"-whole", "data:text/html;base64,PHNjcmlwdD4=", "not a JPEG or PNG"},
		"an address to cut from":   {"-whole", "http://127.0.0.1/portrait.jpg", "not a JPEG or PNG"},
		"a bomb to cut from":       {"-whole", "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(bomb(t, 30_000))), "too large"},
		"a whole that is cut off":  {"-whole", good["claim.portrait-whole"][:len("data:image/jpeg;base64,")+1000], "damaged"},
		"a whole of a hundred KiB": {"-whole", "data:image/jpeg;base64," + strings.Repeat("/9j/", 25<<10), "too large"},
	} {
		form := maps.Clone(good)
		form["claim.portrait"+c.field] = c.value
		a := clerk.do(upload(t, "/offers", form))
		if text := a.page(t).Find(`[id="claim.portrait-help"] .error`).Text(); a.status != http.StatusUnprocessableEntity || !strings.Contains(text, c.words) || strings.Contains(a.body, "<script>alert") {
			t.Errorf("%s: %d %q", name, a.status, text)
		}
	}
	if clerk.offers() != 0 {
		t.Error("an offer was made")
	}
}
