package portal

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
	"counterfoil/views/people"
	"counterfoil/views/ui"
)

// People is what administrators do about who may use the portal.
type People interface {
	ListPeople(ctx context.Context) ([]staff.Person, error)
	PersonByName(ctx context.Context, name string) (staff.Person, error)
	Factors(ctx context.Context, id staff.PersonID) (staff.Factors, error)
	ListSessions(ctx context.Context, id staff.PersonID) ([]staff.Session, error)
	PeopleAdmin
}

// PeopleAdmin is what changes somebody; keep is the administrator who does it.
type PeopleAdmin interface {
	Invite(ctx context.Context, n staff.NewPerson) (staff.Person, secret.Text, error)
	SetRoles(ctx context.Context, name string, roles []staff.Role, keep staff.PersonID) error
	SetDisabled(ctx context.Context, name string, disabled bool, keep staff.PersonID) error
	ResetAccess(ctx context.Context, name string, keep staff.PersonID) (secret.Text, error)
	EndSessions(ctx context.Context, p staff.Person, one, keep staff.SessionID) error
}

func (p *portal) mountPeople(app *fiber.App) {
	read := func(h fiber.Handler) fiber.Handler { return p.allow(staff.ReadPeople, h) }
	manage := func(h fiber.Handler) fiber.Handler { return p.allow(staff.ManagePeople, h) }
	app.Get("/people", read(p.listPeople))
	app.Get("/people/new", manage(p.fresh(p.newPerson)))
	app.Post("/people", manage(p.fresh(p.addPerson)))
	app.Get("/people/:person", read(p.showPerson))
	app.Post("/people/:person/roles", manage(p.fresh(p.changeRoles)))
	app.Post("/people/:person/reset", manage(p.fresh(p.resetPerson)))
	// Shutting out and ending are always allowed: they give nobody anything.
	app.Post("/people/:person/disable", manage(p.disablePerson))
	app.Post("/people/:person/enable", manage(p.fresh(p.enablePerson)))
	app.Post("/people/:person/sessions/end", manage(p.endPersonSession))
}

func personHref(name string) string { return "/people/" + url.PathEscape(name) }

// roleWord says what a role lets somebody be.
func roleWord(ctx context.Context, r staff.Role) string {
	switch r {
	case staff.Operator:
		return i18n.T(ctx, "Operator")
	case staff.Approver:
		return i18n.T(ctx, "Approver")
	case staff.Administrator:
		return i18n.T(ctx, "Administrator")
	case staff.Auditor:
		return i18n.T(ctx, "Auditor")
	}
	return string(r)
}

// roleHelp says what a role lets somebody do.
func roleHelp(ctx context.Context, r staff.Role) string {
	switch r {
	case staff.Operator:
		return i18n.T(ctx, "makes offers at the counter and shows their codes")
	case staff.Approver:
		return i18n.T(ctx, "looks at offers of others and lets them go on")
	case staff.Administrator:
		return i18n.T(ctx, "looks after people, API clients, callbacks and settings; makes no offers")
	case staff.Auditor:
		return i18n.T(ctx, "reads everything that is on record, changes nothing")
	}
	return ""
}

func roleWords(ctx context.Context, roles []staff.Role) string {
	words := make([]string, 0, len(roles))
	for _, r := range roles {
		words = append(words, roleWord(ctx, r))
	}
	return strings.Join(words, ", ")
}

func roleChoices(ctx context.Context, chosen []staff.Role) []ui.Choice {
	var out []ui.Choice
	for _, r := range staff.Roles() {
		out = append(out, ui.Choice{Name: "role." + string(r), Label: roleWord(ctx, r), Help: roleHelp(ctx, r), Chosen: slices.Contains(chosen, r)})
	}
	return out
}

// rolesOf reads the boxes that were ticked.
func rolesOf(form map[string]string) []staff.Role {
	var out []staff.Role
	for _, r := range staff.Roles() {
		if form["role."+string(r)] == "yes" {
			out = append(out, r)
		}
	}
	return out
}

// personBadge says in a word or two whether somebody can sign in.
func (p *portal) personBadge(ctx context.Context, one staff.Person) ui.Status {
	switch {
	case one.Disabled:
		return ui.Status{Word: i18n.T(ctx, "Shut out"), Tone: ui.Bad, Guide: help("person-shut-out")}
	case one.PasswordHash == "" && one.External == "" && !p.isDemo(one.Name):
		return ui.Status{Word: i18n.T(ctx, "Not set up yet"), Tone: ui.Now}
	}
	return ui.Status{Word: i18n.T(ctx, "Active"), Tone: ui.Good}
}

