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

const (
	// leaseTime is longer than an attempt can take, so that nobody else tries what is still out, and as short as it takes over from a
	// process that stopped.
	leaseTime = 25 * time.Second
	pollEvery = 500 * time.Millisecond
	// roundTime bounds the work with the database in one round: a connection that hangs must not stop everything.
	roundTime = 10 * time.Second
	// stopTime is what attempts that are out are given to end by themselves when the program stops.
	stopTime = 3 * time.Second
)

// Deliverer hands events to callback endpoints.
type Deliverer struct {
	outbox issuance.Outbox
	client *http.Client
	clock  func() time.Time
	log    *slog.Logger
	out    sync.WaitGroup
	record *recorder
	// freed says that a lane has room again.
	freed chan struct{}

	mu    sync.Mutex
	lanes map[issuance.EndpointID]*lane
}

// New makes a deliverer. The client must be a guarded one.
func New(outbox issuance.Outbox, client *http.Client, clock func() time.Time, log *slog.Logger) *Deliverer {
	return &Deliverer{
		outbox: outbox, client: client, clock: clock, log: log, lanes: map[issuance.EndpointID]*lane{}, record: newRecorder(outbox, log),
		freed: make(chan struct{}, 1),
	}
}

// Run delivers until ctx is done and lets attempts that are out finish for a moment. What does not finish is tried again by whoever
// runs next.
func (d *Deliverer) Run(ctx context.Context) error {
	attempts, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		d.record.run()
	}()
	d.loop(ctx, attempts)
	late := time.AfterFunc(stopTime, giveUp)
	defer late.Stop()
	d.out.Wait()
	d.record.end()
	<-recorded
	return nil
}

// loop starts attempts as they fall due. A database that is away is told once until it is back.
func (d *Deliverer) loop(ctx, attempts context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	failing := false
	for {
		more, err := d.round(ctx, attempts)
		if err != nil && ctx.Err() == nil && !failing {
			d.log.Error("deliver callbacks", "error", err)
		}
		failing = err != nil
		if more && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-d.outbox.Queued():
		case <-d.freed:
		case <-tick.C:
		}
	}
}

// round takes what is due, as far as each endpoint's lane has room, and starts an attempt at each. It tells whether there may be
// more that there is room for.
func (d *Deliverer) round(ctx, attempts context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	due, err := d.outbox.Due(ctx, d.clock())
	if err != nil {
		return false, fmt.Errorf("look for what is due: %w", err)
	}
	for _, id := range due {
		l := d.lane(id)
		free := l.room(d.clock())
		if free == 0 {
			continue
		}
		leased, err := d.outbox.Lease(ctx, id, d.clock(), leaseTime, free)
		if err != nil {
			return false, fmt.Errorf("lease: %w", err)
		}
		for _, one := range leased {
			l.heed(one.Endpoint)
			l.enter()
			d.out.Go(func() {
				d.attempt(attempts, l, one)
				l.leave()
				select {
				case d.freed <- struct{}{}:
				default: // it was said already
				}
			})
		}
		more = more || len(leased) == free && l.room(d.clock()) > 0
	}
	return more, nil
}

func (d *Deliverer) lane(id issuance.EndpointID) *lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lanes[id] == nil {
		d.lanes[id] = &lane{}
	}
	return d.lanes[id]
}

// attempt makes one attempt and records how it ended. It returns once that is written, because only then the next event of the offer
// may go.
func (d *Deliverer) attempt(ctx context.Context, l *lane, one issuance.Leased) {
	began := d.clock()
	o := d.send(ctx, one)
	now := d.clock()
	a := issuance.Attempt{
		Delivery: one.Delivery.ID, Lease: one.Lease, At: began, Took: now.Sub(began), State: issuance.DeliveryDelivered, NextAt: now,
		Result: o.result, HTTPStatus: o.status, Response: o.response,
	}
	if ctx.Err() != nil && !o.delivered { // given up here, says nothing of the receiver
		a.State, a.Broken = issuance.DeliveryQueued, true
		d.record.put(a)
		return
	}
	change, missed := l.learn(one.Delivery, o, began, now)
	if !o.delivered {
		d.reschedule(&a, one.Delivery, o, missed, now)
	}
	d.record.put(a)
	if change == "" {
		return
	}
	d.log.Info("callback endpoint", "endpoint", one.Endpoint.ID, "health", change, "result", o.result)
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), roundTime)
	defer cancel()
	if err := d.outbox.Judge(within, issuance.Verdict{Endpoint: one.Endpoint.ID, Health: change, At: now, Result: o.result}); err != nil {
		l.forget() // so that the next attempt draws the conclusion again
		d.log.Error("look after endpoint", "error", err, "endpoint", one.Endpoint.ID)
	}
}

// reschedule decides when a failed attempt is made again. A ping is for somebody who waits for its answer: it is not.
func (d *Deliverer) reschedule(a *issuance.Attempt, of issuance.Delivery, o outcome, missed bool, now time.Time) {
	jitter := rand.Float64() //nolint:gosec // spreads retries, protects nothing
	wait, again := next(of.Attempts, o.asked, jitter)
	if missed {
		wait, _ = next(1, o.asked, jitter)
	}
	a.State, a.NextAt = issuance.DeliveryQueued, now.Add(wait)
	if !again || of.Status == issuance.CallbackPing {
		a.State = issuance.DeliveryExhausted
	}
}

// Ping sends a test event to an endpoint now, also to one that is paused or switched off, and returns its delivery once the attempt is
// recorded. NotFound.
func (d *Deliverer) Ping(ctx context.Context, id issuance.EndpointID) (issuance.DeliveryID, error) {
	now := d.clock()
	webhookID := fmt.Sprintf("ping_%d_%08x", now.UnixMilli(), rand.Uint32()) //nolint:gosec // tells pings apart, protects nothing
	one, err := d.outbox.AddPing(ctx, id, webhookID, now, now.Add(leaseTime))
	if err != nil {
		return 0, fmt.Errorf("add ping: %w", err)
	}
	d.attempt(context.WithoutCancel(ctx), d.lane(id), one)
	return one.Delivery.ID, nil
}
