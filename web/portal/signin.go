package portal

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/secret"
	"counterfoil/internal/signin"
	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
	signinview "counterfoil/views/signin"
	"counterfoil/web/surface"
)

// SSOBack is where an OpenID Provider sends people back to.
const SSOBack = "/sign-in/sso/back"

// SSOLogout is where an OpenID Provider says that somebody signed out there.
const SSOLogout = "/sign-in/sso/logout"

// Staff is who may use the portal, and how they sign in.
type Staff interface {
	SignIn(ctx context.Context, name, password string, from staff.From) (staff.SignedIn, error)
	SignInAs(ctx context.Context, name string, from staff.From) (staff.SignedIn, error)
	SecondFactors(ctx context.Context, step string) (staff.Factors, error)
	Second(ctx context.Context, step, code string, from staff.From) (staff.SignedIn, error)
	Session(ctx context.Context, token string) (staff.Person, staff.Session, error)
	Glance(ctx context.Context, token string) (staff.Person, staff.Session, error)
	ListPeople(ctx context.Context) ([]staff.Person, error)
	SignOut(ctx context.Context, token string, from staff.From) error
	Rules
}

// Rules is what holds of everybody who comes in.
type Rules interface {
	MustEnrol(ctx context.Context, n staff.Session) (bool, error)
	SetUpAccess(ctx context.Context, name, code, password string, from staff.From) (staff.SignedIn, error)
}

// SSO is single sign-on.
type SSO interface {
	Begin(ctx context.Context, next string) (url string, step secret.Text, err error)
	Finish(ctx context.Context, state, iss, code string, from staff.From) (staff.SignedIn, string, error)
	Logout(ctx context.Context, token string) error
}

func (p *portal) mountSignIn(app *fiber.App) {
	few := surface.Limit(signInsPerMinute, p.Clock)
	app.Get("/sign-in", p.showSignIn)
	app.Post("/sign-in", few, p.signIn)
	app.Get("/sign-in/second", p.showSecond)
	app.Post("/sign-in/second", few, p.second)
	app.Get("/sign-in/setup", p.showSetup)
	app.Post("/sign-in/setup", few, p.setUp)
	app.Post("/language", few, p.chooseLanguage)
	app.Post("/sign-in/passkey/begin", few, p.beginPasskey)
	app.Post("/sign-in/passkey", few, p.passkey)
	// A link and no form: browsers hold forms to this origin, also where they are sent on to.
	app.Get("/sign-in/sso", few, p.beginSSO)
	app.Get(SSOBack, few, p.endSSO)
	app.Post("/sign-out", p.signOut)
}

// stepCookie names what the browser holds between two halves of a sign-in.
func (p *portal) stepCookie() string { return p.cookieName() + "-step" }

func (p *portal) setCookie(c *fiber.Ctx, name, value string) {
	cookie := &fiber.Cookie{Name: name, Value: value, Path: "/", HTTPOnly: true, Secure: p.Secure, SameSite: fiber.CookieSameSiteLaxMode}
	if value == "" {
		cookie.Expires = time.Unix(1, 0)
	}
	c.Cookie(cookie)
}

// from is what a person can recognise a sign-in by.
func from(c *fiber.Ctx) staff.From {
	return staff.From{Agent: c.Get(fiber.HeaderUserAgent), Address: surface.Address(c).String()}
}

// enter ends a sign-in: with the session, or at the page that asks for the second proof.
func (p *portal) enter(c *fiber.Ctx, in staff.SignedIn, next string) error {
	if !in.Step.IsZero() {
		p.setCookie(c, p.stepCookie(), in.Step.Reveal())
		return c.Redirect("/sign-in/second?next="+url.QueryEscape(next), fiber.StatusSeeOther)
	}
	p.endStep(c)
	p.setCookie(c, p.cookieName(), in.Token.Reveal())
	return c.Redirect(next, fiber.StatusSeeOther)
}

// endStep takes back what the browser held between two halves.
func (p *portal) endStep(c *fiber.Ctx) {
	if c.Cookies(p.stepCookie()) != "" {
		p.setCookie(c, p.stepCookie(), "")
	}
}

func (p *portal) showSignIn(c *fiber.Ctx) error {
	return render(c, fiber.StatusOK, signinview.Page(p.signInPage(c, safeNext(c.Query("next")), "", said{})))
}

func (p *portal) signInPage(c *fiber.Ctx, next, name string, problem said) signinview.Show {
	s := signinview.Show{Page: p.page(c, i18n.T(c.UserContext(), "Sign in")), Next: next, Name: name, Error: problem.text, Help: problem.guide, Languages: languages(c), Passkeys: p.Passkeys != nil, SSO: p.SSO != nil}
	s.Page.Narrow = true
	for _, d := range p.DemoStaff {
		s.People = append(s.People, signinview.Person{Name: d.Name, Display: d.Display, Role: roleWord(c.UserContext(), staff.Role(d.Role))})
	}
	return s
}

func (p *portal) signIn(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	next := safeNext(form["next"])
	var in staff.SignedIn
	if as := form["as"]; as != "" && p.isDemo(as) {
		in, err = p.Staff.SignInAs(c.UserContext(), as, from(c))
	} else {
		in, err = p.Staff.SignIn(c.UserContext(), form["name"], form["password"], from(c))
	}
	if refusal := new(staff.Error); errors.As(err, &refusal) {
		return p.signInAgain(c, next, form["name"], notIn(c, refusal, "signed-out"))
	}
	if err != nil {
		return err
	}
	return p.enter(c, in, next)
}

