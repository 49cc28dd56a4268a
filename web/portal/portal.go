package portal

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/brand"
	"counterfoil/internal/doctor"
	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/internal/typemeta"
	"counterfoil/internal/wallet"
	"counterfoil/views/layout"
	"counterfoil/web/surface"
)

// bodyLimit bounds a form, in bytes.
const bodyLimit = 256 << 10

// signInsPerMinute bounds sign-ins from one address, whatever the names: a desk of clerks behind one address signs in less often.
const signInsPerMinute = 60

// Offers is what the portal makes and changes.
type Offers interface {
	CreateOffer(ctx context.Context, c issuance.CreateOffer) (issuance.CreatedOffer, error)
	RevealTxCode(ctx context.Context, id issuance.OfferID, by issuance.Actor) (secret.Text, error)
	DisplayTxCode(ctx context.Context, o issuance.Offer) (secret.Text, error)
	CancelOffer(ctx context.Context, id issuance.OfferID, by issuance.Actor) (issuance.Offer, error)
}

// Repeats is what helps when an offer does not work out at once.
type Repeats interface {
	RenewTxCode(ctx context.Context, id issuance.OfferID, by issuance.Actor) (secret.Text, error)
	RepeatOffer(ctx context.Context, id issuance.OfferID, by issuance.Actor) (issuance.Offer, error)
	Successor(ctx context.Context, id issuance.OfferID) (issuance.OfferID, error)
}

// Approvals is how a second person looks at offers and decides.
type Approvals interface {
	ListPending(ctx context.Context, limit int) ([]issuance.Offer, error)
	ReviewOffer(ctx context.Context, id issuance.OfferID, by issuance.Actor) (issuance.Review, error)
	ApproveOffer(ctx context.Context, d issuance.Decision) (issuance.Offer, error)
	RejectOffer(ctx context.Context, d issuance.Decision) (issuance.Offer, error)
}

// Record is what the portal reads.
type Record interface {
	Offer(ctx context.Context, id issuance.OfferID) (issuance.Offer, error)
	ListOffers(ctx context.Context, f issuance.Filter) ([]issuance.Offer, error)
	CountOffers(ctx context.Context, f issuance.Filter) (map[issuance.Status]int, error)
	Timeline(ctx context.Context, id issuance.OfferID) (issuance.Timeline, error)
	// CustomerHash gives what offers are found by for a customer's number.
	CustomerHash(number string) []byte
}

// Corrections is how an offer is replaced by one with other claims.
type Corrections interface {
	OpenOriginal(ctx context.Context, id issuance.OfferID, by issuance.Actor) (issuance.Original, error)
	Replacement(ctx context.Context, id issuance.OfferID) (issuance.Offer, error)
}

// Wallet is the demo's wallet.
type Wallet interface {
	Collect(ctx context.Context, r wallet.Request) (wallet.Collected, error)
}

// Doctor looks at the installation.
type Doctor interface {
	Latest(ctx context.Context) doctor.Report
	Run(ctx context.Context) doctor.Report
}

// DemoPerson is somebody who signs in with one click.
type DemoPerson struct{ Name, Display, Role string }

