package portal

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
	signinview "counterfoil/views/signin"
	"counterfoil/views/ui"
)

// errEnrol means that somebody has to set up a second step before anything else.
var errEnrol = errors.New("a second step is missing")

func (p *portal) showSetup(c *fiber.Ctx) error {
	return p.setupPage(c, fiber.StatusOK, "", nil)
}

// setupPage asks for a setup code and a password of one's own. Neither the code nor the password is sent back.
func (p *portal) setupPage(c *fiber.Ctx, status int, name string, problems []ui.Problem) error {
	s := signinview.Setup{Page: p.page(c, titled(c, i18n.T(c.UserContext(), "Choose a password"), problems)), Name: name, Problems: problems}
	s.Page.Narrow = true
	return render(c, status, signinview.SetupPage(s))
}

func (p *portal) setUp(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if form["password"] != form["again"] {
		return p.setupPage(c, fiber.StatusUnprocessableEntity, form["name"], []ui.Problem{
			{Field: "again", Text: i18n.T(c.UserContext(), "The two passwords differ. Type both again."), Guide: help("passwords-differ")},
		})
	}
	in, err := p.Staff.SetUpAccess(c.UserContext(), form["name"], form["code"], form["password"], from(c))
	if refusal := new(staff.Error); errors.As(err, &refusal) {
		field := "code"
		if refusal.Kind == staff.Invalid {
			field = "password"
		}
		return p.setupPage(c, fiber.StatusUnprocessableEntity, form["name"], problemsOf(c, refusal, "setup", field))
	}
	if err != nil {
		return err
	}
	return p.enter(c, in, "/")
}
