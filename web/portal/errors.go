package portal

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
	"counterfoil/views/problem"
	"counterfoil/web/surface"
)

// errSignedOut means that nobody is signed in, errCrossOrigin that a request comes from another site's page.
var (
	errSignedOut   = errors.New("signed out")
	errCrossOrigin = errors.New("cross origin")
)

// phrase answers an error as a page: what happened, what to do, and a way back. It is the only place where the portal does.
func (p *portal) phrase(c *fiber.Ctx, err error) error {
	if errors.Is(err, errSignedOut) {
		return p.toSignIn(c)
	}
	if errors.Is(err, errEnrol) {
		return toAccount(c)
	}
	words := p.words(c, err)
	if words.status < fiber.StatusInternalServerError {
		p.recognise(c)
	}
	page := problem.Show{
		Page: p.page(c, words.title), Text: words.text, RequestID: surface.RequestID(c), Help: words.guide, Back: cameFrom(c),
	}
	if again := words.status == fiber.StatusTooManyRequests || words.status >= fiber.StatusInternalServerError; again && c.Method() == fiber.MethodGet {
		page.Again = safeNext(c.OriginalURL())
	}
	page.Page.Narrow = true
	return render(c, words.status, problem.Page(page))
}

// recognise finds who is signed in where no handler did, so that the page has their menu.
func (p *portal) recognise(c *fiber.Ctx) {
	token := p.token(c)
	if who(c).ID != "" || token == "" || p.Staff == nil { // the gallery has no staff
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), time.Second) // the request's own time is over
	defer cancel()
	if person, session, err := p.Staff.Glance(ctx, token); err == nil {
		c.Locals(personKey{}, person)
		c.Locals(sessionKey{}, session)
	}
}

// cameFrom gives the path of the portal's page that led here; empty when another did, or this one.
func cameFrom(c *fiber.Ctx) string {
	u, err := url.Parse(c.Get(fiber.HeaderReferer))
	if err != nil || u.Host != string(c.Request().Host()) || u.Path == c.Path() && c.Method() == fiber.MethodGet {
		return ""
	}
	if back := safeNext(u.RequestURI()); back != "/" { // the way home is there anyway
		return back
	}
	return ""
}

// signInThen is the way to sign in and on to a page.
func signInThen(next string) string { return "/sign-in?next=" + url.QueryEscape(next) }

