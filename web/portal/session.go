package portal

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
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
		if !person.May(a) {
			return staff.Refuse(staff.Denied, "Your role does not allow this.")
		}
		return h(c)
	}
}
