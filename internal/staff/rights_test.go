package staff_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/staff"
	"counterfoil/internal/store"
)

// late sees a client as it was some time ago.
type late struct {
	*store.Store
	before staff.Client
}

func (l late) Client(context.Context, staff.ClientID) (staff.Client, error) { return l.before, nil }

// A key is worth what its client may do: who judged that before it grew must not get one.
func TestChangeClient_leaves_nothing_to_who_judged_before_it(t *testing.T) {
	d := newDesk(t)
	before, key := d.client(reader("core"))
	slow := staff.NewClients(late{d.store, before}, func() time.Time { return d.now }, rand.Reader, slog.New(slog.DiscardHandler))
	if err := d.ChangeClient(t.Context(), staff.ClientChange{Client: before.ID, Seen: before.Rights, Scopes: staff.Scopes()}); err != nil {
		t.Fatal(err)
	}
	if c, err := d.AuthenticateKey(t.Context(), key); err != nil || !slices.Equal(c.Scopes, staff.Scopes()) {
		t.Errorf("at its next call it is %+v, %v", c, err)
	}
	limited := staff.Client{Name: "limited", Scopes: []staff.Scope{staff.ScopeKeysManage, staff.ScopeOffersRead}}
	_, err := slow.NewKey(t.Context(), before.ID, 0, limited)
	d.want("a key", err, staff.Conflict)
	if err := d.DisableClient(t.Context(), before.ID, staff.WayAny); err != nil {
		t.Fatal(err)
	}
	d.want("letting in", slow.EnableClient(t.Context(), before.ID, limited), staff.Conflict)
}

func TestChangeClient_takes_only_what_a_client_can_be(t *testing.T) {
	d := newDesk(t)
	c, _ := d.client(reader("core"))
	good := staff.ClientChange{Client: c.ID, Seen: c.Rights, Scopes: c.Scopes}
	for name, change := range map[string]func(*staff.ClientChange){
		"no scope":                func(n *staff.ClientChange) { n.Scopes = nil },
		"a scope of nobody":       func(n *staff.ClientChange) { n.Scopes = []staff.Scope{"everything"} },
		"a type with a space":     func(n *staff.ClientChange) { n.Types = []string{"A B"} },
		"a hundred and one types": func(n *staff.ClientChange) { n.Types = strings.Fields(strings.Repeat("A ", 101)) },
		"a network that is none":  func(n *staff.ClientChange) { n.Networks = []netip.Prefix{{}} },
	} {
		bad := good
		change(&bad)
		d.want(name, d.ChangeClient(t.Context(), bad), staff.Invalid)
	}
	unseen := good
	unseen.Seen++
	d.want("what nobody saw", d.ChangeClient(t.Context(), unseen), staff.Conflict)
	unseen.Client = "nobody"
	d.want("nobody", d.ChangeClient(t.Context(), unseen), staff.NotFound)
	d.want("the same again", d.ChangeClient(t.Context(), good), 0)
	if got, err := d.Client(t.Context(), c.ID); err != nil || got.Rights != c.Rights {
		t.Errorf("it was changed to %+v, %v", got, err)
	}
}
