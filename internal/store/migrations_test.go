package store_test

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver called pgx

	"counterfoil/internal/store/storetest"
	"counterfoil/migrations"
)

// Both folders must say the same, or a process on one database has columns that a process on the other has not.
func TestMigrations_are_the_same_for_both_databases(t *testing.T) {
	names := func(folder fs.FS, dir string) []string {
		entries, err := fs.ReadDir(folder, dir)
		if err != nil || len(entries) == 0 {
			t.Fatalf("%s: %d migrations, %v", dir, len(entries), err)
		}
		var out []string
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	if a, b := names(migrations.Postgres, "postgres"), names(migrations.SQLite, "sqlite"); !slices.Equal(a, b) {
		t.Errorf("PostgreSQL has %v, SQLite has %v", a, b)
	}

	lite := options(t)
	open(t, lite)
	big := options(t)
	big.URL = storetest.PostgreSQL(t)
	open(t, big)
	a := columns(t, "sqlite", "file:"+filepath.Join(lite.DataDir, "counterfoil.db"), `SELECT m.name || '.' || p.name FROM sqlite_master m
		JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`)
	b := columns(t, "pgx", big.URL, `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()`)
	if !slices.Equal(a, b) {
		t.Errorf("SQLite has\n%s\nPostgreSQL has\n%s", strings.Join(a, " "), strings.Join(b, " "))
	}
	if !slices.Contains(a, "offers.status") {
		t.Errorf("the columns are %v", a)
	}
}

// columns gives every column as table.column, in order, without what goose keeps for itself.
func columns(t *testing.T, driver, url, query string) []string {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "goose_") {
			out = append(out, name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
