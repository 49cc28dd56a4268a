package trust

import (
	"crypto/x509"
	"slices"
	"time"
)

// Use is what a certificate or key is for: what stops when it ends.
type Use string

// The uses. Those of the doors are the certificates that the doors show, ForClients the authorities whose clients the management door lets
// in, and ForCaller a key that a client of the management door calls with.
const (
	ForIssuer     Use = "issuer"
	ForAccess     Use = "access"
	ForAnchor     Use = "anchor"
	ForWallets    Use = "wallets"
	ForManagement Use = "management"
	ForPortal     Use = "portal"
	ForClients    Use = "clients"
	ForCaller     Use = "caller"
)

// Dated is a certificate or key that ends. Above tells that it stands above the one that is used, in its chain.
type Dated struct {
	Use                 Use
	Above               bool
	Subject             string
	NotBefore, NotAfter time.Time
}

// DaysLeft gives the whole days until it ends; negative when it has ended.
func (d Dated) DaysLeft(now time.Time) int {
	const day = 24 * time.Hour
	left := d.NotAfter.Sub(now)
	if left < 0 {
		return -1 - int(-left/day)
	}
	return int(left / day)
}

// ValidAt tells whether it has begun and has not ended.
func (d Dated) ValidAt(now time.Time) bool { return !now.Before(d.NotBefore) && !now.After(d.NotAfter) }

// DatedChain gives the certificates of a chain, leaf first.
func DatedChain(use Use, chain []*x509.Certificate) []Dated {
	out := make([]Dated, 0, len(chain))
	for i, c := range chain {
		out = append(out, Dated{Use: use, Above: i > 0, Subject: c.Subject.String(), NotBefore: c.NotBefore, NotAfter: c.NotAfter})
	}
	return out
}

// Dated gives every certificate of the set: the chains by purpose, and the anchor when it is known.
func (s Set) Dated() []Dated {
	var out []Dated
	for _, p := range Purposes() {
		out = slices.Concat(out, DatedChain(Use(p), s.Keys[p].Chain))
	}
	if s.Root != nil {
		out = slices.Concat(out, DatedChain(ForAnchor, []*x509.Certificate{s.Root}))
	}
	return out
}
