package manage

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
	"counterfoil/web/surface"
)

// bodyLimit bounds a request, in bytes.
const bodyLimit = 1 << 20

// pingsPerMinute bounds test events, which reach machines that are not ours.
const pingsPerMinute = 10

// Offers is what the door needs of the domain.
type Offers interface {
	CreateOffer(ctx context.Context, c issuance.CreateOffer) (issuance.CreatedOffer, error)
	Offer(ctx context.Context, id issuance.OfferID) (issuance.Offer, error)
	ListOffers(ctx context.Context, f issuance.Filter) ([]issuance.Offer, error)
	CancelOffer(ctx context.Context, id issuance.OfferID, by issuance.Actor) (issuance.Offer, error)
	Timeline(ctx context.Context, id issuance.OfferID) (issuance.Timeline, error)
	Feed(ctx context.Context, f issuance.Feed) ([]issuance.Event, error)
}

// Dependencies is what the door is made from.
type Dependencies struct {
	Offers      Offers
	Callbacks   Callbacks
	Endpoints   Endpoints
	Deliveries  Deliveries
	Replays     Replays
	Pings       Pings
	Answers     Answers
	Credentials issuance.Credentials
	Types       *typemeta.Catalog
	TypeAdmin   TypeAdmin
	Keys        trust.Set
	// Metrics gives what can be counted, in Prometheus' text form.
	Metrics func(ctx context.Context) ([]byte, error)
	// CallbackBody gives the bytes that a delivery sends.
	CallbackBody func(d issuance.Delivery) ([]byte, error)
	Watch        *issuance.Watch
	Clock        func() time.Time
	// Stopping is closed when whoever waits must be answered.
	Stopping <-chan struct{}
	URLs     oid4vci.URLs
	// Ready tells whether offers can be made and credentials signed; its error is for the log.
	Ready func(ctx context.Context) error
	Log   *slog.Logger
	// TrustedProxies are the networks of proxies whose word about a caller's address counts.
	TrustedProxies []netip.Prefix
	// Observe, when there is one, is told of every request.
	Observe func(door, method, route string, status int, took time.Duration)
}

// door is the handlers.
type door struct {
	Dependencies
	// waiting counts the requests that wait for an offer to end.
	waiting atomic.Int64
}

// New makes the door with every route.
func New(d Dependencies) *fiber.App {
	m := &door{Dependencies: d}
	app := surface.New(surface.Door{
		Name: "management", BodyLimit: bodyLimit, Log: d.Log, TrustedProxies: d.TrustedProxies, Observe: d.Observe, Phrase: m.phrase, Headers: surface.APIHeaders(),
	})
	app.Post("/offers", m.createOffer)
	app.Get("/offers", m.listOffers)
	app.Get("/offers/:offer", m.showOffer)
	app.Get("/offers/:offer/events", m.listOfferEvents)
	app.Post("/offers/:offer/cancel", m.once(m.cancelOffer))
	app.Get("/events", m.listEvents)
	app.Get("/callbacks", m.listCallbacks)
	app.Post("/callbacks", m.once(m.createCallback))
	app.Get("/callbacks/:callback", m.showCallback)
	app.Patch("/callbacks/:callback", m.changeCallback)
	app.Delete("/callbacks/:callback", m.deleteCallback)
	app.Post("/callbacks/:callback/pause", m.once(m.pauseCallback))
	app.Post("/callbacks/:callback/resume", m.once(m.resumeCallback))
	app.Post("/callbacks/:callback/rotate_secret", m.once(m.rotateSecret))
	app.Post("/callbacks/:callback/ping", surface.Limit(pingsPerMinute, d.Clock), m.once(m.pingCallback))
	app.Post("/callbacks/:callback/replay", m.once(m.replayCallback))
	app.Get("/callbacks/:callback/deliveries", m.listDeliveries)
	app.Get("/deliveries/:delivery", m.showDelivery)
	app.Post("/deliveries/:delivery/replay", m.once(m.replayDelivery))
	app.Get("/credentials", m.listCredentials)
	app.Get("/credentials/:credential", m.showCredential)
	app.Post("/credentials/:credential/revoke", m.once(m.changeCredential))
	app.Post("/credentials/:credential/suspend", m.once(m.changeCredential))
	app.Post("/credentials/:credential/reinstate", m.once(m.changeCredential))
	app.Get("/types", m.listTypes)
	app.Post("/types", m.onceWith(m.addType, "dry_run"))
	app.Get("/types/:type", m.showOneType)
	app.Get("/certificates", m.listCertificates)
	app.Get("/metrics", m.showMetrics)
	app.Get("/livez", m.livez)
	app.Get("/readyz", m.readyz)
	surface.Close(app)
	return app
}

// caller is who calls, for the record: until callers have keys, everybody who reaches the door.
func caller(*fiber.Ctx) issuance.Actor { return issuance.Actor{Name: "management API"} }

// stamp writes a time as RFC 3339 in UTC.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
