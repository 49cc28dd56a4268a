package portrait

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
)

// The bounds of pictures.
const (
	// MaxUpload is the largest file that may be uploaded, in bytes. Cameras of tablets stay below.
	MaxUpload = 5 << 20
	// MaxText is the longest data URI of a picture, in characters: all claims of an offer have 64 KiB.
	MaxText = 48 << 10
	// maxPixels is looked at before anything is decoded. Cameras have 12 megapixels, some 24.
	maxPixels = 25_000_000
)

// What may be wrong with a picture.
var (
	ErrKind   = errors.New("must be a JPEG or PNG picture")
	ErrBytes  = errors.New("is too large in bytes")
	ErrPixels = errors.New("has too many pixels")
	ErrBroken = errors.New("is damaged or not whole")
)

// Check holds a data URI to what a credential may carry: a JPEG or PNG, whole, within the bounds, with nothing behind its end. The error is one
// of the four.
func Check(uri string) error {
	_, err := open(uri, MaxText, maxPixels)
	return err
}

// open reads the picture of a data URI of at most so many characters and pixels.
func open(uri string, most, pixels int) (image.Image, error) {
	if len(uri) > most {
		return nil, ErrBytes
	}
	head, text, _ := strings.Cut(uri, ",")
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, ErrKind
	}
	kind := kindOf(data)
	if kind == nil || head != kind.head {
		return nil, ErrKind
	}
	picture, err := kind.read(data, pixels)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(data, kind.end) {
		return nil, ErrBroken
	}
	return picture, nil
}

// kind is one sort of picture: how it begins and ends, and who decodes it.
type kind struct {
	head       string // of its data URI
	begin, end []byte
	config     func(*bytes.Reader) (image.Config, error)
	decode     func(*bytes.Reader) (image.Image, error)
}

// kindOf tells a picture by its first bytes; nil for what is none. A file's name and what a browser says of it prove nothing.
func kindOf(data []byte) *kind {
	for _, k := range []kind{
		{
			"data:image/jpeg;base64", []byte{0xff, 0xd8, 0xff}, []byte{0xff, 0xd9},
			func(r *bytes.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) },
		},
		{
			"data:image/png;base64", []byte("\x89PNG\r\n\x1a\n"), []byte("IEND\xaeB`\x82"),
			func(r *bytes.Reader) (image.Config, error) { return png.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) },
		},
	} {
		if bytes.HasPrefix(data, k.begin) {
			return &k
		}
	}
	return nil
}

// read decodes a picture after its pixels were counted: at most so many.
func (k *kind) read(data []byte, most int) (image.Image, error) {
	config, err := k.config(bytes.NewReader(data))
	if err != nil {
		return nil, ErrBroken
	}
	if config.Width < 1 || config.Height < 1 || config.Width > most || config.Height > most || config.Width*config.Height > most {
		return nil, ErrPixels
	}
	picture, err := k.decode(bytes.NewReader(data))
	if err != nil {
		return nil, ErrBroken
	}
	return picture, nil
}
