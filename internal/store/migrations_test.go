package store_test

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver called pgx
	"github.com/pressly/goose/v3"

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

// A migration keeps what is there, and can be taken back.
func TestMigrations_keep_what_is_there(t *testing.T) {
	for name, engine := range map[string]struct {
		dialect goose.Dialect
		driver  string
		url     func(t *testing.T) string
		folder  fs.FS
	}{
		"sqlite": {goose.DialectSQLite3, "sqlite", func(t *testing.T) string {
			return "file:" + filepath.Join(t.TempDir(), "x.db") + "?_pragma=foreign_keys(1)"
		}, migrations.SQLite},
		"postgres": {goose.DialectPostgres, "pgx", func(t *testing.T) string { return storetest.PostgreSQL(t) }, migrations.Postgres},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := sql.Open(engine.driver, engine.url(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() }) // before the database is dropped
			files, err := fs.Sub(engine.folder, name)
			if err != nil {
				t.Fatal(err)
			}
			provider, err := goose.NewProvider(engine.dialect, db, files)
			if err != nil {
				t.Fatal(err)
			}
			exec := func(query string) {
				t.Helper()
				if _, err := db.ExecContext(t.Context(), query); err != nil {
					t.Fatalf("%s: %v", query, err)
				}
			}
			count := func(query string) (n int) {
				t.Helper()
				if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
					t.Fatalf("%s: %v", query, err)
				}
				return n
			}
			if _, err := provider.UpTo(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			exec(`INSERT INTO offers (id, type, type_version, status, version, created_at, expires_at, channel, created_by, reference, scheme, tx_mode, tx_length,
				tx_description, attempts, collected, cause, code_hash) VALUES ('o', 'T', 0, 'ready', 2, 1, 2, 'c', 'b', '', 's', '', 0, '', 0, 0, '', 'h')`)
			exec(`INSERT INTO events (offer_id, sequence, kind, callback, cause, at, position) VALUES ('o', 1, 'offer.created', 'OFFER_CREATED', '', 1, 7), ('o', 2, 'k', '', '', 1, NULL)`)
			exec(`INSERT INTO idempotency_keys (key_hash, request_hash, offer_id, expires_at) VALUES ('k', 'r', 'o', 5)`)
			for range 2 {
				if _, err := provider.Up(t.Context()); err != nil {
					t.Fatal(err)
				}
				if events, keys := count("SELECT count(*) FROM events WHERE offer_id = 'o' AND event_id IS NULL"), count("SELECT count(*) FROM answers WHERE offer_id = 'o'"); events != 2 || keys != 1 {
					t.Errorf("%d events and %d keys are left", events, keys)
				}
				if at := count("SELECT position FROM events WHERE sequence = 1"); at != 7 {
					t.Errorf("an event moved to %d", at)
				}
				exec(`INSERT INTO events (offer_id, sequence, kind, callback, cause, at, event_id) VALUES (NULL, 0, 'certificate.expiring', '', '', 1, 'e')`)
				if _, err := provider.DownTo(t.Context(), 2); err != nil {
					t.Fatal(err)
				}
				if events, keys := count("SELECT count(*) FROM events"), count("SELECT count(*) FROM idempotency_keys"); events != 2 || keys != 1 {
					t.Errorf("taken back, %d events and %d keys are left", events, keys)
				}
			}
		})
	}
}

// Offers that were made before people were told apart by more than their name get the person whose name no other has.
func TestMigrations_find_who_made_an_offer(t *testing.T) {
	for name, engine := range map[string]struct {
		dialect goose.Dialect
		driver  string
		url     func(t *testing.T) string
		folder  fs.FS
	}{
		"sqlite":   {goose.DialectSQLite3, "sqlite", func(t *testing.T) string { return "file:" + filepath.Join(t.TempDir(), "x.db") }, migrations.SQLite},
		"postgres": {goose.DialectPostgres, "pgx", func(t *testing.T) string { return storetest.PostgreSQL(t) }, migrations.Postgres},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := sql.Open(engine.driver, engine.url(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() }) // before the database is dropped
			files, err := fs.Sub(engine.folder, name)
			if err != nil {
				t.Fatal(err)
			}
			provider, err := goose.NewProvider(engine.dialect, db, files)
			if err != nil {
				t.Fatal(err)
			}
			exec := func(query string) error {
				_, err := db.ExecContext(t.Context(), query)
				return err
			}
			const before = 7
			if _, err := provider.UpTo(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			for _, row := range []string{"'1', 'ada', 'Ada'", "'2', 'bo', 'Bo'", "'3', 'bob', 'Bo'"} {
				if err := exec(`INSERT INTO people (id, name, display, roles, disabled, password_hash, created_at) VALUES (` + row + `, '', FALSE, '', 1)`); err != nil {
					t.Fatal(err)
				}
			}
			for id, values := range map[string]string{"a": "'portal', 'Ada', 'Ref-A'", "b": "'portal', 'Bo', ''", "c": "'management', 'Ada', ''", "d": "'portal', 'Gone', ''"} {
				if err := exec(`INSERT INTO offers (id, type, type_version, status, version, created_at, expires_at, channel, created_by, reference, scheme, tx_mode,
					tx_length, tx_description, attempts, collected, cause, code_hash) VALUES ('` + id + `', 'T', 0, 'issued', 1, 1, 2, ` + values + `, 's', '', 0, '', 0, 0, '', '` + id + `')`); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if _, err := provider.Up(t.Context()); err != nil {
					t.Fatal(err)
				}
				for id, want := range map[string]string{"a": "1 ref-a", "b": " ", "c": " ", "d": " "} {
					var maker, key string
					if err := db.QueryRowContext(t.Context(), "SELECT maker, reference_key FROM offers WHERE id = '"+id+"'").Scan(&maker, &key); err != nil || maker+" "+key != want {
						t.Errorf("%s: %q, want %q, %v", id, maker+" "+key, want, err)
					}
				}
				if exec("UPDATE offers SET approver = maker WHERE id = 'a'") == nil {
					t.Error("the database lets somebody approve their own offer")
				}
				if _, err := provider.DownTo(t.Context(), before); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
