package portal

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/qr"
	"counterfoil/internal/staff"
	"counterfoil/views/offers"
)

// refresh is how often a browser without scripts loads the counter screen, in seconds.
const refresh = 5

func id(c *fiber.Ctx) issuance.OfferID { return issuance.OfferID(c.Params("offer")) }

func (p *portal) showOffer(c *fiber.Ctx) error { return p.counter(c, "") }

// counter shows the counter screen, with the transaction code when it was just revealed.
func (p *portal) counter(c *fiber.Ctx, code string) error {
	o, live, err := p.live(c)
	if err != nil {
		return err
	}
	if err := p.present(c, o); err != nil {
		return err
	}
	if live.Display, err = p.displayPart(c, o.ID); err != nil {
		return err
	}
	show := offers.Counter{Page: p.page(c, p.typeName(o.Type)), ID: string(o.ID), Type: p.typeName(o.Type), Reference: o.Reference, Live: live}
	if code != "" {
		show.Live.Code.Revealed = grouped(code)
		show.Live.Code.Keep = false
	} else if !live.Ended {
		show.Page.Refresh = refresh
	}
	return render(c, fiber.StatusOK, offers.CounterPage(show))
}

// showLive is the part of the counter screen that moves.
func (p *portal) showLive(c *fiber.Ctx) error {
	o, live, err := p.live(c)
	if err != nil {
		return err
	}
	if live.Display, err = p.displayPart(c, o.ID); err != nil {
		return err
	}
	live.Code.Keep = true
	if live.Ended {
		c.Set("HX-Retarget", "#stream")
		c.Set("HX-Reswap", "outerHTML")
		return render(c, fiber.StatusOK, offers.EndedPart(live))
	}
	return render(c, fiber.StatusOK, offers.LivePart(live))
}

func (p *portal) live(c *fiber.Ctx) (issuance.Offer, offers.Live, error) {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return issuance.Offer{}, offers.Live{}, err
	}
	t, err := p.Record.Timeline(c.UserContext(), o.ID)
	if err != nil {
		return issuance.Offer{}, offers.Live{}, err
	}
	now := p.Clock()
	live := offers.Live{
		ID: string(o.ID), Open: o.Status.Fetchable(), QR: "/offers/" + string(o.ID) + "/qr.svg", URI: p.URLs.OfferURI(o.Scheme, o.ID),
		MayAct: who(c).May(staff.CancelOffers),
	}
	live.Left, live.LeftText = left(o, now)
	if p.DemoWallet != nil {
		live.DemoWallet = "/demo/wallet?offer=" + url.QueryEscape(live.URI)
	}
	live.Code = codeView(o, who(c))
	p.tell(&live, o, t, now)
	return o, live, nil
}

// left is the time until an offer expires: in seconds, and as m:ss.
func left(o issuance.Offer, now time.Time) (seconds int, text string) {
	seconds = max(0, int(o.ExpiresAt.Sub(now).Seconds()))
	return seconds, fmt.Sprintf("%d:%02d", seconds/60, seconds%60) // seconds of a minute
}

func codeView(o issuance.Offer, person staff.Person) offers.Code {
	code := offers.Code{ID: string(o.ID)}
	if o.TxCode != nil && person.May(staff.RevealCodes) {
		code.Asked, code.Length = true, o.TxCode.Length
	}
	return code
}

// qr draws the QR code. Its content is no secret to who may see the offer.
func (p *portal) qr(c *fiber.Ctx) error {
	return p.offerQR(c, qr.M, func(o issuance.Offer) string { return p.URLs.OfferURI(o.Scheme, o.ID) })
}

// offerQR draws something about an offer that can still be collected.
func (p *portal) offerQR(c *fiber.Ctx, level qr.Level, content func(issuance.Offer) string) error {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return err
	}
	if !o.Status.Fetchable() {
		return issuance.Refuse(issuance.Expired, "offer_gone", "the offer has ended")
	}
	return drawQR(c, content(o), level)
}

// drawQR answers with a QR code.
func drawQR(c *fiber.Ctx, content string, level qr.Level) error {
	code, err := qr.Encode(content, level)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/svg+xml")
	c.Set(fiber.HeaderCacheControl, "private, max-age=300")
	return c.Send(code.SVG())
}

// revealCode shows the transaction code: as a fragment, or as the whole page to a browser without scripts. It is never in an address.
func (p *portal) revealCode(c *fiber.Ctx) error {
	code, err := p.Offers.RevealTxCode(c.UserContext(), id(c), issuance.Actor{Name: who(c).Display})
	if err != nil {
		return err
	}
	if c.Get("HX-Request") != "true" {
		return p.counter(c, code.Reveal())
	}
	return render(c, fiber.StatusOK, offers.CodePart(offers.Code{ID: c.Params("offer"), Asked: true, Revealed: grouped(code.Reveal())}))
}

func (p *portal) hideCode(c *fiber.Ctx) error {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, offers.CodePart(codeView(o, who(c))))
}

func (p *portal) cancelOffer(c *fiber.Ctx) error {
	if _, err := p.Offers.CancelOffer(c.UserContext(), id(c), issuance.Actor{Name: who(c).Display}); err != nil {
		return err
	}
	return c.Redirect("/offers/"+c.Params("offer"), fiber.StatusSeeOther)
}

// grouped writes a code in groups of three or four, easier to say and to read.
func grouped(code string) string {
	const three, four = 3, 4
	size := three
	if len(code)%three != 0 && len(code)%four == 0 {
		size = four
	}
	var groups []string
	for len(code) > size {
		groups, code = append(groups, code[:size]), code[size:]
	}
	return strings.Join(append(groups, code), " ")
}

// at writes a time for a step: for people, and exactly.
func at(t time.Time) (text, exact string) {
	return t.Local().Format("15:04:05"), t.UTC().Format(time.RFC3339)
}
