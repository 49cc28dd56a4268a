package staff

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// ClientChange is what a client may do from now on, in the place of what it may do. Seen is Client.Rights as whoever changes it saw it.
type ClientChange struct {
	Client   ClientID
	Seen     int
	Scopes   []Scope
	Types    []string
	Networks []netip.Prefix
}

// ChangeClient changes what a client may do, from its next call on. It is for administrators, who may give whatever there is to give. Its
// name stays, because the record and the Idempotency-Keys of its requests know it by that; how it shows who it is stays as well. Invalid;
// NotFound; Conflict when somebody changed it since.
func (s *Clients) ChangeClient(ctx context.Context, c ClientChange) error {
	was, err := s.record.Client(ctx, c.Client)
	if err != nil {
		return fmt.Errorf("find client: %w", err)
	}
	if faults := (NewClient{Name: was.Name, Scopes: c.Scopes, Types: c.Types, Networks: c.Networks}).Check(); len(faults) > 0 {
		return Misfit(faults...)
	}
	if was.Rights != c.Seen {
		return Outdated()
	}
	c.Scopes, c.Types, c.Networks = once(c.Scopes), once(c.Types), masked(c.Networks)
	difference := difference(rights(was.Scopes, was.Types, was.Networks), rights(c.Scopes, c.Types, c.Networks))
	if difference == "" {
		return nil
	}
	if err := s.access.ChangeClient(Audited(ctx, ActClientChanged, was.Name, difference), c); err != nil {
		return fmt.Errorf("change client: %w", err)
	}
	return nil
}

// Outdated is the refusal of what was decided by what a client could do before somebody changed that.
func Outdated() *Error {
	return &Error{Kind: Conflict, Code: "client_changed", Reason: "what the client may do was changed meanwhile"}
}

// rights says what a client may do, one thing each; that it is restricted to nothing is a thing as well.
func rights(scopes []Scope, types []string, networks []netip.Prefix) []string {
	var all []string
	for _, s := range scopes {
		all = append(all, string(s))
	}
	for _, t := range types {
		all = append(all, "type "+t)
	}
	if len(types) == 0 {
		all = append(all, "all types")
	}
	for _, n := range networks {
		all = append(all, "network "+n.String())
	}
	if len(networks) == 0 {
		all = append(all, "all networks")
	}
	return all
}

// difference says what was given and what was taken; empty when that is nothing.
func difference(before, after []string) string {
	var all []string
	for _, right := range after {
		if !slices.Contains(before, right) {
			all = append(all, "+"+right)
		}
	}
	for _, right := range before {
		if !slices.Contains(after, right) {
			all = append(all, "−"+right)
		}
	}
	return strings.Join(all, ", ")
}

// masked gives networks in their one form, each once.
func masked(networks []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, n := range networks {
		out = append(out, n.Masked())
	}
	return once(out)
}
