package store_test

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/internal/store"
	"counterfoil/internal/store/storetest"
)

// onBoth runs a test on a fresh store of each database.
func onBoth(t *testing.T, run func(t *testing.T, s *store.Store)) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": func(testing.TB) string { return "" }, "PostgreSQL": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			o.URL = url(t)
			run(t, open(t, o))
		})
	}
}

// today is when these tests happen, as exact as the record keeps it.
func today() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) }

func program(name string, scopes ...staff.Scope) staff.Client {
	return staff.Client{ID: staff.ClientID("id-" + name), Name: name, Scopes: scopes, CreatedAt: today()}
}

func keyOf(c staff.Client, id string) staff.Key {
	return staff.Key{ID: staff.KeyID(id), Client: c.ID, CreatedAt: today()}
}

// add records a client with a first key whose hash is the client's name.
func add(t *testing.T, s *store.Store, c staff.Client) staff.Client {
	t.Helper()
	first := keyOf(c, "key-"+c.Name)
	if err := s.AddClient(t.Context(), c, &first, []byte(c.Name)); err != nil {
		t.Fatal(err)
	}
	return c
}

func wantKind(t *testing.T, what string, err error, kind staff.Kind) {
	t.Helper()
	if staff.KindOf(err) != kind {
		t.Errorf("%s: got %v, want kind %d", what, err, kind)
	}
}

func TestClients_are_read_as_they_were_recorded(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := program("core", staff.ScopeOffersCreate, staff.ScopeKeysManage)
		c.Types = []string{"A", "B-1"}
		c.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
		c.Identities = []string{"oauth:core", "san:dns:core.example"}
		k := keyOf(c, "k1")
		k.ExpiresAt = today().Add(time.Hour)
		if err := s.AddClient(t.Context(), c, &k, []byte("h1")); err != nil {
			t.Fatal(err)
		}
		add(t, s, program("batch", staff.ScopeOffersRead))
		for name, read := range map[string]func() (staff.Client, error){
			"by id":   func() (staff.Client, error) { return s.Client(t.Context(), c.ID) },
			"by name": func() (staff.Client, error) { return s.ClientByName(t.Context(), "core") },
		} {
			got, err := read()
			if err != nil || got.ID != c.ID || got.Name != "core" || got.Disabled || !got.CreatedAt.Equal(today()) || !slices.Equal(got.Scopes, c.Scopes) ||
				!slices.Equal(got.Types, c.Types) || !slices.Equal(got.Networks, c.Networks) || !slices.Equal(got.Identities, c.Identities) ||
				!slices.Equal(got.Keys, []staff.Key{k}) {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
		}
		if list, err := s.ListClients(t.Context()); err != nil || len(list) != 2 || list[0].Name != "batch" || len(list[0].Keys) != 1 || len(list[1].Identities) != 2 {
			t.Errorf("the list is %+v, %v", list, err)
		}
		who, key, err := s.ClientByKey(t.Context(), []byte("h1"))
		if err != nil || who.Name != "core" || !slices.Equal(who.Networks, c.Networks) || key != k {
			t.Errorf("by key: %+v, %+v, %v", who, key, err)
		}
		for _, hash := range [][]byte{[]byte("h2"), {}, nil} {
			_, _, err := s.ClientByKey(t.Context(), hash)
			wantKind(t, "an unknown key", err, staff.NotFound)
		}
		for _, id := range []string{"", "nobody", "\x00", "\xff"} {
			_, err := s.Client(t.Context(), staff.ClientID(id))
			wantKind(t, "an unknown client", err, staff.NotFound)
			wantKind(t, "disabling it", s.DisableClient(t.Context(), staff.ClientID(id), today(), staff.WayAny), staff.NotFound)
			wantKind(t, "its key", s.RevokeKey(t.Context(), c.ID, staff.KeyID(id), today(), staff.WayAny), staff.NotFound)
		}
	})
}

