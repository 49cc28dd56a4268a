package brand_test

import (
	"bytes"
	"image"
	"image/png"
	"regexp"
	"strings"
	"testing"

	"counterfoil/internal/brand"
)

const svg = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>`

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNew_serves_what_the_settings_give(t *testing.T) {
	t.Parallel()
	b, err := brand.New("Example Bank", "#ff6200", []byte(svg))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{b.Logo(): "image/svg+xml", b.Stylesheet(): "text/css; charset=utf-8"} {
		data, contentType, ok := b.Open(path)
		if !ok || contentType != want || len(data) == 0 {
			t.Errorf("%s is there: %t, as %s", path, ok, contentType)
		}
	}
	plain, err := brand.New("Example Bank", "", nil)
	if err != nil || plain.Logo() != "" || plain.Stylesheet() != "" {
		t.Errorf("a name alone has logo %q, stylesheet %q, error %v", plain.Logo(), plain.Stylesheet(), err)
	}
	for _, path := range []string{"", "/brand/", "/brand/../master.key", "/brand/0000000000000000.svg"} {
		if _, _, ok := b.Open(path); ok {
			t.Errorf("there is a file at %q", path)
		}
	}
}

func TestNew_refuses_what_is_no_logo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		logo []byte
		want string
	}{
		"a PNG":                {picture(t, 64, 64), ""},
		"too many pixels":      {picture(t, 2001, 1), "pixels"},
		"half a PNG":           {picture(t, 64, 64)[:20], "neither"},
		"half an SVG":          {[]byte(svg[:60]), "neither"},
		"HTML":                 {[]byte("<html><svg/></html>"), "no svg element"},
		"text":                 {[]byte("logo"), "no svg element"},
		"a large SVG":          {[]byte(svg + strings.Repeat(" ", brand.MaxLogo)), "larger than 64 KiB"},
		"an entity that grows": {[]byte(`<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">]><svg>&a;</svg>`), "neither"},
	} {
		_, err := brand.New("", "", c.logo)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Whatever colour a bank has, text in it can be read on every ground of the portal (WCAG 2.2 §1.4.3).
func TestAccent_can_be_read_whatever_the_colour(t *testing.T) {
	t.Parallel()
	token := regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)
	colour := func(text string) brand.Colour {
		c, err := brand.ParseColour(text)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, accent := range []string{"#000000", "#ffffff", "#ff6200", "#ffcc00", "#0b5d56", "#00ff00", "#0000ff", "#808080", "#ec0016"} {
		b, err := brand.New("", accent, nil)
		if err != nil {
			t.Fatal(err)
		}
		sheet, _, _ := b.Open(b.Stylesheet())
		found := map[string][2]brand.Colour{}
		for _, m := range token.FindAllStringSubmatch(string(sheet), -1) {
			found[m[1]] = [2]brand.Colour{colour(m[2]), colour(m[3])}
		}
		grounds := [2][]string{{"#f6f5f1", "#ffffff"}, {"#14171a", "#1d2125"}}
		ink := [2]string{"#1a1f24", "#eceef0"}
		for theme := range grounds {
			for _, ground := range grounds[theme] {
				if got := brand.Contrast(found["accent"][theme], colour(ground)); got < 4.5 {
					t.Errorf("%s on %s has a contrast of %.2f", accent, ground, got)
				}
			}
			if got := brand.Contrast(found["accent"][theme], found["on-accent"][theme]); got < 4.5 {
				t.Errorf("text on a button of %s has a contrast of %.2f", accent, got)
			}
			if got := brand.Contrast(colour(ink[theme]), found["accent-soft"][theme]); got < 4.5 {
				t.Errorf("text on the soft ground of %s has a contrast of %.2f", accent, got)
			}
		}
	}
}

func TestParseColour_takes_one_form(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "red", "#fff", "ff6200", "#ff620", "#ff62000", "#gg6200", "#-f6200", "#ff6200;}", "#+f+f+f"} {
		if _, err := brand.ParseColour(text); err == nil {
			t.Errorf("%q was taken for a colour", text)
		}
	}
	if c, err := brand.ParseColour("#Ff6200"); err != nil || c.String() != "#ff6200" {
		t.Errorf("#Ff6200 is %s, %v", c, err)
	}
}
