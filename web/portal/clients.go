package portal

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/views/apiclients"
	"counterfoil/views/i18n"
	"counterfoil/views/ui"
)

// Clients is what administrators do about the programs that may call the management door. They may give whatever there is to give.
type Clients interface {
	ListClients(ctx context.Context) ([]staff.Client, error)
	Client(ctx context.Context, id staff.ClientID) (staff.Client, error)
	AddClient(ctx context.Context, n staff.NewClient, by staff.Client) (staff.Client, *staff.FreshKey, error)
	NewKey(ctx context.Context, id staff.ClientID, life time.Duration, by staff.Client) (staff.FreshKey, error)
	ChangeClient(ctx context.Context, c staff.ClientChange) error
	ClientEnds
}

// ClientEnds is what shuts clients out. At the portal nobody has to be left who may manage keys through the API.
type ClientEnds interface {
	RevokeKey(ctx context.Context, client staff.ClientID, key staff.KeyID, keep staff.Way) error
	DisableClient(ctx context.Context, id staff.ClientID, keep staff.Way) error
	EnableClient(ctx context.Context, id staff.ClientID, by staff.Client) error
}

func (p *portal) mountClients(app *fiber.App) {
	read := func(h fiber.Handler) fiber.Handler { return p.allow(staff.ReadClients, h) }
	manage := func(h fiber.Handler) fiber.Handler { return p.allow(staff.ManageClients, h) }
	app.Get("/clients", read(p.listClients))
	app.Get("/clients/new", manage(p.fresh(p.newClient)))
	app.Post("/clients", manage(p.fresh(p.addClient)))
	app.Get("/clients/:client", read(p.showClient))
	app.Get("/clients/:client/change", manage(p.fresh(p.editClient)))
	app.Post("/clients/:client/change", manage(p.fresh(p.changeClient)))
	app.Post("/clients/:client/keys", manage(p.fresh(p.addKey)))
	// Ending is always allowed: it gives nobody anything.
	app.Post("/clients/:client/keys/end", manage(p.endKey))
	app.Post("/clients/:client/disable", manage(p.disableClient))
	app.Post("/clients/:client/enable", manage(p.fresh(p.enableClient)))
}

func clientHref(id staff.ClientID) string { return "/clients/" + url.PathEscape(string(id)) }

func clientID(c *fiber.Ctx) staff.ClientID { return staff.ClientID(c.Params("client")) }

// trusted is the administrator as one who gives out what clients may do.
func trusted(c *fiber.Ctx) staff.Client { return staff.Trusted(who(c).Name) }

// scopeWord says what a scope allows.
func scopeWord(ctx context.Context, s staff.Scope) string {
	switch s {
	case staff.ScopeOffersCreate:
		return i18n.T(ctx, "Make offers")
	case staff.ScopeOffersRead:
		return i18n.T(ctx, "Read offers, events and credentials")
	case staff.ScopeOffersCancel:
		return i18n.T(ctx, "Cancel offers")
	case staff.ScopeCredentialsRevoke:
		return i18n.T(ctx, "Revoke and suspend credentials")
	case staff.ScopeTypesWrite:
		return i18n.T(ctx, "Add credential types")
	case staff.ScopeCallbacksWrite:
		return i18n.T(ctx, "Look after callbacks")
	case staff.ScopeKeysManage:
		return i18n.T(ctx, "Make and end other clients and keys")
	case staff.ScopeAuditRead:
		return i18n.T(ctx, "Read the audit trail")
	}
	return string(s)
}

// lives is how long a key may last, as the form gives it.
func lives() []string { return []string{"90", "365", "1095", "none"} }

func lifeChoices(ctx context.Context, chosen string) []ui.Choice {
	words := map[string]string{
		"90": i18n.T(ctx, "90 days"), "365": i18n.T(ctx, "One year"), "1095": i18n.T(ctx, "Three years"), "none": i18n.T(ctx, "Until somebody ends it"),
	}
	var out []ui.Choice
	for _, l := range lives() {
		out = append(out, ui.Choice{Name: l, Label: words[l], Chosen: l == chosen})
	}
	return out
}