func TestAddClient_takes_a_name_and_an_identity_once(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := program("core", staff.ScopeOffersRead)
		c.Identities = []string{"oauth:core"}
		add(t, s, c)
		twin := program("core", staff.ScopeOffersRead)
		twin.ID = "other"
		wantKind(t, "the name again", s.AddClient(t.Context(), twin, nil, nil), staff.Conflict)
		thief := program("thief", staff.ScopeOffersRead)
		thief.Identities = []string{"oauth:thief", "oauth:core"}
		wantKind(t, "the identity again", s.AddClient(t.Context(), thief, nil, nil), staff.Conflict)
		if list, err := s.ListClients(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("what was refused left %+v, %v", list, err)
		}
		if _, err := s.ClientByIdentity(t.Context(), []string{"oauth:thief"}); staff.KindOf(err) != staff.NotFound {
			t.Errorf("a refused client left an identity: %v", err)
		}
	})
}

func TestClientByIdentity_is_nobody_when_in_doubt(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for _, name := range []string{"a", "b"} {
			c := program(name, staff.ScopeOffersRead)
			c.Identities = []string{"san:dns:" + name + ".example", "san:uri:urn:" + name}
			add(t, s, c)
		}
		got, err := s.ClientByIdentity(t.Context(), []string{"spki:sha256:0", "san:dns:a.example", "san:uri:urn:a"})
		if err != nil || got.Name != "a" {
			t.Errorf("two names of one client: %+v, %v", got, err)
		}
		for _, shown := range [][]string{{"san:dns:a.example", "san:dns:b.example"}, {"san:dns:c.example"}, {"SAN:DNS:A.EXAMPLE"}, {"%"}} {
			_, err := s.ClientByIdentity(t.Context(), shown)
			wantKind(t, shown[0], err, staff.NotFound)
		}
	})
}

func TestAddKey_leaves_room_for_two_that_are_live(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := program("core", staff.ScopeOffersRead)
		short := keyOf(c, "short")
		short.ExpiresAt = today().Add(time.Hour)
		if err := s.AddClient(t.Context(), c, &short, []byte("short")); err != nil {
			t.Fatal(err)
		}
		next := func(id string, at time.Time) error {
			k := keyOf(c, id)
			k.CreatedAt = at
			return s.AddKey(t.Context(), k, []byte(id), 1, 2)
		}
		wantKind(t, "the second", next("second", today()), 0)
		wantKind(t, "a third", next("third", today()), staff.Conflict)
		wantKind(t, "one after the first expired", next("later", today().Add(time.Hour)), 0)
		if err := s.RevokeKey(t.Context(), c.ID, "second", today().Add(time.Hour), staff.WayAny); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "one after the second was revoked", next("last", today().Add(time.Hour)), 0)
		stranger := keyOf(program("nobody"), "x")
		wantKind(t, "one of nobody", s.AddKey(t.Context(), stranger, []byte("x"), 1, 2), staff.NotFound)
	})
}

func TestAddKey_counts_right_when_many_ask_at_once(t *testing.T) {
	const rounds, askers, room = 10, 20, 2
	onBoth(t, func(t *testing.T, s *store.Store) {
		for round := range rounds {
			c := program("c"+strconv.Itoa(round), staff.ScopeOffersRead)
			if err := s.AddClient(t.Context(), c, nil, nil); err != nil {
				t.Fatal(err)
			}
			made := race(askers, func(i int) error {
				id := c.Name + "-" + strconv.Itoa(i)
				return s.AddKey(t.Context(), keyOf(c, id), []byte(id), 1, room)
			})
			if made[0] != room || made[staff.Conflict] != askers-room {
				t.Fatalf("round %d: by kind %v", round, made)
			}
		}
	})
}

