package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
)

type migrateCommand struct{}

// Run brings the database to this program's version.
func (migrateCommand) Run(ctx context.Context) error {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	if err := app.Migrate(ctx, cfg, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	fmt.Println("The database is at the version of this program.") // the command's answer
	return nil
}
