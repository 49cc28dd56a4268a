package staff_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/internal/store"
)

// desk is the use cases of clients over a real database, at a time that a test moves.
type desk struct {
	*staff.Clients
	store *store.Store
	t     *testing.T
	now   time.Time
	log   strings.Builder
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return d.now }
	d.store, err = store.Open(t.Context(), store.Options{
		DataDir: t.TempDir(), Migrate: true, Master: master, Watch: &issuance.Watch{}, Clock: clock, Random: rand.Reader,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.store.Close(); err != nil {
			t.Error(err)
		}
	})
	d.Clients = staff.NewClients(d.store, clock, rand.Reader, slog.New(slog.NewTextHandler(&d.log, nil)))
	return d
}

func (d *desk) want(what string, err error, kind staff.Kind) {
	d.t.Helper()
	if staff.KindOf(err) != kind || err != nil && kind == 0 {
		d.t.Errorf("%s: got %v, want kind %d", what, err, kind)
	}
}

// client makes a client with a key.
func (d *desk) client(n staff.NewClient) (staff.Client, string) {
	d.t.Helper()
	c, key, err := d.AddClient(d.t.Context(), n, staff.Trusted("test"))
	if err != nil {
		d.t.Fatal(err)
	}
	if key == nil {
		return c, ""
	}
	return c, key.Secret.Reveal()
}

func reader(name string) staff.NewClient {
	return staff.NewClient{Name: name, Scopes: []staff.Scope{staff.ScopeOffersRead}}
}

