package store

import (
	"context"
	"fmt"
	"time"
)

// About is what there is to know of the database itself.
type About struct {
	// Postgres is the major version of PostgreSQL, 0 for SQLite.
	Postgres int
	// Schema is the newest migration that was applied, by whichever process; Known the newest that this program has.
	Schema, Known int64
	// Now is PostgreSQL's own clock; SQLite has none, and it is zero.
	Now time.Time
}

// versionsPerMajor is how server_version_num counts: 160002 is 16.2.
const versionsPerMajor = 10_000

// About asks the database about itself. It takes the table of goose as it is: one row for each migration.
func (s *Store) About(ctx context.Context) (About, error) {
	const schema = "(SELECT max(version_id) FROM goose_db_version WHERE is_applied) AS schema_version"
	query := "SELECT 0 AS server, 0 AS now, " + schema
	if s.postgres {
		query = "SELECT current_setting('server_version_num')::int AS server, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now, " + schema
	}
	var row struct {
		Server        int
		Now           int64
		SchemaVersion int64
	}
	if err := s.reads.WithContext(ctx).Raw(query).Scan(&row).Error; err != nil {
		return About{}, fmt.Errorf("ask the database about itself: %w", err)
	}
	return About{Postgres: row.Server / versionsPerMajor, Schema: row.SchemaVersion, Known: s.known, Now: moment(row.Now)}, nil
}