// Dependencies is what the portal is made from.
type Dependencies struct {
	Offers Offers
	// Repeats is what helps when an offer does not work out at once.
	Repeats Repeats
	Record  Record
	// Approvals is how offers get their second pair of eyes.
	Approvals   Approvals
	Corrections Corrections
	// Credentials is the record of what was signed.
	Credentials issuance.Credentials
	Staff       Staff
	// Account is how people look after how they sign in; Passkeys and SSO are nil where the portal's address is not known, or no provider.
	Account  Account
	Passkeys Passkeys
	SSO      SSO
	// People, Clients and Audit are for administrators and auditors.
	People  People
	Clients Clients
	Audit   Audit
	// Displays are turned to customers.
	Displays *staff.Displays
	// Callbacks are looked after by administrators; CallbackBody gives the bytes that a delivery sends.
	Callbacks    *issuance.Callbacks
	Pings        Pings
	CallbackBody func(d issuance.Delivery) ([]byte, error)
	Doctor       Doctor
	Drafts       Drafts
	Types        *typemeta.Catalog
	Watch        *issuance.Watch
	URLs         oid4vci.URLs
	Brand        brand.Brand
	Clock        func() time.Time
	Random       io.Reader
	Log          *slog.Logger
	// TrustedProxies are the networks of proxies whose word about a caller's address counts.
	TrustedProxies []netip.Prefix
	// Observe, when there is one, is told of every request.
	Observe func(door, method, route string, status int, took time.Duration)
	// Watching, when there is one, is told how many streams are open.
	Watching func(open int)
	// Address is where browsers reach the portal, such as https://portal.bank.example; empty when the settings do not say.
	Address string
	// Secure says that browsers reach the portal by https.
	Secure bool
	// Demo people and wallet are there in the demo only.
	DemoStaff  []DemoPerson
	DemoWallet Wallet
	Office
	// Stopping is closed when streams must end.
	Stopping <-chan struct{}
}

// portal is the handlers.
type portal struct {
	Dependencies
	streams     *streams
	newDisplays *surface.Failures
	pictures    chan struct{} // holds one for each picture that is being made
}

// New makes the portal with every route.
func New(d Dependencies) *fiber.App {
	p := &portal{Dependencies: d, streams: newStreams(d.Clock, d.Watching), newDisplays: surface.NewFailures(newDisplaysPerMinute, d.Clock), pictures: make(chan struct{}, picturesAtOnce)}
	app := surface.New(surface.Door{
		Name: "portal", BodyLimit: bodyLimit, Log: d.Log, TrustedProxies: d.TrustedProxies, Observe: d.Observe, Phrase: p.phrase, Headers: p.headers(),
		Streams: true,
	})
	takePictures(app)
	app.Use(p.speak)
	app.Post(SSOLogout, surface.Limit(signInsPerMinute, d.Clock), p.providerLogout) // comes from the provider, of no page
	app.Use(p.sameOrigin)
	surface.Assets(app, "")
	surface.BrandAssets(app, "", d.Brand)
	p.mountSignIn(app)
	p.mountAccount(app)
	p.mountHelp(app)
	p.mountPeople(app)
	p.mountClients(app)
	p.mountAudit(app)
	app.Get("/", p.allow(staff.ReadOffers, p.home))
	p.mountOffers(app)
	p.mountApprovals(app)
	p.mountOffice(app)
	p.mountCallbacks(app)
	p.mountDisplay(app)
	if d.DemoWallet != nil {
		app.Get("/demo/wallet", p.allow(staff.ReadOffers, p.showWallet))
		app.Post("/demo/wallet", p.allow(staff.ReadOffers, p.collect))
	}
	surface.Close(app)
	return app
}

func (p *portal) mountOffers(app *fiber.App) {
	app.Get("/offers", p.allow(staff.ReadOffers, p.listOffers))
	app.Post("/offers/find", p.allow(staff.ReadOffers, p.findCustomer))
	app.Get("/offers/new/:type", p.allow(staff.CreateOffers, p.newOffer))
	app.Post("/offers/new/:type", p.typing(p.shapeOffer))
	app.Post("/offers", p.typing(audited(staff.ActOfferCreated, "", p.createOffer)))
	app.Get("/offers/:offer", p.allow(staff.ReadOffers, p.showOffer))
	app.Get("/offers/:offer/live", p.glance(staff.ReadOffers, p.showLive))
	app.Get("/offers/:offer/stream", p.glance(staff.ReadOffers, p.stream))
	app.Get("/offers/:offer/qr.svg", p.allow(staff.ReadOffers, p.qr))
	app.Get("/offers/:offer/code", p.glance(staff.ReadOffers, p.hideCode))
	app.Post("/offers/:offer/reveal", p.allow(staff.RevealCodes, p.noted(staff.ActCodeRevealed, "offer", p.revealCode)))
	app.Get("/offers/:offer/slip", p.glance(staff.RevealCodes, p.showSlip))
	app.Post("/offers/:offer/slip", p.allow(staff.RevealCodes, p.noted(staff.ActCodeRevealed, "offer", p.revealSlip)))
	app.Get("/offers/:offer/handout", p.allow(staff.ReadOffers, p.showHandout))
	app.Get("/offers/:offer/handout.svg", p.allow(staff.ReadOffers, p.handoutQR))
	app.Get("/offers/:offer/record", p.allow(staff.ReadOffers, p.showRecord))
	app.Post("/offers/:offer/replace", p.allow(staff.CreateOffers, audited(staff.ActOfferReplaced, "offer", p.replaceOffer)))
	app.Post("/offers/:offer/cancel", p.allow(staff.CancelOffers, audited(staff.ActOfferCancelled, "offer", p.cancelOffer)))
	app.Post("/offers/:offer/renew", p.allow(staff.RevealCodes, audited(staff.ActCodeRenewed, "offer", p.renewCode)))
	app.Post("/offers/:offer/again", p.allow(staff.CreateOffers, audited(staff.ActOfferReplaced, "offer", p.repeatOffer)))
}

