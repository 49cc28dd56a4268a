package portal

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
)

// credentialsShown bounds the credentials of an offer that its record lists; a grant gives five batches at most.
const credentialsShown = 500

// millis is a time for programs, exact enough to stand beside a log.
const millis = "2006-01-02T15:04:05.000Z"

// showRecord shows everything that is known of an offer.
func (p *portal) showRecord(c *fiber.Ctx) error { return p.record(c, fiber.StatusOK, said{}) }

// record shows it with why the offer was not corrected, when it was not.
func (p *portal) record(c *fiber.Ctx, status int, problem said) error {
	ctx := c.UserContext()
	o, err := p.Record.Offer(ctx, id(c))
	if err != nil {
		return err
	}
	t, err := p.Record.Timeline(ctx, o.ID)
	if err != nil {
		return err
	}
	after, err := p.after(ctx, o)
	if err != nil {
		return err
	}
	signed, err := p.Credentials.ListCredentials(ctx, issuance.CredentialFilter{Offer: o.ID, Limit: credentialsShown})
	if err != nil {
		return err
	}
	name := p.named(ctx, o.Type)
	show := offers.Record{
		Page: p.page(c, i18n.T(ctx, "Record: %s", name)), ID: string(o.ID), Type: name, Status: badge(ctx, o), Problem: problem.text, Guide: problem.guide,
		Facts: p.recordFacts(c, o), MaySeeDeliveries: who(c).May(staff.ReadCallbacks), MayCorrect: mayCorrect(c, o, after),
	}
	if problem.text != "" {
		show.Page.Title = i18n.T(ctx, "Error: %s", show.Page.Title)
	}
	show.Page.Here = "/offers"
	if !o.Status.Ended() {
		show.Counter = offerPath(o.ID)
	}
	if o.Status == issuance.StatusPending && who(c).May(staff.DecideApprovals) && !own(c, o) {
		show.Review = "/approvals/" + string(o.ID)
	}
	if o.Replaces != "" {
		show.Before = recordOf(o.Replaces)
	}
	if after != "" {
		show.After = recordOf(after)
	}
	for _, e := range t.Events {
		told := step(ctx, e)
		title := told.Title
		if e.Kind == issuance.OfferCreated { // not every offer was made at a counter
			title = i18n.T(ctx, "Offer made")
		}
		show.Events = append(show.Events, offers.RecordEvent{
			Sequence: e.Sequence, Title: title, Guide: told.Guide, Kind: string(e.Kind), Time: e.At.UTC().Format(millis), Cause: strings.TrimSpace(e.Cause + " " + e.Code), Request: e.Request,
		})
	}
	for _, one := range signed {
		show.Credentials = append(show.Credentials, offers.RecordCredential{
			ID: one.ID, Format: one.Format, Issued: i18n.DateTime(ctx, one.IssuedAt), Expires: i18n.DateTime(ctx, one.ExpiresAt),
			Thumbprint: one.Thumbprint, Digest: hex.EncodeToString(one.Digest),
		})
	}
	if show.MaySeeDeliveries {
		show.Deliveries = recordDeliveries(c.UserContext(), t.Deliveries)
	}
	return render(c, status, offers.RecordPage(show))
}

// mayCorrect tells whether who is signed in may replace the offer by a corrected one; after is the one that does already.
func mayCorrect(c *fiber.Ctx, o issuance.Offer, after issuance.OfferID) bool {
	return who(c).May(staff.CreateOffers) && after == "" && issuance.Correctable(o.Status)
}

func recordDeliveries(ctx context.Context, list []issuance.Delivery) []offers.RecordDelivery {
	out := make([]offers.RecordDelivery, 0, len(list))
	for _, d := range list {
		row := offers.RecordDelivery{
			Href: "/deliveries/" + strconv.FormatInt(int64(d.ID), 10), Event: string(d.Status), State: deliveryBadge(ctx, d), Attempts: d.Attempts, Result: i18n.Phrase(d.LastResult).In(ctx),
		}
		if !d.LastAt.IsZero() {
			row.Last = d.LastAt.UTC().Format(millis)
		}
		out = append(out, row)
	}
	return out
}

// recordFacts is what the record has of an offer, without its claims and codes.
func (p *portal) recordFacts(c *fiber.Ctx, o issuance.Offer) []offers.Fact {
	ctx := c.UserContext()
	facts := []offers.Fact{
		{Label: i18n.T(ctx, "Offer"), Value: string(o.ID)},
		{Label: i18n.T(ctx, "Credential type"), Value: fmt.Sprintf("%s (%d)", o.Type, o.TypeVersion)},
		{Label: i18n.T(ctx, "Made by"), Value: madeBy(c, o)},
		{Label: i18n.T(ctx, "Made at"), Value: i18n.DateTime(ctx, o.CreatedAt)},
		{Label: i18n.T(ctx, "Valid until"), Value: i18n.DateTime(ctx, o.ExpiresAt)},
	}
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, offers.Fact{Label: label, Value: value})
		}
	}
	add(i18n.T(ctx, "Reference"), o.Reference)
	if o.Approval != nil {
		add(i18n.T(ctx, "Approved by"), orElse(o.Approval.By, i18n.T(ctx, "nobody")))
	}
	if o.TxCode != nil {
		add(i18n.T(ctx, "Transaction code"), i18n.T(ctx, "%d characters", o.TxCode.Length))
		add(i18n.T(ctx, "Wrong codes"), strconv.Itoa(o.Attempts))
	}
	add(i18n.T(ctx, "Why it ended"), deed(ctx, o.Cause))
	return facts
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// minutes rounds a time up to whole minutes, as people say it.
func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }
