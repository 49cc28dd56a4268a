package portal

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/views/home"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
)

const (
	language  = "en"
	openLimit = 20
	listLimit = 100
	clock     = "15:04"
	dayClock  = "2 Jan 15:04"
)

func (p *portal) home(c *fiber.Ctx) error {
	s := home.Show{Page: p.page(c, "Home")}
	if who(c).May(staff.CreateOffers) {
		for _, t := range p.Types.All() {
			d := t.Described(language)
			s.Tiles = append(s.Tiles, home.Tile{Href: "/offers/new/" + url.PathEscape(t.ID), Name: d.Name, Description: d.Description})
		}
	}
	open, err := p.Record.ListOffers(c.UserContext(), issuance.Filter{Statuses: issuance.Sources(issuance.StatusExpired), At: p.Clock(), Limit: openLimit})
	if err != nil {
		return err
	}
	s.Open = p.rows(open)
	if s.Display, err = p.nextCustomer(c); err != nil {
		return err
	}
	return render(c, fiber.StatusOK, home.Page(s))
}

// nextCustomer clears the display: who is at the home page has nothing open. It gives how the display fares.
func (p *portal) nextCustomer(c *fiber.Ctx) (ui.Status, error) {
	d, err := p.Displays.Of(c.UserContext(), who(c).ID)
	if err == nil && d.Offer != "" {
		err = p.Displays.Show(c.UserContext(), who(c).ID, p.token(c), "")
	}
	return p.displayBadge(c.UserContext(), d), err
}

func (p *portal) listOffers(c *fiber.Ctx) error {
	list, err := p.Record.ListOffers(c.UserContext(), issuance.Filter{Limit: listLimit})
	if err != nil {
		return err
	}
	return render(c, fiber.StatusOK, offers.ListPage(offers.List{Page: p.page(c, "Offers"), Rows: p.rows(list)}))
}

func (p *portal) rows(list []issuance.Offer) []offers.Row {
	rows := make([]offers.Row, 0, len(list))
	for _, o := range list {
		rows = append(rows, offers.Row{
			Href: "/offers/" + string(o.ID), Type: p.typeName(o.Type), Reference: o.Reference, By: o.CreatedBy,
			Created: o.CreatedAt.Local().Format(dayClock), Status: badge(o),
		})
	}
	return rows
}

func (p *portal) typeName(id string) string {
	for _, t := range p.Types.All() {
		if t.ID == id {
			return t.Named(language)
		}
	}
	return id
}

// badge says in a word or two how an offer stands.
func badge(o issuance.Offer) ui.Status {
	if o.Lost() {
		return ui.Status{Word: "Not in the wallet", Tone: ui.Bad}
	}
	switch o.Status {
	case issuance.StatusPending:
		return ui.Status{Word: "Waits for approval"}
	case issuance.StatusReady:
		return ui.Status{Word: "Ready to scan", Tone: ui.Now}
	case issuance.StatusRetrieved:
		return ui.Status{Word: "Phone connected", Tone: ui.Now}
	case issuance.StatusRedeemed:
		return ui.Status{Word: "Being created", Tone: ui.Now}
	case issuance.StatusIssued:
		return ui.Status{Word: "Delivered", Tone: ui.Good}
	case issuance.StatusConfirmed:
		return ui.Status{Word: "Stored", Tone: ui.Good}
	case issuance.StatusCancelled:
		return ui.Status{Word: "Cancelled"}
	case issuance.StatusExpired:
		return ui.Status{Word: "Expired", Tone: ui.Bad}
	case issuance.StatusFailed:
		return ui.Status{Word: "Failed", Tone: ui.Bad}
	}
	return ui.Status{Word: string(o.Status)}
}
