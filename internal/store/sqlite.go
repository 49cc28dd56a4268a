package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	_ "modernc.org/sqlite" // the driver called sqlite, in pure Go
)

// SQLiteFile is the database in the data dir.
const SQLiteFile = "counterfoil.db"

// ErrInUse means that another process has the SQLite database.
var ErrInUse = errors.New("in use by another counterfoil")

const (
	lockFile               = "counterfoil.lock"
	dirMode    fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600
	minReaders             = 4
)

// openSQLite opens the file with one writing connection, because SQLite has one writer, and readers that
// cannot write. Locks are taken at BEGIN: a transaction that upgrades its lock fails under load.
func (s *Store) openSQLite(context.Context) error {
	if err := os.MkdirAll(s.DataDir, dirMode); err != nil {
		return fmt.Errorf("make data dir: %w", err)
	}
	lock := flock.New(filepath.Join(s.DataDir, lockFile), flock.SetPermissions(fileMode))
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock data dir: %w", err)
	}
	if !locked {
		return fmt.Errorf("the data dir %s is %w; stop it first, or use PostgreSQL for several processes", s.DataDir, ErrInUse)
	}
	s.closers = append(s.closers, lock.Unlock)
	path := filepath.Join(s.DataDir, SQLiteFile)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, fileMode) // a file of the data dir
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if s.db, err = s.sqlitePool(path, 1, url.Values{"_txlock": {"immediate"}}); err != nil {
		return err
	}
	s.reads, err = s.sqlitePool(path, max(minReaders, runtime.NumCPU()), url.Values{"_pragma": {"query_only(1)"}})
	return err
}

func (s *Store) sqlitePool(path string, size int, extra url.Values) (*gorm.DB, error) {
	q := url.Values{"_time_format": {"sqlite"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)",
	}}
	for name, values := range extra {
		q[name] = append(q[name], values...)
	}
	pool, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	s.closers = append(s.closers, pool.Close)
	return openGorm(sqlite.New(sqlite.Config{DriverName: "sqlite", Conn: pool}))
}
