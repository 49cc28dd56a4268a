package qr_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"counterfoil/internal/qr"
)

const content = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Foidc4vci%2Foffers%2FAAAAAAAAAAAAAAAAAAAAAA"

// read decodes with a decoder nobody here wrote, and gives the level it found.
func read(t *testing.T, img image.Image) (text, level string) {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText(), fmt.Sprint(result.GetResultMetadata()[gozxing.ResultMetadataType_ERROR_CORRECTION_LEVEL])
}

func encode(t *testing.T, level qr.Level) qr.Code {
	t.Helper()
	code, err := qr.Encode(content, level)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestCode_PNG_reads_back_with_modules_of_one_size(t *testing.T) {
	for _, level := range qr.Levels() {
		for _, size := range []int{61, 128, 300, 512, 1000, 2048} {
			code := encode(t, level)
			picture, err := code.PNG(size)
			if size < code.Modules() {
				if !errors.Is(err, qr.ErrTooSmall) {
					t.Errorf("%d modules in %d pixels: %v", code.Modules(), size, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(bytes.NewReader(picture))
			if err != nil {
				t.Fatal(err)
			}
			if img.Bounds() != image.Rect(0, 0, size, size) {
				t.Errorf("%s %d: the picture is %v", level, size, img.Bounds())
			}
			if got, found := read(t, img); got != content || found != string(level) {
				t.Errorf("%s %d: got %q at %s", level, size, got, found)
			}
			whole(t, img, size/code.Modules(), code.Modules())
		}
	}
}

// whole sees that every module is a square of scale pixels, four of them white around the code, and nothing dark beside it.
func whole(t *testing.T, img image.Image, scale, n int) {
	t.Helper()
	size := img.Bounds().Dx()
	margin := (size - n*scale) / 2
	dark := func(x, y int) bool {
		r, _, _, _ := img.At(x, y).RGBA()
		return r == 0
	}
	module := func(at int) int { return (at - margin) / scale }
	for y := range size {
		for x := range size {
			inside := x >= margin && y >= margin && module(x) < n && module(y) < n
			quiet := !inside || min(module(x), module(y)) < 4 || max(module(x), module(y)) >= n-4
			if quiet && dark(x, y) || inside && dark(x, y) != dark(margin+module(x)*scale, margin+module(y)*scale) {
				t.Fatalf("%d pixels, %d a module: the one at %d,%d is of another colour than its module", size, scale, x, y)
			}
		}
	}
	if first := margin + 4*scale; !dark(first, first) { // the corner of the finder pattern
		t.Errorf("%d pixels: the quiet zone is wider than four modules", size)
	}
}

func TestCode_SVG_reads_back_and_has_its_quiet_zone(t *testing.T) {
	for _, level := range qr.Levels() {
		code := encode(t, level)
		plain, sized := string(code.SVG()), string(code.SVGSized(300))
		if strings.Contains(plain, "style") || strings.Contains(plain, "script") {
			t.Error("the drawing has styles or scripts")
		}
		if strings.Replace(sized, ` width="300" height="300"`, "", 1) != plain || sized == plain {
			t.Errorf("with a size it is %.200s", sized)
		}
		if err := xml.Unmarshal([]byte(sized), new(struct{})); err != nil {
			t.Error(err)
		}
		const scale, quiet = 4, 4
		n := code.Modules()
		img := image.NewGray(image.Rect(0, 0, n*scale, n*scale))
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`).FindAllStringSubmatch(sized, -1) {
			x, y, w := number(t, m[1]), number(t, m[2]), number(t, m[3])
			if x < quiet || y < quiet || x+w > n-quiet || y >= n-quiet {
				t.Fatalf("a dark module at %d,%d lies in the quiet zone", x, y)
			}
			for dx := range w * scale {
				for dy := range scale {
					img.SetGray(x*scale+dx, y*scale+dy, color.Gray{})
				}
			}
		}
		if got, found := read(t, img); got != content || found != string(level) {
			t.Errorf("got %q at %s", got, found)
		}
	}
}

func TestEncode_refuses_what_no_code_holds(t *testing.T) {
	if _, err := qr.Encode(strings.Repeat("a", 3000), qr.L); err == nil {
		t.Error("3000 characters fit")
	}
	if _, err := qr.Encode(content, "X"); err == nil {
		t.Error("a level that is none is taken")
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