func (p *portal) listPeople(c *fiber.Ctx) error {
	ctx := c.UserContext()
	list, err := p.People.ListPeople(ctx)
	if err != nil {
		return err
	}
	page := people.List{Page: p.page(c, i18n.T(ctx, "People")), MayManage: who(c).May(staff.ManagePeople)}
	for _, one := range list {
		page.Rows = append(page.Rows, people.Row{
			Href: personHref(one.Name), Display: one.Display, Name: one.Name, Roles: roleWords(ctx, one.Roles), Since: i18n.Date(ctx, one.CreatedAt),
			Status: p.personBadge(ctx, one),
		})
	}
	return render(c, fiber.StatusOK, people.ListPage(page))
}

func (p *portal) newPerson(c *fiber.Ctx) error {
	return p.personForm(c, fiber.StatusOK, staff.NewPerson{}, nil)
}

// personForm shows the form with what was typed and what is wrong with it.
func (p *portal) personForm(c *fiber.Ctx, status int, n staff.NewPerson, problems []ui.Problem) error {
	f := people.Form{
		Page: p.page(c, titled(c, i18n.T(c.UserContext(), "Add a person"), problems)), Name: n.Name, Display: n.Display,
		Roles: roleChoices(c.UserContext(), n.Roles), Problems: problems,
	}
	f.Page.Here, f.Page.Narrow = "/people", true
	return render(c, status, people.NewPage(f))
}

// titled is a page's title, which says so when the page came back because something is wrong.
func titled(c *fiber.Ctx, title string, problems []ui.Problem) string {
	if len(problems) == 0 {
		return title
	}
	return i18n.T(c.UserContext(), "Error: %s", title)
}

// problemsOf says a refusal beside the fields of a form that it is about, named by their pointers, or beside the one that is given.
func problemsOf(c *fiber.Ctx, e *staff.Error, form, otherwise string) []ui.Problem {
	if len(e.Fields) == 0 {
		return []ui.Problem{{Field: otherwise, Text: fullStop(i18n.Reason(c.UserContext(), e.Reason)), Guide: fieldGuide(form, otherwise)}}
	}
	var out []ui.Problem
	for _, f := range e.Fields {
		field, _, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		if !ui.Has(out, field) {
			out = append(out, ui.Problem{Field: field, Text: fullStop(i18n.Reason(c.UserContext(), f.Reason)), Guide: fieldGuide(form, field)})
		}
	}
	return out
}

// fieldGuide gives the way to what the guides say about a field of a form of staff or clients.
func fieldGuide(form, field string) string {
	return help(map[string]string{
		"person name": "person-name", "person display": "person-display", "person roles": "person-roles",
		"client name": "client-name", "client scopes": "client-rights", "client types": "client-rights", "client networks": "client-networks",
		"client identities": "client-identities", "client expires_in": "client-life", "setup code": "setup-code", "setup password": "new-password",
	}[form+" "+field])
}

// fullStop makes a sentence of what the domain says in part of one.
func fullStop(reason string) string {
	if strings.HasSuffix(reason, ".") {
		return reason
	}
	return capital(reason) + "."
}

func (p *portal) addPerson(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	n := staff.NewPerson{Name: strings.ToLower(strings.TrimSpace(form["name"])), Display: strings.TrimSpace(form["display"]), Roles: rolesOf(form)}
	made, code, err := p.People.Invite(c.UserContext(), n)
	if refusal := new(staff.Error); errors.As(err, &refusal) {
		return p.personForm(c, fiber.StatusUnprocessableEntity, n, problemsOf(c, refusal, "person", "name"))
	}
	if err != nil {
		return err
	}
	return p.personPage(c, fiber.StatusCreated, made.Name, people.Show{Code: code.Reveal(), Said: i18n.T(c.UserContext(), "The account is there. It opens with this code, once.")})
}

func (p *portal) showPerson(c *fiber.Ctx) error {
	return p.personPage(c, fiber.StatusOK, c.Params("person"), people.Show{})
}

