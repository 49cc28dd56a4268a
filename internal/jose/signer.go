package jose

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// Signer signs JWTs with one key, which may live in a security module.
type Signer struct {
	key   crypto.Signer
	alg   string
	chain []*x509.Certificate
}

// NewSigner makes a Signer. alg must be the one of the key's curve (ES256 for P-256 …). chain is the leaf
// and its intermediates without the anchor; when given, every JWT carries it as x5c.
func NewSigner(key crypto.Signer, alg string, chain []*x509.Certificate) (Signer, error) {
	public, err := FromPublic(key.Public())
	if err != nil {
		return Signer{}, fmt.Errorf("make signer: %w", err)
	}
	if public.Alg() != alg {
		return Signer{}, fmt.Errorf("make signer: a key for %s cannot sign %s", public.Alg(), alg)
	}
	return Signer{key: key, alg: alg, chain: chain}, nil
}

// Certificate gives the leaf certificate, or nil.
func (s Signer) Certificate() *x509.Certificate {
	if len(s.chain) == 0 {
		return nil
	}
	return s.chain[0]
}

// ErrCertificateNotValid means that the time for which a certificate was issued is over or has not begun: nothing may be signed.
var ErrCertificateNotValid = errors.New("the certificate is not valid at this time")

// ValidAt gives ErrCertificateNotValid when a certificate of the chain is not valid at the time now.
func (s Signer) ValidAt(now time.Time) error {
	for _, c := range s.chain {
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return ErrCertificateNotValid
		}
	}
	return nil
}

// Public gives the public key.
func (s Signer) Public() (PublicKey, error) { return FromPublic(s.key.Public()) }

// Sign makes a compact JWS over payload with the header members, alg, and x5c when the
// signer has a chain (standard base64 with padding, RFC 7515 §4.1.6).
func (s Signer) Sign(header map[string]any, payload []byte) (string, error) {
	h := jws.NewHeaders()
	for name, value := range header {
		if name == "jwk" {
			key, err := headerKey(value)
			if err != nil {
				return "", err
			}
			value = key
		}
		if err := h.Set(name, value); err != nil {
			return "", fmt.Errorf("set header %s: %w", name, err)
		}
	}
	if len(s.chain) > 0 {
		if err := setChain(h, s.chain); err != nil {
			return "", err
		}
	}
	compact, err := jws.Sign(payload, jws.WithKey(jwa.SignatureAlgorithm(s.alg), s.key, jws.WithProtectedHeaders(h)))
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return string(compact), nil
}

func b64std(der []byte) string { return base64.StdEncoding.EncodeToString(der) }
