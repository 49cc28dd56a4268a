package portal

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/qr"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/views/display"
	"counterfoil/views/i18n"
	"counterfoil/views/layout"
)

const (
	// newDisplaysPerMinute bounds displays that one address may bring along.
	newDisplaysPerMinute = 20
	// doneFor and troubleFor are how long the end of an offer stays on a display.
	doneFor    = 15 * time.Second
	troubleFor = time.Minute
	// faceEvery is how often a stream looks whether a display has something else to show.
	faceEvery = time.Second
)

// displayCookie names the cookie with a display's token: see cookieName.
func (p *portal) displayCookie() string { return p.cookieName() + "-display" }

func (p *portal) displayToken(c *fiber.Ctx) string { return oneCookie(c, p.displayCookie()) }

// showDisplay is the page of a customer display. A browser that is none yet becomes one.
func (p *portal) showDisplay(c *fiber.Ctx) error {
	token := p.displayToken(c)
	d, err := p.Displays.Look(c.UserContext(), token)
	if staff.KindOf(err) == staff.NotFound {
		if !p.newDisplays.Count(c) {
			return fiber.ErrTooManyRequests
		}
		added, err := p.Displays.Add(c.UserContext())
		if err != nil {
			return err
		}
		token = added.Reveal()
		if d, err = p.Displays.Look(c.UserContext(), token); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	speakTo(c, d)
	live, err := p.shown(c.UserContext(), d)
	if err != nil {
		return err
	}
	// A tablet that starts again is still the same display.
	c.Cookie(&fiber.Cookie{
		Name: p.displayCookie(), Value: token, Path: "/", HTTPOnly: true, Secure: p.Secure, SameSite: fiber.CookieSameSiteLaxMode,
		MaxAge: int(staff.PairingLimit.Seconds()),
	})
	page := layout.Page{Title: p.Brand.Name, Brand: p.brand(), Demo: len(p.DemoStaff) > 0, Refresh: refresh}
	return render(c, fiber.StatusOK, display.Page(display.Show{Page: page, Paired: d.PairedAt(p.Clock()), Live: live}))
}

// showFace is the part of the display that moves. When the display was paired or unpaired, the page has to be another one.
func (p *portal) showFace(c *fiber.Ctx) error {
	d, err := p.Displays.Look(c.UserContext(), p.displayToken(c))
	gone := staff.KindOf(err) == staff.NotFound
	if err != nil && !gone {
		return err
	}
	if gone || d.PairedAt(p.Clock()) != (c.Query("paired") == "yes") {
		c.Set("HX-Refresh", "true")
		return c.SendStatus(fiber.StatusNoContent)
	}
	speakTo(c, d)
	live, err := p.shown(c.UserContext(), d)
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, display.LivePart(live))
}

// displayQR draws the QR code of the offer that the display shows, and of no other.
func (p *portal) displayQR(c *fiber.Ctx) error {
	d, err := p.Displays.Glance(c.UserContext(), p.displayToken(c))
	if staff.KindOf(err) == staff.NotFound || err == nil && d.Offer != c.Params("offer") {
		return fiber.ErrNotFound
	}
	if err != nil {
		return err
	}
	f, o, err := p.face(c.UserContext(), d)
	if err != nil {
		return err
	}
	if f.phase != scan {
		return fiber.ErrNotFound
	}
	return drawQR(c, p.URLs.OfferURI(o.Scheme, o.ID), qr.M)
}

// displayStream sends a tick whenever the display has something else to show. Only a paired display has one: streams are few, and whoever
// opens the page needs no leave.
func (p *portal) displayStream(c *fiber.Ctx) error {
	token := p.displayToken(c)
	paired := func(ctx context.Context) (bool, error) {
		d, err := p.Displays.Glance(ctx, token)
		if staff.KindOf(err) == staff.NotFound {
			return false, nil
		}
		return d.PairedAt(p.Clock()), err
	}
	welcome, err := paired(c.UserContext())
	if err != nil {
		return err
	}
	if !welcome {
		return fiber.ErrNotFound
	}
	look := func(ctx context.Context) (any, error) { return p.faceOf(ctx, token) }
	v := view{viewer: "display " + token, browser: token, look: look, every: faceEvery, welcome: paired}
	return p.ticks(c, v, func() (<-chan struct{}, func()) { return nil, func() {} })
}

// faceOf looks at what a display shows and notes that it is there. That changes not only with the offer but also with time, with the session
// of whoever shows it, and at other processes.
func (p *portal) faceOf(ctx context.Context, token string) (face, error) {
	d, err := p.Displays.Look(ctx, token)
	if staff.KindOf(err) == staff.NotFound {
		return face{}, nil
	}
	if err != nil {
		return face{}, err
	}
	f, _, err := p.face(ctx, d)
	return f, err
}

// phase is what a paired display is about.
type phase int

const (
	idle phase = iota
	scan
	connected
	creating
	done
	askStaff
)

// face is what a display shows, as far as it tells when to draw it anew.
type face struct {
	paired bool
	offer  string
	phase  phase
	// version tells apart what was cleared and shown again between two looks.
	version int
}