// race lets many do something at the same moment and counts what they got, by kind; -1 is a fault.
func race(n int, do func(i int) error) map[staff.Kind]int {
	var mu sync.Mutex
	var done sync.WaitGroup
	start, got := make(chan struct{}), map[staff.Kind]int{}
	for i := range n {
		done.Go(func() {
			<-start
			err := do(i)
			kind := staff.KindOf(err)
			if err != nil && kind == 0 {
				kind = -1
			}
			mu.Lock()
			defer mu.Unlock()
			got[kind]++
		})
	}
	close(start)
	done.Wait()
	return got
}

// A second look decides: who gives on what they saw gives nothing that came meanwhile, and no two change a client at once.
func TestClients_are_changed_only_by_who_saw_them_as_they_are(t *testing.T) {
	const askers = 20
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := add(t, s, program("core", staff.ScopeOffersRead))
		change := staff.ClientChange{
			Client: c.ID, Seen: 1, Scopes: []staff.Scope{staff.ScopeOffersRead, staff.ScopeOffersCreate}, Types: []string{"A"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		}
		made := race(askers, func(int) error { return s.ChangeClient(t.Context(), change) })
		if made[0] != 1 || made[staff.Conflict] != askers-1 {
			t.Fatalf("by kind %v", made)
		}
		got, _, err := s.ClientByKey(t.Context(), []byte("core")) // what the next call is judged by
		if err != nil || got.Rights != 2 || !slices.Equal(got.Scopes, change.Scopes) || !slices.Equal(got.Types, change.Types) || !slices.Equal(got.Networks, change.Networks) {
			t.Errorf("got %+v, %v", got, err)
		}
		wantKind(t, "a key by who saw it before", s.AddKey(t.Context(), keyOf(c, "late"), []byte("late"), 1, 2), staff.Conflict)
		wantKind(t, "a key by who sees it now", s.AddKey(t.Context(), keyOf(c, "now"), []byte("now"), 2, 2), 0)
		wantKind(t, "shutting it out", s.DisableClient(t.Context(), c.ID, today(), staff.WayAny), 0)
		wantKind(t, "letting it in by who saw it before", s.EnableClient(t.Context(), c.ID, 1), staff.Conflict)
		wantKind(t, "letting it in by who sees it now", s.EnableClient(t.Context(), c.ID, 2), 0)
		for _, id := range []staff.ClientID{"nobody", "\x00", "\xff"} {
			change.Client = id
			wantKind(t, "changing nobody", s.ChangeClient(t.Context(), change), staff.NotFound)
			wantKind(t, "letting nobody in", s.EnableClient(t.Context(), id, 1), staff.NotFound)
		}
	})
}

func TestRevokeKey_is_final(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c, other := add(t, s, program("core", staff.ScopeOffersRead)), add(t, s, program("other", staff.ScopeOffersRead))
		wantKind(t, "by another client", s.RevokeKey(t.Context(), other.ID, "key-core", today(), staff.WayAny), staff.NotFound)
		for i := range 2 {
			if err := s.RevokeKey(t.Context(), c.ID, "key-core", today().Add(time.Duration(i)*time.Hour), staff.WayAny); err != nil {
				t.Fatal(err)
			}
		}
		_, key, err := s.ClientByKey(t.Context(), []byte("core"))
		if err != nil || !key.RevokedAt.Equal(today()) || key.LiveAt(today()) {
			t.Errorf("got %+v, %v", key, err)
		}
	})
}

func TestTouchKey_moves_on_once_a_minute(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		c := add(t, s, program("core", staff.ScopeOffersRead))
		for _, step := range []struct{ at, want time.Duration }{{0, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {30 * time.Second, time.Minute}} {
			at := today().Add(step.at)
			if err := s.TouchKey(t.Context(), "key-core", at, at.Add(-time.Minute)); err != nil {
				t.Fatal(err)
			}
			got, err := s.Client(t.Context(), c.ID)
			if err != nil || !got.Keys[0].LastUsedAt.Equal(today().Add(step.want)) {
				t.Errorf("after %s: %+v, %v", step.at, got.Keys, err)
			}
		}
	})
}

