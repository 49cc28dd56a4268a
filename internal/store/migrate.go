package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"counterfoil/migrations"
)

// migrate brings the schema to this program's version, or refuses one that is not. Processes that start together
// on PostgreSQL wait for each other; on SQLite the lock file lets one in.
func (s *Store) migrate(ctx context.Context) error {
	pool, err := s.db.DB()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	dialect, all, folder := goose.DialectSQLite3, fs.FS(migrations.SQLite), "sqlite"
	var options []goose.ProviderOption
	if s.postgres {
		dialect, all, folder = goose.DialectPostgres, migrations.Postgres, "postgres"
		const probeSeconds, probes = 1, 60
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(probeSeconds, probes))
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(all, folder)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	provider, err := goose.NewProvider(dialect, pool, files, options...)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	s.known = newest
	version, err := provider.GetDBVersion(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the version of the database: %w", err)
	case version > newest:
		return fmt.Errorf("the database has version %d, this program knows %d: use the newer program", version, newest)
	case version < newest && !s.Migrate:
		return errors.New("the database is older than this program: run counterfoil migrate")
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
