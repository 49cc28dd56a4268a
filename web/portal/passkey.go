package portal

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/internal/strictjson"
	"counterfoil/views/i18n"
)

// Passkeys is how people make passkeys and sign in with them. The browser's part is in static/js/passkey.js.
type Passkeys interface {
	BeginSignIn(ctx context.Context) (staff.Ceremony, error)
	SignIn(ctx context.Context, step string, answer []byte, from staff.From) (staff.SignedIn, error)
	BeginAdd(ctx context.Context, p staff.Person) (staff.Ceremony, error)
	Add(ctx context.Context, p staff.Person, step, name string, answer []byte) error
	List(ctx context.Context, id staff.PersonID) ([]staff.Passkey, error)
	Remove(ctx context.Context, person staff.Person, id staff.PasskeyID) error
}

// ceremony answers with what the browser's navigator.credentials is to do.
func (p *portal) ceremony(c *fiber.Ctx, begun staff.Ceremony, err error) error {
	if err != nil {
		return err
	}
	p.setCookie(c, p.stepCookie(), begun.Step.Reveal())
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(begun.Options)
}

// told answers the browser's part: where to go, or what went wrong.
func told(c *fiber.Ctx, status int, member, text string) error {
	b, err := strictjson.Encode(map[string]string{member: text})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(status).Send(b)
}

func (p *portal) beginPasskey(c *fiber.Ctx) error {
	if p.Passkeys == nil {
		return fiber.ErrNotFound
	}
	begun, err := p.Passkeys.BeginSignIn(c.UserContext())
	return p.ceremony(c, begun, err)
}

func (p *portal) passkey(c *fiber.Ctx) error {
	if p.Passkeys == nil {
		return fiber.ErrNotFound
	}
	in, err := p.Passkeys.SignIn(c.UserContext(), c.Cookies(p.stepCookie()), slices.Clone(c.Body()), from(c))
	if refusal := new(staff.Error); errors.As(err, &refusal) {
		return told(c, fiber.StatusUnprocessableEntity, "error", i18n.Reason(c.UserContext(), refusal.Reason))
	}
	if err != nil {
		return err
	}
	p.endStep(c)
	p.setCookie(c, p.cookieName(), in.Token.Reveal())
	return told(c, fiber.StatusOK, "next", safeNext(c.Query("next")))
}

func (p *portal) beginAddPasskey(c *fiber.Ctx) error {
	if p.Passkeys == nil {
		return fiber.ErrNotFound
	}
	begun, err := p.Passkeys.BeginAdd(c.UserContext(), who(c))
	return p.ceremony(c, begun, err)
}

func (p *portal) addPasskey(c *fiber.Ctx) error {
	if p.Passkeys == nil {
		return fiber.ErrNotFound
	}
	name := strings.ToValidUTF8(strings.Clone(c.Query("name")), "")
	err := p.Passkeys.Add(c.UserContext(), who(c), c.Cookies(p.stepCookie()), name, slices.Clone(c.Body()))
	if refusal := new(staff.Error); errors.As(err, &refusal) {
		return told(c, fiber.StatusUnprocessableEntity, "error", i18n.Reason(c.UserContext(), refusal.Reason))
	}
	if err != nil {
		return err
	}
	p.endStep(c)
	return told(c, fiber.StatusOK, "next", "/account")
}

func (p *portal) removePasskey(c *fiber.Ctx) error {
	if p.Passkeys == nil {
		return fiber.ErrNotFound
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if err := p.Passkeys.Remove(c.UserContext(), who(c), staff.PasskeyID(form["passkey"])); err != nil && staff.KindOf(err) != staff.NotFound {
		return err
	}
	return c.Redirect("/account", fiber.StatusSeeOther)
}
