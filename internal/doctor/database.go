package doctor

import (
	"context"
	"fmt"
	"time"
)

// minPostgres is the first version of PostgreSQL that is supported, as its major number.
const minPostgres = 15

// About is what there is to know of a database.
type About struct {
	// Postgres is the major version of PostgreSQL, 0 for SQLite.
	Postgres int
	// Schema is the newest migration that was applied, Known the newest that this program has.
	Schema, Known int64
	// Now is the database's own clock; zero when that is this machine's.
	Now time.Time
}

// Database tells about the database.
type Database interface {
	About(ctx context.Context) (About, error)
}

// database asks the database what it is, and for the time.
func (d *Doctor) database(ctx context.Context) []Check {
	const name = "Database"
	if d.Database == nil {
		return []Check{d.NoDatabase}
	}
	from := d.Clock()
	a, err := d.Database.About(ctx)
	if err != nil {
		d.Log.Error("ask the database about itself", "error", err)
		return []Check{{name, Failed, "The database does not answer.", "Start it, and look at COUNTERFOIL_DATABASE_URL; offers wait until it is back."}}
	}
	out := []Check{a.check(name, d.Demo)}
	if !a.Now.IsZero() {
		out = append(out, clockCheck("Clock of the database", "The clock of the database", apart(a.Now, from, d.Clock())))
	}
	return out
}

func (a About) check(name string, demo bool) Check {
	engine := "SQLite"
	if a.Postgres > 0 {
		engine = fmt.Sprintf("PostgreSQL %d", a.Postgres)
	}
	switch {
	case a.Postgres > 0 && a.Postgres < minPostgres:
		return Check{name, Failed, engine + " is older than what is supported.", fmt.Sprintf("Move to PostgreSQL %d or later.", minPostgres)}
	case a.Schema > a.Known:
		return Check{name, Warning, fmt.Sprintf("A newer program brought the database to version %d; this one knows %d.", a.Schema, a.Known), "Bring every process to the newer version."}
	case a.Schema < a.Known:
		return Check{name, Failed, fmt.Sprintf("The database has version %d; this program needs %d.", a.Schema, a.Known), "Run counterfoil migrate."}
	case a.Postgres == 0 && !demo:
		return Check{name, Warning, "SQLite: one process only, on this machine's disk.", "Use PostgreSQL (COUNTERFOIL_DATABASE_URL) to run several processes, and to back up while they run."}
	}
	return Check{name, OK, fmt.Sprintf("%s answers, at version %d as this program.", engine, a.Schema), ""}
}
