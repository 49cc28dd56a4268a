package portal

import (
	"cmp"
	"context"
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/portrait"
	"counterfoil/internal/typemeta"
)

// picturesAtOnce bounds the memory that reading pictures takes.
const picturesAtOnce = 2

// The parts of a picture besides itself: a file that was chosen or came from the camera, the whole that was made of it, and the box that
// the picture is cut from that by.
const (
	fileSuffix   = "-file"
	cameraSuffix = "-camera"
	wholeSuffix  = "-whole"
	zoomSuffix   = "-zoom"
	acrossSuffix = "-across"
	downSuffix   = "-down"
)

// drawPictures puts a picture in the place of each file that was chosen for one of the fields, and cuts each as its box says, so that what is
// kept is always what the page shows; an empty file is none. A form that has more than these fields is refused, and so is a box that no
// page sends.
func (p *portal) drawPictures(ctx context.Context, t *typed, fields []typemeta.Field) error {
	if !t.fits(fields) {
		return fiber.ErrBadRequest
	}
	t.wrong, t.cut = map[string]typemeta.Fault{}, map[string]bool{}
	for _, f := range fields {
		if f.Kind != typemeta.Portrait {
			continue
		}
		box, err := boxOf(t.form, f.Name)
		if err != nil {
			return fiber.ErrUnprocessableEntity
		}
		select {
		case p.pictures <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		err = t.draw(f.Name, box)
		<-p.pictures
		switch {
		case err == nil:
		case errors.Is(err, portrait.ErrKind):
			t.wrong[f.Name] = typemeta.Fault{Code: typemeta.CodeImage, Cause: typemeta.CauseImageKind}
		case errors.Is(err, portrait.ErrBytes), errors.Is(err, portrait.ErrPixels):
			t.wrong[f.Name] = typemeta.Fault{Code: typemeta.CodeImageTooLarge}
		case errors.Is(err, portrait.ErrBroken):
			t.wrong[f.Name] = typemeta.Fault{Code: typemeta.CodeImage}
		default:
			return err
		}
		if !f.Shown(func(name string) string { return t.form[name] }) {
			delete(t.wrong, f.Name) // nobody sees it, and nothing is made of it
		}
	}
	return nil
}

// draw makes the picture of a field: of the file that was chosen, else of what was made of one before.
func (t *typed) draw(name string, box portrait.Box) error {
	file := t.files[name+cameraSuffix]
	if len(file) == 0 {
		file = t.files[name+fileSuffix]
	}
	if len(file) > 0 {
		whole, err := portrait.Make(file)
		if err != nil {
			return err
		}
		dropPicture(t.form, name)
		t.form[name+wholeSuffix], box = whole, portrait.Middle()
	}
	if t.form[name+wholeSuffix] == "" {
		return nil
	}
	picture, err := portrait.Cut(t.form[name+wholeSuffix], box)
	if err != nil {
		return err
	}
	t.cut[name] = picture != t.form[name]
	t.form[name] = picture
	return nil
}

// boxOf reads the box of a picture: the middle where the form says nothing.
func boxOf(form map[string]string, name string) (portrait.Box, error) {
	box := portrait.Middle()
	for suffix, n := range map[string]*int{zoomSuffix: &box.Zoom, acrossSuffix: &box.Across, downSuffix: &box.Down} {
		var err error
		if *n, err = strconv.Atoi(cmp.Or(form[name+suffix], strconv.Itoa(*n))); err != nil {
			return portrait.Box{}, portrait.ErrBox
		}
	}
	return box, box.Check()
}

// dropPicture takes a picture out of a form.
func dropPicture(form map[string]string, name string) {
	for _, suffix := range []string{"", wholeSuffix, zoomSuffix, acrossSuffix, downSuffix} {
		delete(form, name+suffix)
	}
}
