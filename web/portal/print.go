package portal

import (
	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/qr"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
)

// hideAfter is how long a browser without scripts shows the code of a slip, in seconds. One with scripts does the same by itself.
const hideAfter = 60

// showSlip shows the slip without its code.
func (p *portal) showSlip(c *fiber.Ctx) error {
	slip, err := p.slip(c, c.Query("language"))
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, offers.SlipPage(slip))
}

// revealSlip reveals the transaction code on paper, and on the record like revealCode. Its page has the address of the one that hides the
// code again.
func (p *portal) revealSlip(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	slip, err := p.slip(c, form["language"])
	if err != nil {
		return err
	}
	code, err := p.Offers.RevealTxCode(c.UserContext(), id(c), actor(c))
	if err != nil {
		return err
	}
	slip.Code.Revealed = grouped(code.Reveal())
	slip.Page.Refresh = hideAfter
	return render(c, fiber.StatusOK, offers.SlipPage(slip))
}

// slip is NotFound where the offer has no transaction code.
func (p *portal) slip(c *fiber.Ctx, language string) (offers.Slip, error) {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return offers.Slip{}, err
	}
	if o.TxCode == nil {
		return offers.Slip{}, issuance.Refuse(issuance.NotFound, "no_tx_code", "the offer has no transaction code")
	}
	paper, err := p.paper(c, o, i18n.T(c.UserContext(), "Print the code"), language)
	if err != nil {
		return offers.Slip{}, err
	}
	return offers.Slip{Paper: paper, Code: codeView(o, issuance.Timeline{}, who(c))}, nil
}

// showHandout shows the way to the offer, for paper: the address of its landing page, which holds no code and no claim.
func (p *portal) showHandout(c *fiber.Ctx) error {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return err
	}
	paper, err := p.paper(c, o, i18n.T(c.UserContext(), "Print the hand-out"), c.Query("language"))
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, offers.HandoutPage(offers.Handout{Paper: paper, QR: offerPath(o.ID) + "/handout.svg", TxCode: o.TxCode != nil}))
}

// handoutQR draws the address of the landing page, with more repair than on a screen: paper gets folds and stains.
func (p *portal) handoutQR(c *fiber.Ctx) error {
	return p.offerQR(c, qr.Q, func(o issuance.Offer) string { return p.URLs.Landing(o.ID) })
}

// paper is what both printed pages say: the page in the clerk's language, the sheet in the one that was asked for.
func (p *portal) paper(c *fiber.Ctx, o issuance.Offer, title, asked string) (offers.Paper, error) {
	language, err := customerLanguage(c, asked)
	if err != nil {
		return offers.Paper{}, err
	}
	ctx := i18n.With(c.UserContext(), language)
	paper := offers.Paper{Page: p.page(c, title), ID: string(o.ID), Issuer: p.Brand.Name, Credential: p.named(ctx, o.Type), Language: language}
	for _, l := range i18n.Customer() {
		paper.Languages = append(paper.Languages, offers.Option{Value: l.Tag, Label: l.Name, Selected: l.Tag == language})
	}
	if o.Status.Fetchable() {
		paper.Until = i18n.DateTime(ctx, o.ExpiresAt) // with the date: paper is read on another day
	}
	return paper, nil
}
