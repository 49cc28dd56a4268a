package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
)

type serveCommand struct{}

// Run serves until the context is done, then lets requests in flight finish.
func (serveCommand) Run(ctx context.Context) error {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	if err := cfg.CheckProduction(); err != nil {
		return fmt.Errorf("not for production:\n%w", err)
	}
	a, err := app.New(ctx, cfg, app.Options{Log: slog.New(slog.NewJSONHandler(os.Stdout, nil))})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return a.Run(ctx)
}
