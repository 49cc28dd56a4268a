package portal

import (
	"cmp"
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/web/surface"
)

// cookieName names the session cookie. Over https the prefix makes browsers hold it to this host and to https; over plain
// http, which is for loopback, they would not take a cookie of that name.
func (p *portal) cookieName() string {
	if p.Secure {
		return "__Host-counterfoil"
	}
	return "counterfoil"
}

type (
	personKey  struct{}
	sessionKey struct{}
)

// who gives who is signed in; nobody on the pages before.
func who(c *fiber.Ctx) staff.Person {
	person, _ := c.Locals(personKey{}).(staff.Person)
	return person
}

// session gives the session of who is signed in.
func session(c *fiber.Ctx) staff.Session {
	s, _ := c.Locals(sessionKey{}).(staff.Session)
	return s
}

// token gives the session token of a request.
func (p *portal) token(c *fiber.Ctx) string { return oneCookie(c, p.cookieName()) }

// oneCookie gives the value of a cookie; two of the name are none.
func oneCookie(c *fiber.Ctx, name string) string {
	if strings.Count("; "+c.Get(fiber.HeaderCookie), "; "+name+"=") != 1 {
		return ""
	}
	return c.Cookies(name)
}

// allow lets only people in whose role allows the action.
func (p *portal) allow(a staff.Action, h fiber.Handler) fiber.Handler {
	return p.only(p.Staff.Session, a, p.counted(h))
}

// glance is allow for what a page asks for by itself.
func (p *portal) glance(a staff.Action, h fiber.Handler) fiber.Handler {
	return p.only(p.Staff.Glance, a, h)
}

func (p *portal) only(find func(context.Context, string) (staff.Person, staff.Session, error), a staff.Action, h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		person, session, err := find(c.UserContext(), p.token(c))
		if staff.KindOf(err) == staff.Denied {
			return errSignedOut
		}
		if err != nil {
			return err
		}
		c.Locals(personKey{}, person)
		c.Locals(sessionKey{}, session)
		p.speakTo(c, person)
		c.SetUserContext(staff.As(c.UserContext(), staff.Actor{Name: person.Recorded(), Via: staff.ViaPortal, Address: surface.Address(c).String()}))
		if !person.May(a) {
			return staff.Refuse(staff.Denied, "Your role does not allow this.")
		}
		if a != staff.OwnAccount {
			if must, err := p.Staff.MustEnrol(c.UserContext(), session); err != nil || must {
				return cmp.Or(err, errEnrol)
			}
		}
		return h(c)
	}
}

// audited lets what a handler changes be recorded in the audit trail, in the same transaction, as done by whoever was let in. Param is the
// parameter of the route that names what is changed; empty when it is made by the change.
func audited(act staff.Act, param string, h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		object := ""
		if param != "" {
			object = c.Params(param)
		}
		c.SetUserContext(staff.Audited(c.UserContext(), act, object, ""))
		return h(c)
	}
}

// noted records in the audit trail that somebody saw what a handler shows. The answer leaves once that is done.
func (p *portal) noted(act staff.Act, param string, h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := h(c); err != nil || c.Response().StatusCode() != fiber.StatusOK {
			return err
		}
		if err := p.Audit.Note(c.UserContext(), act, c.Params(param), ""); err != nil {
			c.Response().ResetBody()
			return err
		}
		return nil
	}
}
