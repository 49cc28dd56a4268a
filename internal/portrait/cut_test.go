package portrait_test

import (
	"encoding/base64"
	"errors"
	"math"
	"testing"

	"counterfoil/internal/portrait"
)

func TestCut_gives_the_part_that_the_box_stands_for(t *testing.T) {
	t.Parallel()
	whole := func(w, h int) string {
		uri, err := portrait.Make(asPNG(t, face(w, h)))
		if err != nil {
			t.Fatal(err)
		}
		return uri
	}
	for name, c := range map[string]struct {
		w, h      int
		box       portrait.Box
		wantW     int
		wantH     int
		red, blue bool // what the left and the right edge show
	}{
		"the whole":                         {800, 600, portrait.Middle(), 480, 360, true, true},
		"the whole, wherever it is":         {800, 600, portrait.Box{Across: 100, Down: 100}, 480, 360, true, true},
		"nearly all of a wide one":          {800, 600, portrait.Box{Zoom: 1, Across: 50, Down: 50}, 373, 480, true, true},
		"its left":                          {800, 600, portrait.Box{Zoom: 30, Across: 0, Down: 50}, 361, 465, true, false},
		"its right":                         {800, 600, portrait.Box{Zoom: 30, Across: 100, Down: 100}, 361, 465, false, true},
		"a quarter of a high one":           {400, 800, portrait.Box{Zoom: 100, Across: 100, Down: 0}, 100, 128, false, true},
		"one pixel":                         {1, 1, portrait.Box{Zoom: 100, Across: 100, Down: 100}, 1, 1, false, true},
		"of a long and narrow one, a pixel": {800, 1, portrait.Box{Zoom: 100, Across: 0, Down: 100}, 1, 1, true, false},
	} {
		uri, err := portrait.Cut(whole(c.w, c.h), c.box)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m := open(t, uri)
		w, h := m.Bounds().Dx(), m.Bounds().Dy()
		if math.Abs(float64(w-c.wantW)) > 1 || math.Abs(float64(h-c.wantH)) > 1 || portrait.Check(uri) != nil {
			t.Errorf("%s: %d × %d, want %d × %d; %v", name, w, h, c.wantW, c.wantH, portrait.Check(uri))
		}
		if isRed(m.At(0, h/2)) != c.red || isRed(m.At(w-1, h/2)) == c.blue {
			t.Errorf("%s: from %v to %v", name, m.At(0, h/2), m.At(w-1, h/2))
		}
	}
}

func TestCut_refuses_boxes_and_pictures_that_no_form_of_ours_sends(t *testing.T) {
	t.Parallel()
	good, err := portrait.Make(asPNG(t, face(60, 80)))
	if err != nil {
		t.Fatal(err)
	}
	uri := func(kind string, data []byte) string {
		return "data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)
	}
	middle := portrait.Middle()
	for name, c := range map[string]struct {
		whole string
		box   portrait.Box
		want  error
	}{
		"too close":             {good, portrait.Box{Zoom: 101}, portrait.ErrBox},
		"too far":               {good, portrait.Box{Zoom: -1}, portrait.ErrBox},
		"beside it":             {good, portrait.Box{Zoom: 50, Across: math.MaxInt}, portrait.ErrBox},
		"above it":              {good, portrait.Box{Zoom: 50, Down: math.MinInt}, portrait.ErrBox},
		"nothing":               {"", middle, portrait.ErrKind},
		"an address":            {"https://bank.example/portrait.jpg", middle, portrait.ErrKind},
		"SVG":                   {uri("svg+xml", []byte("<svg/>")), middle, portrait.ErrKind},
		"a bomb":                {uri("png", bomb(t, 30_000)), middle, portrait.ErrPixels},
		"more pixels than made": {uri("png", asPNG(t, face(801, 801))), middle, portrait.ErrPixels},
		"more bytes than made":  {uri("jpeg", append(asJPEG(t, face(60, 80)), make([]byte, 48<<10)...)), middle, portrait.ErrBytes},
		"cut off":               {good[:len(good)-40], middle, portrait.ErrBroken},
		"a page behind it":      {uri("jpeg", append(asJPEG(t, face(60, 80)), "<script>"...)), middle, portrait.ErrBroken},
	} {
		if got, err := portrait.Cut(c.whole, c.box); !errors.Is(err, c.want) || got != "" {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
