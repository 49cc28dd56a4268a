package portal

import (
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/qr"
	helpview "counterfoil/views/help"
	"counterfoil/views/i18n"
	"counterfoil/views/samples"
	"counterfoil/web/surface"
)

// NewGallery makes the door at which every page can be looked at in every state, from samples. It knows no database and changes nothing.
func NewGallery(log *slog.Logger) *fiber.App {
	p := &portal{Dependencies: Dependencies{Log: log}}
	app := surface.New(surface.Door{Name: "gallery", BodyLimit: bodyLimit, Log: log, Phrase: p.phrase, Headers: p.headers()})
	surface.Assets(app, "")
	surface.Pictures(app, helpview.PicturePrefix, helpview.Picture)
	for path, content := range samples.QRCodes() {
		app.Get(path, func(c *fiber.Ctx) error { return drawQR(c, content, qr.M) })
	}
	app.Get("/", func(c *fiber.Ctx) error { return render(c, fiber.StatusOK, samples.Index(samples.All())) })
	for _, s := range samples.All() {
		app.Get("/"+s.Name, func(c *fiber.Ctx) error {
			tag := i18n.Match(i18n.Customer(), c.Query("lang"), c.Get(fiber.HeaderAcceptLanguage))
			c.SetUserContext(i18n.With(c.UserContext(), tag))
			return render(c, fiber.StatusOK, s.Page)
		})
	}
	surface.Close(app)
	return app
}
