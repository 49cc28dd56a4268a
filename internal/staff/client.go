package staff

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ClientID names a client for the record.
type ClientID string

// Scope is something a client may do at the management door; what is not listed on the client is denied.
type Scope string

// The scopes.
const (
	ScopeOffersCreate      Scope = "offers:create"
	ScopeOffersRead        Scope = "offers:read"
	ScopeOffersCancel      Scope = "offers:cancel"
	ScopeCredentialsRevoke Scope = "credentials:revoke"
	ScopeTypesWrite        Scope = "types:write"
	ScopeCallbacksWrite    Scope = "callbacks:write"
	ScopeKeysManage        Scope = "keys:manage"
	ScopeAuditRead         Scope = "audit:read"
)

// Scopes lists every scope once.
func Scopes() []Scope {
	return []Scope{
		ScopeOffersCreate, ScopeOffersRead, ScopeOffersCancel, ScopeCredentialsRevoke, ScopeTypesWrite, ScopeCallbacksWrite,
		ScopeKeysManage, ScopeAuditRead,
	}
}

// Client is a program that may call the management door.
type Client struct {
	ID ClientID
	// Name is unique, lower case, and what the record says of who did something.
	Name   string
	Scopes []Scope
	// Types are the credential configuration ids the client has to do with; none means all.
	Types []string
	// Networks are where the client may call from; none means anywhere.
	Networks []netip.Prefix
	// Identities are what the client shows instead of a key: san:dns:…, san:uri:… and spki:sha256:… of a certificate, oauth:… of a
	// token. No two clients share one.
	Identities []string
	Disabled   bool
	CreatedAt  time.Time
	// Rights grows with every change of scopes, types and networks.
	Rights int
	// Keys are there when the client was read to be shown, newest first.
	Keys []Key
}

// Trusted is somebody who may do everything: who is at the command line, or at a door that is open.
func Trusted(name string) Client { return Client{Name: name, Scopes: Scopes()} }

// Has tells whether the client holds the scope.
func (c Client) Has(s Scope) bool { return !c.Disabled && slices.Contains(c.Scopes, s) }

// MayUse tells whether the client has to do with a type.
func (c Client) MayUse(typ string) bool { return len(c.Types) == 0 || slices.Contains(c.Types, typ) }

// MayUseAll tells whether the client has to do with every one of the types, of which none means all.
func (c Client) MayUseAll(types []string) bool {
	return len(c.Types) == 0 || len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return !c.MayUse(t) })
}

// MayCallFrom tells whether the client may call from an address.
func (c Client) MayCallFrom(at netip.Addr) bool {
	return len(c.Networks) == 0 || slices.ContainsFunc(c.Networks, func(n netip.Prefix) bool { return n.Contains(at.Unmap()) })
}

// Narrowed gives the client with those of its scopes that are also in the list.
func (c Client) Narrowed(scopes []string) Client {
	var kept []Scope
	for _, s := range c.Scopes {
		if slices.Contains(scopes, string(s)) {
			kept = append(kept, s)
		}
	}
	c.Scopes = kept
	return c
}

// covers refuses, as Denied, to let c hand out what c does not have: a scope, a type or a network. Otherwise whoever may make clients
// could make one that may do more.
func (c Client) covers(o Client) error {
	for _, s := range o.Scopes {
		if !c.Has(s) {
			return &Error{Kind: Denied, Code: "insufficient_scope", Reason: "a client cannot give a scope that it does not have itself"}
		}
	}
	if !c.MayUseAll(o.Types) {
		return &Error{Kind: Denied, Code: "configuration_not_allowed", Reason: "a client cannot give types that it does not have itself"}
	}
	within := func(n netip.Prefix) bool {
		return slices.ContainsFunc(c.Networks, func(own netip.Prefix) bool { return own.Bits() <= n.Bits() && own.Contains(n.Addr()) })
	}
	if len(c.Networks) > 0 && (len(o.Networks) == 0 || slices.ContainsFunc(o.Networks, func(n netip.Prefix) bool { return !within(n) })) {
		return &Error{Kind: Denied, Code: "network_not_allowed", Reason: "a client cannot give networks that it may not call from itself"}
	}
	return nil
}

