package portal

import (
	"cmp"
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
	app.Get(helpview.Troubles.Path(), p.greet(p.showGuide(helpview.Troubles)))
	app.Get(helpview.Keyboard.Path(), p.greet(p.showGuide(helpview.Keyboard)))
	app.Post(helpview.Keyboard.Path(), p.switchKeys)
	app.Get(helpview.Administration.Path(), p.allow(staff.ReadHelp, p.showGuide(helpview.Administration)))
}

// help gives the way to the paragraph with an id, for whatever says that something is wrong. The ids are those of the headings in
// views/help; a test holds every use of this function, and every "/help#" in a page, to them.
func help(anchor string) string { return helpview.At(anchor) }

// said is a sentence about something that is wrong, and the way to the paragraph about it.
type said struct{ text, guide string }

// reasonGuide gives the way to the paragraph about why somebody was refused, by the reason that staff and signin give; to the other one
// where a reason has none of its own.
func reasonGuide(reason, otherwise string) string {
	return help(cmp.Or(map[string]string{
		"The name or the password is not right.":                                            "wrong-password",
		"Too many tries. Wait a minute and try again.":                                      "too-many-tries",
		"This account is disabled.":                                                         "account-off",
		"That took too long, or was done already. Please begin again.":                      "sign-in-over",
		"The identity provider’s answer was not accepted.":                                  "provider-refused",
		"You have no role here. Ask whoever looks after access.":                            "provider-no-role",
		"Another administrator has to do this for you.":                                     "another-administrator",
		"This person signs in at the identity provider; access is reset there.":             "at-the-provider",
		"This person’s roles come from the identity provider; they are changed there.":      "at-the-provider",
		"Everybody here needs a second step, and this is your only one. Add another first.": "only-second-step",
		"The passkey was not accepted.":                                                     "passkeys",
	}[reason], otherwise))
}

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
			s.Elsewhere = helpview.Read(lang, helpview.Administration).Chapters()
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

// paragraph gives the way to what the guides say about a trouble: each has a paragraph of its own.
func paragraph(t trouble) string {
	return help(map[trouble]string{
		noPhone:        "no-phone",
		notGoneOn:      "phone-stuck",
		notCollected:   "not-collected",
		expired:        "expired",
		tooLate:        "too-late",
		locked:         "locked",
		walletFailed:   "wallet-failed",
		badReport:      "bad-report",
		walletDeleted:  "customer-declined",
		wrongCode:      "wrong-code",
		codeMissing:    "code-missing",
		codeUnexpected: "code-unexpected",
		offerOver:      "offer-over",
		typeGone:       "type-gone",
		clockOff:       "clock-off",
		stale:          "stale",
		otherType:      "other-credential",
		badProof:       "bad-proof",
		badRequest:     "refused",
		backEndHeld:    "back-end-held",
		backEndRefused: "back-end-refused",
		backEndGivenUp: "back-end-given-up",
		backEndGone:    "back-end-gone",
		tooEarly:       "approval",
		ourFault:       "broken",
	}[t])
}
