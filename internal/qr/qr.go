package qr

import (
	"fmt"
	"strings"

	qrcode "github.com/skip2/go-qrcode"
)

// Code is an encoded QR code.
type Code struct{ code *qrcode.QRCode }

// Encode encodes content at error correction level M, which repairs about 15 %: what screens need.
func Encode(content string) (Code, error) {
	q, err := qrcode.New(content, qrcode.Medium)
	if err != nil {
		return Code{}, fmt.Errorf("encode QR code: %w", err)
	}
	return Code{q}, nil
}

// Modules gives the side of the code in modules, with the quiet zone.
func (c Code) Modules() int { return len(c.code.Bitmap()) }

// SVG draws the code with one unit a module; runs of dark modules in a row become one rectangle.
func (c Code) SVG() []byte {
	bitmap := c.code.Bitmap()
	n := len(bitmap)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR code"><rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="`, n, n, n, n)
	for y, row := range bitmap {
		for x := 0; x < n; x++ {
			start := x
			for x < n && row[x] {
				x++
			}
			if x > start {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", start, y, x-start, x-start)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return []byte(b.String())
}

// PNG draws the code with a side of at least size pixels.
func (c Code) PNG(size int) ([]byte, error) {
	png, err := c.code.PNG(size)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	return png, nil
}
