package portal

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/views/apiclients"
	"counterfoil/views/i18n"
	"counterfoil/views/ui"
)

// What the names of the boxes begin with.
const (
	scopePrefix = "scope."
	typePrefix  = "type."
)

// typesBeside gives the ids of all types and of those that a client has although they are no longer there: whoever changes it must not
// free it from them unseen, since a client without types may use all.
func (p *portal) typesBeside(own []string) []string {
	var all []string
	for _, t := range p.Types.All() {
		all = append(all, t.ID)
	}
	for _, id := range own {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// rightsForm fills in what a client may do as it was typed.
func (p *portal) rightsForm(ctx context.Context, f *apiclients.Form, form map[string]string, types []string) {
	f.Networks = form["networks"]
	for _, s := range staff.Scopes() {
		name := scopePrefix + string(s)
		f.Scopes = append(f.Scopes, ui.Choice{Name: name, Label: scopeWord(ctx, s), Chosen: form[name] == yes})
	}
	for _, id := range types {
		f.Types = append(f.Types, ui.Choice{Name: typePrefix + id, Label: p.named(ctx, id), Chosen: form[typePrefix+id] == yes})
	}
	f.Page.Here, f.Page.Narrow = "/clients", true
}

// readRights reads what a client may do. What does not fit comes back as something that does not.
func readRights(form map[string]string, types []string) (scopes []staff.Scope, allowed []string, networks []netip.Prefix) {
	for _, s := range staff.Scopes() {
		if form[scopePrefix+string(s)] == yes {
			scopes = append(scopes, s)
		}
	}
	for _, id := range types {
		if form[typePrefix+id] == yes {
			allowed = append(allowed, id)
		}
	}
	for _, text := range strings.Fields(form["networks"]) {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			network = netip.Prefix{}
		}
		networks = append(networks, network)
	}
	return scopes, allowed, networks
}

func (p *portal) newClient(c *fiber.Ctx) error {
	return p.clientForm(c, fiber.StatusOK, map[string]string{"life": "365"}, nil)
}

// clientForm shows the form of a new client with what was typed and what is wrong with it.
func (p *portal) clientForm(c *fiber.Ctx, status int, form map[string]string, problems []ui.Problem) error {
	ctx := c.UserContext()
	f := apiclients.Form{
		Page: p.page(c, titled(c, i18n.T(ctx, "Add a client"), problems)), Name: form["name"], Identities: form["identities"],
		ByIdentity: form["way"] == "identity", Lives: lifeChoices(ctx, form["life"]), Problems: problems,
	}
	p.rightsForm(ctx, &f, form, p.typesBeside(nil))
	return render(c, status, apiclients.NewPage(f))
}

// clientOf reads the form of a new client.
func (p *portal) clientOf(form map[string]string) staff.NewClient {
	n := staff.NewClient{Name: strings.ToLower(strings.TrimSpace(form["name"]))}
	n.Scopes, n.Types, n.Networks = readRights(form, p.typesBeside(nil))
	if form["way"] == "identity" {
		if n.Identities = strings.Fields(form["identities"]); len(n.Identities) == 0 {
			n.Identities = []string{""} // which does not fit: without any it would get a key
		}
	} else {
		n.KeyLife = lifeOf(form["life"])
	}
	return n
}

// editClient shows what a client may do as a form.
func (p *portal) editClient(c *fiber.Ctx) error {
	one, err := p.Clients.Client(c.UserContext(), clientID(c))
	if err != nil {
		return err
	}
	form := map[string]string{"seen": strconv.Itoa(one.Rights)}
	for _, s := range one.Scopes {
		form[scopePrefix+string(s)] = yes
	}
	for _, id := range one.Types {
		form[typePrefix+id] = yes
	}
	var networks []string
	for _, n := range one.Networks {
		networks = append(networks, n.String())
	}
	form["networks"] = strings.Join(networks, "\n")
	return p.changeForm(c, fiber.StatusOK, one, form, nil)
}

func (p *portal) changeForm(c *fiber.Ctx, status int, one staff.Client, form map[string]string, problems []ui.Problem) error {
	ctx := c.UserContext()
	f := apiclients.Form{
		Page: p.page(c, titled(c, i18n.T(ctx, "Change %s", one.Name), problems)), Href: clientHref(one.ID), Seen: form["seen"], Name: one.Name, Problems: problems,
	}
	p.rightsForm(ctx, &f, form, p.typesBeside(one.Types))
	return render(c, status, apiclients.ChangePage(f))
}

// changeClient changes what a client may do, when it is still as whoever changes it saw it.
func (p *portal) changeClient(c *fiber.Ctx) error {
	ctx := c.UserContext()
	form, err := readForm(c)
	if err != nil {
		return err
	}
	one, err := p.Clients.Client(ctx, clientID(c))
	if err != nil {
		return err
	}
	seen, err := strconv.Atoi(form["seen"])
	if err != nil {
		seen = 0 // which nobody saw
	}
	change := staff.ClientChange{Client: one.ID, Seen: seen}
	change.Scopes, change.Types, change.Networks = readRights(form, p.typesBeside(one.Types))
	err = p.Clients.ChangeClient(ctx, change)
	refusal := new(staff.Error)
	switch {
	case errors.As(err, &refusal) && refusal.Kind == staff.Invalid:
		return p.changeForm(c, fiber.StatusUnprocessableEntity, one, form, clientProblems(c, refusal))
	case errors.As(err, &refusal) && refusal.Kind == staff.Conflict:
		return p.clientPage(c, fiber.StatusConflict, one.ID, apiclients.Show{Problems: []ui.Problem{{Field: "change", Text: outdated(ctx), Guide: help("client-changed")}}})
	case err != nil:
		return err
	}
	return p.clientPage(c, fiber.StatusOK, one.ID, apiclients.Show{Said: i18n.T(ctx, "What the client may do is changed, from the next call on.")})
}

// outdated says that somebody else changed a client since its page was opened.
func outdated(ctx context.Context) string {
	return i18n.T(ctx, "Somebody changed what this client may do in the meantime. Look at it as it is now, then decide again.")
}

// clientProblems says a refusal beside the fields of the form.
func clientProblems(c *fiber.Ctx, e *staff.Error) []ui.Problem {
	ctx := c.UserContext()
	out := problemsOf(c, e, "client", "name")
	for i, problem := range out {
		switch problem.Field {
		case "name":
			out[i].Text = i18n.T(ctx, "Write 1 to 64 small letters, digits, dots, dashes, underscores or @, without spaces.")
			if e.Code == "client_exists" {
				out[i].Text = i18n.T(ctx, "A client of this name is there already. Choose another one.")
			}
		case "scopes":
			out[i].Text = i18n.T(ctx, "Tick at least one thing that it may do.")
		case "networks":
			out[i].Text = i18n.T(ctx, "Write each network with its length, as in 192.0.2.0/24; at most 100 of them.")
		case "identities":
			out[i].Text = i18n.T(ctx, "Write one name a line as the help above says, without wildcards; at most 20 of them.")
			if e.Code == "identity_taken" {
				out[i].Text = i18n.T(ctx, "Another client has one of these names.")
			}
		case "expires_in":
			out[i].Field, out[i].Text = "life", i18n.T(ctx, "Choose one from the list.")
		}
	}
	return out
}
