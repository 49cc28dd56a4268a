package surface

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/brand"
	"counterfoil/static"
)

// Assets serves the embedded files under their hashed names, for ever. base is what stands before the path that static.URL gives.
func Assets(app *fiber.App, base string) {
	app.Get(base+static.Prefix+"*", asset(base, static.Open))
}

// BrandAssets serves the files of a brand likewise.
func BrandAssets(app *fiber.App, base string, b brand.Brand) {
	app.Get(base+brand.Prefix+"*", asset(base, b.Open))
}

func asset(base string, open func(path string) ([]byte, string, bool)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		data, contentType, ok := open(strings.TrimPrefix(c.Path(), base))
		if !ok {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
		c.Set(fiber.HeaderContentType, contentType)
		return c.Send(data)
	}
}
