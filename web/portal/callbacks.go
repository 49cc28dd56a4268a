package portal

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/views/callbacks"
	"counterfoil/views/i18n"
	"counterfoil/views/ui"
)

// deliveriesShown is how many deliveries the page of an endpoint lists.
const deliveriesShown = 50

// pingTime is longer than a test event can take.
const pingTime = 25 * time.Second

// pingsPerMinute bounds test events from one address, which reach machines that are not ours.
const pingsPerMinute = 10

// Pings sends test events.
type Pings interface {
	Ping(ctx context.Context, id issuance.EndpointID) (issuance.DeliveryID, error)
}

// statusWords says a callback status as what happens.
func statusWords(ctx context.Context, s issuance.CallbackStatus) string {
	switch s {
	case issuance.CallbackCreated:
		return i18n.T(ctx, "an offer is made (OFFER_CREATED)")
	case issuance.CallbackIssued:
		return i18n.T(ctx, "the credential was collected (ISSUED)")
	case issuance.CallbackFailed:
		return i18n.T(ctx, "an offer failed or was cancelled (FAILED)")
	case issuance.CallbackExpired:
		return i18n.T(ctx, "an offer ran out of time (EXPIRED)")
	case issuance.CallbackRetrieved:
		return i18n.T(ctx, "a phone fetches the offer (RETRIEVED)")
	case issuance.CallbackRedeemed:
		return i18n.T(ctx, "the code is accepted (REDEEMED)")
	case issuance.CallbackCodeRejected:
		return i18n.T(ctx, "a wrong code is typed (CODE_REJECTED)")
	case issuance.CallbackConfirmed:
		return i18n.T(ctx, "the wallet has stored it (CONFIRMED)")
	case issuance.CallbackWalletFailed:
		return i18n.T(ctx, "the wallet could not store it (WALLET_FAILED)")
	case issuance.CallbackCertificateExpiring:
		return i18n.T(ctx, "a certificate ends soon (CERTIFICATE_EXPIRING)")
	case issuance.CallbackPing:
	}
	return string(s)
}

func endpointHref(id issuance.EndpointID) string { return "/callbacks/" + url.PathEscape(string(id)) }

func endpointID(c *fiber.Ctx) issuance.EndpointID { return issuance.EndpointID(c.Params("callback")) }

func (p *portal) listCallbacks(c *fiber.Ctx) error {
	return p.callbacksPage(c, fiber.StatusOK, p.callbackForm(c.UserContext(), issuance.Endpoint{Statuses: issuance.StandardCallbacks()}))
}

func (p *portal) callbacksPage(c *fiber.Ctx, status int, form callbacks.Form) error {
	ctx := c.UserContext()
	list, err := p.Callbacks.Endpoints.ListEndpoints(ctx)
	if err != nil {
		return err
	}
	page := callbacks.List{Page: p.page(c, i18n.T(ctx, "Callback endpoints"))}
	page.Page.Here = "/callbacks"
	for _, e := range list {
		page.Rows = append(page.Rows, callbacks.Row{
			Href: endpointHref(e.ID), Name: endpointName(e), URL: e.URL, Since: i18n.DateTime(ctx, e.CreatedAt), Status: endpointBadge(ctx, e), Queued: e.Queued,
		})
	}
	if who(c).May(staff.ManageCallbacks) {
		page.Form = &form
	}
	if len(form.Errors) > 0 {
		page.Page.Title = i18n.T(ctx, "Error: %s", page.Page.Title)
	}
	return render(c, status, callbacks.ListPage(page))
}

func endpointName(e issuance.Endpoint) string {
	if e.Name != "" {
		return e.Name
	}
	if u, err := url.Parse(e.URL); err == nil && u.Host != "" {
		return u.Host
	}
	return string(e.ID)
}

// endpointBadge says in a word or two how an endpoint fares.
func endpointBadge(ctx context.Context, e issuance.Endpoint) ui.Status {
	switch {
	case e.State == issuance.EndpointPaused:
		return ui.Status{Word: i18n.T(ctx, "Paused"), Guide: help("callback-paused")}
	case e.State == issuance.EndpointDisabled:
		return ui.Status{Word: i18n.T(ctx, "Switched off by the receiver"), Tone: ui.Bad, Guide: help("callback-off")}
	case e.Health() == issuance.Failing:
		return ui.Status{Word: i18n.T(ctx, "Nothing gets through"), Tone: ui.Bad, Guide: help("callback-failing")}
	}
	return ui.Status{Word: i18n.T(ctx, "Working"), Tone: ui.Good}
}

