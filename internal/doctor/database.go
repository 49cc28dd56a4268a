package doctor

import (
	"context"
	"strconv"
	"time"

	"counterfoil/views/i18n"
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
	if d.Database == nil {
		return []Check{d.NoDatabase}
	}
	from := d.Clock()
	a, err := d.Database.About(ctx)
	if err != nil {
		d.Log.Error("ask the database about itself", "error", err)
		return []Check{{nameDatabase, Failed, i18n.Say("The database does not answer."), i18n.Say("Start it, and look at COUNTERFOIL_DATABASE_URL; offers wait until it is back.")}}
	}
	out := []Check{a.check(d.Demo)}
	if !a.Now.IsZero() {
		out = append(out, clockCheck(i18n.Say("Clock of the database"), i18n.Say("The clock of the database"), apart(a.Now, from, d.Clock())))
	}
	return out
}

func (a About) check(demo bool) Check {
	engine, schema, known := "SQLite", strconv.FormatInt(a.Schema, 10), strconv.FormatInt(a.Known, 10)
	if a.Postgres > 0 {
		engine = "PostgreSQL " + strconv.Itoa(a.Postgres)
	}
	switch {
	case a.Postgres > 0 && a.Postgres < minPostgres:
		return Check{nameDatabase, Failed, i18n.Say("%s is older than what is supported.", engine), i18n.Say("Move to PostgreSQL %d or later.", minPostgres)}
	case a.Schema > a.Known:
		return Check{nameDatabase, Warning, i18n.Say("A newer program brought the database to version %s; this one knows %s.", schema, known), i18n.Say("Bring every process to the newer version.")}
	case a.Schema < a.Known:
		return Check{nameDatabase, Failed, i18n.Say("The database has version %s; this program needs %s.", schema, known), i18n.Say("Run counterfoil migrate.")}
	case a.Postgres == 0 && !demo:
		return Check{nameDatabase, Warning, i18n.Say("SQLite: one process only, on this machine’s disk."), i18n.Say("Use PostgreSQL (COUNTERFOIL_DATABASE_URL) to run several processes, and to back up while they run.")}
	}
	return Check{nameDatabase, OK, i18n.Say("%s answers, at version %s as this program.", engine, schema), i18n.Text{}}
}