// toSignIn sends a browser to the sign-in page; a fragment or a stream is told instead, or the page would end up inside
// another. Who sent a form is told that nothing came of it.
func (p *portal) toSignIn(c *fiber.Ctx) error {
	if c.Get("HX-Request") == "true" || c.Get(fiber.HeaderAccept) == eventStream {
		c.Set("HX-Redirect", "/sign-in")
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	if c.Method() == fiber.MethodGet {
		return c.Redirect(signInThen(c.OriginalURL()), fiber.StatusSeeOther)
	}
	ctx := c.UserContext()
	page := problem.Show{
		Page: p.page(c, i18n.T(ctx, "You are signed out")), RequestID: surface.RequestID(c), Help: help("signed-out"), SignIn: signInThen(cameFrom(c)),
		Text: i18n.T(ctx, "Nothing was changed. Sign in again, go back to the page you came from, and send it once more."),
	}
	page.Page.Narrow = true
	c.Set("HX-Redirect", "/sign-in")
	return render(c, fiber.StatusUnauthorized, problem.Page(page))
}

// toAccount sends a browser to where a second step is set up; whatever else it asked for is not done.
func toAccount(c *fiber.Ctx) error {
	if c.Get("HX-Request") == "true" || c.Get(fiber.HeaderAccept) == eventStream {
		c.Set("HX-Redirect", "/account")
		return c.SendStatus(fiber.StatusForbidden)
	}
	return c.Redirect("/account", fiber.StatusSeeOther)
}

// phrasing is an error as the portal says it; guide is the way to the paragraph of the guides that says more.
type phrasing struct {
	status      int
	title, text string
	guide       string
}

func (p *portal) words(c *fiber.Ctx, err error) phrasing {
	ctx := c.UserContext()
	var refusal *issuance.Error
	var person *staff.Error
	switch {
	case errors.As(err, &refusal):
		return refused(ctx, refusal)
	case errors.As(err, &person):
		return notLet(ctx, person)
	case errors.Is(err, errStale):
		return phrasing{
			fiber.StatusForbidden, i18n.T(ctx, "Sign in again first"),
			i18n.T(ctx, "To change who gets in, and how, sign out and in again. That keeps somebody who finds your screen open from doing it."), help("sign-in-again"),
		}
	case errors.Is(err, errCrossOrigin):
		return phrasing{
			fiber.StatusForbidden, i18n.T(ctx, "Not from this portal"),
			i18n.T(ctx, "This request came from another page. Open the portal and do it there."), help("other-page"),
		}
	}
	if status := surface.StatusOf(err); status != 0 {
		return malformed(ctx, status)
	}
	surface.Fault(c, p.Log, err)
	if surface.Unavailable(c, err) {
		return phrasing{
			fiber.StatusServiceUnavailable, i18n.T(ctx, "Not now"),
			i18n.T(ctx, "The database is away or too slow. Nothing was lost; wait a moment and try again. If it stays, call whoever runs the program."), help("database-away"),
		}
	}
	return fault(ctx)
}

func fault(ctx context.Context) phrasing {
	return phrasing{
		fiber.StatusInternalServerError, i18n.T(ctx, "Something went wrong here"),
		i18n.T(ctx, "Nothing was lost. Try again; if it stays, tell support the request below."), help("broken"),
	}
}

// malformed says what is wrong with a request as such.
func malformed(ctx context.Context, status int) phrasing {
	switch status {
	case fiber.StatusNotFound:
		return phrasing{
			status, i18n.T(ctx, "This page does not exist"),
			i18n.T(ctx, "The address may be mistyped, or what was here is gone. Start from the home page."), help("not-found"),
		}
	case fiber.StatusMethodNotAllowed:
		return phrasing{
			status, i18n.T(ctx, "Not like this"),
			i18n.T(ctx, "A form is sent to this address; it is no page to open. Go back to the page with the form."), help("not-like-this"),
		}
	case fiber.StatusTooManyRequests:
		return phrasing{
			status, i18n.T(ctx, "Too many at once"),
			i18n.T(ctx, "Close tabs that you do not need, wait a minute, and try again."), help("too-many"),
		}
	case fiber.StatusRequestEntityTooLarge:
		return phrasing{
			status, i18n.T(ctx, "Too large"),
			i18n.T(ctx, "What was sent is larger than the portal takes. Go back and choose a smaller file, or less text."), help("too-large"),
		}
	}
	return phrasing{
		status, i18n.T(ctx, "This did not work"),
		i18n.T(ctx, "The request was not whole, or not one that the portal knows. Go back, load the page anew, and try again."), help("bad-request"),
	}
}

// refused says what the domain of offers refuses.
func refused(ctx context.Context, e *issuance.Error) phrasing {
	switch e.Kind {
	case issuance.NotFound:
		return phrasing{
			fiber.StatusNotFound, i18n.T(ctx, "This does not exist"),
			i18n.T(ctx, "It may have been made in another system, deleted in the meantime, or the address is mistyped. Look for it in its list."), help("not-found"),
		}
	case issuance.Conflict, issuance.Expired:
		return phrasing{
			fiber.StatusConflict, i18n.T(ctx, "Not possible any more"),
			i18n.T(ctx, "It was changed, collected or ended in the meantime. Go back and look at it as it is now."), help("gone"),
		}
	case issuance.Denied, issuance.Locked:
		return phrasing{fiber.StatusForbidden, i18n.T(ctx, "Not allowed"), i18n.Reason(ctx, e.Reason), help("not-allowed")}
	case issuance.Invalid:
		return phrasing{fiber.StatusUnprocessableEntity, i18n.T(ctx, "This does not fit"), i18n.Reason(ctx, e.Reason), help("does-not-fit")}
	}
	return fault(ctx)
}

// notLet says what the domain of people and back-ends refuses.
func notLet(ctx context.Context, e *staff.Error) phrasing {
	text := i18n.Reason(ctx, e.Reason)
	switch e.Kind {
	case staff.NotFound:
		return malformed(ctx, fiber.StatusNotFound)
	case staff.Conflict:
		if e.Code == "client_changed" {
			text = outdated(ctx)
		}
		return phrasing{fiber.StatusConflict, i18n.T(ctx, "Not possible any more"), text, help("changed-meanwhile")}
	case staff.Limited:
		return phrasing{fiber.StatusTooManyRequests, i18n.T(ctx, "Too many at once"), text, help("too-many-tries")}
	case staff.Invalid:
		return phrasing{fiber.StatusUnprocessableEntity, i18n.T(ctx, "This does not fit"), text, help("does-not-fit")}
	case staff.Denied:
	}
	return phrasing{fiber.StatusForbidden, i18n.T(ctx, "Not allowed"), text + " " + i18n.T(ctx, "Ask somebody whose role does, or the administrator."), reasonGuide(e.Reason, "not-allowed")}
}
