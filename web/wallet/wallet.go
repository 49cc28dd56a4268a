package wallet

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/brand"
	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/typemeta"
	"counterfoil/web/surface"
)

// bodyLimit holds a credential request with a hundred proofs, in bytes.
const bodyLimit = 256 << 10

// Protocol is what the door needs of OpenID4VCI.
type Protocol interface {
	Offer(ctx context.Context, id issuance.OfferID, peek bool) ([]byte, error)
	Token(ctx context.Context, r oid4vci.Request) ([]byte, error)
	Nonce() ([]byte, error)
	Credential(ctx context.Context, r oid4vci.Request) ([]byte, error)
	Notification(ctx context.Context, r oid4vci.Request) error
}

// Nonces gives nonces for DPoP.
type Nonces interface{ DPoPNonce() (string, error) }

// Dependencies is what the door is made from.
type Dependencies struct {
	Protocol Protocol
	Nonces   Nonces
	Offers   Offers
	Metadata *oid4vci.Metadata
	Brand    brand.Brand
	URLs     oid4vci.URLs
	Types    *typemeta.Catalog
	Clock    func() time.Time
	Log      *slog.Logger
	// TrustedProxies are the networks of proxies whose word about a caller's address counts.
	TrustedProxies []netip.Prefix
	// Observe, when there is one, is told of every request.
	Observe func(door, method, route string, status int, took time.Duration)
	// Limited turns on how often one address may call.
	Limited bool
}

// door is the handlers.
type door struct{ Dependencies }

// New makes the door with every route.
func New(d Dependencies) *fiber.App {
	w := &door{d}
	app := surface.New(surface.Door{
		Name: "wallet", BodyLimit: bodyLimit, Log: d.Log, TrustedProxies: d.TrustedProxies, Observe: d.Observe, Phrase: w.phrase, Headers: surface.APIHeaders(),
	})
	for _, path := range d.URLs.WellKnownIssuer() {
		app.Get(path, w.issuerMetadata)
	}
	for _, path := range d.URLs.WellKnownServer() {
		app.Get(path, w.serverMetadata)
	}
	at := d.URLs.Base()
	app.Get(at+oid4vci.PathTypes+":type", w.typeMetadata)
	app.Get(at+oid4vci.PathOffers+":offer", w.limit(60), w.offer)            // a minute
	app.Get(at+oid4vci.PathLanding+":offer", w.page, w.limit(60), w.landing) // a minute
	surface.Assets(app, at)
	surface.BrandAssets(app, at, d.Brand)
	app.Post(at+oid4vci.PathToken, w.nonce, w.limit(30), w.token)               // a minute
	app.Post(at+oid4vci.PathNonce, w.nonce, w.limit(120), w.cNonce)             // a minute
	app.Post(at+oid4vci.PathCredential, w.nonce, w.limit(60), w.credential)     // a minute
	app.Post(at+oid4vci.PathNotification, w.nonce, w.limit(60), w.notification) // a minute
	surface.Close(app)
	return app
}

// limit lets one address call a route so many times a minute; the demo has no limits.
func (d *door) limit(perMinute int) fiber.Handler {
	if !d.Limited {
		return func(c *fiber.Ctx) error { return c.Next() }
	}
	return surface.Limit(perMinute, d.Clock)
}