// lifeOf reads how long a key is to last; below 0 for what no form gives.
func lifeOf(text string) time.Duration {
	const day = 24 * time.Hour
	switch text {
	case "none":
		return 0
	case "90":
		return 90 * day
	case "365":
		return 365 * day
	case "1095":
		return 1095 * day
	}
	return -1
}

func clientBadge(ctx context.Context, one staff.Client, now time.Time) ui.Status {
	live := len(one.Identities) > 0 || slices.ContainsFunc(one.Keys, func(k staff.Key) bool { return k.LiveAt(now) })
	switch {
	case one.Disabled:
		return ui.Status{Word: i18n.T(ctx, "Shut out"), Tone: ui.Bad, Guide: help("client-shut-out")}
	case !live:
		return ui.Status{Word: i18n.T(ctx, "No live key"), Tone: ui.Warn, Guide: help("client-no-key")}
	}
	return ui.Status{Word: i18n.T(ctx, "Active"), Tone: ui.Good}
}

func keyBadge(ctx context.Context, k staff.Key, now time.Time) ui.Status {
	switch {
	case !k.RevokedAt.IsZero():
		return ui.Status{Word: i18n.T(ctx, "Ended %s", i18n.Date(ctx, k.RevokedAt))}
	case k.ExpiresAt.IsZero():
		return ui.Status{Word: i18n.T(ctx, "Live"), Tone: ui.Good}
	case k.LiveAt(now):
		return ui.Status{Word: i18n.T(ctx, "Live until %s", i18n.Date(ctx, k.ExpiresAt)), Tone: ui.Good}
	}
	return ui.Status{Word: i18n.T(ctx, "Over since %s", i18n.Date(ctx, k.ExpiresAt)), Tone: ui.Warn, Guide: help("key-over")}
}

func (p *portal) listClients(c *fiber.Ctx) error {
	ctx := c.UserContext()
	list, err := p.Clients.ListClients(ctx)
	if err != nil {
		return err
	}
	page := apiclients.List{Page: p.page(c, i18n.T(ctx, "API clients")), MayManage: who(c).May(staff.ManageClients)}
	for _, one := range list {
		row := apiclients.Row{Href: clientHref(one.ID), Name: one.Name, May: scopeWords(ctx, one.Scopes), Used: usedAt(ctx, time.Time{}), Status: clientBadge(ctx, one, p.Clock())}
		var last time.Time
		for _, k := range one.Keys {
			if k.LastUsedAt.After(last) {
				last = k.LastUsedAt
			}
		}
		row.Used = usedAt(ctx, last)
		if len(one.Keys) == 0 { // who shows a certificate or a token leaves no trace on the client
			row.Used = "–"
		}
		page.Rows = append(page.Rows, row)
	}
	return render(c, fiber.StatusOK, apiclients.ListPage(page))
}

func scopeWords(ctx context.Context, scopes []staff.Scope) string {
	words := make([]string, 0, len(scopes))
	for _, s := range scopes {
		words = append(words, scopeWord(ctx, s))
	}
	return strings.Join(words, ", ")
}

func (p *portal) addClient(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	n := p.clientOf(form)
	made, key, err := p.Clients.AddClient(c.UserContext(), n, trusted(c))
	if refusal := new(staff.Error); errors.As(err, &refusal) {
		return p.clientForm(c, fiber.StatusUnprocessableEntity, form, clientProblems(c, refusal))
	}
	if err != nil {
		return err
	}
	s := apiclients.Show{Said: i18n.T(c.UserContext(), "The client may call from now on.")}
	if key != nil {
		s.Key = key.Secret.Reveal()
	}
	return p.clientPage(c, fiber.StatusCreated, made.ID, s)
}

func (p *portal) showClient(c *fiber.Ctx) error {
	return p.clientPage(c, fiber.StatusOK, clientID(c), apiclients.Show{})
}

