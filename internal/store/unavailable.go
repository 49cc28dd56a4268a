package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"counterfoil/internal/issuance"
)

// openGorm opens gorm over a dialect whose errors say when the database is away.
func openGorm(d gorm.Dialector) (*gorm.DB, error) {
	db, err := gorm.Open(marking{d}, config())
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	// gorm translates the errors of everything but rows.
	mark := func(db *gorm.DB) { db.Error = marking{}.Translate(db.Error) }
	if err := db.Callback().Row().After("gorm:row").Register("counterfoil:mark", mark); err != nil {
		return nil, fmt.Errorf("watch for errors: %w", err)
	}
	return db, nil
}

// marking is a dialect whose errors say when the database is away, so that no caller has to know a driver's errors. gorm's
// own translation would throw away the database's code, which transact needs.
type marking struct{ gorm.Dialector }

// Translate implements gorm.ErrorTranslator.
func (marking) Translate(err error) error {
	if err != nil && !errors.Is(err, issuance.ErrUnavailable) && away(err) {
		return fmt.Errorf("%w: %w", issuance.ErrUnavailable, err)
	}
	return err
}

// away tells faults that pass by themselves or by an operator's hand from those that are in the program.
func away(err error) bool {
	var onNet net.Error
	var state *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case errors.As(err, &state):
		return awayState(state.Code)
	case errors.As(err, &lite):
		return awayCode(lite.Code())
	case errors.As(err, &onNet):
		return true
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded)
}

// awayState judges a SQLSTATE by its class (PostgreSQL, Appendix A): connection, resources, operator, system error, and
// a server that only reads.
func awayState(code string) bool {
	const class = 2
	switch code[:min(class, len(code))] {
	case "08", "53", "57", "58":
		return true
	}
	return code == "25006"
}

// awayCode judges an SQLite result code: disk full or broken, or locked for longer than anybody waits.
func awayCode(code int) bool {
	const primary = 0xff
	switch code & primary {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}
