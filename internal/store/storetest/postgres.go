package storetest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// urlVariable names the server on which the databases are made; make test starts one.
const urlVariable = "COUNTERFOIL_TEST_DATABASE_URL"

// PostgreSQL gives the URL of a fresh database that is dropped when the test ends. Where there is no server the test is
// skipped, but under CI there must be one: a suite that silently leaves out the database we ship on proves nothing.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	base := os.Getenv(urlVariable)
	if base == "" {
		if os.Getenv("CI") != "" {
			t.Fatal(urlVariable + " is not set: run the tests with make test")
		}
		t.Skip(urlVariable + " is not set: make test starts a PostgreSQL")
	}
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	name := "t" + strings.ToLower(rand.Text())
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		if err := admin.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
