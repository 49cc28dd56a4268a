package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"counterfoil/internal/issuance"
	"counterfoil/internal/issuance/issuancetest"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/internal/store"
	"counterfoil/internal/store/storetest"
)

func options(t *testing.T) store.Options {
	t.Helper()
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return store.Options{
		DataDir: t.TempDir(), Migrate: true, Master: master, Watch: &issuance.Watch{},
		Clock: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	}
}

func open(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore_SQLite(t *testing.T) {
	issuancetest.RunStoreTests(t, func(t *testing.T) issuancetest.Store { return open(t, options(t)) })
}

func TestStore_PostgreSQL(t *testing.T) {
	storetest.PostgreSQL(t) // skips the whole suite at once
	issuancetest.RunStoreTests(t, func(t *testing.T) issuancetest.Store {
		o := options(t)
		o.URL = storetest.PostgreSQL(t)
		return open(t, o)
	})
}

func TestOpen_refuses_a_data_dir_in_use(t *testing.T) {
	o := options(t)
	open(t, o)
	if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), "in use by another counterfoil") {
		t.Errorf("got %v", err)
	}
}

func TestStore_About_tells_what_the_database_is(t *testing.T) {
	for name, engine := range map[string]struct {
		url      func(testing.TB) string
		postgres bool
	}{"SQLite": {func(testing.TB) string { return "" }, false}, "PostgreSQL": {storetest.PostgreSQL, true}} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			o.URL = engine.url(t)
			before := time.Now().Add(-time.Minute)
			a, err := open(t, o).About(t.Context())
			if err != nil || a.Schema != a.Known || a.Known < 3 || (a.Postgres >= 15) != engine.postgres || a.Now.After(before) != engine.postgres {
				t.Errorf("got %+v, %v", a, err)
			}
		})
	}
}

func TestOpen_keeps_the_database_to_its_owner(t *testing.T) {
	o := options(t)
	open(t, o)
	info, err := os.Stat(o.DataDir + "/counterfoil.db")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// What a wallet or a clerk gave must not lie readable on the disk, and not at all once the offer has ended.
func TestStore_writes_no_claim_in_the_clear(t *testing.T) {
	const canary, code = "canary-claim-4711", "canary-code-0815"
	o := options(t)
	s := open(t, o)
	now := time.Now()
	err := s.AddOffer(t.Context(), issuance.Draft{
		Offer:  issuance.Offer{ID: "x", Type: "T", Status: issuance.StatusReady, Version: 1, CreatedAt: now, ExpiresAt: now.Add(time.Hour)},
		Claims: []byte(`{"a":"` + canary + `"}`), CodeHash: []byte("h"), TxCodeMAC: []byte("m"), TxCode: secret.NewText(code),
	})
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, clerk(t, s, "erika"), "T", "one", canary, now) // what is typed and not sent is claims as well
	entries, err := os.ReadDir(o.DataDir)
	if err != nil || len(entries) < 2 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(o.DataDir + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), canary) || strings.Contains(string(data), code) {
			t.Errorf("%s holds a secret in the clear", e.Name())
		}
	}
}

// pair is two processes on one PostgreSQL; a test waits for what the one commits to wake who watches offer x at the other.
type pair struct {
	t           *testing.T
	here, there *store.Store
	changed     <-chan struct{}
	url         string
}

func newPair(t *testing.T) *pair {
	t.Helper()
	o := options(t)
	o.URL = storetest.PostgreSQL(t)
	p := &pair{t: t, here: open(t, o), url: o.URL}
	o.Watch = &issuance.Watch{}
	p.there = open(t, o)
	changed, end := o.Watch.Subscribe("x")
	t.Cleanup(end)
	p.changed = changed
	p.woken("when it began to listen") // hints may have been lost until then
	return p
}

func (p *pair) woken(what string) {
	p.t.Helper()
	select {
	case <-p.changed:
	case <-time.After(30 * time.Second):
		p.t.Fatalf("the other process was not woken %s", what)
	}
}

// add records offer x.
func (p *pair) add() {
	p.t.Helper()
	now := time.Now()
	if err := p.here.AddOffer(p.t.Context(), issuance.Draft{
		Offer:  issuance.Offer{ID: "x", Type: "T", Status: issuance.StatusReady, Version: 1, CreatedAt: now, ExpiresAt: now.Add(time.Hour)},
		Claims: []byte(`{}`), CodeHash: []byte("x"),
	}); err != nil {
		p.t.Fatal(err)
	}
}

func TestStore_wakes_other_processes(t *testing.T) {
	p := newPair(t)
	p.add()
	p.woken("by the commit")
	if _, err := p.there.Offer(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

// When the connections on which processes listen are cut, they listen again, and look at everything once, for hints were lost meanwhile. SS-058.
func TestStore_listens_again_when_its_connection_was_lost(t *testing.T) {
	p := newPair(t)
	admin, err := pgx.Connect(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	tag, err := admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'")
	if err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("%d connections were cut, %v", tag.RowsAffected(), err)
	}
	p.woken("when it listened again")
	p.add()
	p.woken("by the commit")
}

func TestStore_people_and_sessions(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": func(testing.TB) string { return "" }, "PostgreSQL": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			o.URL = url(t)
			s := open(t, o)
			now := time.Now().UTC().Truncate(time.Millisecond)
			p := staff.Person{ID: "1", Name: "ada", Display: "Ada", Roles: []staff.Role{staff.Operator, staff.Auditor}, PasswordHash: "h", CreatedAt: now}
			if err := s.AddPerson(t.Context(), p, nil); err != nil {
				t.Fatal(err)
			}
			twin := p
			twin.ID = "2"
			if err := s.AddPerson(t.Context(), twin, nil); staff.KindOf(err) != staff.Conflict {
				t.Errorf("a second ada: %v", err)
			}
			got, err := s.PersonByName(t.Context(), "ada")
			if err != nil || !slices.Equal(got.Roles, p.Roles) || got.PasswordHash != "h" || !got.CreatedAt.Equal(now) {
				t.Errorf("got %+v, %v", got, err)
			}
			session := staff.Session{TokenHash: []byte("t"), Person: "1", CreatedAt: now, SeenAt: now, EndsAt: now.Add(time.Hour)}
			if err := s.AddSession(t.Context(), session); err != nil {
				t.Fatal(err)
			}
			if _, who, err := s.Session(t.Context(), []byte("t")); err != nil || who.Name != "ada" {
				t.Errorf("got %+v, %v", who, err)
			}
			if err := s.SetDisabled(t.Context(), "ada", true, ""); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Session(t.Context(), []byte("t")); staff.KindOf(err) != staff.NotFound {
				t.Errorf("a disabled person keeps a session: %v", err)
			}
			if err := s.ResetAccess(t.Context(), "nobody", "h", nil, ""); staff.KindOf(err) != staff.NotFound {
				t.Errorf("got %v", err)
			}
		})
	}
}