// The last one who may manage keys, and can show who it is, is not shut out but from the command line.
func TestClients_keep_somebody_who_manages_keys(t *testing.T) {
	manager := staff.ScopeKeysManage
	cases := map[string]struct {
		way    staff.Way
		others func(t *testing.T, s *store.Store)
		kind   staff.Kind
	}{
		"alone":                   {staff.WayKey, func(*testing.T, *store.Store) {}, staff.Conflict},
		"from the command line":   {staff.WayAny, func(*testing.T, *store.Store) {}, 0},
		"with another":            {staff.WayKey, func(t *testing.T, s *store.Store) { add(t, s, program("two", manager)) }, 0},
		"with one who may not":    {staff.WayKey, func(t *testing.T, s *store.Store) { add(t, s, program("two", staff.ScopeOffersRead)) }, staff.Conflict},
		"with one who has no key": {staff.WayKey, func(t *testing.T, s *store.Store) { addKeyless(t, s, "oauth:two") }, staff.Conflict},
		"with one who has a name": {staff.WayToken, func(t *testing.T, s *store.Store) { addKeyless(t, s, "oauth:two") }, 0},
		"with one who has a name elsewhere": {
			staff.WayCertificate, func(t *testing.T, s *store.Store) { addKeyless(t, s, "oauth:two") }, staff.Conflict},
		"with one who has a certificate": {staff.WayCertificate, func(t *testing.T, s *store.Store) { addKeyless(t, s, "san:dns:two") }, 0},
		"with one who is disabled": {staff.WayKey, func(t *testing.T, s *store.Store) {
			two := add(t, s, program("two", manager))
			wantKind(t, "disable two", s.DisableClient(t.Context(), two.ID, today(), staff.WayAny), 0)
		}, staff.Conflict},
		"with one whose key has expired": {staff.WayKey, func(t *testing.T, s *store.Store) {
			two := program("two", manager)
			k := keyOf(two, "k2")
			k.ExpiresAt = today()
			wantKind(t, "add two", s.AddClient(t.Context(), two, &k, []byte("two")), 0)
		}, staff.Conflict},
	}
	onBoth(t, func(t *testing.T, _ *store.Store) {}) // says early that a database is missing
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, s *store.Store) {
				one := add(t, s, program("one", manager))
				c.others(t, s)
				wantKind(t, "disable", s.DisableClient(t.Context(), one.ID, today(), c.way), c.kind)
				got, err := s.Client(t.Context(), one.ID)
				if err != nil || got.Disabled != (c.kind == 0) {
					t.Errorf("disabled %t, %v", got.Disabled, err)
				}
				if c.way != staff.WayKey && c.way != staff.WayAny || got.Disabled {
					return
				}
				wantKind(t, "revoke", s.RevokeKey(t.Context(), one.ID, "key-one", today(), c.way), c.kind)
			})
		})
	}
}

func addKeyless(t *testing.T, s *store.Store, identity string) {
	t.Helper()
	c := program("two", staff.ScopeKeysManage)
	c.Identities = []string{identity}
	if err := s.AddClient(t.Context(), c, nil, nil); err != nil {
		t.Fatal(err)
	}
}

// Two managers who shut each other out at the same moment must not both succeed.
func TestClients_cannot_shut_each_other_out(t *testing.T) {
	const rounds = 30
	onBoth(t, func(t *testing.T, s *store.Store) {
		pair := []staff.Client{add(t, s, program("one", staff.ScopeKeysManage)), add(t, s, program("two", staff.ScopeKeysManage))}
		for round := range rounds {
			got := race(len(pair), func(i int) error {
				return s.DisableClient(t.Context(), pair[i].ID, today(), staff.WayKey)
			})
			if got[0] != 1 || got[staff.Conflict] != 1 {
				t.Fatalf("round %d: by kind %v", round, got)
			}
			for _, c := range pair {
				wantKind(t, "enable", s.EnableClient(t.Context(), c.ID, 1), 0)
			}
		}
	})
}

