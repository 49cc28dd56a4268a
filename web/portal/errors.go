package portal

import (
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/views/problem"
	"counterfoil/web/surface"
)

// errSignedOut means that nobody is signed in, errCrossOrigin that a request comes from another site's page.
var (
	errSignedOut   = errors.New("signed out")
	errCrossOrigin = errors.New("cross origin")
)

// phrase answers an error as a page. It is the only place where the portal does.
func (p *portal) phrase(c *fiber.Ctx, err error) error {
	if errors.Is(err, errSignedOut) {
		return p.toSignIn(c)
	}
	if errors.Is(err, errEnrol) {
		return toAccount(c)
	}
	status, title, text := p.words(c, err)
	page := problem.Show{Page: p.page(c, title), Text: text, RequestID: surface.RequestID(c)}
	page.Page.Narrow = true
	return render(c, status, problem.Page(page))
}

// toSignIn sends a browser to the sign-in page; a fragment or a stream is told instead, or the page would end up inside
// another.
func (p *portal) toSignIn(c *fiber.Ctx) error {
	target := "/sign-in?next=" + url.QueryEscape(c.OriginalURL())
	if c.Get("HX-Request") == "true" || c.Method() != fiber.MethodGet || c.Get(fiber.HeaderAccept) == eventStream {
		c.Set("HX-Redirect", "/sign-in")
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	return c.Redirect(target, fiber.StatusSeeOther)
}

// toAccount sends a browser to where a second step is set up; whatever else it asked for is not done.
func toAccount(c *fiber.Ctx) error {
	if c.Get("HX-Request") == "true" || c.Get(fiber.HeaderAccept) == eventStream {
		c.Set("HX-Redirect", "/account")
		return c.SendStatus(fiber.StatusForbidden)
	}
	return c.Redirect("/account", fiber.StatusSeeOther)
}

func (p *portal) words(c *fiber.Ctx, err error) (status int, title, text string) {
	var refusal *issuance.Error
	var person *staff.Error
	switch {
	case errors.As(err, &refusal):
		return refused(refusal)
	case errors.As(err, &person):
		return notLet(person)
	case errors.Is(err, errStale):
		return fiber.StatusForbidden, "Sign in again first", "To change who gets in, and how, sign out and in again. That keeps somebody who finds your screen open from doing it."
	case errors.Is(err, errCrossOrigin):
		return fiber.StatusForbidden, "Not from this portal", "This request came from another page. Open the portal and do it there."
	}
	switch status := surface.StatusOf(err); status {
	case 0:
	case fiber.StatusNotFound:
		return status, "This page does not exist", "The address may be mistyped, or what was here is gone."
	case fiber.StatusMethodNotAllowed:
		return status, "Not like this", "This address cannot be opened this way."
	case fiber.StatusTooManyRequests:
		return status, "Too many at once", "Close tabs that you do not need, wait a minute, and try again."
	default:
		return status, "This did not work", "The request was too large or not whole."
	}
	surface.Fault(c, p.Log, err)
	if surface.Unavailable(c, err) {
		return fiber.StatusServiceUnavailable, "Not now", "The database is away or too slow. Nothing was lost; try again in a moment."
	}
	return fiber.StatusInternalServerError, "Something went wrong here", "Nothing was lost. Try again; if it stays, tell support the request below."
}

// notLet says what the domain of people and clients refuses.
func notLet(e *staff.Error) (status int, title, text string) {
	switch e.Kind {
	case staff.NotFound:
		return fiber.StatusNotFound, "This does not exist", "The address may be mistyped, or what was here is gone."
	case staff.Conflict:
		return fiber.StatusConflict, "Not possible any more", e.Reason
	case staff.Limited:
		return fiber.StatusTooManyRequests, "Too many at once", e.Reason
	case staff.Invalid:
		return fiber.StatusUnprocessableEntity, "This does not fit", e.Reason
	case staff.Denied:
	}
	return fiber.StatusForbidden, "Not allowed", e.Reason
}

func refused(e *issuance.Error) (status int, title, text string) {
	switch e.Kind {
	case issuance.NotFound:
		return fiber.StatusNotFound, "This does not exist", "The offer may have been made in another system, or the address is mistyped."
	case issuance.Conflict, issuance.Expired:
		return fiber.StatusConflict, "Not possible any more", "The offer was collected or has ended in the meantime."
	case issuance.Denied, issuance.Locked:
		return fiber.StatusForbidden, "Not allowed", e.Reason
	case issuance.Invalid:
		return fiber.StatusUnprocessableEntity, "This does not fit", e.Reason
	}
	return fiber.StatusInternalServerError, "Something went wrong here", ""
}