// face decides what a display shows. The end of an offer stays for a while, then the display is idle again by itself.
func (p *portal) face(ctx context.Context, d staff.Display) (face, issuance.Offer, error) {
	f := face{paired: d.PairedAt(p.Clock()), version: d.Version}
	if d.Offer == "" {
		return f, issuance.Offer{}, nil
	}
	o, err := p.Record.Offer(ctx, issuance.OfferID(d.Offer))
	if err != nil {
		return face{}, issuance.Offer{}, err
	}
	f.offer = d.Offer
	switch o.Status {
	case issuance.StatusPending:
	case issuance.StatusReady:
		f.phase = scan
	case issuance.StatusRetrieved:
		f.phase = connected
	case issuance.StatusRedeemed:
		f.phase = creating
	case issuance.StatusIssued, issuance.StatusConfirmed, issuance.StatusCancelled, issuance.StatusExpired, issuance.StatusFailed:
		t, err := p.Record.Timeline(ctx, o.ID)
		if err != nil {
			return face{}, issuance.Offer{}, err
		}
		f.phase = ending(o, t, p.Clock())
	}
	return f, o, nil
}

// ending is done or askStaff, and idle when that has been shown for long enough.
func ending(o issuance.Offer, t issuance.Timeline, now time.Time) phase {
	kind, at := issuance.OfferExpired, o.ExpiresAt // unless something else is on the record
	good := []issuance.EventKind{issuance.CredentialIssued, issuance.WalletConfirmed}
	bad := []issuance.EventKind{issuance.WalletFailed, issuance.WalletDeleted, issuance.OfferCancelled, issuance.OfferFailed, issuance.OfferExpired}
	for _, e := range t.Events {
		if slices.Contains(good, e.Kind) || slices.Contains(bad, e.Kind) {
			kind, at = e.Kind, e.At
		}
	}
	switch {
	case slices.Contains(good, kind) && now.Sub(at) < doneFor:
		return done
	case slices.Contains(bad, kind) && now.Sub(at) < troubleFor:
		return askStaff
	}
	return idle
}

// speakTo says the rest of the answer in the language that was chosen for the customers of a display, if one was.
func speakTo(c *fiber.Ctx, d staff.Display) {
	if d.Language != "" {
		c.Set(fiber.HeaderContentLanguage, d.Language)
		c.SetUserContext(i18n.With(c.UserContext(), d.Language))
	}
}

// shown maps what a display shows to its view model: never a claim or who works here, and the transaction code only where the policy of the
// type says so.
func (p *portal) shown(ctx context.Context, d staff.Display) (display.Live, error) {
	f, o, err := p.face(ctx, d)
	if err != nil {
		return display.Live{}, err
	}
	if !f.paired {
		return display.Live{Code: grouped(d.Code)}, nil
	}
	if f.phase == scan {
		code, err := qr.Encode(p.URLs.OfferURI(o.Scheme, o.ID), qr.M)
		if err != nil {
			return display.Live{}, err
		}
		live := display.Live{
			QR: "/display/" + string(o.ID) + "/qr.svg", Modules: code.Modules(),
			Steps: []string{i18n.T(ctx, "Open your wallet"), i18n.T(ctx, "Scan this code"), i18n.T(ctx, "Agree in the wallet")},
		}
		if o.TxCode != nil {
			live.Steps[2] = i18n.T(ctx, "Enter the code you are given")
		}
		live.Left, live.LeftText = left(o, p.Clock())
		return live, nil
	}
	live := display.Live{Message: message(ctx, f.phase, o)}
	if f.phase == connected {
		code, err := p.Offers.DisplayTxCode(ctx, o)
		if err != nil {
			return display.Live{}, err
		}
		if !code.IsZero() {
			live.Message.Text, live.Message.Code = i18n.T(ctx, "Enter this code in your wallet, and only there."), grouped(code.Reveal())
		}
	}
	return live, nil
}

func message(ctx context.Context, f phase, o issuance.Offer) display.Message {
	switch f {
	case connected:
		m := display.Message{Sign: "✓", Title: i18n.T(ctx, "Phone connected"), Text: i18n.T(ctx, "Go on in your wallet.")}
		if o.TxCode != nil {
			m.Text = enter(ctx, *o.TxCode)
		}
		return m
	case creating:
		return display.Message{Sign: "•••", Title: i18n.T(ctx, "One moment"), Text: i18n.T(ctx, "Your credential is being made. Leave your wallet open."), Tone: "now"}
	case done:
		return display.Message{Sign: "✓", Title: i18n.T(ctx, "All done"), Text: i18n.T(ctx, "You will find it in your wallet.")}
	case askStaff:
		return display.Message{Sign: "!", Title: i18n.T(ctx, "Please ask the staff"), Text: i18n.T(ctx, "They will help you."), Tone: "bad"}
	case idle, scan:
	}
	return display.Message{Title: i18n.T(ctx, "Welcome")}
}

// enter asks for the transaction code.
func enter(ctx context.Context, t issuance.TxCode) string {
	if t.InputMode == secret.TextMode {
		return i18n.T(ctx, "Enter the code of %d characters that you were given.", t.Length)
	}
	return i18n.T(ctx, "Enter the %d-digit code you were given.", t.Length)
}