func (p *portal) showCallback(c *fiber.Ctx) error {
	e, err := p.Callbacks.Endpoints.Endpoint(c.UserContext(), endpointID(c))
	if err != nil {
		return err
	}
	return p.callbackPage(c, fiber.StatusOK, e, callbacks.Show{})
}

// callbackPage shows an endpoint; what is in s already is shown with it.
func (p *portal) callbackPage(c *fiber.Ctx, status int, e issuance.Endpoint, s callbacks.Show) error {
	ctx := c.UserContext()
	list, err := p.Callbacks.Deliveries.ListDeliveries(ctx, e.ID, issuance.DeliveryFilter{Limit: deliveriesShown})
	if err != nil {
		return err
	}
	s.Page, s.Href, s.Name, s.Status, s.Facts = p.page(c, endpointName(e)), endpointHref(e.ID), endpointName(e), endpointBadge(ctx, e), p.endpointFacts(ctx, e)
	s.MayAct, s.Paused = who(c).May(staff.ManageCallbacks), e.State != issuance.EndpointActive
	if s.MayAct && s.Change == nil {
		form := p.callbackForm(ctx, e)
		s.Change = &form
	}
	s.Page.Here = "/callbacks"
	if len(s.Range.Errors) > 0 || s.Change != nil && len(s.Change.Errors) > 0 {
		s.Page.Title = i18n.T(ctx, "Error: %s", s.Page.Title)
	}
	for _, d := range list {
		s.Failed = s.Failed || d.State == issuance.DeliveryExhausted
		s.Deliveries = append(s.Deliveries, deliveryRow(ctx, d))
	}
	return render(c, status, callbacks.ShowPage(s))
}

func (p *portal) endpointFacts(ctx context.Context, e issuance.Endpoint) []callbacks.Fact {
	var statuses, types []string
	for _, s := range e.Statuses {
		statuses = append(statuses, string(s))
	}
	for _, id := range e.Types {
		types = append(types, p.named(ctx, id))
	}
	if len(types) == 0 {
		types = []string{i18n.T(ctx, "all")}
	}
	facts := []callbacks.Fact{
		{Label: i18n.T(ctx, "Address"), Value: e.URL}, {Label: i18n.T(ctx, "Is told"), Value: strings.Join(statuses, ", ")},
		{Label: i18n.T(ctx, "Credentials"), Value: strings.Join(types, ", ")}, {Label: i18n.T(ctx, "Waiting"), Value: strconv.Itoa(e.Queued)},
		{Label: i18n.T(ctx, "Added"), Value: i18n.T(ctx, "%s by %s", i18n.DateTime(ctx, e.CreatedAt), e.CreatedBy)},
	}
	if !e.FailingSince.IsZero() {
		facts = append(facts, callbacks.Fact{Label: i18n.T(ctx, "Failing since"), Value: i18n.DateTime(ctx, e.FailingSince) + ": " + i18n.Phrase(e.LastResult).In(ctx)})
	}
	if p.Clock().Before(e.OldUntil) {
		facts = append(facts, callbacks.Fact{Label: i18n.T(ctx, "Old secret"), Value: i18n.T(ctx, "signs beside the new one until %s", i18n.DateTime(ctx, e.OldUntil))})
	}
	return facts
}

func deliveryHref(id issuance.DeliveryID) string { return fmt.Sprintf("/deliveries/%d", id) }

func deliveryRow(ctx context.Context, d issuance.Delivery) callbacks.Delivery {
	return callbacks.Delivery{
		Href: deliveryHref(d.ID), Status: string(d.Status), Offer: string(d.Offer), OfferHref: "/offers/" + string(d.Offer), Result: i18n.Phrase(d.LastResult).In(ctx),
		Attempts: d.Attempts, At: i18n.DateTime(ctx, d.CreatedAt), State: deliveryBadge(ctx, d),
	}
}

