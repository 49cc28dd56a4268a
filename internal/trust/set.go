package trust

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Purpose is what a key signs.
type Purpose string

// The purposes. They never share a key.
const (
	Issuer Purpose = "issuer" // credentials
	Access Purpose = "access" // credential issuer metadata (EUDI: the access certificate)
)

// Purposes lists every purpose once.
func Purposes() []Purpose { return []Purpose{Issuer, Access} }

// Key is a signing key with its chain: leaf first, then intermediates, without the anchor.
type Key struct {
	Signer crypto.Signer
	Chain  []*x509.Certificate
}

// Set is a key for every purpose. Root is the anchor when it is known: the demo's own.
type Set struct {
	Root *x509.Certificate
	Keys map[Purpose]Key
	// rootKey is there only while a demo set is made and saved.
	rootKey crypto.Signer
}

// demoOrganisation marks the certificates of a demo chain in their subject.
const demoOrganisation = "Counterfoil demo, do not trust"

// IsDemo tells whether a certificate belongs to a demo chain.
func IsDemo(c *x509.Certificate) bool {
	return slices.Contains(c.Subject.Organization, demoOrganisation) || slices.Contains(c.Issuer.Organization, demoOrganisation)
}

// RefuseDemo gives an error when any key is vouched for by a demo chain.
func (s Set) RefuseDemo() error {
	var faults []error
	for _, p := range Purposes() {
		if slices.ContainsFunc(s.Keys[p].Chain, IsDemo) {
			faults = append(faults, fmt.Errorf("the %s certificate is from the demo chain and must not be used in production", p))
		}
	}
	return errors.Join(faults...)
}

// ValidAt gives an error that names the first certificate that is not valid at the time now.
func (s Set) ValidAt(now time.Time) error {
	for _, p := range Purposes() {
		for _, c := range s.Keys[p].Chain {
			if now.Before(c.NotBefore) || now.After(c.NotAfter) {
				return fmt.Errorf("the %s certificate %s is not valid now", p, c.Subject)
			}
		}
	}
	return nil
}

// Validity is how long one certificate is valid.
type Validity struct {
	Purpose   Purpose
	Subject   string
	NotBefore time.Time
	NotAfter  time.Time
	DaysLeft  int
}

// Step gives the last of the days before the end that were reached at which people are told that a certificate ends: 30, 14, 7, 3, 1 and
// 0; false while there is time.
func (v Validity) Step() (days int, reached bool) {
	for _, days := range []int{0, 1, 3, 7, 14, 30} {
		if v.DaysLeft <= days {
			return days, true
		}
	}
	return 0, false
}

// maxYears is how long a signing certificate should be valid at most: what it vouches for, and whoever copied its key, lasts as long.
// ISO/IEC 18013-5 B.1.4 allows a document signer 457 days, other profiles two or three years.
const maxYears = 3

// Long tells whether it is valid for longer than a signing certificate should be.
func (v Validity) Long() bool { return v.NotAfter.After(v.NotBefore.AddDate(maxYears, 0, 0)) }

// Validity gives the validity of every leaf at the time now.
func (s Set) Validity(now time.Time) []Validity {
	var rows []Validity
	for _, p := range Purposes() {
		leaf := s.Keys[p].Chain[0]
		rows = append(rows, Validity{
			Purpose: p, Subject: leaf.Subject.String(), NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
			DaysLeft: int(leaf.NotAfter.Sub(now).Hours() / 24), // hours of a day
		})
	}
	return rows
}