// The bounds of what a client may have of each, and of one identity in bytes.
const (
	maxTypes      = 100
	maxNetworks   = 100
	maxIdentities = 20
	maxIdentity   = 512
)

// Check gives every member that does not fit, with its place.
func (n NewClient) Check() []Field {
	var fields []Field
	fault := func(pointer, reason string) { fields = append(fields, Field{pointer, reason}) }
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`).MatchString(n.Name) {
		fault("/name", "a name is 1 to 64 lower-case letters, digits, dots, dashes, underscores or @")
	}
	if len(n.Scopes) == 0 {
		fault("/scopes", "a client has at least one scope")
	}
	for i, s := range n.Scopes[:min(len(n.Scopes), len(Scopes()))] {
		if !slices.Contains(Scopes(), s) {
			fault(fmt.Sprintf("/scopes/%d", i), "there is no such scope; the scopes are "+
				"offers:create, offers:read, offers:cancel, credentials:revoke, types:write, callbacks:write, keys:manage and audit:read")
		}
	}
	if len(n.Scopes) > len(Scopes()) {
		fault("/scopes", "a client has each scope at most once")
	}
	if len(n.Types) > maxTypes {
		fault("/types", "a client has at most 100 types")
	}
	if len(n.Networks) > maxNetworks {
		fault("/networks", "a client has at most 100 networks")
	}
	if len(n.Identities) > maxIdentities {
		fault("/identities", "a client has at most 20 identities")
	}
	for i, t := range n.Types[:min(len(n.Types), maxTypes)] {
		if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`).MatchString(t) {
			fault(fmt.Sprintf("/types/%d", i), "a type is named by its credential configuration id")
		}
	}
	for i, p := range n.Networks[:min(len(n.Networks), maxNetworks)] {
		if !p.IsValid() || p.Addr().Is4In6() || p.Addr().Zone() != "" {
			fault(fmt.Sprintf("/networks/%d", i), "a network is written as a CIDR, as in 192.0.2.0/24")
		}
	}
	for i, id := range n.Identities[:min(len(n.Identities), maxIdentities)] {
		if !isIdentity(id) {
			fault(fmt.Sprintf("/identities/%d", i), "an identity is san:dns:<name>, san:uri:<uri>, spki:sha256:<64 lower-case hex digits> or oauth:<client_id>")
		}
	}
	if len(n.Identities) > 0 && n.KeyLife != 0 {
		fault("/expires_in", "a client that has identities gets no key that could expire")
	} else if !goodLife(n.KeyLife) {
		fault("/expires_in", lifeRule)
	}
	return fields
}

const lifeRule = "a key lasts from a minute to ten years"

func goodLife(life time.Duration) bool {
	return life == 0 || life >= MinKeyLife && life <= MaxKeyLife
}

// once drops what was said before.
func once[T comparable](list []T) []T {
	var out []T
	for _, v := range list {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func joined(scopes []Scope) string {
	words := make([]string, 0, len(scopes))
	for _, s := range scopes {
		words = append(words, string(s))
	}
	return strings.Join(words, ", ")
}

// isIdentity tells what can name one caller, in its one form. A wildcard names many machines, so it is none.
func isIdentity(s string) bool {
	if len(s) > maxIdentity || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false
	}
	if name, is := strings.CutPrefix(s, "san:dns:"); is {
		return regexp.MustCompile(`^([a-z0-9]([a-z0-9_-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*$`).MatchString(name)
	}
	if raw, is := strings.CutPrefix(s, "san:uri:"); is {
		u, err := url.Parse(raw)
		return err == nil && u.IsAbs()
	}
	if sum, is := strings.CutPrefix(s, "spki:sha256:"); is {
		b, err := hex.DecodeString(sum)
		const size = 32
		return err == nil && len(b) == size && strings.ToLower(sum) == sum
	}
	id, is := strings.CutPrefix(s, "oauth:")
	return is && id != ""
}

// Misfit is the refusal of members that do not fit; its reason is that of the first few.
func Misfit(fields ...Field) *Error {
	const few = 5
	var reasons []string
	for _, f := range fields[:min(len(fields), few)] {
		reasons = append(reasons, f.Reason)
	}
	return &Error{Kind: Invalid, Code: "validation_failed", Reason: strings.Join(reasons, "; "), Fields: fields}
}