func deliveryBadge(ctx context.Context, d issuance.Delivery) ui.Status {
	switch d.State {
	case issuance.DeliveryDelivered:
		return ui.Status{Word: i18n.T(ctx, "Delivered"), Tone: ui.Good}
	case issuance.DeliveryExhausted:
		return ui.Status{Word: i18n.T(ctx, "Given up"), Tone: ui.Bad, Guide: help("delivery-given-up")}
	case issuance.DeliveryCancelled:
		return ui.Status{Word: i18n.T(ctx, "Not delivered"), Guide: help("delivery-dropped")}
	case issuance.DeliveryQueued:
	}
	switch {
	case d.Held:
		return ui.Status{Word: i18n.T(ctx, "Held back"), Guide: help("delivery-held")}
	case d.LastResult != "":
		return ui.Status{Word: i18n.T(ctx, "Refused, tried again"), Tone: ui.Bad, Guide: help("delivery-refused")}
	}
	return ui.Status{Word: i18n.T(ctx, "Waiting"), Tone: ui.Now}
}

func saidPaused(ctx context.Context) string {
	return i18n.T(ctx, "Nothing is sent until it is switched on again; events wait.")
}

func saidResumed(ctx context.Context) string {
	return i18n.T(ctx, "It is on. What waited goes out now.")
}

// changeCallback does one thing to an endpoint and shows its page.
func (p *portal) changeCallback(do func(context.Context, issuance.EndpointID) (issuance.Endpoint, error), said func(context.Context) string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		e, err := do(c.UserContext(), endpointID(c))
		if err != nil {
			return err
		}
		return p.callbackPage(c, fiber.StatusOK, e, callbacks.Show{Said: said(c.UserContext())})
	}
}

func (p *portal) rotateCallback(c *fiber.Ctx) error {
	e, err := p.Callbacks.RotateSecret(c.UserContext(), endpointID(c))
	if err != nil {
		return err
	}
	return p.callbackPage(c, fiber.StatusOK, e, callbacks.Show{Secret: e.Secret.Reveal(), Said: i18n.T(c.UserContext(), "There is a new secret. The old one signs beside it for a day.")})
}

func (p *portal) deleteCallback(c *fiber.Ctx) error {
	if err := p.Callbacks.Endpoints.DeleteEndpoint(c.UserContext(), endpointID(c)); err != nil {
		return err
	}
	return c.Redirect("/callbacks", fiber.StatusSeeOther)
}

// pingCallback sends a test event and shows what came of it.
func (p *portal) pingCallback(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), pingTime)
	defer cancel()
	c.SetUserContext(ctx) // a receiver may take longer than the work on a request may
	id, err := p.Pings.Ping(ctx, endpointID(c))
	if err != nil {
		return err
	}
	return c.Redirect(deliveryHref(id), fiber.StatusSeeOther)
}

func deliveryID(c *fiber.Ctx) (issuance.DeliveryID, error) {
	n, err := strconv.ParseInt(c.Params("delivery"), 10, 64)
	if err != nil || n < 1 {
		return 0, fiber.ErrNotFound
	}
	return issuance.DeliveryID(n), nil
}

func (p *portal) showDelivery(c *fiber.Ctx) error {
	id, err := deliveryID(c)
	if err != nil {
		return err
	}
	d, attempts, err := p.Callbacks.Deliveries.Delivery(c.UserContext(), id)
	if err != nil {
		return err
	}
	body, err := p.CallbackBody(d)
	if err != nil {
		return err
	}
	page := callbacks.Detail{
		Page: p.page(c, string(d.Status)), Delivery: deliveryRow(c.UserContext(), d), Back: endpointHref(d.Endpoint), Body: string(body), MayAct: who(c).May(staff.ManageCallbacks),
	}
	page.Page.Here, page.Page.Narrow = "/callbacks", true
	for _, a := range attempts {
		page.Attempts = append(page.Attempts, callbacks.Attempt{
			At: i18n.DateTime(c.UserContext(), a.At), Took: fmt.Sprintf("%d ms", a.Took.Milliseconds()), Result: i18n.Phrase(a.Result).In(c.UserContext()), Response: strings.ToValidUTF8(string(a.Response), ""),
		})
	}
	return render(c, fiber.StatusOK, callbacks.DetailPage(page))
}

func (p *portal) replayDelivery(c *fiber.Ctx) error {
	id, err := deliveryID(c)
	if err != nil {
		return err
	}
	if err := p.Callbacks.Deliveries.ReplayDelivery(c.UserContext(), id, p.Clock()); err != nil {
		return err
	}
	return c.Redirect(deliveryHref(id), fiber.StatusSeeOther)
}
