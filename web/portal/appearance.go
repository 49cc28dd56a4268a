package portal

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/views/i18n"
	"counterfoil/views/ui"
)

// appearanceCookie holds whether somebody chose light or dark pages for this browser.
const appearanceCookie = "appearance"

// choiceLife is how long a browser remembers what somebody chose.
const choiceLife = 400 * 24 * time.Hour

// appearances are what can be chosen; the empty one is what the device says.
func appearances() []string { return []string{"", "light", "dark"} }

// appearance gives what was chosen in this browser.
func appearance(c *fiber.Ctx) string {
	if chosen := oneCookie(c, appearanceCookie); slices.Contains(appearances(), chosen) {
		return chosen
	}
	return ""
}

// chooseAppearance keeps what somebody chose, in this browser: a screen at a bright counter is no matter of the person.
func (p *portal) chooseAppearance(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	chosen, given := form["appearance"]
	if !given || !slices.Contains(appearances(), chosen) {
		return fiber.ErrUnprocessableEntity
	}
	p.remember(c, appearanceCookie, chosen)
	return c.Redirect("/account", fiber.StatusSeeOther)
}

// appearanceChoices is what there is to choose.
func appearanceChoices(c *fiber.Ctx) []ui.Choice {
	ctx := c.UserContext()
	names := map[string]string{"": i18n.T(ctx, "As this device"), "light": i18n.T(ctx, "Light"), "dark": i18n.T(ctx, "Dark")}
	var out []ui.Choice
	for _, a := range appearances() {
		out = append(out, ui.Choice{Name: a, Label: names[a], Chosen: a == appearance(c)})
	}
	return out
}

// remember keeps a choice in this browser.
func (p *portal) remember(c *fiber.Ctx, name, value string) {
	c.Cookie(&fiber.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(choiceLife.Seconds()), HTTPOnly: true, Secure: p.Secure, SameSite: fiber.CookieSameSiteLaxMode,
	})
}
