package callback

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"counterfoil/internal/issuance"
)

// How much is out at once, and how long.
const (
	// workers bounds deliveries that are out in all, share those of one endpoint.
	workers = 64
	share   = 16
	// leaseTime is longer than an attempt can take, so that nobody else tries what is still out.
	leaseTime = 30 * time.Second
	pollEvery = 500 * time.Millisecond
)

// Deliverer hands events to callback endpoints.
type Deliverer struct {
	outbox issuance.Outbox
	client *http.Client
	clock  func() time.Time
	log    *slog.Logger
	out    sync.WaitGroup
	slots  chan struct{}

	mu sync.Mutex
	// failing remembers the endpoints whose last attempt failed, to notice when one is back.
	failing map[string]bool
}

// New makes a deliverer. The client must be a guarded one.
func New(outbox issuance.Outbox, client *http.Client, clock func() time.Time, log *slog.Logger) *Deliverer {
	return &Deliverer{
		outbox: outbox, client: client, clock: clock, log: log,
		slots: make(chan struct{}, workers), failing: map[string]bool{},
	}
}

// Run delivers until ctx is done and lets attempts that are out finish. What does not finish is tried again by whoever
// runs next, once its lease is over.
func (d *Deliverer) Run(ctx context.Context) error {
	defer d.out.Wait()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		more, err := d.round(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.Error("deliver callbacks", "error", err)
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.outbox.Queued():
		case <-tick.C:
		}
	}
}

// round takes what is due, as far as there are free workers, and starts an attempt at each. It tells whether there may
// be more.
func (d *Deliverer) round(ctx context.Context) (more bool, err error) {
	free := cap(d.slots) - len(d.slots)
	if free == 0 || ctx.Err() != nil {
		return false, nil
	}
	leased, err := d.outbox.Lease(ctx, d.clock(), leaseTime, free, share)
	if err != nil {
		return false, fmt.Errorf("lease: %w", err)
	}
	for _, l := range leased {
		d.slots <- struct{}{}
		d.out.Go(func() {
			defer func() { <-d.slots }()
			d.attempt(context.WithoutCancel(ctx), l)
		})
	}
	return len(leased) > 0, nil
}

// attempt makes one attempt and records how it ended.
func (d *Deliverer) attempt(ctx context.Context, l issuance.Leased) {
	o, err := d.send(ctx, l)
	if err != nil {
		d.log.Error("callback", "error", err, "endpoint", l.Endpoint.ID)
		o.result = "cannot be sent"
	}
	now := d.clock()
	a := issuance.Attempt{Delivery: l.Delivery.ID, Lease: l.Lease, At: now, State: issuance.DeliveryDelivered, NextAt: now, Result: o.result}
	if !o.delivered {
		wait, again := next(l.Delivery.Attempts, o.asked, rand.Float64()) //nolint:gosec // spreads retries, protects nothing
		a.State, a.NextAt = issuance.DeliveryQueued, now.Add(wait)
		if !again {
			a.State = issuance.DeliveryExhausted
		}
	}
	if err := d.outbox.Finish(ctx, []issuance.Attempt{a}); err != nil {
		d.log.Error("record callback attempt", "error", err, "endpoint", l.Endpoint.ID)
		return
	}
	if err := d.follow(ctx, l.Endpoint.ID, o, now); err != nil {
		d.log.Error("look after endpoint", "error", err, "endpoint", l.Endpoint.ID)
	}
}

// follow draws the conclusions for the endpoint: its backlog goes at once when it is back, nothing goes when it is gone.
func (d *Deliverer) follow(ctx context.Context, endpoint string, o outcome, now time.Time) error {
	d.mu.Lock()
	back := o.delivered && d.failing[endpoint]
	changed := d.failing[endpoint] == o.delivered
	d.failing[endpoint] = !o.delivered
	d.mu.Unlock()
	if changed {
		d.log.Info("callback endpoint", "endpoint", endpoint, "result", o.result)
	}
	switch {
	case back:
		return d.outbox.Hasten(ctx, endpoint, now)
	case o.gone:
		return d.outbox.Disable(ctx, endpoint)
	}
	return nil
}
