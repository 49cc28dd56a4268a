package manage

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
)

// Deliveries is what the door needs of the log of deliveries.
type Deliveries interface {
	ListDeliveries(ctx context.Context, id issuance.EndpointID, f issuance.DeliveryFilter) ([]issuance.Delivery, error)
	Delivery(ctx context.Context, id issuance.DeliveryID) (issuance.Delivery, []issuance.Attempt, error)
	ReplayDelivery(ctx context.Context, id issuance.DeliveryID, at time.Time) error
}

// Replays queues what was delivered, or was not, once more.
type Replays interface {
	ReplayAll(ctx context.Context, r issuance.Replay) (int, error)
}

// Pings sends test events.
type Pings interface {
	Ping(ctx context.Context, id issuance.EndpointID) (issuance.DeliveryID, error)
}

// deliveryShown is a delivery as it is read.
type deliveryShown struct {
	ID         issuance.DeliveryID     `json:"delivery_id"`
	Callback   issuance.EndpointID     `json:"callback_id"`
	OfferID    issuance.OfferID        `json:"offer_id,omitzero"`
	WebhookID  string                  `json:"webhook_id"`
	Status     issuance.CallbackStatus `json:"status"`
	State      issuance.DeliveryState  `json:"state"`
	Attempts   int                     `json:"attempts"`
	CreatedAt  string                  `json:"created_at"`
	LastAt     string                  `json:"last_at,omitzero"`
	LastResult string                  `json:"last_result,omitzero"`
	NextAt     string                  `json:"next_at,omitzero"`
}

func showDelivery(d issuance.Delivery) deliveryShown {
	out := deliveryShown{
		ID: d.ID, Callback: d.Endpoint, OfferID: d.Offer, WebhookID: d.WebhookID, Status: d.Status, State: d.State, Attempts: d.Attempts,
		CreatedAt: stamp(d.CreatedAt), LastResult: d.LastResult,
	}
	if !d.LastAt.IsZero() {
		out.LastAt = stamp(d.LastAt)
	}
	if d.State == issuance.DeliveryQueued && !d.Held {
		out.NextAt = stamp(d.NextAt)
	}
	return out
}

// deliveryDetail is a delivery with what was sent and everything that came back.
type deliveryDetail struct {
	deliveryShown
	Request requestShown   `json:"request"`
	History []attemptShown `json:"history"`
}

// requestShown is what is sent at every attempt. The timestamp and the signature differ from attempt to attempt and are not kept.
type requestShown struct {
	Method string          `json:"method"`
	Body   json.RawMessage `json:"body"`
}

// attemptShown is one attempt. Response is text: what is no text was left out.
type attemptShown struct {
	At         string `json:"at"`
	TookMS     int64  `json:"took_ms"`
	Result     string `json:"result"`
	HTTPStatus int    `json:"http_status,omitzero"`
	Response   string `json:"response,omitzero"`
}

func readDeliveryID(c *fiber.Ctx) (issuance.DeliveryID, error) {
	n, err := strconv.ParseInt(c.Params("delivery"), 10, 64)
	if err != nil || n < 1 {
		return 0, issuance.Refuse(issuance.NotFound, "delivery_not_found", "there is no such delivery")
	}
	return issuance.DeliveryID(n), nil
}

func (d *door) listDeliveries(c *fiber.Ctx) error {
	query, err := readQuery(c, "limit", "cursor", "state", "status", "offer_id")
	if err != nil {
		return err
	}
	if err := checkText(query, "offer_id"); err != nil {
		return err
	}
	f := issuance.DeliveryFilter{Offer: issuance.OfferID(query["offer_id"]), Types: clientOf(c.UserContext()).Types}
	if f.Limit, err = readLimit(query); err != nil {
		return err
	}
	if f.States, err = readSet(query, "state", issuance.DeliveryStates()); err != nil {
		return err
	}
	if f.Statuses, err = readSet(query, "status", append(issuance.CallbackStatuses(), issuance.CallbackPing)); err != nil {
		return err
	}
	before, rest, err := deliveryList.readCursor(query, "cursor")
	if err != nil {
		return err
	}
	if rest != "" {
		return errCursor()
	}
	f.Before = issuance.DeliveryID(before)
	return d.answerDeliveries(c, endpointID(c), f)
}

func (d *door) answerDeliveries(c *fiber.Ctx, id issuance.EndpointID, f issuance.DeliveryFilter) error {
	f.Limit++
	list, err := d.Deliveries.ListDeliveries(c.UserContext(), id, f)
	if err != nil {
		return err
	}
	if len(list) == 0 { // CB-104: what was sent to an endpoint stays readable when it is deleted
		if _, err := d.Endpoints.Endpoint(c.UserContext(), id); err != nil {
			return err
		}
	}
	page := struct {
		Deliveries []deliveryShown `json:"deliveries"`
		Next       string          `json:"next_cursor,omitzero"`
	}{Deliveries: []deliveryShown{}}
	if len(list) == f.Limit {
		list = list[:f.Limit-1]
		page.Next = deliveryList.cursor(int64(list[len(list)-1].ID), "")
	}
	for _, one := range list {
		page.Deliveries = append(page.Deliveries, showDelivery(one))
	}
	return answer(c, fiber.StatusOK, page)
}

func (d *door) showDelivery(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	id, err := readDeliveryID(c)
	if err != nil {
		return err
	}
	return d.answerDelivery(c, fiber.StatusOK, id)
}

func (d *door) answerDelivery(c *fiber.Ctx, status int, id issuance.DeliveryID) error {
	one, attempts, err := d.Deliveries.Delivery(c.UserContext(), id)
	if err != nil {
		return err
	}
	body, err := d.CallbackBody(one)
	if err != nil {
		return err
	}
	out := deliveryDetail{deliveryShown: showDelivery(one), Request: requestShown{Method: fiber.MethodPost, Body: body}, History: []attemptShown{}}
	for _, a := range attempts {
		out.History = append(out.History, attemptShown{stamp(a.At), a.Took.Milliseconds(), a.Result, a.HTTPStatus, readable(a.Response)})
	}
	return answer(c, status, out)
}

// readable gives what a receiver answered as far as it is text: it may have been cut within a character, and may be anything.
func readable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, string(b))
}

func (d *door) replayDelivery(c *fiber.Ctx) error {
	id, err := readDeliveryID(c)
	if err != nil {
		return err
	}
	if err := d.Deliveries.ReplayDelivery(c.UserContext(), id, d.Clock()); err != nil {
		return err
	}
	return d.answerDelivery(c, fiber.StatusAccepted, id)
}

// pingCallback sends a test event now and answers how it went.
func (d *door) pingCallback(c *fiber.Ctx) error {
	// A receiver may take longer than the work on a request may.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), workTime)
	defer cancel()
	c.SetUserContext(ctx)
	id, err := d.Pings.Ping(ctx, endpointID(c))
	if err != nil {
		return err
	}
	return d.answerDelivery(c, fiber.StatusOK, id)
}
