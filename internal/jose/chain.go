package jose

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/lestrrat-go/jwx/v2/cert"
	"github.com/lestrrat-go/jwx/v2/jws"
)

func setChain(h jws.Headers, certs []*x509.Certificate) error {
	chain := &cert.Chain{}
	for _, c := range certs {
		if err := chain.AddString(b64std(c.Raw)); err != nil {
			return fmt.Errorf("set x5c: %w", err)
		}
	}
	if err := h.Set("x5c", chain); err != nil {
		return fmt.Errorf("set x5c: %w", err)
	}
	return nil
}

// VerifyChain checks that a chain, leaf first, leads to one of the roots at the time now, that the leaf is no
// CA and not self-signed, and that the anchor is not part of the chain (HAIP 1.0 §§4.1, 6.1.1).
func VerifyChain(chain, roots []*x509.Certificate, now time.Time) error {
	if len(chain) == 0 || chain[0].IsCA || bytes.Equal(chain[0].RawIssuer, chain[0].RawSubject) {
		return ErrChain
	}
	anchors, between := x509.NewCertPool(), x509.NewCertPool()
	for _, r := range roots {
		anchors.AddCert(r)
		for _, c := range chain {
			if c.Equal(r) {
				return ErrChain
			}
		}
	}
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: anchors, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return ErrChain
	}
	return nil
}
