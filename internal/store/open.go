package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
)

// The ports that a Store serves.
var (
	_ issuance.Offers       = (*Store)(nil)
	_ issuance.Gates        = (*Store)(nil)
	_ issuance.Grants       = (*Store)(nil)
	_ issuance.Record       = (*Store)(nil)
	_ issuance.Outbox       = (*Store)(nil)
	_ issuance.Endpoints    = (*Store)(nil)
	_ issuance.Deliveries   = (*Store)(nil)
	_ issuance.TypeVersions = (*Store)(nil)
	_ issuance.Credentials  = (*Store)(nil)
	_ staff.People          = (*Store)(nil)
	_ staff.Sessions        = (*Store)(nil)
	_ staff.ClientStore     = (*Store)(nil)
)

// Options is what a Store is made from.
type Options struct {
	// URL is postgres://… or empty for an SQLite file in DataDir.
	URL     string
	DataDir string
	// Migrate brings the schema to this program's version; without it an older schema is refused.
	Migrate bool
	Master  secret.Master
	// Watch is told which offers changed.
	Watch  *issuance.Watch
	Clock  func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// Store is the record. It is safe for use by many goroutines.
type Store struct {
	Options
	db     *gorm.DB // writes
	reads  *gorm.DB // reads; the same as db on PostgreSQL
	sealer secret.Sealer
	looks  *looks
	queued chan struct{}
	// claims are the idempotency keys whose offers this process is recording.
	claims sync.Map
	// postgres tells which dialect is spoken.
	postgres bool
	// known is the newest migration that this program has.
	known    int64
	notifier *notifier
	closers  []func() error
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// Open opens the database and starts what runs beside it. Close ends it.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{
		Options: o, sealer: secret.NewSealer(o.Master.Derive("data keys")),
		looks: newLooks(), queued: make(chan struct{}, 1),
		postgres: strings.HasPrefix(o.URL, "postgres://") || strings.HasPrefix(o.URL, "postgresql://"),
	}
	if o.URL != "" && !s.postgres {
		return nil, errors.New("a database URL begins with postgres://")
	}
	connect := s.openSQLite
	if s.postgres {
		connect = s.openPostgres
	}
	if err := connect(ctx); err != nil {
		return nil, errors.Join(err, s.closeAll())
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.closeAll())
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.running.Go(func() { s.flushLooks(background) })
	if s.postgres {
		s.notifier = newNotifier()
		s.running.Go(func() { s.announce(background) })
		s.running.Go(func() { s.listen(background) })
	}
	return s, nil
}

// Close writes what is buffered and closes the database.
func (s *Store) Close() error {
	s.stop()
	s.running.Wait()
	return s.closeAll()
}

func (s *Store) closeAll() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	return errors.Join(errs...)
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.reads.WithContext(ctx).Raw("SELECT 1").Scan(&one).Error; err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	return nil
}

// config is gorm without its own transactions, statement cache and log: each costs time here or repeats values.
func config() *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true, Logger: logger.Discard, TranslateError: true,
		NowFunc: func() time.Time { return time.Time{} }, // no column is filled in by gorm
	}
}
