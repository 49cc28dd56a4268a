package wallet

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/static"
	"counterfoil/views/i18n"
	"counterfoil/views/landing"
)

// Offers is the record of offers, for who only looks: looking changes nothing and is no event.
type Offers interface {
	Offer(ctx context.Context, id issuance.OfferID) (issuance.Offer, error)
}

// pageError is an error at an address that people open: it is phrased as a page.
type pageError struct{ err error }

func (e pageError) Error() string { return e.err.Error() }
func (e pageError) Unwrap() error { return e.err }

// page readies the answer of an address that people open; what goes wrong there is phrased as a page.
func (d *door) page(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy,
		"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Set(fiber.HeaderXRobotsTag, "noindex, nofollow")
	tag := i18n.Match(i18n.Customer(), c.Query("lang"), c.Get(fiber.HeaderAcceptLanguage))
	c.Set(fiber.HeaderContentLanguage, tag)
	c.SetUserContext(i18n.With(c.UserContext(), tag))
	if err := c.Next(); err != nil {
		return pageError{err}
	}
	return nil
}

// landing shows people an offer that their phone's camera led to, and the ways into a wallet. A wallet has not seen the offer then.
func (d *door) landing(c *fiber.Ctx) error {
	o, err := d.Offers.Offer(c.UserContext(), issuance.OfferID(c.Params("offer")))
	if err != nil {
		return err
	}
	show := landing.Show{State: landingState(o.Status), Issuer: d.Brand.Name, Languages: languages(c)}
	t, known := d.Types.Version(o.Type, o.TypeVersion)
	switch {
	case o.Status == issuance.StatusPending: // unlike what is gone, it is worth coming back for
		return d.render(c, fiber.StatusConflict, show)
	case !o.Status.Fetchable():
		return d.render(c, fiber.StatusGone, show)
	case !known: // no wallet gets it any more
		show.State = landing.Withdrawn
		return d.render(c, fiber.StatusGone, show)
	}
	show.Offer = &landing.Offer{
		Credential: t.Named(i18n.Lang(c.UserContext())), Left: o.ExpiresAt.Sub(d.Clock()), Code: o.TxCode != nil, Links: d.links(o),
	}
	return d.render(c, fiber.StatusOK, show)
}

// render writes the page. One that says what went wrong is written after the request's deadline has ended.
func (d *door) render(c *fiber.Ctx, status int, show landing.Show) error {
	base := d.URLs.Base()
	show.Stylesheets, show.Icon = []string{base + static.URL("css/app.css")}, base+static.URL("img/favicon.svg")
	if sheet := d.Brand.Stylesheet(); sheet != "" {
		show.Stylesheets = append(show.Stylesheets, base+sheet)
	}
	if logo := d.Brand.Logo(); logo != "" && show.Issuer != "" {
		show.Logo = base + logo
	}
	c.Status(status).Type("html", "utf-8")
	return landing.Page(show).Render(context.WithoutCancel(c.UserContext()), c.Response().BodyWriter())
}

// languages gives the others that the page can be read in.
func languages(c *fiber.Ctx) []landing.Language {
	var others []landing.Language
	for _, l := range i18n.Customer() {
		if l.Tag != i18n.Tag(c.UserContext()) {
			others = append(others, landing.Language{Tag: l.Tag, Name: l.Name, Href: "?lang=" + l.Tag})
		}
	}
	return others
}

// links gives the offer in every scheme that wallets listen to, its own first.
func (d *door) links(o issuance.Offer) []landing.Link {
	links := []landing.Link{{Scheme: o.Scheme, URI: d.URLs.OfferURI(o.Scheme, o.ID)}}
	for _, scheme := range issuance.Schemes() {
		if scheme != o.Scheme {
			links = append(links, landing.Link{Scheme: scheme, URI: d.URLs.OfferURI(scheme, o.ID)})
		}
	}
	return links
}

// landingState says a status as customers understand it. Why an offer was stopped is for the staff to tell.
func landingState(s issuance.Status) landing.State {
	switch s {
	case issuance.StatusPending:
		return landing.Pending
	case issuance.StatusReady:
		return landing.Open
	case issuance.StatusRetrieved:
		return landing.Opened
	case issuance.StatusRedeemed:
		return landing.Redeemed
	case issuance.StatusIssued, issuance.StatusConfirmed:
		return landing.Issued
	case issuance.StatusExpired:
		return landing.Expired
	case issuance.StatusCancelled, issuance.StatusFailed:
		return landing.Withdrawn
	}
	return landing.Missing
}