func TestListOffers_keeps_to_the_types_asked_for(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"a", "b", "c"} {
			err := s.AddOffer(t.Context(), issuance.Draft{
				Offer:  issuance.Offer{ID: issuance.OfferID(id), Type: id, Status: issuance.StatusReady, Version: 1, CreatedAt: today(), ExpiresAt: today().Add(time.Hour)},
				Claims: []byte(`{}`), CodeHash: []byte(id),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			types []string
			want  int
		}{{nil, 3}, {[]string{"a"}, 1}, {[]string{"a", "c"}, 2}, {[]string{"x"}, 0}} {
			if list, err := s.ListOffers(t.Context(), issuance.Filter{Types: c.types, Limit: 10}); err != nil || len(list) != c.want {
				t.Errorf("%v: %d offers, %v", c.types, len(list), err)
			}
		}
	})
}

func TestCountOffers_counts_each_by_what_it_is_now(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for id, o := range map[string]issuance.Offer{
			"open":    {CreatedBy: "Carla", ExpiresAt: today().Add(time.Hour)},
			"overdue": {CreatedBy: "Carla", ExpiresAt: today()},
			"old":     {CreatedBy: "Carla", CreatedAt: today().Add(-time.Hour), ExpiresAt: today()},
			"other":   {CreatedBy: "Paul", ExpiresAt: today().Add(time.Hour)},
			"ended":   {CreatedBy: "Carla", ExpiresAt: today().Add(time.Hour)},
		} {
			o.ID, o.Type, o.Status, o.Version = issuance.OfferID(id), "a", issuance.StatusReady, 1
			if o.CreatedAt.IsZero() {
				o.CreatedAt = today()
			}
			if err := s.AddOffer(t.Context(), issuance.Draft{Offer: o, Claims: []byte(`{}`), CodeHash: []byte(id)}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.EndOffer(t.Context(), issuance.End{Offer: "ended", To: issuance.StatusCancelled, At: today()}); err != nil {
			t.Fatal(err)
		}
		got, err := s.CountOffers(t.Context(), issuance.Filter{CreatedBy: "Carla", CreatedFrom: today(), At: today()})
		want := map[issuance.Status]int{issuance.StatusReady: 1, issuance.StatusExpired: 1, issuance.StatusCancelled: 1}
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// What one process takes away is gone at the next question of every other.
func TestClients_are_shut_out_at_every_process(t *testing.T) {
	o := options(t)
	o.URL = storetest.PostgreSQL(t)
	here, there := open(t, o), open(t, o)
	clock := time.Now
	ours := staff.NewClients(here, clock, o.Random, o.Log)
	theirs := staff.NewClients(there, clock, o.Random, o.Log)
	c, key, err := ours.AddClient(t.Context(), staff.NewClient{Name: "core", Scopes: staff.Scopes()}, staff.Trusted("test"))
	if err != nil {
		t.Fatal(err)
	}
	denied := func(what string, want bool) {
		t.Helper()
		_, err := theirs.AuthenticateKey(t.Context(), key.Secret.Reveal())
		var refusal *staff.Error
		if got := errors.As(err, &refusal) && refusal.Kind == staff.Denied; got != want || err != nil && !got {
			t.Errorf("%s: %v", what, err)
		}
	}
	denied("a good key", false)
	for _, step := range []struct {
		what   string
		do     func() error
		denied bool
	}{
		{"disabled", func() error { return ours.DisableClient(t.Context(), c.ID, staff.WayAny) }, true},
		{"enabled", func() error { return ours.EnableClient(t.Context(), c.ID, staff.Trusted("test")) }, false},
		{"revoked", func() error { return ours.RevokeKey(t.Context(), c.ID, key.ID, staff.WayAny) }, true},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		denied(step.what, step.denied)
	}
}
