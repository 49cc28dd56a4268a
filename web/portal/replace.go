package portal

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
)

// The fields of a form that corrects an offer: which one, and that it is known to have been collected.
const (
	replacesField  = "replaces"
	collectedField = "collected"
	yes            = "yes"
)

// replaceOffer opens the form with the claims of an offer, to make a corrected one. It is a post because it shows claims.
func (p *portal) replaceOffer(c *fiber.Ctx) error {
	ctx := c.UserContext()
	original, err := p.Corrections.OpenOriginal(ctx, id(c), actor(c))
	var refusal *issuance.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == issuance.CodeReplaced:
		return p.record(c, fiber.StatusConflict, said{i18n.T(ctx, "There is a corrected offer already. Go on with that one."), help("already-corrected")})
	case errors.As(err, &refusal) && refusal.Code == issuance.CodeCollected:
		return p.record(c, fiber.StatusConflict, said{i18n.T(ctx, "It was cancelled, or a wallet is collecting it just now: then look again in a moment."), help("cannot-correct")})
	case err != nil:
		return err
	}
	o := original.Offer
	t, err := p.typeOf(o.Type)
	if err != nil {
		return err
	}
	form := map[string]string{}
	if original.Claims != nil {
		form = t.Form(i18n.Lang(ctx)).Fill(original.Claims)
	}
	form[replacesField], form["reference"] = string(o.ID), o.Reference
	if original.Collected {
		form[collectedField] = yes
	}
	if o.TxCode != nil {
		form["tx_code"] = yes
	}
	return p.show(c, t, shown{status: fiber.StatusOK, form: form})
}

// unsent says why no offer was made from a form that is whole, as faults of the form; nil for other refusals. The form can then be sent
// again: that the old offer was collected meanwhile is known then.
func unsent(ctx context.Context, refusal *issuance.Error, form map[string]string) []said {
	switch {
	case refusal.Code == issuance.CodeIdempotencyMismatch:
		form["token"] = ""
		return again(i18n.T(ctx, "An offer was already made from this page, with other claims; it is in the list of offers. Send this again to make another one."), help("form-again"))
	case refusal.Code == issuance.CodeReplaced:
		return again(i18n.T(ctx, "Somebody has corrected this offer already. Look at its record."), help("already-corrected"))
	case refusal.Code != issuance.CodeCollected:
		return nil
	case form[collectedField] == yes:
		return again(i18n.T(ctx, "The old offer cannot be replaced any more. Make a new offer instead."), help("cannot-correct"))
	}
	form["token"], form[collectedField] = "", yes
	return again(i18n.T(ctx, "The customer has collected the old credential in the meantime, or is just doing so. If you send this again, the customer gets a second one, and the old one has to be taken back."), help("collected-meanwhile"))
}

// correction fills in what a form says about the offer that it corrects, and about its approval.
func (p *portal) correction(c *fiber.Ctx, t typemeta.Type, show *offers.Form, form map[string]string) error {
	ctx := c.UserContext()
	show.Customer, show.Replaces, show.Collected = form["customer"], form[replacesField], form[collectedField] == yes
	if show.Replaces != "" {
		show.Original = recordOf(issuance.OfferID(show.Replaces))
		show.Page.Title = i18n.T(ctx, "Correct: %s", show.Name)
	}
	if !t.Policy.Approval.Ever() {
		return nil
	}
	show.Approval = i18n.T(ctx, "A colleague has to approve this offer when it is over a limit. The QR code appears once that is done.")
	if t.Policy.Approval.Always() {
		show.Approval = i18n.T(ctx, "A colleague has to approve this offer. The QR code appears once that is done.")
	}
	people, err := p.Staff.ListPeople(ctx)
	if err != nil {
		return err
	}
	for _, one := range people {
		if one.ID != who(c).ID && one.May(staff.DecideApprovals) {
			return nil
		}
	}
	show.Nobody = i18n.T(ctx, "At the moment nobody else may approve: tell the administrator.")
	return nil
}
