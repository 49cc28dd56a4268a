package portal

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
)

// listLimit is how many offers a page has.
const listLimit = 50

// byBackEnds is the filter for offers that no person made.
const byBackEnds = "back-end"

// filterFields are the fields of the filter, which stand in the address so that it can be passed on. The customer's number is not among
// them: addresses are kept by browsers and logs.
func filterFields() []string { return []string{"status", "type", "by", "from", "to", "reference"} }

// listOffers shows the offers that the address asks for.
func (p *portal) listOffers(c *fiber.Ctx) error {
	asked, err := readFilter(c)
	if err != nil {
		return err
	}
	return p.showList(c, asked, nil)
}

// findCustomer shows the offers of a customer whose number was typed.
func (p *portal) findCustomer(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	asked := map[string]string{"customer": strings.TrimSpace(form["customer"]), "after": form["after"]}
	if asked["customer"] == "" {
		return p.showList(c, asked, map[string]string{"customer": i18n.T(c.UserContext(), "Please type the customer’s number.")})
	}
	return p.showList(c, asked, nil)
}

// readFilter reads the address; what it asks for that does not exist is refused, and not passed over.
func readFilter(c *fiber.Ctx) (map[string]string, error) {
	asked := map[string]string{}
	for key, value := range c.Request().URI().QueryArgs().All() {
		name := string(key)
		if _, twice := asked[name]; twice || name != "after" && !slices.Contains(filterFields(), name) {
			return nil, fiber.ErrUnprocessableEntity // PF-113
		}
		asked[name] = strings.TrimSpace(string(value))
	}
	return asked, nil
}

// showList shows what was asked for, or what is wrong with it.
func (p *portal) showList(c *fiber.Ctx, asked, wrong map[string]string) error {
	ctx := c.UserContext()
	show, err := p.listView(ctx, asked)
	if err != nil {
		return err
	}
	show.Page = p.page(c, i18n.T(ctx, "Offers"))
	show.Page.Here = "/offers"
	filter, faults := p.filter(ctx, asked)
	for name, text := range wrong {
		faults = append(faults, ui.Problem{Field: name, Text: text, Guide: help("customer-number")})
	}
	if show.Errors = faults; len(faults) > 0 {
		show.Page.Title = i18n.T(ctx, "Error: %s", show.Page.Title)
		return render(c, fiber.StatusUnprocessableEntity, offers.ListPage(show))
	}
	list, err := p.Record.ListOffers(ctx, filter)
	if err != nil {
		return err
	}
	if len(list) == filter.Limit {
		list = list[:listLimit]
		show.After = placeText(list[listLimit-1])
		show.Next = nextPage(asked, show.After)
	}
	show.Rows = p.rows(ctx, list)
	return render(c, fiber.StatusOK, offers.ListPage(show))
}

// listView is the page without its offers: what can be filtered by, and what is.
func (p *portal) listView(ctx context.Context, asked map[string]string) (offers.List, error) {
	show := offers.List{
		From: asked["from"], To: asked["to"], Reference: asked["reference"], Customer: asked["customer"], Later: asked["after"] != "",
		Statuses: []offers.Option{{Label: i18n.T(ctx, "Any")}}, Types: []offers.Option{{Label: i18n.T(ctx, "Any")}}, Makers: []offers.Option{{Label: i18n.T(ctx, "Anybody")}},
	}
	for _, s := range issuance.Statuses() {
		show.Statuses = append(show.Statuses, offers.Option{Value: string(s), Label: badge(ctx, issuance.Offer{Status: s}).Word, Selected: asked["status"] == string(s)})
	}
	for _, t := range p.Types.All() {
		show.Types = append(show.Types, offers.Option{Value: t.ID, Label: t.Named(i18n.Lang(ctx)), Selected: asked["type"] == t.ID})
	}
	people, err := p.Staff.ListPeople(ctx)
	if err != nil {
		return offers.List{}, err
	}
	for _, one := range people {
		show.Makers = append(show.Makers, offers.Option{Value: string(one.ID), Label: one.Display, Selected: asked["by"] == string(one.ID)})
	}
	show.Makers = append(show.Makers, offers.Option{Value: byBackEnds, Label: i18n.T(ctx, "Back-ends"), Selected: asked["by"] == byBackEnds})
	for _, name := range filterFields() {
		show.Filtered = show.Filtered || asked[name] != ""
	}
	return show, nil
}

