package issuance

import (
	"context"
	"time"

	"counterfoil/internal/secret"
)

// Outbox hands out deliveries. Two deliveries of one offer to one endpoint are never out at once and
// never out of order; offers and endpoints do not hold each other up.
type Outbox interface {
	// Due returns the endpoints that are called and have a delivery whose time has come.
	Due(ctx context.Context, now time.Time) ([]EndpointID, error)
	// Lease takes at most limit due deliveries of an endpoint until now+forTime, oldest due first, and counts an attempt at each. When
	// the holder does not finish one in time, it is due again.
	Lease(ctx context.Context, endpoint EndpointID, now time.Time, forTime time.Duration, limit int) ([]Leased, error)
	// Finish records attempts in one commit; an attempt whose lease is no longer held changes nothing.
	Finish(ctx context.Context, attempts []Attempt) error
	// Judge records how an endpoint fares. Healthy makes everything that waits for it due now; HealthStopped disables it.
	Judge(ctx context.Context, v Verdict) error
	// AddPing queues a delivery of CallbackPing to an endpoint, also a paused one, held by the caller until lease; NotFound.
	AddPing(ctx context.Context, id EndpointID, webhookID string, at, lease time.Time) (Leased, error)
	// Queued returns a channel that receives after deliveries were queued by this process.
	Queued() <-chan struct{}
}

// Endpoints is the durable record of callback endpoints. Changes are guarded updates.
type Endpoints interface {
	// AddEndpoint records an endpoint; Conflict when there are limit of them already, or one of its id. The endpoint of the settings that
	// was deleted is there again once they say something else than when it was.
	AddEndpoint(ctx context.Context, e Endpoint, limit int) error
	// Endpoint returns an endpoint; NotFound.
	Endpoint(ctx context.Context, id EndpointID) (Endpoint, error)
	// ListEndpoints returns all endpoints, oldest first.
	ListEndpoints(ctx context.Context) ([]Endpoint, error)
	// ChangeEndpoint changes what is not nil in c and returns the endpoint; NotFound; Conflict when its state is not one of c.From, or
	// the settings said something else of it meanwhile. What waits for an endpoint that becomes active is due at c.At; what waits for one that asks for it no more is cancelled.
	ChangeEndpoint(ctx context.Context, c EndpointChange) (Endpoint, error)
	// DeleteEndpoint ends an endpoint and cancels what waits for it; NotFound.
	DeleteEndpoint(ctx context.Context, id EndpointID) error
}

// EndpointChange is a change of an endpoint; nil members stay as they are.
type EndpointChange struct {
	ID       EndpointID
	Name     *string
	URL      *string
	Types    *[]string
	Statuses *[]CallbackStatus
	// Rotate is the new secret; the one before signs beside it until its OldUntil.
	Rotate *Rotation
	State  *EndpointState
	// From guards State: the states from which it may be reached. An endpoint that is in it already stays as it is.
	From []EndpointState
	At   time.Time
	// Settings records what the settings say now.
	Settings *SettingsChange
}

// SettingsChange guards what the settings say: From is what they said when the change was decided.
type SettingsChange struct{ From, To Configured }

// Rotation is a change of secrets.
type Rotation struct {
	Secret   secret.Text
	OldUntil time.Time
}

// Deliveries is the record of what was handed to whom.
type Deliveries interface {
	// ListDeliveries returns deliveries of an endpoint.
	ListDeliveries(ctx context.Context, id EndpointID, f DeliveryFilter) ([]Delivery, error)
	// Delivery returns a delivery and its attempts in order; NotFound.
	Delivery(ctx context.Context, id DeliveryID) (Delivery, []Attempt, error)
	// ReplayDelivery queues a delivery anew, whatever became of it; NotFound; Conflict while it is out or its endpoint is deleted.
	ReplayDelivery(ctx context.Context, id DeliveryID, at time.Time) error
	// Replay queues deliveries anew and returns how many. Events of the range that were never queued for the endpoint are queued too.
	Replay(ctx context.Context, r Replay) (int, error)
}
