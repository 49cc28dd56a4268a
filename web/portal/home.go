package portal

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/views/home"
	"counterfoil/views/ui"
)

const (
	language  = "en"
	openLimit = 20
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
	s.Open = p.rows(c.UserContext(), open)
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

func (p *portal) typeName(id string) string {
	for _, t := range p.Types.All() {
		if t.ID == id {
			return t.Named(language)
		}
	}
	return id
}
