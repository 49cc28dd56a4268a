package portal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/views/callbacks"
	"counterfoil/views/i18n"
	"counterfoil/views/ui"
)

// callbackForm is the form with what an endpoint has.
func (p *portal) callbackForm(ctx context.Context, e issuance.Endpoint) callbacks.Form {
	f := callbacks.Form{URL: e.URL, Name: e.Name}
	for _, s := range issuance.CallbackStatuses() {
		f.Statuses = append(f.Statuses, callbacks.Choice{Name: "status." + string(s), Label: statusWords(ctx, s), Chosen: slices.Contains(e.Statuses, s)})
	}
	for _, t := range p.Types.All() {
		f.Types = append(f.Types, callbacks.Choice{Name: "type." + t.ID, Label: t.Named(i18n.Lang(ctx)), Chosen: slices.Contains(e.Types, t.ID)})
	}
	return f
}

// readCallback reads the form. Lists are never nil: what is not ticked is not wanted.
func (p *portal) readCallback(c *fiber.Ctx) (issuance.Endpoint, error) {
	form, err := readForm(c)
	if err != nil {
		return issuance.Endpoint{}, err
	}
	e := issuance.Endpoint{URL: strings.TrimSpace(form["url"]), Name: strings.TrimSpace(form["name"]), Types: []string{}, Statuses: []issuance.CallbackStatus{}}
	for _, s := range issuance.CallbackStatuses() {
		if form["status."+string(s)] == "yes" {
			e.Statuses = append(e.Statuses, s)
		}
	}
	for _, t := range p.Types.All() {
		if form["type."+t.ID] == "yes" {
			e.Types = append(e.Types, t.ID)
		}
	}
	return e, nil
}

func (p *portal) addCallback(c *fiber.Ctx) error {
	asked, err := p.readCallback(c)
	if err != nil {
		return err
	}
	e, err := p.Callbacks.CreateEndpoint(c.UserContext(), issuance.NewEndpoint{
		URL: asked.URL, Name: asked.Name, Types: asked.Types, Statuses: asked.Statuses, By: issuance.Actor{Name: who(c).Display},
	})
	var refusal *issuance.Error
	if errors.As(err, &refusal) {
		view := p.callbackForm(c.UserContext(), asked)
		view.Errors = callbackErrors(c.UserContext(), refusal)
		return p.callbacksPage(c, fiber.StatusUnprocessableEntity, view)
	}
	if err != nil {
		return err
	}
	return p.callbackPage(c, fiber.StatusCreated, e, callbacks.Show{Secret: e.Secret.Reveal(), Said: i18n.T(c.UserContext(), "The endpoint is there, and is told from now on.")})
}

// editCallback changes where an endpoint is and what it is told.
func (p *portal) editCallback(c *fiber.Ctx) error {
	asked, err := p.readCallback(c)
	if err != nil {
		return err
	}
	e, err := p.Callbacks.ChangeEndpoint(c.UserContext(), issuance.EndpointChange{
		ID: endpointID(c), URL: &asked.URL, Name: &asked.Name, Types: &asked.Types, Statuses: &asked.Statuses,
	})
	var refusal *issuance.Error
	if errors.As(err, &refusal) && refusal.Kind == issuance.Invalid {
		if e, err = p.Callbacks.Endpoints.Endpoint(c.UserContext(), endpointID(c)); err != nil {
			return err
		}
		view := p.callbackForm(c.UserContext(), asked)
		view.Errors = callbackErrors(c.UserContext(), refusal)
		return p.callbackPage(c, fiber.StatusUnprocessableEntity, e, callbacks.Show{Change: &view})
	}
	if err != nil {
		return err
	}
	return p.callbackPage(c, fiber.StatusOK, e, callbacks.Show{Said: i18n.T(c.UserContext(), "It is changed, from the next event on.")})
}

