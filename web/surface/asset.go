package surface

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"counterfoil/internal/brand"
	"counterfoil/static"
)

// Assets serves the embedded files under their hashed names, for ever. base is what stands before the path that static.URL gives.
func Assets(app *fiber.App, base string) {
	app.Get(base+static.Prefix+"*", compress.New(), asset(base, static.Open))
}

// BrandAssets serves the files of a brand likewise.
func BrandAssets(app *fiber.App, base string, b brand.Brand) {
	app.Get(base+brand.Prefix+"*", compress.New(), asset(base, b.Open))
}

// Pictures serves pictures under names that carry a hash of their content likewise: paths that begin with the prefix, and what opens
// them. They are compressed as they are.
func Pictures(app *fiber.App, prefix string, open func(path string) ([]byte, string, bool)) {
	app.Get(prefix+"*", asset("", open))
}

// asset serves what open finds. Text is compressed on the way, which pages are not: they hold secrets beside what somebody else may have
// written, and their size would tell.
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
