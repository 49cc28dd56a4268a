package brand

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // logos may be
	_ "image/png"  // logos may be
	"io"
	"strings"
)

// Prefix begins the path of every file of a brand.
const Prefix = "/brand/"

// The bounds of a logo, in bytes and in pixels.
const (
	MaxLogo   = 64 << 10
	maxPixels = 2000
)

// hashLength is how much of the hash is in a name.
const hashLength = 16

// Brand is a bank's name, logo and accent.
type Brand struct {
	Name        string
	logo, sheet file
}

type file struct {
	path, contentType string
	data              []byte
}

// New makes a brand: accent is #rrggbb, logo an SVG, PNG or JPEG file of at most MaxLogo bytes; without them the pages look as they come.
func New(name, accent string, logo []byte) (Brand, error) {
	b := Brand{Name: name}
	if accent != "" {
		c, err := ParseColour(accent)
		if err != nil {
			return Brand{}, err
		}
		b.sheet = named(stylesheet(c), "css", "text/css; charset=utf-8")
	}
	if len(logo) > 0 {
		extension, contentType, err := kind(logo)
		if err != nil {
			return Brand{}, err
		}
		b.logo = named(logo, extension, contentType)
	}
	return b, nil
}

// Logo gives the path of the logo, or "".
func (b Brand) Logo() string { return b.logo.path }

// Stylesheet gives the path of what changes the look, or "".
func (b Brand) Stylesheet() string { return b.sheet.path }

// Open gives a file by the path that Logo or Stylesheet gave, and its content type.
func (b Brand) Open(path string) (data []byte, contentType string, ok bool) {
	for _, f := range []file{b.logo, b.sheet} {
		if f.path == path && path != "" {
			return f.data, f.contentType, true
		}
	}
	return nil, "", false
}

// named names a file by what is in it, so that browsers may keep it for ever.
func named(data []byte, extension, contentType string) file {
	sum := sha256.Sum256(data)
	return file{path: Prefix + hex.EncodeToString(sum[:])[:hashLength] + "." + extension, contentType: contentType, data: data}
}

// kind tells what a logo is by looking into it. Browsers run nothing in a picture, and the doors' policy would not let them.
func kind(logo []byte) (extension, contentType string, err error) {
	if len(logo) > MaxLogo {
		return "", "", fmt.Errorf("is larger than %d KiB", MaxLogo>>10)
	}
	if size, format, err := image.DecodeConfig(bytes.NewReader(logo)); err == nil {
		if size.Width > maxPixels || size.Height > maxPixels {
			return "", "", fmt.Errorf("is wider or higher than %d pixels", maxPixels)
		}
		return format, "image/" + format, nil
	}
	if err := wholeSVG(logo); err != nil {
		return "", "", fmt.Errorf("is neither SVG, PNG nor JPEG: %w", err)
	}
	return "svg", "image/svg+xml", nil
}

// wholeSVG reads a document to its end: its first element is svg and it is well-formed.
func wholeSVG(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	root := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read as SVG: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok && root == "" {
			root = strings.ToLower(start.Name.Local)
		}
	}
	if root != "svg" {
		return errors.New("there is no svg element")
	}
	return nil
}
