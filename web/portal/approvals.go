package portal

import (
	"encoding/hex"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/internal/typemeta"
	"counterfoil/views/approvals"
	"counterfoil/views/i18n"
	"counterfoil/views/ui"
)

// inboxLimit is how many offers that wait are listed and counted.
const inboxLimit = 50

func (p *portal) mountApprovals(app *fiber.App) {
	app.Get("/approvals", p.allow(staff.ReadApprovals, p.listApprovals))
	app.Get("/approvals/list", p.glance(staff.ReadApprovals, p.glanceApprovals))
	app.Get("/approvals/:offer", p.allow(staff.ReadApprovals, p.reviewOffer))
	app.Post("/approvals/:offer/approve", p.allow(staff.DecideApprovals, audited(staff.ActOfferApproved, "offer", p.approveOffer)))
	app.Post("/approvals/:offer/reject", p.allow(staff.DecideApprovals, audited(staff.ActOfferDenied, "offer", p.rejectOffer)))
}

type pendingKey struct{}

// pending gives how many offers wait for approval, for the menu.
func pending(c *fiber.Ctx) int {
	n, _ := c.Locals(pendingKey{}).(int)
	return n
}

// counted counts for the menu what waits, for who may approve.
func (p *portal) counted(h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if who(c).May(staff.ReadApprovals) {
			list, err := p.Approvals.ListPending(c.UserContext(), inboxLimit)
			if err != nil {
				return err
			}
			c.Locals(pendingKey{}, len(list))
		}
		return h(c)
	}
}

func (p *portal) listApprovals(c *fiber.Ctx) error {
	in, err := p.inbox(c)
	if err != nil {
		return err
	}
	in.Page = p.page(c, i18n.T(c.UserContext(), "Approvals"))
	return render(c, fiber.StatusOK, approvals.InboxPage(in))
}

// glanceApprovals is the part of the page that it fetches anew by itself.
func (p *portal) glanceApprovals(c *fiber.Ctx) error {
	in, err := p.inbox(c)
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, approvals.InboxPart(in))
}

func (p *portal) inbox(c *fiber.Ctx) (approvals.Inbox, error) {
	ctx := c.UserContext()
	list, err := p.Approvals.ListPending(ctx, inboxLimit+1)
	if err != nil {
		return approvals.Inbox{}, err
	}
	in := approvals.Inbox{More: len(list) > inboxLimit}
	for _, o := range list[:min(len(list), inboxLimit)] {
		in.Rows = append(in.Rows, approvals.Row{
			Href: "/approvals/" + string(o.ID), Type: p.named(ctx, o.Type), Reference: o.Reference, By: o.CreatedBy,
			Asked: i18n.DateTime(ctx, o.CreatedAt), Until: i18n.DateTime(ctx, o.ExpiresAt), Corrects: o.Replaces != "", Own: own(c, o),
		})
	}
	return in, nil
}

// own tells whether who is signed in made the offer.
func own(c *fiber.Ctx, o issuance.Offer) bool { return o.Maker != "" && o.Maker == string(who(c).ID) }

func (p *portal) reviewOffer(c *fiber.Ctx) error {
	return p.review(c, fiber.StatusOK, approvals.Show{})
}

// review shows an offer that waits, with what went wrong with a decision; one that waits no longer is shown in the record.
func (p *portal) review(c *fiber.Ctx, status int, show approvals.Show) error {
	ctx := c.UserContext()
	r, err := p.Approvals.ReviewOffer(ctx, id(c), actor(c))
	if issuance.KindOf(err) == issuance.Conflict && status == fiber.StatusOK {
		return p.toRecord(c)
	}
	if err != nil {
		return err
	}
	o := r.Offer
	name := p.named(ctx, o.Type)
	show.Page = p.page(c, i18n.T(ctx, "Approve: %s", name))
	if status != fiber.StatusOK {
		show.Page.Title = i18n.T(ctx, "Error: %s", show.Page.Title)
	}
	show.Page.Here, show.ID, show.Type, show.Own = "/approvals", string(o.ID), name, own(c, o)
	show.Content = hex.EncodeToString(o.Approval.Content)
	if o.Replaces != "" {
		show.Corrects, show.Compared = recordOf(o.Replaces), r.Before != nil
	}
	after, err := p.after(ctx, o)
	if err != nil {
		return err
	}
	if after != "" {
		show.Corrected = recordOf(after)
	}
	t, _ := p.Types.Version(o.Type, o.TypeVersion) // without its type a claim is called by its name
	show.Claims = compared(c, t.Lines(r.Claims, i18n.Lang(ctx)), t.Lines(r.Before, i18n.Lang(ctx)), show.Compared)
	show.Facts = p.reviewFacts(c, o)
	return render(c, status, approvals.ShowPage(show))
}

func (p *portal) toRecord(c *fiber.Ctx) error {
	return c.Redirect(recordOf(id(c)), fiber.StatusSeeOther)
}

