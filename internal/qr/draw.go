package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
)

// ErrTooSmall is a picture with less than a pixel for each module.
var ErrTooSmall = errors.New("the picture has fewer pixels than the QR code has modules")

// SVG draws the code with one unit a module and no size of its own; runs of dark modules in a row become one rectangle.
func (c Code) SVG() []byte { return c.svg("") }

// SVGSized is SVG with a width and height of size pixels.
func (c Code) SVGSized(size int) []byte {
	return c.svg(fmt.Sprintf(` width="%d" height="%d"`, size, size))
}

func (c Code) svg(sized string) []byte {
	n := c.Modules()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg"%s viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR code"><rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="`, sized, n, n, n, n)
	for y, row := range c.modules {
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

// PNG draws the code in a picture with sides of size pixels. Every module gets the same whole number of pixels, the largest that
// fits, because a module that is a pixel off is what cheap readers stumble over; what is left is white around it. ErrTooSmall when
// not even one pixel a module fits.
func (c Code) PNG(size int) ([]byte, error) {
	n := c.Modules()
	scale := size / n
	if scale < 1 {
		return nil, ErrTooSmall
	}
	const dark = 1
	img := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black}) // two colours: a bit a pixel
	margin := (size - n*scale) / 2
	for y, row := range c.modules {
		first := img.Pix[(margin+y*scale)*img.Stride:][:size]
		for x, isDark := range row {
			if isDark {
				for i := range scale {
					first[margin+x*scale+i] = dark
				}
			}
		}
		for i := 1; i < scale; i++ {
			copy(img.Pix[(margin+y*scale+i)*img.Stride:], first)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	return b.Bytes(), nil
}
