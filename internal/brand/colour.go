package brand

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Colour is red, green and blue in sRGB, each 0 to 1.
type Colour [3]float64

// enough is how much text must differ from what it stands on (WCAG 2.2 §1.4.3).
const enough = 4.5

// ParseColour reads #rrggbb.
func ParseColour(text string) (Colour, error) {
	const digits, base, bits, full = 6, 16, 8, 255
	hex, hash := strings.CutPrefix(text, "#")
	if !hash || len(hex) != digits {
		return Colour{}, errors.New("must be a colour as #rrggbb")
	}
	var c Colour
	for i := range c {
		v, err := strconv.ParseUint(hex[2*i:2*i+2], base, bits)
		if err != nil {
			return Colour{}, errors.New("must be a colour as #rrggbb")
		}
		c[i] = float64(v) / full
	}
	return c, nil
}

// String writes #rrggbb.
func (c Colour) String() string {
	const full = 255
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0]*full)), int(math.Round(c[1]*full)), int(math.Round(c[2]*full)))
}

// Contrast gives the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance).
func Contrast(a, b Colour) float64 {
	const flare = 0.05
	la, lb := a.luminance()+flare, b.luminance()+flare
	return math.Max(la, lb) / math.Min(la, lb)
}

func (c Colour) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// mix gives a colour on the way to another, 0 to 1.
func (c Colour) mix(to Colour, part float64) Colour {
	for i := range c {
		c[i] += (to[i] - c[i]) * part
	}
	return c
}

// readable gives the nearest shade on the way to another colour that can be read on a ground.
func (c Colour) readable(on, to Colour) Colour {
	const steps = 50
	for i := range steps {
		if shade := c.mix(to, float64(i)/steps); Contrast(shade, on) >= enough {
			return shade
		}
	}
	return to
}

// stylesheet sets the tokens of static/css/app.css that are the bank's. A bank's colour is not always one that text can have: of each the
// nearest shade that can be read is taken.
func stylesheet(accent Colour) []byte {
	// What the accent stands on in static/css/app.css: the darkest of the light grounds, the lightest of the dark ones.
	ground, paper := Colour{246. / 255, 245. / 255, 241. / 255}, Colour{29. / 255, 33. / 255, 37. / 255}
	white, black := Colour{1, 1, 1}, Colour{}
	light, dark := accent.readable(ground, black), accent.readable(paper, white)
	const faint, dim = .1, .22
	return fmt.Appendf(nil, `@layer tokens { :root { --accent: light-dark(%s, %s); --on-accent: light-dark(#ffffff, #0b0d0f); --accent-soft: light-dark(%s, %s); } }
`, light, dark, white.mix(light, faint), paper.mix(dark, dim))
}
