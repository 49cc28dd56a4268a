package portal

import (
	"cmp"
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/views/display"
	"counterfoil/views/i18n"
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

func (p *portal) showPair(c *fiber.Ctx) error {
	return p.pairPage(c, fiber.StatusOK, display.Pair{})
}

// pairPage shows the page with what was typed and what is wrong with it, if anything is.
func (p *portal) pairPage(c *fiber.Ctx, status int, show display.Pair) error {
	ctx := c.UserContext()
	d, err := p.Displays.Of(ctx, who(c).ID)
	if err != nil {
		return err
	}
	chosen := cmp.Or(show.Language, d.Language, i18n.Tag(ctx))
	for _, l := range i18n.Customer() {
		show.Languages = append(show.Languages, display.Language{Tag: l.Tag, Name: l.Name, Chosen: l.Tag == chosen})
	}
	show.Page, show.Address, show.Status = p.page(c, i18n.T(ctx, "Customer display")), cmp.Or(p.Address, c.BaseURL())+"/display", p.displayBadge(ctx, d)
	show.Page.Narrow = true
	return render(c, status, display.PairPage(show))
}

// displayBadge says how a display fares; nothing when there is none.
func (p *portal) displayBadge(ctx context.Context, d staff.Display) ui.Status {
	switch now := p.Clock(); {
	case !d.PairedAt(now):
		return ui.Status{}
	case d.ConnectedAt(now):
		return ui.Status{Word: i18n.T(ctx, "Customer display: connected"), Tone: ui.Good}
	}
	return ui.Status{Word: i18n.T(ctx, "Customer display disconnected"), Tone: ui.Bad, Guide: help("display-lost")}
}

func (p *portal) pair(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	language, err := customerLanguage(c, form["language"])
	if err != nil {
		return err
	}
	err = p.Displays.Pair(c.UserContext(), who(c).ID, form["code"], language)
	var refusal *staff.Error
	if errors.As(err, &refusal) {
		wrong := display.Pair{Code: form["code"], Language: language, Error: i18n.Reason(c.UserContext(), refusal.Reason), Guide: reasonGuide(refusal.Reason, "pairing-code")}
		return p.pairPage(c, fiber.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/display/pair", fiber.StatusSeeOther)
}

// customerLanguage is a language that was chosen for customers to read, or that of the page when none was; Invalid for one that there is not.
func customerLanguage(c *fiber.Ctx, asked string) (string, error) {
	if asked == "" {
		return i18n.Tag(c.UserContext()), nil
	}
	for _, l := range append(i18n.Customer(), i18n.Language{Tag: i18n.Pseudo}) {
		if l.Tag == asked {
			return l.Tag, nil
		}
	}
	return "", issuance.Refuse(issuance.Invalid, "language_unknown", "Choose one of the languages.")
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
		May: true, Offer: string(offer), Status: p.displayBadge(c.UserContext(), d), Connected: d.ConnectedAt(p.Clock()), Shows: d.Offer == string(offer),
	}, nil
}
