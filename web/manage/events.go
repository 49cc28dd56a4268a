package manage

import (
	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
)

// eventShown is an event of an offer as it is read.
type eventShown struct {
	Sequence   int                `json:"sequence"`
	Kind       issuance.EventKind `json:"kind"`
	At         string             `json:"at"`
	Cause      string             `json:"cause,omitzero"`
	Deliveries []deliveryBrief    `json:"deliveries,omitzero"`
}

// deliveryBrief is how one callback of an event fares.
type deliveryBrief struct {
	ID         issuance.DeliveryID     `json:"delivery_id"`
	Callback   issuance.EndpointID     `json:"callback_id"`
	Status     issuance.CallbackStatus `json:"status"`
	State      issuance.DeliveryState  `json:"state"`
	Attempts   int                     `json:"attempts"`
	LastResult string                  `json:"last_result,omitzero"`
}

func (d *door) listOfferEvents(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	id := issuance.OfferID(c.Params("offer"))
	if _, err := d.Offers.Offer(c.UserContext(), id); err != nil {
		return err
	}
	t, err := d.Offers.Timeline(c.UserContext(), id)
	if err != nil {
		return err
	}
	out := make([]eventShown, 0, len(t.Events))
	for _, e := range t.Events {
		shown := eventShown{Sequence: e.Sequence, Kind: e.Kind, At: stamp(e.At), Cause: e.Cause}
		for _, one := range t.Deliveries {
			if one.Sequence == e.Sequence {
				shown.Deliveries = append(shown.Deliveries, deliveryBrief{one.ID, one.Endpoint, one.Status, one.State, one.Attempts, one.LastResult})
			}
		}
		out = append(out, shown)
	}
	return answer(c, fiber.StatusOK, map[string]any{"events": out})
}

// feedShown is an event among those of all offers. The members of a callback stand in it under their names.
type feedShown struct {
	Cursor       string                  `json:"cursor"`
	EventID      string                  `json:"event_id,omitzero"`
	WebhookID    string                  `json:"webhook_id,omitzero"`
	OfferID      issuance.OfferID        `json:"offer_id,omitzero"`
	Sequence     int                     `json:"sequence"`
	Kind         issuance.EventKind      `json:"kind"`
	At           string                  `json:"at"`
	Status       issuance.CallbackStatus `json:"status,omitzero"`
	ErrorDetails string                  `json:"error_details,omitzero"`
	Cause        string                  `json:"cause,omitzero"`
}

// listEvents is what a back-end that lost callbacks reads: the same events, in an order that never changes.
func (d *door) listEvents(c *fiber.Ctx) error {
	query, err := readQuery(c, "after", "limit", "callbacks_only")
	if err != nil {
		return err
	}
	limit, err := readLimit(query)
	if err != nil {
		return err
	}
	after, rest, err := eventList.readCursor(query, "after")
	if err != nil {
		return err
	}
	if rest != "" {
		return errCursor()
	}
	only, has := query["callbacks_only"]
	if has && only != "true" && only != "false" {
		return invalid("/callbacks_only", "must be true or false")
	}
	events, err := d.Offers.Feed(c.UserContext(), issuance.Feed{After: after, CallbacksOnly: only == "true", Limit: limit})
	if err != nil {
		return err
	}
	next, out := eventList.cursor(after, ""), make([]feedShown, 0, len(events))
	for _, e := range events {
		shown := feedShown{
			Cursor: eventList.cursor(e.Position, ""), WebhookID: e.WebhookID(), OfferID: e.Offer, Sequence: e.Sequence, Kind: e.Kind,
			At: stamp(e.At), Status: e.Kind.Told(), ErrorDetails: e.ErrorDetails(), Cause: e.Cause,
		}
		if shown.Status != "" {
			shown.EventID = e.EventID()
		}
		next, out = shown.Cursor, append(out, shown)
	}
	return answer(c, fiber.StatusOK, map[string]any{"events": out, "next_after": next})
}
