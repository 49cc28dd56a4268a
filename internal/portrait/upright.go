package portrait

import (
	"bytes"
	"image"

	"github.com/bep/imagemeta"
)

// orientation reads from EXIF which way a camera was held (EXIF 2.32 §4.6.4): 1 to 8, where 1 is upright. A file that says nothing, or
// nonsense, is upright.
//
// github.com/bep/imagemeta reads it: MIT, well kept (it is Hugo's), fuzzed, and bounded in what it reads.
func orientation(file []byte) int {
	up := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(file), ImageFormat: imagemeta.JPEG, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" && tag.Namespace == "IFD0" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if v, is := tag.Value.(uint16); is && v >= 1 && v <= 8 {
				up = int(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil {
		return 1
	}
	return up
}

// upright turns and mirrors a picture as its orientation says.
func upright(in *image.RGBA, orientation int) *image.RGBA {
	const turned = 5 // from here on width and height change places
	w, h := in.Bounds().Dx(), in.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= turned {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			to := [...]image.Point{
				{x, y}, {w - 1 - x, y}, {w - 1 - x, h - 1 - y}, {x, h - 1 - y}, {y, x}, {h - 1 - y, x}, {h - 1 - y, w - 1 - x}, {y, w - 1 - x},
			}[orientation-1]
			out.SetRGBA(to.X, to.Y, in.RGBAAt(x, y))
		}
	}
	return out
}
