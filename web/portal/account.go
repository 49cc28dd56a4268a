package portal

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/qr"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/views/account"
	"counterfoil/views/i18n"
)

// freshFor is how long after signing in somebody may change how they sign in: whoever finds a screen open must not be able to.
const freshFor = 10 * time.Minute

// errStale means that somebody signed in too long ago for what they want to do.
var errStale = errors.New("signed in too long ago")

// Account is how people look after how they sign in.
type Account interface {
	Factors(ctx context.Context, id staff.PersonID) (staff.Factors, error)
	BeginTOTP(ctx context.Context, p staff.Person) (staff.NewTOTP, error)
	PendingTOTP(ctx context.Context, p staff.Person, step string) (staff.NewTOTP, error)
	ConfirmTOTP(ctx context.Context, p staff.Person, step, code string) ([]secret.Text, error)
	RemoveTOTP(ctx context.Context, p staff.Person) error
	NewRecoveryCodes(ctx context.Context, p staff.Person) ([]secret.Text, error)
	ListSessions(ctx context.Context, id staff.PersonID) ([]staff.Session, error)
	EndSessions(ctx context.Context, p staff.Person, one, keep staff.SessionID) error
	SetLanguage(ctx context.Context, id staff.PersonID, tag string) error
}

func (p *portal) mountAccount(app *fiber.App) {
	own := func(h fiber.Handler) fiber.Handler { return p.allow(staff.OwnAccount, h) }
	change := func(h fiber.Handler) fiber.Handler { return own(p.fresh(h)) }
	app.Get("/account", own(p.showAccount))
	app.Post("/account/passkeys/begin", change(p.beginAddPasskey))
	app.Post("/account/passkeys", change(p.addPasskey))
	app.Post("/account/passkeys/remove", change(p.removePasskey))
	app.Post("/account/totp", change(p.beginTOTP))
	app.Post("/account/totp/confirm", change(p.confirmTOTP))
	app.Post("/account/totp/remove", change(p.removeTOTP))
	app.Post("/account/recovery", change(p.newRecoveryCodes))
	app.Post("/account/sessions/end", own(p.endSessions))
	app.Post("/account/appearance", own(p.chooseAppearance))
	app.Get("/session", p.showSession)
	app.Post("/session", own(p.stay))
}

// fresh lets through who signed in just now.
func (p *portal) fresh(h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if p.Clock().Sub(session(c).CreatedAt) > freshFor {
			return errStale
		}
		return h(c)
	}
}

func (p *portal) showAccount(c *fiber.Ctx) error {
	ctx := c.UserContext()
	f, err := p.Account.Factors(ctx, who(c).ID)
	if err != nil {
		return err
	}
	must, err := p.Staff.MustEnrol(ctx, session(c))
	if err != nil {
		return err
	}
	s := account.Show{
		Page: p.page(c, i18n.T(ctx, "My account")), Must: must, Languages: languages(c), Appearances: appearanceChoices(c), Name: who(c).Name, Display: who(c).Display, SSO: who(c).External != "", TOTP: f.TOTP, RecoveryCodes: f.RecoveryCodes, Any: f.Any(),
		MayHavePasskeys: p.Passkeys != nil,
	}
	s.Roles = roleWords(ctx, who(c).Roles)
	if p.Passkeys != nil {
		list, err := p.Passkeys.List(ctx, who(c).ID)
		if err != nil {
			return err
		}
		for _, k := range list {
			s.Passkeys = append(s.Passkeys, account.Passkey{ID: string(k.ID), Name: k.Name, Since: i18n.DateTime(ctx, k.CreatedAt), Used: usedAt(ctx, k.UsedAt)})
		}
	}
	sessions, err := p.Account.ListSessions(ctx, who(c).ID)
	if err != nil {
		return err
	}
	for _, one := range sessions {
		s.Sessions = append(s.Sessions, account.Session{
			ID: string(one.ID), Here: one.ID == session(c).ID, Browser: browserOf(ctx, one.From.Agent), Address: one.From.Address, Method: methodWord(ctx, one.Method),
			Since: i18n.DateTime(ctx, one.CreatedAt), Seen: i18n.DateTime(ctx, one.SeenAt),
		})
	}
	return render(c, fiber.StatusOK, account.Page(s))
}

func usedAt(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return i18n.T(ctx, "never")
	}
	return i18n.DateTime(ctx, t)
}

