package portal

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/views/home"
	"counterfoil/views/i18n"
	"counterfoil/views/ui"
)

// openLimit bounds the open offers at home.
const openLimit = 20

func (p *portal) home(c *fiber.Ctx) error {
	ctx := c.UserContext()
	alerts, err := p.alerts(c)
	if err != nil {
		return err
	}
	s := home.Show{Page: p.page(c, i18n.T(ctx, "Home")), Alerts: alerts, Issues: who(c).May(staff.CreateOffers)}
	open := issuance.Filter{Statuses: issuance.Sources(issuance.StatusExpired), At: p.Clock(), Limit: openLimit}
	if s.Issues {
		open.Maker = mine(c)
		for _, t := range p.Types.All() {
			d := t.Described(i18n.Lang(ctx))
			s.Tiles = append(s.Tiles, home.Tile{Href: "/offers/new/" + url.PathEscape(t.ID), Name: d.Name, Description: d.Description})
		}
		if s.Today, err = p.today(c); err != nil {
			return err
		}
	}
	list, err := p.Record.ListOffers(ctx, open)
	if err != nil {
		return err
	}
	s.Open = p.rows(ctx, list)
	if s.Display, err = p.nextCustomer(c); err != nil {
		return err
	}
	return render(c, fiber.StatusOK, home.Page(s))
}

// mine is how the record knows who made an offer.
func mine(c *fiber.Ctx) string { return string(who(c).ID) }

// nextCustomer clears the display: who is at the home page has nothing open. It gives how the display fares.
func (p *portal) nextCustomer(c *fiber.Ctx) (ui.Status, error) {
	d, err := p.Displays.Of(c.UserContext(), who(c).ID)
	if err == nil && d.Offer != "" {
		err = p.Displays.Show(c.UserContext(), who(c).ID, p.token(c), "")
	}
	return p.displayBadge(c.UserContext(), d), err
}
