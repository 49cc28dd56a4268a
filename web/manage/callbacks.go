package manage

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// Callbacks is what the door needs of the use cases of callback endpoints.
type Callbacks interface {
	CreateEndpoint(ctx context.Context, n issuance.NewEndpoint) (issuance.Endpoint, error)
	ChangeEndpoint(ctx context.Context, c issuance.EndpointChange) (issuance.Endpoint, error)
	PauseEndpoint(ctx context.Context, id issuance.EndpointID) (issuance.Endpoint, error)
	ResumeEndpoint(ctx context.Context, id issuance.EndpointID) (issuance.Endpoint, error)
	RotateSecret(ctx context.Context, id issuance.EndpointID) (issuance.Endpoint, error)
}

// Endpoints is what the door reads of callback endpoints, and how one ends.
type Endpoints interface {
	Endpoint(ctx context.Context, id issuance.EndpointID) (issuance.Endpoint, error)
	ListEndpoints(ctx context.Context) ([]issuance.Endpoint, error)
	DeleteEndpoint(ctx context.Context, id issuance.EndpointID) error
}

// callbackRequest is the body of POST and PATCH /callbacks: what is left out of a PATCH stays as it is.
type callbackRequest struct {
	URL      *string                    `json:"url"`
	Name     *string                    `json:"name"`
	Types    *[]string                  `json:"types"`
	Statuses *[]issuance.CallbackStatus `json:"statuses"`
	Secret   *string                    `json:"secret"`
}

// callbackShown is a callback endpoint as it is read. The secret is in it when it was just made, and never again.
type callbackShown struct {
	ID           issuance.EndpointID       `json:"callback_id"`
	Name         string                    `json:"name,omitzero"`
	URL          string                    `json:"url"`
	Types        []string                  `json:"types"`
	Statuses     []issuance.CallbackStatus `json:"statuses"`
	State        issuance.EndpointState    `json:"state"`
	Health       issuance.Health           `json:"health"`
	FailingSince string                    `json:"failing_since,omitzero"`
	LastResult   string                    `json:"last_result,omitzero"`
	Queued       int                       `json:"queued"`
	OldUntil     string                    `json:"previous_secret_until,omitzero"`
	CreatedAt    string                    `json:"created_at"`
	CreatedBy    string                    `json:"created_by"`
	Secret       string                    `json:"secret,omitzero"`
}

func (d *door) showEndpoint(e issuance.Endpoint) callbackShown {
	out := callbackShown{
		ID: e.ID, Name: e.Name, URL: e.URL, Types: e.Types, Statuses: e.Statuses, State: e.State, Health: e.Health(), LastResult: e.LastResult,
		Queued: e.Queued, CreatedAt: stamp(e.CreatedAt), CreatedBy: e.CreatedBy,
	}
	if out.Types == nil {
		out.Types = []string{}
	}
	if !e.FailingSince.IsZero() {
		out.FailingSince = stamp(e.FailingSince)
	}
	if d.Clock().Before(e.OldUntil) {
		out.OldUntil = stamp(e.OldUntil)
	}
	return out
}

func endpointID(c *fiber.Ctx) issuance.EndpointID { return issuance.EndpointID(c.Params("callback")) }

func (d *door) listCallbacks(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	list, err := d.Endpoints.ListEndpoints(c.UserContext())
	if err != nil {
		return err
	}
	out := make([]callbackShown, 0, len(list))
	client := clientOf(c.UserContext())
	for _, e := range list {
		if client.MayUseAll(e.Types) {
			out = append(out, d.showEndpoint(e))
		}
	}
	return answer(c, fiber.StatusOK, map[string]any{"callbacks": out})
}

func (d *door) createCallback(c *fiber.Ctx) error {
	var req callbackRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	n := issuance.NewEndpoint{By: caller(c.UserContext())}
	if req.URL != nil {
		n.URL = *req.URL
	}
	if req.Name != nil {
		n.Name = *req.Name
	}
	if req.Types != nil {
		n.Types = *req.Types
	}
	if req.Statuses != nil {
		n.Statuses = *req.Statuses
	}
	if req.Secret != nil {
		own := secret.NewText(*req.Secret)
		n.Secret = &own
	}
	if !clientOf(c.UserContext()).MayUseAll(n.Types) {
		return forbidden{code: codeType}
	}
	e, err := d.Callbacks.CreateEndpoint(c.UserContext(), n)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, "/callbacks/"+string(e.ID))
	return d.answerSecret(c, fiber.StatusCreated, e)
}

// answerSecret shows an endpoint with its secret, this once.
func (d *door) answerSecret(c *fiber.Ctx, status int, e issuance.Endpoint) error {
	out := d.showEndpoint(e)
	out.Secret = e.Secret.Reveal()
	return answer(c, status, out)
}

// answerEndpoint shows an endpoint without its secret.
func (d *door) answerEndpoint(c *fiber.Ctx, e issuance.Endpoint, err error) error {
	if err != nil {
		return err
	}
	return answer(c, fiber.StatusOK, d.showEndpoint(e))
}

func (d *door) showCallback(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	e, err := d.Endpoints.Endpoint(c.UserContext(), endpointID(c))
	return d.answerEndpoint(c, e, err)
}

func (d *door) changeCallback(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	var req callbackRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	if req.Secret != nil {
		return invalid("/secret", "is changed by rotate_secret")
	}
	if req.Types != nil && !clientOf(c.UserContext()).MayUseAll(*req.Types) {
		return forbidden{code: codeType}
	}
	e, err := d.Callbacks.ChangeEndpoint(c.UserContext(), issuance.EndpointChange{
		ID: endpointID(c), URL: req.URL, Name: req.Name, Types: req.Types, Statuses: req.Statuses,
	})
	return d.answerEndpoint(c, e, err)
}

func (d *door) deleteCallback(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	if err := d.Endpoints.DeleteEndpoint(c.UserContext(), endpointID(c)); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (d *door) pauseCallback(c *fiber.Ctx) error {
	e, err := d.Callbacks.PauseEndpoint(c.UserContext(), endpointID(c))
	return d.answerEndpoint(c, e, err)
}

func (d *door) resumeCallback(c *fiber.Ctx) error {
	e, err := d.Callbacks.ResumeEndpoint(c.UserContext(), endpointID(c))
	return d.answerEndpoint(c, e, err)
}

func (d *door) rotateSecret(c *fiber.Ctx) error {
	e, err := d.Callbacks.RotateSecret(c.UserContext(), endpointID(c))
	if err != nil {
		return err
	}
	return d.answerSecret(c, fiber.StatusOK, e)
}

// replayRequest is the body of POST /callbacks/{id}/replay.
type replayRequest struct {
	From       *time.Time `json:"from"`
	Until      *time.Time `json:"until"`
	FailedOnly *bool      `json:"failed_only"`
}

// replayCallback queues deliveries anew: a range, or all that were given up. Asking for everything without a bound is refused, because
// it is seldom meant.
func (d *door) replayCallback(c *fiber.Ctx) error {
	var req replayRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	r := issuance.Replay{Endpoint: endpointID(c), FailedOnly: req.FailedOnly != nil && *req.FailedOnly}
	if req.From == nil && !r.FailedOnly {
		return invalid("/from", "must be there unless failed_only is true")
	}
	if req.From != nil {
		r.From = *req.From
	}
	if req.Until != nil {
		r.Until = through(*req.Until)
	}
	n, err := d.Replays.ReplayAll(c.UserContext(), r)
	if err != nil {
		return err
	}
	return answer(c, fiber.StatusAccepted, map[string]int{"queued": n})
}
