package trust

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// maxChain bounds a chain: real ones have two or three certificates, and wallets get it with every credential.
const maxChain = 10

// checkChain holds a chain, leaf first, to what a wallet will hold it to: a leaf that may sign and that the key belongs to, each certificate
// signed by the next, and no anchor in it (HAIP 1.0 §6.1.1). It leads to the root when that is known; else to the last of the chain.
func checkChain(chain []*x509.Certificate, key *ecdsa.PrivateKey, root *x509.Certificate, now time.Time) error {
	if err := checkLeaf(chain[0], key, now); err != nil {
		return err
	}
	if err := checkOrder(chain, root); err != nil {
		return err
	}
	above, anchor := chain[1:], root
	switch {
	case root == nil && len(above) == 0:
		return nil
	case root == nil:
		anchor = above[len(above)-1]
	}
	anchors, between := x509.NewCertPool(), x509.NewCertPool()
	anchors.AddCert(anchor)
	for _, c := range above {
		between.AddCert(c)
	}
	if _, err := chain[0].Verify(x509.VerifyOptions{
		Roots: anchors, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}); err != nil {
		if root != nil {
			return fmt.Errorf("the chain does not lead to root.crt.pem: %w", err)
		}
		return fmt.Errorf("the chain does not hold: %w", err)
	}
	return nil
}

func checkLeaf(leaf *x509.Certificate, key *ecdsa.PrivateKey, now time.Time) error {
	public, isEC := leaf.PublicKey.(*ecdsa.PublicKey)
	switch {
	case !isEC || public.Curve != elliptic.P256():
		return errors.New("the certificate is not for an EC key on P-256") // ES256: HAIP 1.0 §7
	case !key.PublicKey.Equal(public):
		return errors.New("the key is not the one of the certificate")
	case leaf.IsCA || bytes.Equal(leaf.RawIssuer, leaf.RawSubject):
		return errors.New("the certificate is a CA or self-signed; the first of the file must be the one that signs")
	case leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return errors.New("the certificate is not for signing: its key usage lacks digitalSignature")
	case now.Before(leaf.NotBefore) || now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate is valid from %s to %s, which is not now",
			leaf.NotBefore.UTC().Format(time.RFC3339), leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	// A wildcard, or what deceives its reader, is no name of an issuer.
	plain := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	if slices.ContainsFunc(leaf.DNSNames, func(name string) bool { return !plain.MatchString(name) }) {
		return errors.New("a DNS name of the certificate is a wildcard or has other characters than letters, digits, dots and hyphens")
	}
	return nil
}

// checkOrder holds a chain to its order: x5c carries it as it stands (RFC 7515 §4.1.6).
func checkOrder(chain []*x509.Certificate, root *x509.Certificate) error {
	if len(chain) > maxChain {
		return fmt.Errorf("the chain has %d certificates, more than %d", len(chain), maxChain)
	}
	last := chain[len(chain)-1]
	for i, c := range chain {
		switch {
		case c.Version != 3: //nolint:mnd // X.509 version 3, which alone has extensions (RFC 5280 §4.1.2.1)
			return fmt.Errorf("certificate %d of the file is of X.509 version %d, not 3", i+1, c.Version)
		case len(c.UnhandledCriticalExtensions) > 0:
			return fmt.Errorf("certificate %d of the file has a critical extension that is not known", i+1)
		case root != nil && c.Equal(root), bytes.Equal(c.RawIssuer, c.RawSubject):
			return errors.New("the chain holds its own anchor: take it out of the file")
		case bytes.Equal(c.RawSubject, last.RawIssuer):
			return errors.New("the chain goes round in a circle")
		case c != last && c.CheckSignatureFrom(chain[i+1]) != nil:
			return fmt.Errorf("certificate %d of the file is not signed by the one after it: the leaf comes first, then each that signed the one before", i+1)
		}
	}
	return nil
}
