package portrait

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"

	"golang.org/x/image/draw"
)

// What is made: the longest side in pixels, and the bytes that it has to fit in. Of a portrait, base64 stays within MaxText; what it is cut
// from has more pixels, so that a cut of it is still sharp, and two of them fit into a form.
const (
	longest    = 480
	maxBytes   = 24 << 10
	wholeSide  = 800
	wholeBytes = 48 << 10
)

// Make turns an uploaded file into the data URI of a JPEG that Cut makes portraits from; the same file always gives the same. The error is
// one of the four of this package, or a fault of writing. A picture of 25 megapixels takes 100 MB while it is read: the caller bounds how
// many are.
//
// golang.org/x/image does the scaling: the Go team's, and the standard library has none.
func Make(file []byte) (string, error) {
	if len(file) > MaxUpload {
		return "", ErrBytes
	}
	kind := kindOf(file)
	if kind == nil {
		return "", ErrKind
	}
	picture, err := kind.read(file, maxPixels)
	if err != nil {
		return "", err
	}
	return write(upright(small(picture, wholeSide), orientation(file)), wholeSide, wholeBytes)
}

// write makes the data URI of a JPEG of at most so many bytes.
func write(picture *image.RGBA, side, most int) (string, error) {
	const best, step, worst = 85, 15, 40
	for quality := best; ; quality -= step {
		if quality < worst { // noise does not get smaller by quality alone
			quality, side = best, side*3/4
			picture = small(picture, side)
		}
		var out bytes.Buffer
		if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: quality}); err != nil {
			return "", fmt.Errorf("write picture: %w", err)
		}
		if out.Len() <= most {
			return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(out.Bytes()), nil
		}
	}
}

// small scales a picture down until its longest side fits, onto white, because a JPEG has no transparency.
func small(picture image.Image, side int) *image.RGBA {
	w, h := picture.Bounds().Dx(), picture.Bounds().Dy()
	if most := max(w, h); most > side {
		w, h = max(1, w*side/most), max(1, h*side/most)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(out, out.Bounds(), picture, picture.Bounds(), draw.Over, nil)
	return out
}
