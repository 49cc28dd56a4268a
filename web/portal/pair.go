package portal

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/views/display"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
	"counterfoil/web/surface"
)

// pairingsPerMinute bounds pairing codes that are typed at one address, whoever types them.
const pairingsPerMinute = 30

func (p *portal) mountDisplay(app *fiber.App) {
	app.Get("/display", p.showDisplay)
	app.Get("/display/live", p.showFace)
	app.Get("/display/stream", p.displayStream)
	app.Get("/display/:offer/qr.svg", p.displayQR)
	app.Get("/display/pair", p.allow(staff.CreateOffers, p.showPair))
	app.Post("/display/pair", surface.Limit(pairingsPerMinute, p.Clock), p.allow(staff.CreateOffers, p.pair))
	app.Post("/display/unpair", p.allow(staff.CreateOffers, p.unpair))
	app.Post("/offers/:offer/hide", p.allow(staff.CreateOffers, p.hideOffer))
}

func (p *portal) showPair(c *fiber.Ctx) error { return p.pairPage(c, fiber.StatusOK, "", "") }

func (p *portal) pairPage(c *fiber.Ctx, status int, code, problem string) error {
	d, err := p.Displays.Of(c.UserContext(), who(c).ID)
	if err != nil {
		return err
	}
	show := display.Pair{Page: p.page(c, "Customer display"), Address: c.BaseURL() + "/display", Code: code, Error: problem, Status: p.displayBadge(d)}
	show.Page.Narrow = true
	return render(c, status, display.PairPage(show))
}

// displayBadge says how a display fares; nothing when there is none.
func (p *portal) displayBadge(d staff.Display) ui.Status {
	switch now := p.Clock(); {
	case !d.PairedAt(now):
		return ui.Status{}
	case d.ConnectedAt(now):
		return ui.Status{Word: "Customer display: connected", Tone: ui.Good}
	}
	return ui.Status{Word: "Customer display disconnected", Tone: ui.Bad}
}

func (p *portal) pair(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	err = p.Displays.Pair(c.UserContext(), who(c).ID, form["code"])
	var refusal *staff.Error
	if errors.As(err, &refusal) {
		return p.pairPage(c, fiber.StatusUnprocessableEntity, form["code"], refusal.Reason)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/display/pair", fiber.StatusSeeOther)
}

func (p *portal) unpair(c *fiber.Ctx) error {
	if err := p.Displays.Unpair(c.UserContext(), who(c).ID); err != nil {
		return err
	}
	return c.Redirect("/display/pair", fiber.StatusSeeOther)
}

// hideOffer clears the display. A browser without scripts leaves the counter screen, which would show the offer again when it loads anew.
func (p *portal) hideOffer(c *fiber.Ctx) error {
	if err := p.Displays.Show(c.UserContext(), who(c).ID, p.token(c), ""); err != nil {
		return err
	}
	if c.Get("HX-Request") != "true" {
		return c.Redirect("/", fiber.StatusSeeOther)
	}
	part, err := p.displayPart(c, id(c))
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, offers.DisplayPart(part))
}

// present shows the offer of a counter screen to the customer. One that has ended takes nobody else's off the display.
func (p *portal) present(c *fiber.Ctx, o issuance.Offer) error {
	if o.Status.Ended() || !who(c).May(staff.CreateOffers) {
		return nil
	}
	return p.Displays.Show(c.UserContext(), who(c).ID, p.token(c), string(o.ID))
}

// displayPart is how the customer display fares, on a counter screen.
func (p *portal) displayPart(c *fiber.Ctx, offer issuance.OfferID) (offers.Display, error) {
	if !who(c).May(staff.CreateOffers) {
		return offers.Display{}, nil
	}
	d, err := p.Displays.Of(c.UserContext(), who(c).ID)
	if err != nil {
		return offers.Display{}, err
	}
	return offers.Display{
		May: true, Offer: string(offer), Status: p.displayBadge(d), Connected: d.ConnectedAt(p.Clock()), Shows: d.Offer == string(offer),
	}, nil
}
