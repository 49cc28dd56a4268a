package portal

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
)

// headers are those of every answer.
func (p *portal) headers() map[string]string {
	h := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), microphone=(), geolocation=()",
		"Cache-Control":                "no-store",
	}
	if p.Secure {
		h["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
	}
	return h
}

// sameOrigin refuses requests that change something and do not come from the portal's own pages. Browsers say where a request
// comes from in Sec-Fetch-Site or, older ones, in Origin; who says neither is refused as well.
func (p *portal) sameOrigin(c *fiber.Ctx) error {
	if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead {
		return c.Next()
	}
	site, origin := c.Get("Sec-Fetch-Site"), c.Get(fiber.HeaderOrigin)
	if site == "same-origin" {
		return c.Next()
	}
	if u, err := url.Parse(origin); site == "" && err == nil && u.Host != "" && u.Host == string(c.Request().Host()) {
		return c.Next()
	}
	return errCrossOrigin
}

// languageCookie holds the language that somebody chose.
const languageCookie = "language"

// speak chooses the language of the answer: the one that was chosen here, or what the browser asks for.
func (p *portal) speak(c *fiber.Ctx) error {
	tag := i18n.Match(i18n.Staff(), oneCookie(c, languageCookie), c.Get(fiber.HeaderAcceptLanguage))
	c.Set(fiber.HeaderContentLanguage, tag)
	c.SetUserContext(i18n.With(c.UserContext(), tag))
	return c.Next()
}

// speakTo speaks the language that a person chose, wherever they sign in.
func (p *portal) speakTo(c *fiber.Ctx, person staff.Person) {
	if person.Language != "" && i18n.Tag(c.UserContext()) != i18n.Pseudo {
		tag := i18n.Match(i18n.Staff(), person.Language)
		c.Set(fiber.HeaderContentLanguage, tag)
		c.SetUserContext(i18n.With(c.UserContext(), tag))
	}
}
