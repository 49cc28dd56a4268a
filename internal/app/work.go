package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// sweepEvery keeps EXPIRED well within five seconds of the deadline.
const sweepEvery = time.Second

// certificatesEvery is how often the log is told of certificates that end soon.
const certificatesEvery = 6 * time.Hour

// workTime bounds one round of background work: a connection that hangs must not stop it for good.
const workTime = 10 * time.Second

// sessionSweepEvery is how often old sessions are removed; their limits hold without it.
const sessionSweepEvery = time.Minute

// work lists what runs beside the doors until its context is done.
func (p *parts) work() []func(context.Context) error {
	return []func(context.Context) error{
		p.deliverer.Run,
		func(ctx context.Context) error {
			return every(ctx, sweepEvery, p.log, "sweep offers", p.watched(p.service.Sweep))
		},
		func(ctx context.Context) error {
			return every(ctx, sweepEvery, p.log, "look for new types", p.typeAdmin.Refresh)
		},
		func(ctx context.Context) error {
			return every(ctx, sessionSweepEvery, p.log, "sweep sessions", p.staff.Sweep)
		},
		func(ctx context.Context) error {
			return every(ctx, sessionSweepEvery, p.log, "sweep displays", p.displays.Sweep)
		},
		func(ctx context.Context) error {
			return every(ctx, certificatesEvery, p.log, "look at certificates", p.tellCertificates)
		},
	}
}

// watched remembers since when do fails. The sweep of offers writes to the database all the time, so that its fate tells whether an offer
// could be made now, before somebody makes one.
func (p *parts) watched(do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		err := do(ctx)
		if err == nil || ctx.Err() != nil && errors.Is(err, context.Canceled) {
			p.failing.Store(0)
			return err
		}
		p.failing.CompareAndSwap(0, p.clock().UnixMilli())
		return err
	}
}

// trouble gives since when the database is in trouble; zero when it is not.
func (p *parts) trouble() time.Time {
	since := p.failing.Load()
	if since == 0 {
		return time.Time{}
	}
	return time.UnixMilli(since)
}

// every runs do again and again until ctx is done. A fault is logged once until do succeeds again:
// a database that is away must not fill the log, and must be found again by itself.
func every(ctx context.Context, interval time.Duration, log *slog.Logger, what string, do func(context.Context) error) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		within, cancel := context.WithTimeout(ctx, workTime)
		err := do(within)
		cancel()
		switch {
		case err != nil && ctx.Err() == nil && !failing:
			failing = true
			log.Error(what, "error", err)
		case err == nil && failing:
			failing = false
			log.Info(what + ": works again")
		}
	}
}

// tellCertificates tells the back-ends that asked for it which certificates end soon, each step once, and the log every time.
func (p *parts) tellCertificates(ctx context.Context) error {
	now := p.clock()
	for _, v := range p.keys.Validity(now) {
		step, reached := v.Step()
		if !reached {
			continue
		}
		p.log.Warn("a certificate ends soon", "purpose", v.Purpose, "not_after", v.NotAfter, "days_left", v.DaysLeft)
		id := fmt.Sprintf("certificate_%s_%d_%d", v.Purpose, v.NotAfter.Unix(), step)
		details := fmt.Sprintf("the %s certificate %s ends on %s", v.Purpose, v.Subject, v.NotAfter.UTC().Format(time.RFC3339))
		if err := p.store.RecordCertificate(ctx, id, details, now); err != nil {
			return err
		}
	}
	return nil
}
