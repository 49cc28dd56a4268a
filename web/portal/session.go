package portal

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/views/signin"
)

// cookieName names the session cookie. Over https the prefix makes browsers hold it to this host and to https; over plain
// http, which is for loopback, they would not take a cookie of that name.
func (p *portal) cookieName() string {
	if p.Secure {
		return "__Host-counterfoil"
	}
	return "counterfoil"
}

type personKey struct{}

// who gives who is signed in; nobody on the pages before.
func who(c *fiber.Ctx) staff.Person {
	person, _ := c.Locals(personKey{}).(staff.Person)
	return person
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
	return p.only(p.Staff.Session, a, h)
}

// glance is allow for what a page asks for by itself.
func (p *portal) glance(a staff.Action, h fiber.Handler) fiber.Handler {
	return p.only(p.Staff.Glance, a, h)
}

func (p *portal) only(session func(context.Context, string) (staff.Person, error), a staff.Action, h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		person, err := session(c.UserContext(), p.token(c))
		if staff.KindOf(err) == staff.Denied {
			return errSignedOut
		}
		if err != nil {
			return err
		}
		c.Locals(personKey{}, person)
		if !person.May(a) {
			return staff.Refuse(staff.Denied, "Your role does not allow this.")
		}
		return h(c)
	}
}

func (p *portal) showSignIn(c *fiber.Ctx) error {
	return render(c, fiber.StatusOK, signin.Page(p.signInPage(c, safeNext(c.Query("next")), "", "")))
}

func (p *portal) signInPage(c *fiber.Ctx, next, name, problem string) signin.Show {
	s := signin.Show{Page: p.page(c, "Sign in"), Next: next, Name: name, Error: problem}
	s.Page.Narrow = true
	for _, d := range p.DemoStaff {
		s.People = append(s.People, signin.Person(d))
	}
	return s
}

func (p *portal) signIn(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	next := safeNext(form["next"])
	sign := func() (interface{ Reveal() string }, error) {
		t, _, err := p.Staff.SignIn(c.UserContext(), form["name"], form["password"])
		return t, err
	}
	if as := form["as"]; as != "" && p.isDemo(as) {
		sign = func() (interface{ Reveal() string }, error) {
			t, _, err := p.Staff.SignInAs(c.UserContext(), as)
			return t, err
		}
	}
	token, err := sign()
	var refusal *staff.Error
	if errors.As(err, &refusal) {
		return render(c, fiber.StatusUnprocessableEntity, signin.Page(p.signInPage(c, next, form["name"], refusal.Reason)))
	}
	if err != nil {
		return err
	}
	c.Cookie(&fiber.Cookie{
		Name: p.cookieName(), Value: token.Reveal(), Path: "/", HTTPOnly: true, Secure: p.Secure, SameSite: fiber.CookieSameSiteLaxMode,
	})
	return c.Redirect(next, fiber.StatusSeeOther)
}

func (p *portal) isDemo(name string) bool {
	for _, d := range p.DemoStaff {
		if d.Name == name {
			return true
		}
	}
	return false
}

func (p *portal) signOut(c *fiber.Ctx) error {
	if err := p.Staff.SignOut(c.UserContext(), p.token(c)); err != nil {
		return err
	}
	c.Cookie(&fiber.Cookie{
		Name: p.cookieName(), Path: "/", HTTPOnly: true, Secure: p.Secure, SameSite: fiber.CookieSameSiteLaxMode, Expires: time.Unix(1, 0),
	})
	c.Set("Clear-Site-Data", `"cache"`)
	return c.Redirect("/sign-in", fiber.StatusSeeOther)
}

// safeNext keeps a way back within the portal: one path, nothing that a browser could take for another host.
func safeNext(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