// clientPage shows a client; what is in s already is shown with it.
func (p *portal) clientPage(c *fiber.Ctx, status int, id staff.ClientID, s apiclients.Show) error {
	ctx, now := c.UserContext(), p.Clock()
	one, err := p.Clients.Client(ctx, id)
	if err != nil {
		return err
	}
	s.Page = p.page(c, titled(c, one.Name, s.Problems))
	s.Page.Here, s.Page.Narrow = "/clients", true
	s.Href, s.Name, s.Status, s.Facts = clientHref(one.ID), one.Name, clientBadge(ctx, one, now), p.clientFacts(ctx, one)
	s.MayManage, s.Disabled, s.HasKeys = who(c).May(staff.ManageClients), one.Disabled, len(one.Identities) == 0
	if s.Lives == nil {
		s.Lives = lifeChoices(ctx, "365")
	}
	live := 0
	for _, k := range one.Keys {
		if k.LiveAt(now) {
			live++
		}
		s.Keys = append(s.Keys, apiclients.Key{
			ID: string(k.ID), Made: i18n.DateTime(ctx, k.CreatedAt), Used: usedAt(ctx, k.LastUsedAt), Status: keyBadge(ctx, k, now), Live: k.LiveAt(now),
		})
	}
	s.MayHaveKey = live < staff.LiveKeys
	return render(c, status, apiclients.ShowPage(s))
}

func (p *portal) clientFacts(ctx context.Context, one staff.Client) []ui.Fact {
	types, networks := i18n.T(ctx, "all"), i18n.T(ctx, "anywhere")
	var names []string
	for _, id := range one.Types {
		names = append(names, p.named(ctx, id))
	}
	if len(names) > 0 {
		types = strings.Join(names, ", ")
	}
	var nets []string
	for _, n := range one.Networks {
		nets = append(nets, n.String())
	}
	if len(nets) > 0 {
		networks = strings.Join(nets, ", ")
	}
	facts := []ui.Fact{
		{Label: i18n.T(ctx, "What it may do"), Value: scopeWords(ctx, one.Scopes)}, {Label: i18n.T(ctx, "Credentials"), Value: types},
		{Label: i18n.T(ctx, "Calls from"), Value: networks}, {Label: i18n.T(ctx, "Added"), Value: i18n.Date(ctx, one.CreatedAt)},
	}
	if len(one.Identities) > 0 {
		facts = append(facts, ui.Fact{Label: i18n.T(ctx, "Shows"), Value: strings.Join(one.Identities, ", ")})
	}
	return facts
}

func (p *portal) addKey(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	key, err := p.Clients.NewKey(c.UserContext(), clientID(c), lifeOf(form["life"]), trusted(c))
	refusal := new(staff.Error)
	if errors.As(err, &refusal) && refusal.Kind != staff.NotFound {
		s := apiclients.Show{Problems: clientProblems(c, refusal)}
		switch refusal.Code {
		case "too_many_keys":
			s.Problems = []ui.Problem{{Field: "keys", Text: i18n.T(c.UserContext(), "Two keys are live, which is the most. End one to make another."), Guide: help("client-keys")}}
		case "client_changed":
			s.Problems = []ui.Problem{{Field: "change", Text: outdated(c.UserContext()), Guide: help("client-changed")}}
		}
		return p.clientPage(c, fiber.StatusUnprocessableEntity, clientID(c), s)
	}
	if err != nil {
		return err
	}
	return p.clientPage(c, fiber.StatusCreated, clientID(c), apiclients.Show{Key: key.Secret.Reveal(), Said: i18n.T(c.UserContext(), "There is another key. The one before works on until you end it.")})
}

func (p *portal) endKey(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if err := p.Clients.RevokeKey(c.UserContext(), clientID(c), staff.KeyID(form["key"]), staff.WayAny); err != nil {
		return err
	}
	return p.clientPage(c, fiber.StatusOK, clientID(c), apiclients.Show{Said: i18n.T(c.UserContext(), "The key is ended, from the next call on.")})
}

func (p *portal) disableClient(c *fiber.Ctx) error {
	if err := p.Clients.DisableClient(c.UserContext(), clientID(c), staff.WayAny); err != nil {
		return err
	}
	return p.clientPage(c, fiber.StatusOK, clientID(c), apiclients.Show{Said: i18n.T(c.UserContext(), "Shut out, from the next call on.")})
}

func (p *portal) enableClient(c *fiber.Ctx) error {
	if err := p.Clients.EnableClient(c.UserContext(), clientID(c), trusted(c)); err != nil {
		return err
	}
	return p.clientPage(c, fiber.StatusOK, clientID(c), apiclients.Show{Said: i18n.T(c.UserContext(), "It may call again.")})
}
