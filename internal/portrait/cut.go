package portrait

import (
	"errors"
	"image"
)

// ErrBox means a Box with a number that is not one of 0 to 100.
var ErrBox = errors.New("must be from 0 to 100")

// scaleEnd is the end of each scale of a Box.
const scaleEnd = 100

// Box says which part of a picture is wanted, each as 0 to 100. At Zoom 0 it is the whole; from 1 on it has the shape of a passport photo
// (35 × 45, ISO/IEC 19794-5) and gets smaller, down to a quarter of the side. Across and Down say where it lies.
type Box struct{ Zoom, Across, Down int }

// Middle is the box of a picture that nobody cut yet: all of it, and its middle when it gets smaller.
func Middle() Box { return Box{Across: scaleEnd / 2, Down: scaleEnd / 2} }

// Check gives ErrBox unless every number is on its scale.
func (b Box) Check() error {
	for _, n := range []int{b.Zoom, b.Across, b.Down} {
		if n < 0 || n > scaleEnd {
			return ErrBox
		}
	}
	return nil
}

// in gives the part of a picture that the box stands for, at least a pixel of it.
func (b Box) in(whole image.Rectangle) image.Rectangle {
	if b.Zoom == 0 {
		return whole
	}
	const wide, high, closest = 35, 45, 4
	w, h := whole.Dx(), whole.Dx()*high/wide
	if h > whole.Dy() {
		w, h = whole.Dy()*wide/high, whole.Dy()
	}
	scale := func(side int) int { return max(1, side*(scaleEnd*closest-(closest-1)*b.Zoom)/(scaleEnd*closest)) }
	w, h = scale(w), scale(h)
	at := whole.Min.Add(image.Pt((whole.Dx()-w)*b.Across/scaleEnd, (whole.Dy()-h)*b.Down/scaleEnd))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// Cut makes the portrait of a person, as a credential carries it, from a part of what Make made. What comes as whole is held to the bounds
// of that, whoever sends it. The error is ErrBox, one of the four of Check, or a fault of writing.
func Cut(whole string, box Box) (string, error) {
	if err := box.Check(); err != nil {
		return "", err
	}
	const text = wholeBytes*4/3 + 100 // of base64, and what is before it
	picture, err := open(whole, text, wholeSide*wholeSide)
	if err != nil {
		return "", err
	}
	all := small(picture, wholeSide) // a copy that begins at 0, 0, whatever was decoded
	part := all.SubImage(box.in(all.Bounds()))
	return write(small(part, longest), longest, maxBytes)
}
