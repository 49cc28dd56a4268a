package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"counterfoil/internal/config"
)

// KeysDir is the folder of keys and certificates in the data dir.
const KeysDir = "keys"

// drainTime is how long requests in flight may take to finish once the app is told to stop.
const drainTime = 10 * time.Second

// Options is what the caller decides, besides the settings.
type Options struct {
	// Demo makes test certificates, demo staff and a demo wallet, and marks every page.
	Demo bool
	Log  *slog.Logger
	// Clock and Random are the real ones when nil.
	Clock  func() time.Time
	Random io.Reader
}

// App is a whole Counterfoil: three listening doors and the work beside them.
type App struct {
	parts *parts
	doors []*door
	log   *slog.Logger
}

// New opens the database, loads keys and types, and starts listening; it serves nothing before Run.
// When it fails, nothing stays open.
func New(ctx context.Context, cfg config.Config, o Options) (*App, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	p, err := newParts(ctx, cfg, o)
	if err != nil {
		return nil, err
	}
	doors, err := openDoors(cfg, o, p)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return &App{parts: p, doors: doors, log: o.Log}, nil
}

// Addresses is where the doors listen, as URLs.
type Addresses struct {
	Wallet, Management, Portal string
}

// Addresses gives where the doors really listen, also when a port was left to the system.
func (a *App) Addresses() Addresses {
	return Addresses{Wallet: a.doors[0].url(), Management: a.doors[1].url(), Portal: a.doors[2].url()}
}

// Run serves until ctx is done, lets requests in flight finish and closes everything. It returns nil
// after a clean stop.
func (a *App) Run(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	for _, d := range a.doors {
		g.Go(func() error { return d.serve() })
	}
	for _, w := range a.parts.work() {
		g.Go(func() error { return w(gctx) })
	}
	g.Go(func() error {
		<-gctx.Done()
		return a.drain()
	})
	a.log.Info("ready", "wallet", a.Addresses().Wallet, "management", a.Addresses().Management, "portal", a.Addresses().Portal)
	err := g.Wait()
	if err := errors.Join(err, a.parts.close()); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	a.log.Info("stopped")
	return nil
}

// drain ends streams, then closes the doors one after the other.
func (a *App) drain() error {
	close(a.parts.stopping)
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	var errs []error
	for _, d := range a.doors {
		errs = append(errs, d.close(ctx))
	}
	return errors.Join(errs...)
}

// Close releases everything of an App that was never run.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	errs := []error{a.parts.close()}
	for _, d := range a.doors {
		errs = append(errs, d.close(ctx))
	}
	return errors.Join(errs...)
}
