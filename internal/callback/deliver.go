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
	// share bounds deliveries that are out to one endpoint, workers those in all: enough that fifty endpoints that hang leave
	// the next one its share. A worker only waits, so many cost little.
	share   = 16
	workers = 1024
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

	mu     sync.Mutex
	health map[string]health
}

// health is what this process saw of an endpoint, to notice when it is back. The zero value is an endpoint of which nothing was
// seen yet: it may have failed under another process, so its first success counts as coming back.
type health struct {
	up, failing bool
	// succeeded is when the last success was, returned when the endpoint last came back.
	succeeded, returned time.Time
}

// New makes a deliverer. The client must be a guarded one.
func New(outbox issuance.Outbox, client *http.Client, clock func() time.Time, log *slog.Logger) *Deliverer {
	return &Deliverer{
		outbox: outbox, client: client, clock: clock, log: log,
		slots: make(chan struct{}, workers), health: map[string]health{},
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
	began := d.clock()
	o, err := d.send(ctx, l)
	if err != nil {
		d.log.Error("callback", "error", err, "endpoint", l.Endpoint.ID)
		o.result = "cannot be sent"
	}
	now := d.clock()
	back, missed := d.learn(l, o, began, now)
	a := issuance.Attempt{Delivery: l.Delivery.ID, Lease: l.Lease, At: now, State: issuance.DeliveryDelivered, NextAt: now, Result: o.result}
	if !o.delivered {
		jitter := rand.Float64() //nolint:gosec // spreads retries, protects nothing
		wait, again := next(l.Delivery.Attempts, o.asked, jitter)
		if missed {
			wait, _ = next(1, o.asked, jitter)
		}
		a.State, a.NextAt = issuance.DeliveryQueued, now.Add(wait)
		if !again {
			a.State = issuance.DeliveryExhausted
		}
	}
	if err := d.outbox.Finish(ctx, []issuance.Attempt{a}); err != nil {
		d.log.Error("record callback attempt", "error", err, "endpoint", l.Endpoint.ID)
		return
	}
	if err := d.follow(ctx, l.Endpoint.ID, o, back, now); err != nil {
		d.log.Error("look after endpoint", "error", err, "endpoint", l.Endpoint.ID)
	}
}

// learn notes what an attempt says about its endpoint. It tells whether the endpoint is back, so that its backlog should go, and
// whether the attempt failed because it was out before the endpoint came back, and so missed that.
//
// One event that is refused while others get through says nothing: an endpoint is failing when an event failed twice and
// nothing got through in between. Otherwise every success would hurry the refused one, and use up in seconds the attempts that
// are meant to last three days.
func (d *Deliverer) learn(l issuance.Leased, o outcome, began, now time.Time) (back, missed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.health[l.Endpoint.ID]
	was := h
	if o.delivered {
		back = !h.up || h.failing
		if back {
			h.returned = now
		}
		h.up, h.failing, h.succeeded = true, false, now
	} else {
		missed = began.Before(h.returned)
		h.failing = h.failing || l.Delivery.Attempts > 1 && !h.succeeded.After(l.Delivery.LastAt)
	}
	d.health[l.Endpoint.ID] = h
	if was.failing != h.failing {
		d.log.Info("callback endpoint", "endpoint", l.Endpoint.ID, "failing", h.failing, "result", o.result)
	}
	return back, missed
}

// follow draws the conclusions for the endpoint: its backlog goes at once when it is back, nothing goes when it is gone.
func (d *Deliverer) follow(ctx context.Context, endpoint string, o outcome, back bool, now time.Time) error {
	switch {
	case back:
		return d.outbox.Hasten(ctx, endpoint, now)
	case o.gone:
		return d.outbox.Disable(ctx, endpoint)
	}
	return nil
}
