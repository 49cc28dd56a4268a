package migrations

import "embed"

// Postgres is the schema for PostgreSQL.
//
//go:embed postgres/*.sql
var Postgres embed.FS

// SQLite is the schema for SQLite.
//
//go:embed sqlite/*.sql
var SQLite embed.FS
