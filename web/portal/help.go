package portal

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	helpview "counterfoil/views/help"
	"counterfoil/views/i18n"
	"counterfoil/web/surface"
)

const (
	// keysCookie says "off" when somebody wants no keys that stand alone; the script reads it.
	keysCookie = "keys"
	keysLife   = 365 * 24 * time.Hour
	// shortly is how long help waits for who is signed in: it is needed most when the database is away.
	shortly = time.Second
)

func (p *portal) mountHelp(app *fiber.App) {
	surface.Pictures(app, helpview.PicturePrefix, helpview.Picture)
	app.Get(helpview.Counter.Path(), p.greet(p.showGuide(helpview.Counter)))
	app.Get(helpview.Keyboard.Path(), p.greet(p.showGuide(helpview.Keyboard)))
	app.Post(helpview.Keyboard.Path(), p.switchKeys)
	app.Get(helpview.Administration.Path(), p.allow(staff.ReadHelp, p.showGuide(helpview.Administration)))
}

// help gives the way to the paragraph with an id, for whatever says that something is wrong. The ids are those of the headings in
// views/help; a test holds every use of this function, and every "/help#" in a page, to them.
func help(anchor string) string { return helpview.At(anchor) }

// helpOn gives the way to what the guides say about a page.
func helpOn(path string) string {
	area, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if area == "offers" && strings.HasPrefix(rest, "new/") {
		return help("fill-in")
	}
	return help(map[string]string{
		"": "choose", "sign-in": "sign-in", "account": "second-step", "offers": "watch", "approvals": "set-up-approval", "display": "show",
		"callbacks": "callbacks", "deliveries": "callbacks", "system": "system", "types": "types", "new-type": "types", "certificates": "certificate", "people": "people",
		"clients": "clients", "audit": "audit",
	}[area])
}

// greet lets everybody in and knows who is signed in, when that is soon known.
func (p *portal) greet(h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if token := p.token(c); token != "" {
			ctx, cancel := context.WithTimeout(c.UserContext(), shortly)
			defer cancel()
			switch person, session, err := p.Staff.Session(ctx, token); {
			case err == nil:
				c.Locals(personKey{}, person)
				c.Locals(sessionKey{}, session)
				p.speakTo(c, person)
			case staff.KindOf(err) != staff.Denied:
				surface.Fault(c, p.Log, err)
			}
		}
		return h(c)
	}
}

func (p *portal) showGuide(n helpview.Name) fiber.Handler {
	return func(c *fiber.Ctx) error {
		lang := i18n.Lang(c.UserContext())
		g := helpview.Read(lang, n)
		s := helpview.Show{Page: p.page(c, g.Title), Name: n, Guide: g, Keys: oneCookie(c, keysCookie) != "off"}
		s.Page.Narrow = true
		if n == helpview.Counter {
			s.Elsewhere = helpview.Read(lang, helpview.Administration).Parts
		}
		return render(c, fiber.StatusOK, helpview.Page(s))
	}
}

// switchKeys remembers in the browser whether keys that stand alone do something (WCAG 2.2 SC 2.1.4).
func (p *portal) switchKeys(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	cookie := &fiber.Cookie{Name: keysCookie, Value: "off", Path: "/", Secure: p.Secure, SameSite: fiber.CookieSameSiteLaxMode, MaxAge: int(keysLife.Seconds())}
	switch form["keys"] {
	case "off":
	case "on":
		cookie.Value, cookie.MaxAge, cookie.Expires = "", 0, time.Unix(1, 0)
	default:
		return fiber.ErrBadRequest
	}
	c.Cookie(cookie)
	return c.Redirect(helpview.Keyboard.Path(), fiber.StatusSeeOther)
}

// paragraph gives the way to what the guides say about a trouble.
func paragraph(t trouble) string {
	switch t {
	case noPhone:
		return help("no-phone")
	case notGoneOn, notCollected:
		return help("phone-stuck")
	case expired, tooLate:
		return help("expired")
	case locked:
		return help("locked")
	case walletFailed, badReport:
		return help("wallet-failed")
	case walletDeleted:
		return help("customer-declined")
	case wrongCode, codeMissing, codeUnexpected:
		return help("wrong-code")
	case offerOver:
		return help("gone")
	case typeGone, clockOff, stale, otherType, badProof, badRequest:
		return help("refused")
	case backEndHeld, backEndRefused, backEndGivenUp, backEndGone:
		return help("callbacks")
	case tooEarly:
		return help("approval")
	case ourFault:
		return help("broken")
	case fine, troubles:
	}
	return ""
}
