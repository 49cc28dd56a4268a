package portal

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
	"counterfoil/views/ui"
)

// chooseLanguage keeps the language that somebody chose: in this browser, and with the person when one is signed in.
func (p *portal) chooseLanguage(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	tag := form["language"]
	if !slices.ContainsFunc(i18n.Staff(), func(l i18n.Language) bool { return l.Tag == tag }) {
		return fiber.ErrUnprocessableEntity
	}
	person, _, err := p.Staff.Session(c.UserContext(), p.token(c))
	if err == nil {
		err = p.Account.SetLanguage(c.UserContext(), person.ID, tag)
	} else if staff.KindOf(err) == staff.Denied { // nobody is signed in
		err = nil
	}
	if err != nil {
		return err
	}
	p.remember(c, languageCookie, tag)
	return c.Redirect(safeNext(form["next"]), fiber.StatusSeeOther)
}

// languages is what there is to choose, each in its own words.
func languages(c *fiber.Ctx) []ui.Choice {
	var out []ui.Choice
	for _, l := range i18n.Staff() {
		out = append(out, ui.Choice{Name: l.Tag, Label: l.Name, Chosen: l.Tag == i18n.Lang(c.UserContext())})
	}
	return out
}