func TestAddClient_takes_only_what_can_be_a_client(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		name    string
		change  func(*staff.NewClient)
		pointer string // empty: it is a client
	}{
		{"no name", func(n *staff.NewClient) { n.Name = "" }, "/name"},
		{"a name in capitals", func(n *staff.NewClient) { n.Name = "Core" }, "/name"},
		{"a name with a line feed", func(n *staff.NewClient) { n.Name = "core\n" }, "/name"},
		{"a name with a space", func(n *staff.NewClient) { n.Name = "management api" }, "/name"},
		{"a name of 65", func(n *staff.NewClient) { n.Name = strings.Repeat("a", 65) }, "/name"},
		{"no scope", func(n *staff.NewClient) { n.Scopes = nil }, "/scopes"},
		{"an unknown scope", func(n *staff.NewClient) { n.Scopes = []staff.Scope{"offers:read", "*"} }, "/scopes/1"},
		{"two scopes in one", func(n *staff.NewClient) { n.Scopes = []staff.Scope{"offers:read offers:create"} }, "/scopes/0"},
		{"a type that is a path", func(n *staff.NewClient) { n.Types = []string{"../x"} }, "/types/0"},
		{"a type with a space", func(n *staff.NewClient) { n.Types = []string{"A B"} }, "/types/0"},
		{"a network that is none", func(n *staff.NewClient) { n.Networks = []netip.Prefix{{}} }, "/networks/0"},
		{"an IPv4 network within IPv6", func(n *staff.NewClient) { n.Networks = []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")} }, "/networks/0"},
		{"a key that ends at once", func(n *staff.NewClient) { n.KeyLife = -1 }, "/expires_in"},
		{"a key that ends within seconds", func(n *staff.NewClient) { n.KeyLife = 59 * time.Second }, "/expires_in"},
		{"a key for eleven years", func(n *staff.NewClient) { n.KeyLife = 11 * 365 * 24 * time.Hour }, "/expires_in"},
		{"an end without a key", func(n *staff.NewClient) { n.Identities, n.KeyLife = []string{"oauth:x"}, time.Hour }, "/expires_in"},
		{"a wildcard", func(n *staff.NewClient) { n.Identities = []string{"san:dns:*.bank.example"} }, "/identities/0"},
		{"a name in capitals as identity", func(n *staff.NewClient) { n.Identities = []string{"san:dns:Core.bank.example"} }, "/identities/0"},
		{"a URI that is none", func(n *staff.NewClient) { n.Identities = []string{"san:uri:core"} }, "/identities/0"},
		{"a short hash", func(n *staff.NewClient) { n.Identities = []string{"spki:sha256:abcd"} }, "/identities/0"},
		{"a hash in capitals", func(n *staff.NewClient) { n.Identities = []string{"spki:sha256:" + strings.Repeat("AB", 32)} }, "/identities/0"},
		{"a common name", func(n *staff.NewClient) { n.Identities = []string{"cn:core"} }, "/identities/0"},
		{"an empty client id", func(n *staff.NewClient) { n.Identities = []string{"oauth:"} }, "/identities/0"},
		{"a client id with NUL", func(n *staff.NewClient) { n.Identities = []string{"oauth:a\x00"} }, "/identities/0"},
		{"a long identity", func(n *staff.NewClient) { n.Identities = []string{"oauth:" + strings.Repeat("a", 512)} }, "/identities/0"},
		{"a good one", func(*staff.NewClient) {}, ""},
		{"one with everything", func(n *staff.NewClient) {
			n.Name, n.Scopes, n.Types = "all", staff.Scopes(), []string{"A", "A"}
			n.Networks = []netip.Prefix{netip.MustParsePrefix("10.1.2.3/8"), netip.MustParsePrefix("2001:db8::1/32")}
			n.Identities = []string{"san:dns:core.bank.example", "san:uri:spiffe://bank/core", "spki:sha256:" + strings.Repeat("ab", 32), "oauth:core"}
		}, ""},
	} {
		n := reader("core")
		c.change(&n)
		_, _, err := d.AddClient(t.Context(), n, staff.Trusted("test"))
		var refusal *staff.Error
		errors.As(err, &refusal)
		if c.pointer == "" && err != nil || c.pointer != "" && (refusal == nil || refusal.Kind != staff.Invalid || refusal.Fields[0].Pointer != c.pointer) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	all, err := d.ClientByName(t.Context(), "all")
	if err != nil || !slices.Equal(all.Types, []string{"A"}) || all.Networks[0].String() != "10.0.0.0/8" || len(all.Keys) != 0 {
		t.Errorf("got %+v, %v", all, err)
	}
}

// What is said of too many is a whole sentence, so that it can be in a catalogue; here it is held to the bounds.
func TestAddClient_says_the_bounds_that_hold(t *testing.T) {
	d := newDesk(t)
	with := func(types, networks, identities int) staff.NewClient {
		n := reader("full")
		for i := range types {
			n.Types = append(n.Types, fmt.Sprintf("T%d", i))
		}
		for i := range identities {
			n.Identities = append(n.Identities, fmt.Sprintf("oauth:%d", i))
		}
		n.Networks = slices.Repeat([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, networks)
		return n
	}
	repeated, unknown := reader("full"), reader("full")
	repeated.Scopes, unknown.Scopes = append(staff.Scopes(), staff.ScopeOffersRead), []staff.Scope{"*"}
	scopes := fmt.Sprintf("there is no such scope; the scopes are %s", strings.Trim(fmt.Sprint(staff.Scopes()), "[]"))
	for _, c := range []struct {
		n    staff.NewClient
		said string
	}{
		{with(101, 0, 0), "a client has at most 100 types"},
		{with(0, 101, 0), "a client has at most 100 networks"},
		{with(0, 0, 21), "a client has at most 20 identities"},
		{repeated, "a client has each scope at most once"},
		{unknown, scopes},
	} {
		_, _, err := d.AddClient(t.Context(), c.n, staff.Trusted("test"))
		if err == nil || strings.NewReplacer(", ", " ", " and ", " ").Replace(err.Error()) != c.said {
			t.Errorf("got %v, want %s", err, c.said)
		}
	}
	if _, _, err := d.AddClient(t.Context(), with(100, 100, 20), staff.Trusted("test")); err != nil {
		t.Error(err)
	}
}

// Whoever may make clients and keys must not come to more by it.
func TestClients_give_nothing_that_they_do_not_have(t *testing.T) {
	d := newDesk(t)
	net := func(s string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(s)} }
	manage := []staff.Scope{staff.ScopeKeysManage, staff.ScopeOffersRead}
	by := staff.Client{Name: "clerk", Scopes: manage, Types: []string{"A", "B"}, Networks: net("10.0.0.0/8")}
	good := staff.NewClient{Scopes: manage[1:], Types: []string{"A"}, Networks: net("10.1.0.0/16")}
	for i, c := range []struct {
		name   string
		change func(*staff.NewClient)
		code   string // empty: allowed
	}{
		{"less", func(*staff.NewClient) {}, ""},
		{"as much", func(n *staff.NewClient) { n.Scopes, n.Types, n.Networks = by.Scopes, by.Types, by.Networks }, ""},
		{"a scope more", func(n *staff.NewClient) { n.Scopes = []staff.Scope{staff.ScopeOffersRead, staff.ScopeOffersCreate} }, "insufficient_scope"},
		{"every scope", func(n *staff.NewClient) { n.Scopes = staff.Scopes() }, "insufficient_scope"},
		{"a type more", func(n *staff.NewClient) { n.Types = []string{"A", "C"} }, "configuration_not_allowed"},
		{"every type", func(n *staff.NewClient) { n.Types = nil }, "configuration_not_allowed"},
		{"another network", func(n *staff.NewClient) { n.Networks = net("192.0.2.0/24") }, "network_not_allowed"},
		{"a wider network", func(n *staff.NewClient) { n.Networks = net("0.0.0.0/0") }, "network_not_allowed"},
		{"every network", func(n *staff.NewClient) { n.Networks = nil }, "network_not_allowed"},
	} {
		n := good
		n.Name = fmt.Sprintf("c%d", i)
		c.change(&n)
		_, _, err := d.AddClient(t.Context(), n, by)
		judge := func(what string, err error) {
			var refusal *staff.Error
			errors.As(err, &refusal)
			if c.code == "" && err != nil || c.code != "" && (refusal == nil || refusal.Kind != staff.Denied || refusal.Code != c.code) {
				t.Errorf("%s %s: got %v", what, c.name, err)
			}
		}
		judge("add", err)
		// A key of such a client is worth as much as the client.
		n.Name += "-made"
		made, _ := d.client(n)
		_, err = d.NewKey(t.Context(), made.ID, 0, by)
		judge("key of", err)
		if err := d.DisableClient(t.Context(), made.ID, staff.WayAny); err != nil {
			t.Fatal(err)
		}
		judge("enable", d.EnableClient(t.Context(), made.ID, by))
	}
	_, _, err := d.AddClient(t.Context(), reader("x"), staff.Client{})
	d.want("by nobody", err, staff.Denied)
	off := staff.Trusted("off")
	off.Disabled = true
	_, _, err = d.AddClient(t.Context(), reader("x"), off)
	d.want("by somebody disabled", err, staff.Denied)
}

func TestKeys_look_like_keys_and_are_kept_nowhere(t *testing.T) {
	d := newDesk(t)
	c, key := d.client(reader("core"))
	if !regexp.MustCompile(`^cfk_[A-Za-z0-9_-]{43}$`).MatchString(key) {
		t.Errorf("a key is %d characters long", len(key))
	}
	fresh, err := d.NewKey(t.Context(), c.ID, time.Hour, staff.Trusted("test"))
	if err != nil || fresh.Secret.Reveal() == key || !fresh.ExpiresAt.Equal(d.now.Add(time.Hour)) {
		t.Errorf("got %v, %v", fresh.Key, err)
	}
	if said := fmt.Sprintf("%v %+v %#v", fresh, fresh, fresh); strings.Contains(said, fresh.Secret.Reveal()) {
		t.Error("a key prints itself")
	}
	_, err = d.NewKey(t.Context(), c.ID, 0, staff.Trusted("test"))
	d.want("a third", err, staff.Conflict)
	_, err = d.NewKey(t.Context(), "nobody", 0, staff.Trusted("test"))
	d.want("of nobody", err, staff.NotFound)
}

// OF-006, OF-007, OF-010, OF-011, OF-012: whatever is wrong with a key, the words are the same.
func TestAuthenticateKey_says_the_same_to_everybody_it_refuses(t *testing.T) {
	d := newDesk(t)
	_, key := d.client(reader("core"))
	revoked, revokedKey := d.client(reader("revoked"))
	disabled, disabledKey := d.client(reader("disabled"))
	short := reader("short")
	short.KeyLife = time.Hour
	_, shortKey := d.client(short)
	d.want("revoke", d.RevokeKey(t.Context(), revoked.ID, revoked.Keys[0].ID, staff.WayAny), 0)
	d.want("disable", d.DisableClient(t.Context(), disabled.ID, staff.WayAny), 0)
	last := key[:len(key)-1] + string("AB"[strings.Count(key[len(key)-1:], "A")])
	words := map[string]bool{}
	for name, bad := range map[string]string{
		"none": "", "OF-006 last character changed": last, "OF-007 cut by a byte": key[:len(key)-1], "longer": key + "A", "without its prefix": key[4:],
		"in capitals": strings.ToUpper(key), "OF-010 revoked": revokedKey, "OF-012 of a disabled client": disabledKey, "an id": string(revoked.Keys[0].ID),
		"NUL": "\x00", "no text": "\xff", "very long": strings.Repeat("a", 30_000),
	} {
		_, err := d.AuthenticateKey(t.Context(), bad)
		d.want(name, err, staff.Denied)
		words[fmt.Sprint(err)] = true
	}
	d.now = d.now.Add(time.Hour - time.Millisecond)
	if c, err := d.AuthenticateKey(t.Context(), shortKey); err != nil || c.Name != "short" {
		t.Errorf("a moment before the end: %v", err)
	}
	d.now = d.now.Add(time.Millisecond)
	_, err := d.AuthenticateKey(t.Context(), shortKey)
	d.want("OF-011 expired", err, staff.Denied)
	words[fmt.Sprint(err)] = true
	if len(words) != 1 {
		t.Errorf("the refusals are told apart: %v", words)
	}
	if c, err := d.AuthenticateKey(t.Context(), key); err != nil || c.Name != "core" || !c.Has(staff.ScopeOffersRead) || c.Has(staff.ScopeOffersCreate) {
		t.Errorf("the right key: %v, %v", c, err)
	}
}

func TestAuthenticateKey_notes_its_use(t *testing.T) {
	d := newDesk(t)
	c, key := d.client(reader("core"))
	for _, step := range []time.Duration{0, 30 * time.Second, 30 * time.Second} {
		d.now = d.now.Add(step)
		if _, err := d.AuthenticateKey(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		got, err := d.Client(t.Context(), c.ID)
		want := d.now.Truncate(time.Minute)
		if err != nil || !got.Keys[0].LastUsedAt.Equal(want) {
			t.Errorf("last used %s, want %s, %v", got.Keys[0].LastUsedAt, want, err)
		}
	}
}

// forgetful cannot write.
type forgetful struct{ *store.Store }

func (forgetful) TouchKey(context.Context, staff.KeyID, time.Time, time.Time) error {
	return errors.New("the disk is full")
}

func TestAuthenticateKey_lets_in_when_its_use_cannot_be_noted(t *testing.T) {
	d := newDesk(t)
	_, key := d.client(reader("core"))
	clients := staff.NewClients(forgetful{d.store}, func() time.Time { return d.now }, rand.Reader, slog.New(slog.NewTextHandler(&d.log, nil)))
	if _, err := clients.AuthenticateKey(t.Context(), key); err != nil {
		t.Error(err)
	}
	if said := d.log.String(); !strings.Contains(said, "the disk is full") || strings.Contains(said, key) {
		t.Errorf("the log says %s", said)
	}
}

func TestAuthenticateIdentity_lets_in_who_is_known_by_it(t *testing.T) {
	d := newDesk(t)
	core := reader("core")
	core.Identities = []string{"san:dns:core.bank.example", "oauth:core"}
	_, key := d.client(core)
	if key != "" {
		t.Error("a client with identities got a key")
	}
	other := reader("other")
	other.Identities = []string{"san:dns:other.bank.example"}
	off, _ := d.client(other)
	for name, c := range map[string]struct {
		shown []string
		good  bool
	}{
		"its name":             {[]string{"san:dns:core.bank.example"}, true},
		"among others":         {[]string{"spki:sha256:" + strings.Repeat("0", 64), "san:dns:*.x", "", "san:dns:core.bank.example"}, true},
		"a name of two":        {[]string{"san:dns:core.bank.example", "san:dns:other.bank.example"}, false},
		"none":                 {nil, false},
		"another":              {[]string{"san:dns:core"}, false},
		"of another kind":      {[]string{"san:uri:core.bank.example"}, false},
		"a name with NUL":      {[]string{"oauth:core\x00"}, false},
		"something not text":   {[]string{"oauth:\xff"}, false},
		"a token's client":     {[]string{"oauth:core"}, true},
		"a token's other name": {[]string{"oauth:CORE"}, false},
	} {
		got, err := d.AuthenticateIdentity(t.Context(), c.shown...)
		if c.good && (err != nil || got.Name != "core") || !c.good && staff.KindOf(err) != staff.Denied {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	d.want("disable", d.DisableClient(t.Context(), off.ID, staff.WayAny), 0)
	_, err := d.AuthenticateIdentity(t.Context(), "san:dns:other.bank.example")
	d.want("a disabled client", err, staff.Denied)
}

func TestClient_denies_what_is_not_listed(t *testing.T) {
	c := staff.Client{Scopes: []staff.Scope{staff.ScopeOffersRead}, Types: []string{"A"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for _, s := range append(staff.Scopes(), "", "*", "offers") {
		if c.Has(s) != (s == staff.ScopeOffersRead) {
			t.Errorf("scope %s", s)
		}
	}
	for at, want := range map[string]bool{"10.2.3.4": true, "::ffff:10.2.3.4": true, "11.0.0.1": false, "::1": false} {
		if c.MayCallFrom(netip.MustParseAddr(at)) != want {
			t.Errorf("address %s", at)
		}
	}
	if c.MayCallFrom(netip.Addr{}) || c.MayUse("B") || c.MayUse("") || !c.MayUse("A") || !(staff.Client{}).MayUse("B") {
		t.Error("a type or an address is let through")
	}
	if n := staff.Trusted("x").Narrowed([]string{"offers:read", "admin"}); !slices.Equal(n.Scopes, []staff.Scope{staff.ScopeOffersRead}) {
		t.Errorf("narrowed to %v", n.Scopes)
	}
	if n := c.Narrowed([]string{"offers:create"}); len(n.Scopes) != 0 || n.Has(staff.ScopeOffersRead) {
		t.Errorf("a token gives what the client has not: %v", n.Scopes)
	}
}