// personPage shows a person; what is in s already is shown with it.
func (p *portal) personPage(c *fiber.Ctx, status int, name string, s people.Show) error {
	ctx := c.UserContext()
	one, err := p.People.PersonByName(ctx, name)
	if err != nil {
		return err
	}
	factors, err := p.People.Factors(ctx, one.ID)
	if err != nil {
		return err
	}
	sessions, err := p.People.ListSessions(ctx, one.ID)
	if err != nil {
		return err
	}
	s.Page = p.page(c, titled(c, one.Display, s.Problems))
	s.Page.Here, s.Page.Narrow = "/people", true
	s.Href, s.Display, s.Name, s.Status = personHref(one.Name), one.Display, one.Name, p.personBadge(ctx, one)
	s.Disabled, s.External, s.Self, s.MayManage = one.Disabled, one.External != "", one.ID == who(c).ID, who(c).May(staff.ManagePeople)
	s.Facts = []ui.Fact{
		{Label: i18n.T(ctx, "Signs in as"), Value: one.Name}, {Label: i18n.T(ctx, "Roles"), Value: roleWords(ctx, one.Roles)},
		{Label: i18n.T(ctx, "Second step"), Value: factorWords(ctx, one, factors)}, {Label: i18n.T(ctx, "Added"), Value: i18n.Date(ctx, one.CreatedAt)},
	}
	if s.Roles == nil {
		s.Roles = roleChoices(ctx, one.Roles)
	}
	for _, n := range sessions {
		s.Sessions = append(s.Sessions, people.Session{
			ID: string(n.ID), Browser: browserOf(ctx, n.From.Agent), Address: n.From.Address, Method: methodWord(ctx, n.Method),
			Since: i18n.DateTime(ctx, n.CreatedAt), Seen: i18n.DateTime(ctx, n.SeenAt),
		})
	}
	return render(c, status, people.ShowPage(s))
}

// factorWords says what somebody shows besides a password.
func factorWords(ctx context.Context, one staff.Person, f staff.Factors) string {
	var words []string
	if one.External != "" {
		return i18n.T(ctx, "at the identity provider")
	}
	if f.Passkeys > 0 {
		words = append(words, i18n.T(ctx, "%d passkeys", f.Passkeys))
	}
	if f.TOTP {
		words = append(words, i18n.T(ctx, "authenticator app"))
	}
	if len(words) == 0 {
		return i18n.T(ctx, "none")
	}
	return strings.Join(words, ", ")
}

func (p *portal) changeRoles(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	name, roles := c.Params("person"), rolesOf(form)
	err = p.People.SetRoles(c.UserContext(), name, roles, who(c).ID)
	refusal := new(staff.Error)
	if errors.As(err, &refusal) && refusal.Kind == staff.Invalid {
		return p.personPage(c, fiber.StatusUnprocessableEntity, name, people.Show{Problems: problemsOf(c, refusal, "person", "roles"), Roles: roleChoices(c.UserContext(), roles)})
	}
	if err != nil {
		return err
	}
	return p.personPage(c, fiber.StatusOK, name, people.Show{Said: i18n.T(c.UserContext(), "Changed, from their next click on.")})
}

func (p *portal) resetPerson(c *fiber.Ctx) error {
	code, err := p.People.ResetAccess(c.UserContext(), c.Params("person"), who(c).ID)
	if err != nil {
		return err
	}
	return p.personPage(c, fiber.StatusOK, c.Params("person"), people.Show{
		Code: code.Reveal(), Said: i18n.T(c.UserContext(), "Everything they signed in with is forgotten, and they are signed out everywhere."),
	})
}

func (p *portal) disablePerson(c *fiber.Ctx) error {
	return p.setDisabled(c, true, i18n.T(c.UserContext(), "Shut out: signed out everywhere, and no way in."))
}

func (p *portal) enablePerson(c *fiber.Ctx) error {
	return p.setDisabled(c, false, i18n.T(c.UserContext(), "They can sign in again."))
}

func (p *portal) setDisabled(c *fiber.Ctx, disabled bool, said string) error {
	if err := p.People.SetDisabled(c.UserContext(), c.Params("person"), disabled, who(c).ID); err != nil {
		return err
	}
	return p.personPage(c, fiber.StatusOK, c.Params("person"), people.Show{Said: said})
}

func (p *portal) endPersonSession(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if form["session"] == "" {
		return fiber.ErrUnprocessableEntity
	}
	one, err := p.People.PersonByName(c.UserContext(), c.Params("person"))
	if err != nil {
		return err
	}
	if err := p.People.EndSessions(c.UserContext(), one, staff.SessionID(form["session"]), ""); err != nil {
		return err
	}
	return c.Redirect(personHref(one.Name), fiber.StatusSeeOther)
}
