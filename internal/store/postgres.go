package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/driver/postgres"
)

const maxConnections = 24

// openPostgres opens one pool for reads and writes. Durability is the server's: synchronous_commit is set on
// for every connection, whatever its default.
func (s *Store) openPostgres(ctx context.Context) error {
	db, err := openGorm(postgres.New(postgres.Config{DSN: s.URL}))
	if err != nil {
		return hideURL(err)
	}
	pool, err := db.DB()
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	s.closers = append(s.closers, pool.Close)
	if err := pool.PingContext(ctx); err != nil {
		return fmt.Errorf("reach the database: %w", hideURL(err))
	}
	s.db, s.reads = db, db
	return nil
}

// hideURL keeps a password in a connection URL out of the message.
func hideURL(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return errors.New("the database URL cannot be read")
	}
	return err
}

// SQLSTATEs that matter here (PostgreSQL, Appendix A).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

func pgState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