func (p *portal) signInAgain(c *fiber.Ctx, next, name string, why said) error {
	return render(c, fiber.StatusUnprocessableEntity, signinview.Page(p.signInPage(c, next, name, why)))
}

// notIn says why somebody was not let in; the other paragraph is for a reason that has none of its own.
func notIn(c *fiber.Ctx, refusal *staff.Error, otherwise string) said {
	return said{i18n.Reason(c.UserContext(), refusal.Reason), reasonGuide(refusal.Reason, otherwise)}
}

func (p *portal) isDemo(name string) bool {
	for _, d := range p.DemoStaff {
		if d.Name == name {
			return true
		}
	}
	return false
}

func (p *portal) showSecond(c *fiber.Ctx) error {
	return p.secondPage(c, fiber.StatusOK, safeNext(c.Query("next")), said{})
}

// secondPage asks for the second proof; whoever has begun nothing begins at the beginning.
func (p *portal) secondPage(c *fiber.Ctx, status int, next string, problem said) error {
	f, err := p.Staff.SecondFactors(c.UserContext(), c.Cookies(p.stepCookie()))
	if refusal := new(staff.Error); errors.As(err, &refusal) {
		return p.signInAgain(c, next, "", notIn(c, refusal, "signed-out"))
	}
	if err != nil {
		return err
	}
	s := signinview.Second{Page: p.page(c, i18n.T(c.UserContext(), "Second step")), Next: next, Error: problem.text, Help: problem.guide, TOTP: f.TOTP, Passkeys: p.Passkeys != nil && f.Passkeys > 0}
	s.Page.Narrow = true
	return render(c, status, signinview.SecondPage(s))
}

func (p *portal) second(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	next := safeNext(form["next"])
	in, err := p.Staff.Second(c.UserContext(), c.Cookies(p.stepCookie()), form["code"], from(c))
	if refusal := new(staff.Error); errors.As(err, &refusal) {
		return p.secondPage(c, fiber.StatusUnprocessableEntity, next, notIn(c, refusal, "second-step"))
	}
	if err != nil {
		return err
	}
	return p.enter(c, in, next)
}

// beginSSO sends the browser to the provider.
func (p *portal) beginSSO(c *fiber.Ctx) error {
	if p.SSO == nil {
		return fiber.ErrNotFound
	}
	next := safeNext(c.Query("next"))
	at, step, err := p.SSO.Begin(c.UserContext(), next)
	if errors.Is(err, signin.ErrAway) {
		return p.away(c, next, err)
	}
	if err != nil {
		return err
	}
	p.setCookie(c, p.stepCookie(), step.Reveal())
	return c.Redirect(at, fiber.StatusSeeOther)
}

func (p *portal) away(c *fiber.Ctx, next string, err error) error {
	p.Log.Error("identity provider", "error", err.Error(), "request_id", surface.RequestID(c))
	return render(c, fiber.StatusServiceUnavailable, signinview.Page(p.signInPage(c, next, "", said{i18n.T(c.UserContext(), "The identity provider cannot be reached just now. Try again in a moment."), help("provider-away")})))
}

// endSSO is where the provider sends the browser back to. The state must be the one that this very browser was given.
func (p *portal) endSSO(c *fiber.Ctx) error {
	if p.SSO == nil {
		return fiber.ErrNotFound
	}
	state, held := c.Query("state"), c.Cookies(p.stepCookie())
	if state == "" || !secret.ConstantTimeEqual([]byte(state), []byte(held)) {
		return p.signInAgain(c, "/", "", said{i18n.T(c.UserContext(), "That took too long, or was begun in another browser. Please begin again."), help("sign-in-over")})
	}
	if c.Query("error") != "" {
		return p.signInAgain(c, "/", "", said{i18n.T(c.UserContext(), "The identity provider did not let you in."), help("provider-refused")})
	}
	in, next, err := p.SSO.Finish(c.UserContext(), state, c.Query("iss"), c.Query("code"), from(c))
	var refusal *staff.Error
	switch {
	case errors.As(err, &refusal):
		return p.signInAgain(c, "/", "", notIn(c, refusal, "single-sign-on"))
	case errors.Is(err, signin.ErrAway):
		return p.away(c, "/", err)
	case err != nil:
		return err
	}
	return p.enter(c, in, safeNext(next))
}

// providerLogout ends sessions on the word of the provider (OpenID Connect Back-Channel Logout 1.0 §2.5 and §2.8).
func (p *portal) providerLogout(c *fiber.Ctx) error {
	if p.SSO == nil {
		return fiber.ErrNotFound
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}
	err = p.SSO.Logout(c.UserContext(), form["logout_token"])
	switch {
	case errors.Is(err, signin.ErrLogoutToken):
		p.Log.Info("identity provider", "error", err.Error(), "request_id", surface.RequestID(c))
		return told(c, fiber.StatusBadRequest, "error", "invalid_request")
	case errors.Is(err, signin.ErrAway):
		p.Log.Error("identity provider", "error", err.Error(), "request_id", surface.RequestID(c))
		return c.SendStatus(fiber.StatusServiceUnavailable)
	}
	return err
}

func (p *portal) signOut(c *fiber.Ctx) error {
	if err := p.Staff.SignOut(c.UserContext(), p.token(c), from(c)); err != nil {
		return err
	}
	p.setCookie(c, p.cookieName(), "")
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