// methodWord says how a session was opened.
func methodWord(ctx context.Context, m staff.Method) string {
	switch m {
	case staff.ByPassword:
		return i18n.T(ctx, "password")
	case staff.BySecondStep:
		return i18n.T(ctx, "password and second step")
	case staff.ByPasskey:
		return i18n.T(ctx, "passkey")
	case staff.BySSO:
		return i18n.T(ctx, "single sign-on")
	case staff.ByCode:
		return i18n.T(ctx, "setup code")
	case staff.ByDemo:
		return i18n.T(ctx, "demo")
	}
	return string(m)
}

// browserOf says in a word or two what a User-Agent is; the whole of it helps nobody.
func browserOf(ctx context.Context, agent string) string {
	for _, known := range []struct{ mark, name string }{
		{"Edg/", "Edge"}, {"Firefox/", "Firefox"}, {"OPR/", "Opera"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	} {
		if !strings.Contains(agent, known.mark) {
			continue
		}
		for _, system := range []string{"Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"} {
			if strings.Contains(agent, system) {
				return i18n.T(ctx, "%s on %s", known.name, system)
			}
		}
		return known.name
	}
	return i18n.T(ctx, "Another browser")
}

func (p *portal) beginTOTP(c *fiber.Ctx) error {
	begun, err := p.Account.BeginTOTP(c.UserContext(), who(c))
	if err != nil {
		return err
	}
	return p.totpPage(c, fiber.StatusOK, begun, "")
}

// totpPage shows the key of an app that is being set up, as a QR code and for typing.
func (p *portal) totpPage(c *fiber.Ctx, status int, n staff.NewTOTP, problem string) error {
	code, err := qr.Encode(n.URL.Reveal(), qr.M)
	if err != nil {
		return err
	}
	s := account.TOTP{Page: p.page(c, i18n.T(c.UserContext(), "Authenticator app")), Step: n.Step.Reveal(), Key: inFours(n.Key.Reveal()), QR: "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(code.SVG()), Error: i18n.Reason(c.UserContext(), problem)}
	s.Page.Here, s.Page.Narrow = "/account", true
	return render(c, status, account.TOTPPage(s))
}

// inFours writes a key in groups of four, for typing.
func inFours(key string) string {
	const group = 4
	var out []string
	for ; len(key) > group; key = key[group:] {
		out = append(out, key[:group])
	}
	return strings.Join(append(out, key), " ")
}

func (p *portal) confirmTOTP(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	codes, err := p.Account.ConfirmTOTP(c.UserContext(), who(c), form["step"], form["code"])
	if refusal := new(staff.Error); errors.As(err, &refusal) {
		pending, pendingErr := p.Account.PendingTOTP(c.UserContext(), who(c), form["step"])
		if pendingErr != nil { // it is over
			return pendingErr
		}
		return p.totpPage(c, fiber.StatusUnprocessableEntity, pending, refusal.Reason)
	}
	if err != nil {
		return err
	}
	if len(codes) == 0 {
		return c.Redirect("/account", fiber.StatusSeeOther)
	}
	return p.codesPage(c, codes)
}

func (p *portal) removeTOTP(c *fiber.Ctx) error {
	if err := p.Account.RemoveTOTP(c.UserContext(), who(c)); err != nil {
		return err
	}
	return c.Redirect("/account", fiber.StatusSeeOther)
}

func (p *portal) newRecoveryCodes(c *fiber.Ctx) error {
	codes, err := p.Account.NewRecoveryCodes(c.UserContext(), who(c))
	if err != nil {
		return err
	}
	return p.codesPage(c, codes)
}

// codesPage shows recovery codes, this once.
func (p *portal) codesPage(c *fiber.Ctx, codes []secret.Text) error {
	s := account.Codes{Page: p.page(c, i18n.T(c.UserContext(), "Recovery codes"))}
	s.Page.Here, s.Page.Narrow = "/account", true
	for _, one := range codes {
		s.Codes = append(s.Codes, one.Reveal())
	}
	return render(c, fiber.StatusOK, account.CodesPage(s))
}

// endSessions ends one session, or all but this one. Ending is always allowed: it takes nothing from whom the account belongs to.
func (p *portal) endSessions(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if err := p.Account.EndSessions(c.UserContext(), who(c), staff.SessionID(form["session"]), session(c).ID); err != nil {
		return err
	}
	return c.Redirect("/account", fiber.StatusSeeOther)
}
