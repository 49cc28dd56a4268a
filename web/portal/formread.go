package portal

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"counterfoil/internal/portrait"
	"counterfoil/internal/typemeta"
)

// Bounds of a form with pictures.
const (
	// uploadLimit bounds the body of one, in bytes: a picture that is too large for us but not for this is refused beside its field.
	uploadLimit = portrait.MaxUpload + 3<<20
	// maxBoundary is the longest boundary that RFC 2046 §5.1.1 allows, maxPartName bounds names and the names of files.
	maxBoundary = 70
	maxPartName = 255
	// formParts is how many parts a form has besides its claims, fieldParts how many a claim has at most: a picture has one for its file,
	// one for the camera, one for what is kept of either and what it is cropped from and by.
	formParts  = 20
	fieldParts = 7
)

// takePictures lets the form of a new offer, and nothing else, be as large as its pictures are.
func takePictures(app *fiber.App) {
	app.Server().HeaderReceived = func(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
		path, _, _ := strings.Cut(string(header.RequestURI()), "?")
		if path == "/offers" || strings.HasPrefix(path, "/offers/new/") {
			return fasthttp.RequestConfig{MaxRequestBodySize: uploadLimit}
		}
		return fasthttp.RequestConfig{}
	}
}

// typed is what a form of a new offer said: its fields, the files that were chosen, and what is wrong with those, both by field. cut are
// the fields whose picture is another now than the page had; over tells that there were more rows than a form has.
type typed struct {
	form  map[string]string
	files map[string][]byte
	wrong map[string]typemeta.Fault
	cut   map[string]bool
	over  bool
}

// readTyped reads the form of a new offer, with or without files.
func readTyped(c *fiber.Ctx) (typed, error) {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if media != "multipart/form-data" {
		if len(c.Body()) > bodyLimit {
			return typed{}, fiber.ErrRequestEntityTooLarge
		}
		form, err := readForm(c)
		return typed{form: form}, err
	}
	boundary := params["boundary"]
	if err != nil || boundary == "" || len(boundary) > maxBoundary || !bytes.HasSuffix(bytes.TrimSpace(c.Body()), []byte("--"+boundary+"--")) {
		return typed{}, fiber.ErrBadRequest
	}
	t := typed{form: map[string]string{}, files: map[string][]byte{}}
	text := 0
	for parts := multipart.NewReader(bytes.NewReader(c.Body()), boundary); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return typed{}, fiber.ErrBadRequest
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return typed{}, fiber.ErrBadRequest
		}
		isFile := part.FileName() != "" || strings.HasSuffix(part.FormName(), fileSuffix) || strings.HasSuffix(part.FormName(), cameraSuffix)
		if !isFile {
			text += len(data)
		}
		if text > bodyLimit {
			return typed{}, fiber.ErrRequestEntityTooLarge
		}
		if !t.take(part.FormName(), part.FileName(), data, isFile) {
			return typed{}, fiber.ErrBadRequest
		}
	}
}

// take takes one part; false for one that no page of ours sends.
func (t typed) take(name, file string, data []byte, isFile bool) bool {
	_, twice := t.form[name]
	_, fileTwice := t.files[name]
	if name == "" || len(name) > maxPartName || len(file) > maxPartName || twice || fileTwice || len(t.form)+len(t.files) == maxFields {
		return false
	}
	if isFile {
		t.files[name] = data
		return true
	}
	t.form[name] = string(data)
	return !bytes.ContainsRune(data, 0)
}

// fits tells whether a form has no more parts than the page with these fields sends.
func (t typed) fits(fields []typemeta.Field) bool {
	return len(t.form)+len(t.files) <= formParts+fieldParts*len(fields)
}
