package manage_test

import (
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// scan reads a picture with a decoder nobody here wrote; it gives what it says and at which level.
func scan(t *testing.T, img image.Image) (text, level string) {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	// A phone looks again and again; this decoder misses some codes on one look and reads them on another.
	var result *gozxing.Result
	for _, look := range []gozxing.DecodeHintType{gozxing.DecodeHintType_TRY_HARDER, gozxing.DecodeHintType_PURE_BARCODE} {
		if result, err = qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{look: true}); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText(), fmt.Sprint(result.GetResultMetadata()[gozxing.ResultMetadataType_ERROR_CORRECTION_LEVEL])
}

// paint draws an SVG of rectangles in a path as a browser does, at the size that it says it has. It gives the picture and its quiet zone
// in modules.
func paint(t *testing.T, text string) (img *image.Gray, quiet int) {
	t.Helper()
	var svg struct {
		Width   int    `xml:"width,attr"`
		Height  int    `xml:"height,attr"`
		ViewBox string `xml:"viewBox,attr"`
		Path    struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(text), &svg); err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.Fields(svg.ViewBox)[2])
	if err != nil || svg.Width != svg.Height {
		t.Fatalf("%d by %d, %q: %v", svg.Width, svg.Height, svg.ViewBox, err)
	}
	img = image.NewGray(image.Rect(0, 0, svg.Width, svg.Height))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	quiet = n
	for part := range strings.SplitSeq(strings.Trim(svg.Path.D, "Mz"), "zM") {
		var x, y, w, back int
		if _, err := fmt.Sscanf(part, "%d %dh%dv1h-%d", &x, &y, &w, &back); err != nil || back != w {
			t.Fatalf("%q: %v", part, err)
		}
		quiet = min(quiet, x, y, n-x-w, n-y-1)
		for py := y * svg.Height / n; py < (y+1)*svg.Height/n; py++ {
			for px := x * svg.Width / n; px < (x+w)*svg.Width/n; px++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	return img, quiet
}

func TestQR_reads_back_in_every_form(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, post(goodBody))
	for query, want := range map[string]struct {
		size  int
		level string
	}{
		"": {512, "M"}, "?size=300": {300, "M"}, "?level=Q": {512, "Q"}, "?size=128&level=L": {128, "L"}, "?level=H&size=2048": {2048, "H"}, "?size=777&level=Q": {777, "Q"},
	} {
		for form, media := range map[string]string{"svg": "image/svg+xml", "png": "image/png"} {
			got := h.call(t, get("/offers/"+made.OfferID+"/qr."+form+query))
			if got.status != http.StatusOK || got.headers.Get("Content-Type") != media || got.headers.Get("Cache-Control") != "no-store" {
				t.Fatalf("%s %s: %d %v %.300s", form, query, got.status, got.headers, got.body)
			}
			var img image.Image
			if form == "svg" {
				painted, quiet := paint(t, got.body)
				if img = painted; quiet != 4 {
					t.Errorf("%s %s: a quiet zone of %d modules", form, query, quiet)
				}
			} else if decoded, err := png.Decode(strings.NewReader(got.body)); err != nil {
				t.Fatal(err)
			} else {
				img = decoded
			}
			if img.Bounds() != image.Rect(0, 0, want.size, want.size) {
				t.Errorf("%s %s: %v", form, query, img.Bounds())
			}
			if text, level := scan(t, img); text != made.URI || level != want.level {
				t.Errorf("%s %s: says %q at level %s, the offer is %q", form, query, text, level, made.URI)
			}
		}
	}
}

func TestQR_refuses_what_it_cannot_draw(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, post(goodBody))
	for _, form := range []string{"svg", "png"} {
		at := "/offers/" + made.OfferID + "/qr." + form
		rows := []refusal{
			{"unknown " + form, get("/offers/AAAAAAAAAAAAAAAAAAAAAA/qr." + form), 404, "offer_not_found", nil},
			{"another parameter " + form, get(at + "?colour=red"), 400, "unknown_parameter", nil},
			{"twice " + form, get(at + "?size=200&size=300"), 400, "unknown_parameter", nil},
		}
		for _, size := range []string{"", "0", "127", "2049", "-512", "%2B512", "512px", "5e2", "512.0", "99999999999999999999", "%00"} {
			rows = append(rows, refusal{form + " size " + size, get(at + "?size=" + size), 422, "validation_failed", []string{"/size validation_failed"}})
		}
		for _, level := range []string{"", "m", "X", "MM", "0", "medium"} {
			rows = append(rows, refusal{form + " level " + level, get(at + "?level=" + level), 422, "validation_failed", []string{"/level validation_failed"}})
		}
		refuseAll(t, h, rows)
	}
}

// What can no longer be collected must not be shown to be scanned: used, cancelled, or past its time though no sweep has run.
func TestQR_ends_with_the_offer(t *testing.T) {
	h := newHouse(t)
	used, _ := h.create(t, post(goodBody))
	h.redeem(t, used.OfferID)
	cancelled, _ := h.create(t, post(goodBody))
	if got := h.call(t, cancel(cancelled.OfferID)); got.status != http.StatusOK {
		t.Fatal(got.body)
	}
	late, _ := h.create(t, post(goodBody))
	open, _ := h.create(t, extra(`"expires_in":3600`))
	h.passed.Add(int64(10 * time.Minute))
	for name, id := range map[string]string{"used": used.OfferID, "cancelled": cancelled.OfferID, "expired": late.OfferID} {
		for _, form := range []string{"svg", "png"} {
			sent := get("/offers/" + id + "/qr." + form)
			t.Run(name+" "+form, func(t *testing.T) { refused(t, sent, h.call(t, sent), http.StatusConflict, "offer_gone") })
		}
	}
	if got := h.call(t, get("/offers/"+open.OfferID+"/qr.png")); got.status != http.StatusOK {
		t.Errorf("an open offer: %d", got.status)
	}
}
