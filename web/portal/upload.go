package portal

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// upload is a form that may have files: what each part holds, by its name, and the parts that were too long, whose content is left out.
type upload struct {
	parts   map[string]string
	tooLong map[string]bool
}

// takeLarger lets the forms below a path have bodies of so many bytes, and leaves those of other paths as they are.
func takeLarger(app *fiber.App, path string, limit int) {
	others := app.Server().HeaderReceived
	app.Server().HeaderReceived = func(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
		if bytes.HasPrefix(header.RequestURI(), []byte(path)) {
			return fasthttp.RequestConfig{MaxRequestBodySize: limit}
		}
		if others != nil {
			return others(header)
		}
		return fasthttp.RequestConfig{}
	}
}

// readUpload reads a form of named parts. limits is the most bytes of each part that the form has; any other part, a part without a name
// or a part twice is refused. What the sender calls a file says nothing that is used.
func readUpload(c *fiber.Ctx, limits map[string]int) (upload, error) {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if media != "multipart/form-data" {
		return upload{}, fiber.ErrUnsupportedMediaType
	}
	const longest = 70 // RFC 2046 §5.1.1
	boundary := params["boundary"]
	if err != nil || boundary == "" || len(boundary) > longest {
		return upload{}, fiber.ErrBadRequest
	}
	u := upload{parts: map[string]string{}, tooLong: map[string]bool{}}
	// The body as it was sent: Fiber's Body would unpack what says that it is packed.
	for form := multipart.NewReader(bytes.NewReader(c.Request().Body()), boundary); ; {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) && len(u.parts) > 0 {
			return u, nil
		}
		if err != nil {
			return upload{}, fiber.ErrBadRequest
		}
		name := part.FormName()
		limit, known := limits[name]
		if _, twice := u.parts[name]; !known || twice {
			return upload{}, fiber.ErrBadRequest
		}
		data, err := io.ReadAll(io.LimitReader(part, int64(limit)+1))
		if err != nil || bytes.IndexByte(data, 0) >= 0 && !packed(data) {
			return upload{}, fiber.ErrBadRequest
		}
		if len(data) > limit {
			u.tooLong[name], data = true, nil
		}
		u.parts[name] = string(data)
	}
}

// packed tells whether data begins as a zip or gzip archive does.
func packed(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("\x1f\x8b"))
}
