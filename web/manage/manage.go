package manage

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/staff"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
	"counterfoil/views/apidocs"
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
	// Access is how callers show who they are; the zero value lets nobody in.
	Access  Access
	Clients Clients
	Keys    Keys
	// Signing is the keys that sign, for what is told of their certificates.
	Signing trust.Set
	// Metrics gives what can be counted, in Prometheus' text form.
	Metrics func(ctx context.Context) ([]byte, error)
	// CallbackBody gives the bytes that a delivery sends.
	CallbackBody func(d issuance.Delivery) ([]byte, error)
	Watch        *issuance.Watch
	// Stopping is closed when whoever waits must be answered.
	Stopping <-chan struct{}
	URLs     oid4vci.URLs
	// Ready tells whether offers can be made and credentials signed; its error is for the log.
	Ready func(ctx context.Context) error
	Clock func() time.Time
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
	waiting  atomic.Int64
	failures *surface.Failures
	openapi  openapi
	docs     apidocs.Show
}

// New makes the door with every route.
func New(d Dependencies) *fiber.App {
	document, err := newOpenAPI()
	page, pageErr := newDocs()
	if err := errors.Join(err, pageErr); err != nil {
		panic("manage: " + err.Error()) // the document is part of the program
	}
	m := &door{Dependencies: d, failures: surface.NewFailures(badTries, d.Clock), openapi: document, docs: page}
	m.Offers, m.Credentials = restricted{d.Offers}, restrictedCredentials{d.Credentials}
	app := surface.New(surface.Door{
		Name: "management", BodyLimit: bodyLimit, Log: d.Log, TrustedProxies: d.TrustedProxies, Observe: d.Observe, Phrase: m.phrase, Headers: surface.APIHeaders(),
	})
	app.Use(m.authenticate)
	m.mountOffers(app)
	m.mountCallbacks(app)
	m.mountClients(app)
	app.Get("/openapi.json", m.showOpenAPI)
	app.Get(docsPath, m.showDocs)
	surface.Assets(app, "")
	app.Get("/livez", m.livez)
	app.Get("/readyz", m.readyz)
	surface.Close(app)
	return app
}

func (d *door) mountOffers(app *fiber.App) {
	read, revoke := d.need(staff.ScopeOffersRead), d.need(staff.ScopeCredentialsRevoke)
	app.Post("/offers", d.need(staff.ScopeOffersCreate), d.createOffer)
	app.Get("/offers", read, d.listOffers)
	app.Get("/offers/:offer", read, d.showOffer)
	app.Get("/offers/:offer/events", read, d.listOfferEvents)
	app.Get("/offers/:offer/qr.svg", read, d.qrSVG)
	app.Get("/offers/:offer/qr.png", read, d.qrPNG)
	app.Post("/offers/:offer/cancel", d.need(staff.ScopeOffersCancel), d.once(bodiless(d.cancelOffer)))
	app.Get("/events", read, d.listEvents)
	app.Get("/credentials", read, d.listCredentials)
	app.Get("/credentials/:credential", read, d.showCredential)
	app.Post("/credentials/:credential/revoke", revoke, d.once(bodiless(d.changeCredential)))
	app.Post("/credentials/:credential/suspend", revoke, d.once(bodiless(d.changeCredential)))
	app.Post("/credentials/:credential/reinstate", revoke, d.once(bodiless(d.changeCredential)))
	app.Get("/types", read, d.listTypes)
	app.Post("/types", d.need(staff.ScopeTypesWrite), d.onceOrDry(audited(staff.ActTypeAdded, "", d.addType), d.tryType))
	app.Get("/types/:type", read, d.showOneType)
	app.Get("/certificates", read, d.listCertificates)
	app.Get("/metrics", read, d.showMetrics)
}

func (d *door) mountCallbacks(app *fiber.App) {
	write, own, delivery := d.need(staff.ScopeCallbacksWrite), d.needOwnCallback(), d.needOwnDelivery()
	app.Get("/callbacks", write, d.listCallbacks)
	done := func(act staff.Act, h fiber.Handler) fiber.Handler { return audited(act, "callback", h) }
	app.Post("/callbacks", write, d.once(audited(staff.ActCallbackAdded, "", d.createCallback)))
	app.Get("/callbacks/:callback", own, d.showCallback)
	app.Patch("/callbacks/:callback", own, done(staff.ActCallbackChanged, d.changeCallback))
	app.Delete("/callbacks/:callback", own, done(staff.ActCallbackDeleted, d.deleteCallback))
	app.Post("/callbacks/:callback/pause", own, d.once(bodiless(done(staff.ActCallbackPaused, d.pauseCallback))))
	app.Post("/callbacks/:callback/resume", own, d.once(bodiless(done(staff.ActCallbackResumed, d.resumeCallback))))
	app.Post("/callbacks/:callback/rotate_secret", own, d.once(bodiless(done(staff.ActCallbackRotated, d.rotateSecret))))
	app.Post("/callbacks/:callback/ping", own, surface.Limit(pingsPerMinute, d.Clock), d.once(bodiless(d.pingCallback)))
	app.Post("/callbacks/:callback/replay", own, d.once(d.replayCallback))
	app.Get("/callbacks/:callback/deliveries", own, d.listDeliveries)
	app.Get("/deliveries/:delivery", delivery, d.showDelivery)
	app.Post("/deliveries/:delivery/replay", delivery, d.once(bodiless(d.replayDelivery)))
}

func (d *door) mountClients(app *fiber.App) {
	manage := d.need(staff.ScopeKeysManage)
	app.Get("/clients", manage, d.listClients)
	app.Post("/clients", manage, d.once(d.addClient))
	app.Get("/clients/:client", manage, d.showClient)
	app.Post("/clients/:client/disable", manage, d.once(bodiless(d.disableClient)))
	app.Post("/clients/:client/enable", manage, d.once(bodiless(d.enableClient)))
	app.Post("/clients/:client/keys", manage, d.once(d.addKey))
	app.Post("/clients/:client/keys/:key/revoke", manage, d.once(bodiless(d.revokeKey)))
}

// stamp writes a time as RFC 3339 in UTC.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
