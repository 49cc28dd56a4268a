package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"counterfoil/internal/config"
	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/internal/store"
)

// Migrate brings the database that the settings name to this program's version.
func Migrate(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	s, err := openOnce(ctx, cfg, log)
	if err != nil {
		return err
	}
	return s.Close()
}

// WithStaff opens the database for one command about people.
func WithStaff(ctx context.Context, cfg config.Config, log *slog.Logger, do func(*staff.Service) error) error {
	s, err := openOnce(ctx, cfg, log)
	if err != nil {
		return err
	}
	service, err := staff.NewService(s, time.Now, rand.Reader)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	return errors.Join(do(service), s.Close())
}

// openOnce opens the database with a master key that lives as long as the command: people are not sealed.
func openOnce(ctx context.Context, cfg config.Config, log *slog.Logger) (*store.Store, error) {
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("draw randomness: %w", err)
	}
	s, err := store.Open(ctx, store.Options{
		URL: cfg.DatabaseURL.Reveal(), DataDir: cfg.DataDir, Migrate: true, Master: master,
		Watch: &issuance.Watch{}, Clock: time.Now, Random: rand.Reader, Log: log,
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return s, nil
}
