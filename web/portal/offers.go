package portal

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/qr"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
)

// refresh is how often a browser without scripts loads the counter screen, in seconds.
const refresh = 5

func id(c *fiber.Ctx) issuance.OfferID { return issuance.OfferID(c.Params("offer")) }

// stayQuery is on the address of who wants to stay at an offer that was delivered.
const stayQuery = "?stay=yes"

func stays(c *fiber.Ctx) bool { return c.Query("stay") == "yes" }

// holds tells whether a browser without scripts keeps its page as it is, so that what was unfolded stays so (WCAG 2.2, 2.2.2 Pause, Stop, Hide).
func holds(c *fiber.Ctx) bool { return c.Query("hold") == "yes" }

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
	name := p.named(c.UserContext(), o.Type)
	show := offers.Counter{Page: p.page(c, name), ID: string(o.ID), Type: name, Reference: o.Reference, Live: live}
	if o.Replaces != "" {
		show.Before = offerPath(o.Replaces)
	}
	if stays(c) {
		show.Query = stayQuery
	}
	if code != "" {
		show.Live.Code.Revealed = grouped(code)
		show.Live.Code.Keep = false
	} else if show.Held = holds(c); !live.Ended && !show.Held {
		show.Page.Refresh = refresh
	}
	return render(c, fiber.StatusOK, offers.CounterPage(show))
}

// named is the name of a type in the reader's language.
func (p *portal) named(ctx context.Context, id string) string {
	if t, known := p.Types.Type(id); known {
		return t.Named(i18n.Lang(ctx))
	}
	return id
}

func offerPath(id issuance.OfferID) string { return "/offers/" + string(id) }

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
	ctx, none := c.UserContext(), offers.Live{}
	o, err := p.Record.Offer(ctx, id(c))
	if err != nil {
		return issuance.Offer{}, none, err
	}
	t, err := p.Record.Timeline(ctx, o.ID)
	if err != nil {
		return issuance.Offer{}, none, err
	}
	after, err := p.after(ctx, o)
	if err != nil {
		return issuance.Offer{}, none, err
	}
	now, uri := p.Clock(), p.URLs.OfferURI(o.Scheme, o.ID)
	code, err := qr.Encode(uri, qr.M)
	if err != nil {
		return issuance.Offer{}, none, err
	}
	live := offers.Live{
		ID: string(o.ID), Open: o.Status.Fetchable(), Connected: o.Status == issuance.StatusRetrieved, QR: offerPath(o.ID) + "/qr.svg", Modules: code.Modules(), URI: uri,
		Waits: o.Status == issuance.StatusPending, Record: recordOf(o.ID),
		MayCorrect: mayCorrect(c, o, after),
		MayAct:     who(c).May(staff.CancelOffers), MayRepeat: who(c).May(staff.CreateOffers) && o.Repeatable(now) && after == "",
	}
	if after != "" {
		live.After = offerPath(after)
	}
	live.Left, live.LeftText = left(o, now)
	if p.DemoWallet != nil {
		live.DemoWallet = "/demo/wallet?offer=" + url.QueryEscape(live.URI)
	}
	live.Code = codeView(o, t, who(c))
	p.tell(ctx, &live, o, t, now)
	if stays(c) {
		live.Home = 0
	}
	return o, live, nil
}

// after is the offer that took the place of this one; empty when none did. While this one may still be collected, one that came to nothing
// does not count.
func (p *portal) after(ctx context.Context, o issuance.Offer) (issuance.OfferID, error) {
	if o.Status.Ended() {
		next, err := p.Repeats.Successor(ctx, o.ID)
		if issuance.KindOf(err) == issuance.NotFound {
			err = nil
		}
		return next, err
	}
	next, err := p.Corrections.Replacement(ctx, o.ID)
	if issuance.KindOf(err) == issuance.NotFound {
		err = nil
	}
	return next.ID, err
}

// left is the time until an offer expires: in seconds, and as m:ss.
func left(o issuance.Offer, now time.Time) (seconds int, text string) {
	seconds = max(0, int(o.ExpiresAt.Sub(now).Seconds()))
	return seconds, clockText(seconds)
}

// clockText writes seconds as m:ss.
func clockText(seconds int) string { return fmt.Sprintf("%d:%02d", seconds/60, seconds%60) } // seconds of a minute

func codeView(o issuance.Offer, t issuance.Timeline, person staff.Person) offers.Code {
	code := offers.Code{ID: string(o.ID), Number: 1 + count(t, issuance.CodeRenewed)}
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
	code, err := p.Offers.RevealTxCode(c.UserContext(), id(c), actor(c))
	if err != nil {
		return err
	}
	return p.showCode(c, code)
}

// renewCode puts another transaction code in the place of the one before and shows it likewise.
func (p *portal) renewCode(c *fiber.Ctx) error {
	code, err := p.Repeats.RenewTxCode(c.UserContext(), id(c), actor(c))
	if err != nil {
		return err
	}
	return p.showCode(c, code)
}

func (p *portal) showCode(c *fiber.Ctx, code secret.Text) error {
	if c.Get("HX-Request") != "true" {
		return p.counter(c, code.Reveal())
	}
	view, err := p.code(c)
	if err != nil {
		return err
	}
	view.Revealed = grouped(code.Reveal())
	return render(c, fiber.StatusOK, offers.CodePart(view))
}

func (p *portal) hideCode(c *fiber.Ctx) error {
	view, err := p.code(c)
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, offers.CodePart(view))
}

// code is the transaction code of the offer, hidden.
func (p *portal) code(c *fiber.Ctx) (offers.Code, error) {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return offers.Code{}, err
	}
	t, err := p.Record.Timeline(c.UserContext(), o.ID)
	return codeView(o, t, who(c)), err
}

// repeatOffer shows the offer again with the same data, as a new one. Of several who ask for it at once all come to the same.
func (p *portal) repeatOffer(c *fiber.Ctx) error {
	next, err := p.Repeats.RepeatOffer(c.UserContext(), id(c), actor(c))
	if issuance.KindOf(err) == issuance.Conflict {
		if other, missing := p.Repeats.Successor(c.UserContext(), id(c)); missing == nil {
			next.ID, err = other, nil
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(offerPath(next.ID), fiber.StatusSeeOther)
}

// actor is who is signed in, as the record names them.
func actor(c *fiber.Ctx) issuance.Actor {
	return issuance.Actor{ID: string(who(c).ID), Name: who(c).Display}
}

func (p *portal) cancelOffer(c *fiber.Ctx) error {
	if _, err := p.Offers.CancelOffer(c.UserContext(), id(c), actor(c)); err != nil {
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

// at writes a time for a step: for people, and for programs.
func at(t time.Time) (text, programs string) {
	return t.Local().Format("15:04:05"), exact(t)
}

func exact(t time.Time) string { return t.UTC().Format(time.RFC3339) }
