package surface

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/static"
)

// Assets serves the embedded files under their hashed names, for ever. base is what stands before the path that static.URL gives.
func Assets(app *fiber.App, base string) {
	app.Get(base+static.Prefix+"*", func(c *fiber.Ctx) error {
		data, contentType, ok := static.Open(strings.TrimPrefix(c.Path(), base))
		if !ok {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
		c.Set(fiber.HeaderContentType, contentType)
		return c.Send(data)
	})
}
