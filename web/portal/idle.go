package portal

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
	"counterfoil/views/layout"
)

// warnBefore is how long before a session ends by itself its page says so.
const warnBefore = 2 * time.Minute

// showSession says how the session fares, to a page that asks by itself. It redirects nowhere: what is typed on the page stays.
func (p *portal) showSession(c *fiber.Ctx) error {
	ctx := c.UserContext()
	person, n, err := p.Staff.Glance(ctx, p.token(c))
	if staff.KindOf(err) == staff.Denied {
		over := layout.Session{Text: i18n.T(ctx, "You are signed out. A form that you began is kept: sign in again and go on."), SignIn: signInThen(cameFrom(c))}
		return render(c, fiber.StatusOK, layout.SessionPart(over))
	}
	if err != nil {
		return err
	}
	p.speakTo(c, person)
	return render(c, fiber.StatusOK, layout.SessionPart(p.sessionPart(c, n)))
}

// stay is pressed by somebody who is still there, which makes the session last on.
func (p *portal) stay(c *fiber.Ctx) error {
	if c.Get("HX-Request") != "true" {
		return c.Redirect("/", fiber.StatusSeeOther)
	}
	n := session(c)
	n.SeenAt = p.Clock() // as it was just noted
	return render(c, fiber.StatusOK, layout.SessionPart(p.sessionPart(c, n)))
}

// sessionPart tells when a page asks again how its session fares, and warns in time. Nothing to ask when nobody is signed in.
func (p *portal) sessionPart(c *fiber.Ctx, n staff.Session) layout.Session {
	if n.ID == "" {
		return layout.Session{}
	}
	ctx := c.UserContext()
	left, longer := n.Left(p.Clock())
	if left > warnBefore {
		return layout.Session{Ask: seconds(left - warnBefore)}
	}
	s := layout.Session{Ask: seconds(left), Stay: longer}
	if longer {
		s.Text = i18n.T(ctx, "Nobody has done anything here for a while: you will be signed out at %s.", i18n.Time(ctx, p.Clock().Add(left)))
	} else {
		s.Text = i18n.T(ctx, "You signed in long ago: you will be signed out at %s. A form that you began is kept.", i18n.Time(ctx, p.Clock().Add(left)))
	}
	return s
}

// seconds gives the whole seconds after which a time is over.
func seconds(d time.Duration) int { return int(d/time.Second) + 1 }
