package issuance

import (
	"context"
	"time"

	"counterfoil/internal/secret"
)

// Endpoint is a callback endpoint: where events are delivered.
type Endpoint struct {
	ID     string
	URL    string
	Secret secret.Text // whsec_…
	Active bool
}

// Leased is a delivery that one worker holds until Lease; only the holder of exactly
// this lease can finish it.
type Leased struct {
	Delivery Delivery
	Endpoint Endpoint
	Lease    time.Time
}

// Attempt is how one attempt at a delivery ended.
type Attempt struct {
	Delivery int64
	Lease    time.Time
	At       time.Time
	// State is the delivery's state from now on; DeliveryQueued means try again at NextAt.
	State  DeliveryState
	NextAt time.Time
	Result string
}

// Outbox hands out deliveries. Two deliveries of one offer to one endpoint are never out at once and
// never out of order; offers and endpoints do not hold each other up.
type Outbox interface {
	// PutEndpoint records an endpoint or replaces its URL, secret and state.
	PutEndpoint(ctx context.Context, e Endpoint) error
	// Lease takes at most limit due deliveries until now+forTime, oldest due first; perEndpoint bounds
	// those of one endpoint, so that a dead one cannot fill every worker.
	Lease(ctx context.Context, now time.Time, forTime time.Duration, limit, perEndpoint int) ([]Leased, error)
	// Finish records attempts in one commit; an attempt whose lease is no longer held changes nothing.
	Finish(ctx context.Context, attempts []Attempt) error
	// Hasten makes every queued delivery of an endpoint due now, for when it has come back.
	Hasten(ctx context.Context, endpoint string, now time.Time) error
	// Disable stops deliveries to an endpoint that asked for it (HTTP 410).
	Disable(ctx context.Context, endpoint string) error
	// Queued returns a channel that receives after deliveries were queued by this process.
	Queued() <-chan struct{}
}