// filter reads what was asked for, or says what is wrong with it.
func (p *portal) filter(ctx context.Context, asked map[string]string) (issuance.Filter, []ui.Problem) {
	f := issuance.Filter{At: p.Clock(), ReferencePrefix: asked["reference"], Limit: listLimit + 1} // one more tells whether there is a next page
	var faults []ui.Problem
	wrong := func(name, text string) {
		faults = append(faults, ui.Problem{Field: name, Text: text, Guide: help("search")})
	}
	if s := issuance.Status(asked["status"]); slices.Contains(issuance.Statuses(), s) {
		f.Statuses = []issuance.Status{s}
	} else if s != "" {
		wrong("status", i18n.T(ctx, "Please choose a status from the list."))
	}
	if t := asked["type"]; t != "" {
		f.Types = []string{t}
	}
	if f.Maker = asked["by"]; f.Maker == byBackEnds {
		f.Maker, f.Channel = "", issuance.ChannelManagement
	}
	var ok bool
	if f.CreatedFrom, ok = readDay(asked["from"]); !ok {
		wrong("from", i18n.T(ctx, "Please write the first day as a date that exists."))
	}
	if f.CreatedUntil, ok = readDay(asked["to"]); !ok {
		wrong("to", i18n.T(ctx, "Please write the last day as a date that exists."))
	} else if !f.CreatedUntil.IsZero() {
		f.CreatedUntil = f.CreatedUntil.AddDate(0, 0, 1).Add(-time.Millisecond) // the whole day, which may have 23 or 25 hours
		if f.CreatedUntil.Before(f.CreatedFrom) {
			wrong("to", i18n.T(ctx, "The last day lies before the first."))
		}
	}
	if f.After, ok = readPlace(asked["after"]); !ok {
		wrong("", i18n.T(ctx, "The address of this page is not whole. Search again."))
	}
	for _, name := range []string{"type", "by", "reference"} {
		if !plainText(asked[name]) {
			wrong(name, i18n.T(ctx, "Please write letters and figures only."))
		}
	}
	if number := asked["customer"]; number != "" {
		f.Customer = p.Record.CustomerHash(number)
	}
	return f, faults
}

// plainText tells text that a database can be asked for.
func plainText(text string) bool {
	return strings.ToValidUTF8(text, "") == text && !strings.ContainsRune(text, 0)
}

// readDay reads the beginning of a day of this place; the zero time for none.
func readDay(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	day, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	const firstYear, lastYear = 1970, 9999
	return day, err == nil && day.Year() >= firstYear && day.Year() < lastYear
}

// placeText names where a page ended, for the address of the next.
func placeText(o issuance.Offer) string {
	return strconv.FormatInt(o.CreatedAt.UnixMilli(), 10) + "." + string(o.ID)
}

func readPlace(text string) (issuance.Place, bool) {
	if text == "" {
		return issuance.Place{}, true
	}
	at, id, _ := strings.Cut(text, ".")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil || ms <= 0 || !plainText(id) {
		return issuance.Place{}, false
	}
	return issuance.Place{CreatedAt: time.UnixMilli(ms).UTC(), ID: issuance.OfferID(id)}, true
}

// nextPage is the address of the page after; none when a customer's number was searched for, which is asked for by a form.
func nextPage(asked map[string]string, after string) string {
	if asked["customer"] != "" {
		return ""
	}
	query := url.Values{"after": {after}}
	for _, name := range filterFields() {
		if asked[name] != "" {
			query.Set(name, asked[name])
		}
	}
	return "/offers?" + query.Encode()
}

// recordOf is the address of an offer's record.
func recordOf(id issuance.OfferID) string { return "/offers/" + string(id) + "/record" }

// rows lists offers: one that is open leads to the counter, one that has ended to its record.
func (p *portal) rows(ctx context.Context, list []issuance.Offer) []offers.Row {
	rows := make([]offers.Row, 0, len(list))
	for _, o := range list {
		href := "/offers/" + string(o.ID)
		if o.Status.Ended() {
			href = recordOf(o.ID)
		}
		rows = append(rows, offers.Row{
			Href: href, Type: p.named(ctx, o.Type), Reference: o.Reference, By: o.CreatedBy, Created: i18n.DateTime(ctx, o.CreatedAt), Status: badge(ctx, o),
		})
	}
	return rows
}

// badge says in a word or two how an offer stands.
func badge(ctx context.Context, o issuance.Offer) ui.Status {
	if o.Lost() {
		return ui.Status{Word: i18n.T(ctx, "Not in the wallet"), Tone: ui.Bad, Guide: help("not-in-wallet")}
	}
	switch o.Status {
	case issuance.StatusPending:
		return ui.Status{Word: i18n.T(ctx, "Waits for approval")}
	case issuance.StatusReady:
		return ui.Status{Word: i18n.T(ctx, "Ready to scan"), Tone: ui.Now}
	case issuance.StatusRetrieved:
		return ui.Status{Word: i18n.T(ctx, "Phone connected"), Tone: ui.Now}
	case issuance.StatusRedeemed:
		return ui.Status{Word: i18n.T(ctx, "Being created"), Tone: ui.Now}
	case issuance.StatusIssued:
		return ui.Status{Word: i18n.T(ctx, "Delivered"), Tone: ui.Good}
	case issuance.StatusConfirmed:
		return ui.Status{Word: i18n.T(ctx, "Stored"), Tone: ui.Good}
	case issuance.StatusCancelled:
		return ui.Status{Word: i18n.T(ctx, "Cancelled")}
	case issuance.StatusExpired:
		return ui.Status{Word: i18n.T(ctx, "Expired"), Tone: ui.Bad, Guide: help("expired")}
	case issuance.StatusFailed:
		return ui.Status{Word: i18n.T(ctx, "Failed"), Tone: ui.Bad, Guide: help("offer-failed")}
	}
	return ui.Status{Word: string(o.Status)}
}
