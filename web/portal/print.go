package portal

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/qr"
	"counterfoil/views/offers"
)

// hideAfter is how long a browser without scripts shows the code of a slip, in seconds. One with scripts does the same by itself.
const hideAfter = 60

// showSlip shows the slip without its code.
func (p *portal) showSlip(c *fiber.Ctx) error {
	slip, err := p.slip(c)
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, offers.SlipPage(slip))
}

// revealSlip reveals the transaction code on paper, and on the record like revealCode. Its page has the address of the one that hides the
// code again.
func (p *portal) revealSlip(c *fiber.Ctx) error {
	slip, err := p.slip(c)
	if err != nil {
		return err
	}
	code, err := p.Offers.RevealTxCode(c.UserContext(), id(c), issuance.Actor{Name: who(c).Display})
	if err != nil {
		return err
	}
	slip.Code.Revealed = grouped(code.Reveal())
	slip.Page.Refresh = hideAfter
	return render(c, fiber.StatusOK, offers.SlipPage(slip))
}

// slip is NotFound where the offer has no transaction code.
func (p *portal) slip(c *fiber.Ctx) (offers.Slip, error) {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return offers.Slip{}, err
	}
	if o.TxCode == nil {
		return offers.Slip{}, issuance.Refuse(issuance.NotFound, "no_tx_code", "the offer has no transaction code")
	}
	return offers.Slip{Paper: p.paper(c, o, "Print the code"), Code: codeView(o, who(c))}, nil
}

// showHandout shows the way to the offer, for paper: the address of its landing page, which holds no code and no claim.
func (p *portal) showHandout(c *fiber.Ctx) error {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, offers.HandoutPage(offers.Handout{
		Paper: p.paper(c, o, "Print the hand-out"), QR: "/offers/" + string(o.ID) + "/handout.svg", TxCode: o.TxCode != nil,
	}))
}

// handoutQR draws the address of the landing page, with more repair than on a screen: paper gets folds and stains.
func (p *portal) handoutQR(c *fiber.Ctx) error {
	return p.offerQR(c, qr.Q, func(o issuance.Offer) string { return p.URLs.Landing(o.ID) })
}

// paper is what both printed pages say.
func (p *portal) paper(c *fiber.Ctx, o issuance.Offer, title string) offers.Paper {
	paper := offers.Paper{Page: p.page(c, title), ID: string(o.ID), Issuer: p.Brand.Name, Credential: p.typeName(o.Type)}
	if o.Status.Fetchable() {
		paper.Until = until(o.ExpiresAt)
	}
	return paper
}

// until writes a deadline for paper, which is read on another day: with the date.
func until(t time.Time) string { return t.Local().Format("15:04, 2 January 2006") }