func (p *portal) mountCallbacks(app *fiber.App) {
	read := func(h fiber.Handler) fiber.Handler { return p.allow(staff.ReadCallbacks, h) }
	change := func(h fiber.Handler) fiber.Handler { return p.allow(staff.ManageCallbacks, h) }
	done := func(act staff.Act, h fiber.Handler) fiber.Handler { return change(audited(act, "callback", h)) }
	app.Get("/callbacks", read(p.listCallbacks))
	app.Post("/callbacks", change(audited(staff.ActCallbackAdded, "", p.addCallback)))
	app.Get("/callbacks/:callback", read(p.showCallback))
	app.Post("/callbacks/:callback/pause", done(staff.ActCallbackPaused, p.changeCallback(p.Callbacks.PauseEndpoint, saidPaused)))
	app.Post("/callbacks/:callback/resume", done(staff.ActCallbackResumed, p.changeCallback(p.Callbacks.ResumeEndpoint, saidResumed)))
	app.Post("/callbacks/:callback/rotate", done(staff.ActCallbackRotated, p.rotateCallback))
	app.Post("/callbacks/:callback/delete", done(staff.ActCallbackDeleted, p.deleteCallback))
	app.Post("/callbacks/:callback/ping", surface.Limit(pingsPerMinute, p.Clock), change(p.pingCallback))
	app.Post("/callbacks/:callback/replay", change(p.replayFailed))
	app.Post("/callbacks/:callback/replay_range", change(p.replayRange))
	app.Post("/callbacks/:callback/change", done(staff.ActCallbackChanged, p.editCallback))
	app.Get("/deliveries/:delivery", read(p.showDelivery))
	app.Post("/deliveries/:delivery/replay", change(p.replayDelivery))
}

// page starts the shell of a page for who is signed in.
func (p *portal) page(c *fiber.Ctx, title string) layout.Page {
	return layout.Page{
		Help:  helpOn(c.Path()),
		Title: title, Person: who(c).Display, Here: c.Path(), Demo: len(p.DemoStaff) > 0, Callbacks: who(c).May(staff.ReadCallbacks),
		System: who(c).May(staff.ReadSystem), Approvals: who(c).May(staff.ReadApprovals), Pending: pending(c), People: who(c).May(staff.ReadPeople), Clients: who(c).May(staff.ReadClients), Audit: who(c).May(staff.ReadAudit),
		Types: who(c).May(staff.ReadTypes), Certificates: who(c).May(staff.ReadCertificates), Brand: p.brand(),
		Session: p.sessionPart(c, session(c)), Appearance: appearance(c),
	}
}

func (p *portal) brand() layout.Brand {
	return layout.Brand{Name: p.Brand.Name, Logo: p.Brand.Logo(), Stylesheet: p.Brand.Stylesheet()}
}

// render writes a page or a fragment. A page that says what went wrong is written after the request's deadline has ended.
func render(c *fiber.Ctx, status int, view templ.Component) error {
	c.Status(status).Type("html", "utf-8")
	return view.Render(context.WithoutCancel(c.UserContext()), c.Response().BodyWriter())
}