// compared puts what an offer says beside what the one before said.
func compared(c *fiber.Ctx, now, before []typemeta.Line, both bool) []approvals.Claim {
	ctx := c.UserContext()
	old := map[string]typemeta.Line{}
	for _, l := range before {
		old[l.Pointer] = l
	}
	var out []approvals.Claim
	for _, l := range now {
		claim := approvals.Claim{Label: l.Label, Value: l.Value, Picture: isPicture(l.Value)}
		was, had := old[l.Pointer]
		delete(old, l.Pointer)
		claim.Before = was.Value
		switch {
		case both && !had:
			claim.Change = ui.Status{Word: i18n.T(ctx, "Added"), Tone: ui.Warn}
		case both && was.Value != l.Value:
			claim.Change = ui.Status{Word: i18n.T(ctx, "Changed"), Tone: ui.Warn}
		}
		out = append(out, claim)
	}
	for _, l := range before {
		if _, left := old[l.Pointer]; left {
			out = append(out, approvals.Claim{Label: l.Label, Before: l.Value, Change: ui.Status{Word: i18n.T(ctx, "Removed"), Tone: ui.Warn}, Picture: isPicture(l.Value)})
		}
	}
	return out
}

// isPicture tells a value that browsers show as a picture without running anything in it.
func isPicture(value string) bool {
	return strings.HasPrefix(value, "data:image/jpeg;base64,") || strings.HasPrefix(value, "data:image/png;base64,")
}

func (p *portal) reviewFacts(c *fiber.Ctx, o issuance.Offer) []approvals.Fact {
	ctx := c.UserContext()
	code := i18n.T(ctx, "none")
	if o.TxCode != nil {
		code = i18n.T(ctx, "%d characters", o.TxCode.Length)
	}
	facts := []approvals.Fact{
		{Name: i18n.T(ctx, "Made by"), Text: madeBy(c, o)},
		{Name: i18n.T(ctx, "Made at"), Text: i18n.DateTime(ctx, o.CreatedAt)},
		{Name: i18n.T(ctx, "Transaction code"), Text: code},
		{Name: i18n.T(ctx, "Can be collected for"), Text: i18n.T(ctx, "%d minutes after the approval", minutes(o.Approval.ValidFor))},
		{Name: i18n.T(ctx, "Waits until"), Text: i18n.DateTime(ctx, o.ExpiresAt)},
	}
	if o.Reference != "" {
		facts = append(facts, approvals.Fact{Name: i18n.T(ctx, "Reference"), Text: o.Reference})
	}
	return facts
}

// madeBy says who made an offer, and where.
func madeBy(c *fiber.Ctx, o issuance.Offer) string {
	if o.Channel == issuance.ChannelManagement {
		return i18n.T(c.UserContext(), "%s (back-end)", o.CreatedBy)
	}
	return o.CreatedBy
}

func (p *portal) approveOffer(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	content, err := hex.DecodeString(form["content"])
	if err != nil {
		return fiber.ErrBadRequest
	}
	_, err = p.Approvals.ApproveOffer(c.UserContext(), issuance.Decision{Offer: id(c), Content: content, By: actor(c)})
	return p.decided(c, approvals.Show{}, err)
}

func (p *portal) rejectOffer(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(form["reason"])
	_, err = p.Approvals.RejectOffer(c.UserContext(), issuance.Decision{Offer: id(c), Reason: reason, By: actor(c)})
	return p.decided(c, approvals.Show{Reason: reason}, err)
}

// decided shows what came of a decision: the record, or the offer once more with why nothing was decided.
func (p *portal) decided(c *fiber.Ctx, show approvals.Show, err error) error {
	ctx := c.UserContext()
	var refusal *issuance.Error
	if !errors.As(err, &refusal) {
		if err != nil {
			return err
		}
		return p.toRecord(c)
	}
	switch {
	case refusal.Code == issuance.CodeOwnOffer:
		show.Problem, show.Guide = i18n.T(ctx, "Nobody approves their own offer. A colleague has to decide."), help("own-offer")
	case refusal.Code == issuance.CodeContentChanged:
		show.Problem, show.Guide = i18n.T(ctx, "This is not the offer that you were shown. Look through it and decide again."), help("content-changed")
	case refusal.Kind == issuance.Invalid && show.Reason == "":
		show.ReasonError, show.Guide = i18n.T(ctx, "Please say why."), help("approval-reason")
		return p.review(c, fiber.StatusUnprocessableEntity, show)
	case refusal.Kind == issuance.Invalid:
		show.ReasonError, show.Guide = i18n.T(ctx, "Please write at most 200 characters, on one line."), help("approval-reason")
		return p.review(c, fiber.StatusUnprocessableEntity, show)
	default: // somebody was quicker, or its time is over; or there is none
		return err
	}
	return p.review(c, fiber.StatusConflict, show)
}
