package qr_test

import (
	"bytes"
	"image"
	"image/color"
	_ "image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"counterfoil/internal/qr"
)

const content = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Foidc4vci%2Foffers%2FAAAAAAAAAAAAAAAAAAAAAA"

// read decodes with a decoder nobody here wrote.
func read(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

func TestCode_PNG_reads_back(t *testing.T) {
	code, err := qr.Encode(content)
	if err != nil {
		t.Fatal(err)
	}
	png, err := code.PNG(400)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, img); got != content {
		t.Errorf("got %q", got)
	}
}

func TestCode_SVG_reads_back_and_has_its_quiet_zone(t *testing.T) {
	code, err := qr.Encode(content)
	if err != nil {
		t.Fatal(err)
	}
	svg := string(code.SVG())
	if strings.Contains(svg, "style") || strings.Contains(svg, "script") {
		t.Error("the drawing has styles or scripts")
	}
	const scale, quiet = 4, 4
	n := code.Modules()
	img := image.NewGray(image.Rect(0, 0, n*scale, n*scale))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`).FindAllStringSubmatch(svg, -1) {
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
	if got := read(t, img); got != content {
		t.Errorf("got %q", got)
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
