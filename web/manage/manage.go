package manage

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/web/surface"
)

// bodyLimit bounds a request, in bytes.
const bodyLimit = 1 << 20

// Offers is what the door needs of the domain.
type Offers interface {
	CreateOffer(ctx context.Context, c issuance.CreateOffer) (issuance.CreatedOffer, error)
	Offer(ctx context.Context, id issuance.OfferID) (issuance.Offer, error)
	ListOffers(ctx context.Context, f issuance.Filter) ([]issuance.Offer, error)
	CancelOffer(ctx context.Context, id issuance.OfferID, by issuance.Actor) (issuance.Offer, error)
	Timeline(ctx context.Context, id issuance.OfferID) (issuance.Timeline, error)
}

// Dependencies is what the door is made from.
type Dependencies struct {
	Offers Offers
	URLs   oid4vci.URLs
	// Ready tells whether offers can be made and credentials signed; its error is for the log.
	Ready func(ctx context.Context) error
	Log   *slog.Logger
	// TrustedProxies are the networks of proxies whose word about a caller's address counts.
	TrustedProxies []netip.Prefix
}

// door is the handlers.
type door struct{ Dependencies }

// New makes the door with every route.
func New(d Dependencies) *fiber.App {
	m := &door{d}
	app := surface.New(surface.Door{
		Name: "management", BodyLimit: bodyLimit, Log: d.Log, TrustedProxies: d.TrustedProxies, Phrase: m.phrase, Headers: surface.APIHeaders(),
	})
	app.Post("/offers", m.createOffer)
	app.Get("/offers", m.listOffers)
	app.Get("/offers/:offer", m.showOffer)
	app.Get("/offers/:offer/events", m.listEvents)
	app.Post("/offers/:offer/cancel", m.cancelOffer)
	app.Get("/livez", m.livez)
	app.Get("/readyz", m.readyz)
	surface.Close(app)
	return app
}

// caller is who calls, for the record: until callers have keys, everybody who reaches the door.
func caller() issuance.Actor { return issuance.Actor{Name: "management API"} }

// stamp writes a time as RFC 3339 in UTC.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