func callbackErrors(ctx context.Context, e *issuance.Error) []ui.Problem {
	if len(e.Fields) == 0 {
		return []ui.Problem{{Field: "url", Text: capital(i18n.Reason(ctx, e.Reason)) + ".", Guide: help("callback-address")}}
	}
	var out []ui.Problem
	for _, f := range e.Fields {
		field, _, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		problem := ui.Problem{Field: field, Guide: callbackGuide(field)}
		label := map[string]string{
			"url": i18n.T(ctx, "Address"), "name": i18n.T(ctx, "Name"), "types": i18n.T(ctx, "Credentials"), "statuses": i18n.T(ctx, "Events"),
		}[field]
		problem.Text = label + ": " + i18n.Reason(ctx, f.Reason) + "."
		if f.Pointer == "/statuses" {
			problem.Text = i18n.T(ctx, "Tick at least one thing that it is told.")
		}
		out = append(out, problem)
	}
	return out
}

// callbackGuide gives the way to what the guides say about a field of an endpoint.
func callbackGuide(field string) string {
	return help(map[string]string{"url": "callback-address", "name": "callback-name", "types": "callback-events", "statuses": "callback-events"}[field])
}

func (p *portal) replayFailed(c *fiber.Ctx) error {
	return p.replay(c, issuance.Replay{FailedOnly: true})
}

// fieldTime is how a browser sends a date and time, in the time zone of this machine like every time that is shown.
const fieldTime = "2006-01-02T15:04"

// replayRange sends everything of a time range again, also what the endpoint was not there for.
func (p *portal) replayRange(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	r := issuance.Replay{}
	view := callbacks.Range{From: form["from"], Until: form["until"]}
	if r.From, err = time.ParseInLocation(fieldTime, view.From, time.Local); err != nil {
		view.Errors = append(view.Errors, ui.Problem{Field: "from", Text: i18n.T(c.UserContext(), "From: give a date and a time."), Guide: help("callback-range")})
	}
	if view.Until != "" {
		if r.Until, err = time.ParseInLocation(fieldTime, view.Until, time.Local); err != nil {
			view.Errors = append(view.Errors, ui.Problem{Field: "until", Text: i18n.T(c.UserContext(), "Until: give a date and a time, or nothing."), Guide: help("callback-range")})
		}
		r.Until = r.Until.Add(time.Minute - time.Nanosecond) // the whole minute that is named
	}
	if len(view.Errors) == 0 && view.Until != "" && r.Until.Before(r.From) {
		view.Errors = append(view.Errors, ui.Problem{Field: "until", Text: i18n.T(c.UserContext(), "Until: must not lie before the beginning."), Guide: help("callback-range")})
	}
	if len(view.Errors) == 0 {
		return p.replay(c, r)
	}
	e, err := p.Callbacks.Endpoints.Endpoint(c.UserContext(), endpointID(c))
	if err != nil {
		return err
	}
	return p.callbackPage(c, fiber.StatusUnprocessableEntity, e, callbacks.Show{Range: view})
}

func (p *portal) replay(c *fiber.Ctx, r issuance.Replay) error {
	r.Endpoint = endpointID(c)
	n, err := p.Callbacks.ReplayAll(c.UserContext(), r)
	if err != nil {
		return err
	}
	e, err := p.Callbacks.Endpoints.Endpoint(c.UserContext(), r.Endpoint)
	if err != nil {
		return err
	}
	return p.callbackPage(c, fiber.StatusOK, e, callbacks.Show{Said: replaySaid(c.UserContext(), n, e.State)})
}

func replaySaid(ctx context.Context, n int, state issuance.EndpointState) string {
	switch {
	case n == 0:
		return i18n.T(ctx, "There is nothing to send again.")
	case state != issuance.EndpointActive:
		return i18n.T(ctx, "%d events go out again once the endpoint is switched on.", n)
	}
	return i18n.T(ctx, "%d events go out again.", n)
}
