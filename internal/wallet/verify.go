package wallet

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"counterfoil/internal/jose"
	"counterfoil/internal/sdjwt"
)

// roots are the certificates the wallet trusts.
type roots []*x509.Certificate

func loadRoots(path string) (roots, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path) // whoever runs the wallet names the file
	if err != nil {
		return nil, fmt.Errorf("read roots: %w", err)
	}
	var r roots
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read roots in %s: %w", path, err)
		}
		r = append(r, cert)
	}
	if len(r) == 0 {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return r, nil
}

// issued is what the wallet reads in a credential's payload.
type issued struct {
	VCT        string `json:"vct"`
	IssuedAt   int64  `json:"iat"`
	ExpiresAt  int64  `json:"exp"`
	Confirming struct {
		JWK map[string]string `json:"jwk"`
	} `json:"cnf"`
}

// verify checks every credential: signature, chain, type, holder key, times and disclosures.
func (c *collection) verify(context.Context) (string, error) {
	for i, item := range c.answer.Credentials {
		cred, err := c.verifyOne(item.Credential, c.holders[i].public)
		if err != nil {
			return "", fmt.Errorf("credential %d: %w", i+1, err)
		}
		c.result.Credentials = append(c.result.Credentials, cred)
	}
	return "Signature, certificate chain, type, holder key and disclosures verified", nil
}

func (c *collection) verifyOne(text string, mine jose.PublicKey) (Credential, error) {
	sd, err := sdjwt.Parse(text)
	if err != nil {
		return Credential{}, fmt.Errorf("read the SD-JWT: %w", err)
	}
	jwt, err := jose.Parse(sd.JWT)
	if err != nil {
		return Credential{}, fmt.Errorf("read the issuer's JWT: %w", err)
	}
	leaf, trusted, err := c.verifySignature(jwt)
	if err != nil {
		return Credential{}, err
	}
	var said issued
	if err := jwt.Claims(&said); err != nil {
		return Credential{}, fmt.Errorf("read the payload: %w", err)
	}
	if err := c.verifyPayload(jwt, said, mine); err != nil {
		return Credential{}, err
	}
	claims, err := sdjwt.Disclose(jwt.Payload(), sd.Disclosures)
	if err != nil {
		return Credential{}, fmt.Errorf("check the disclosures: %w", err)
	}
	maps.DeleteFunc(claims, func(name string, _ any) bool { return technical(name) })
	return Credential{
		VCT: said.VCT, Name: c.name(), Issuer: nameOf(leaf), Trusted: trusted,
		IssuedAt: time.Unix(said.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(said.ExpiresAt, 0).UTC(),
		Claims: claims, Disclosable: len(sd.Disclosures),
	}, nil
}

// verifySignature checks the signature with the leaf of x5c, and its chain when roots are known (HAIP 1.0 §6.1.1).
func (c *collection) verifySignature(jwt jose.Token) (leaf *x509.Certificate, trusted bool, err error) {
	chain, err := jwt.X5C()
	if err != nil {
		return nil, false, fmt.Errorf("read x5c: %w", err)
	}
	if len(chain) == 0 {
		return nil, false, errors.New("the credential names no certificate")
	}
	key, err := jose.FromPublic(chain[0].PublicKey)
	if err != nil {
		return nil, false, fmt.Errorf("read the issuer's key: %w", err)
	}
	if err := jwt.Verify(key, es256); err != nil {
		return nil, false, fmt.Errorf("check the signature: %w", err)
	}
	if c.roots == nil {
		return chain[0], false, nil
	}
	if err := jose.VerifyChain(chain, c.roots, c.clock()); err != nil {
		return nil, false, fmt.Errorf("check the certificate chain: %w", err)
	}
	return chain[0], true, nil
}

func (c *collection) verifyPayload(jwt jose.Token, said issued, mine jose.PublicKey) error {
	now := c.clock()
	switch {
	case jwt.Typ() != "dc+sd-jwt":
		return errors.New("the credential's typ is not dc+sd-jwt")
	case said.VCT != c.config.VCT:
		return errors.New("the credential's vct is not the one in the metadata")
	case !maps.Equal(said.Confirming.JWK, mine.JWK()):
		return errors.New("the credential is not bound to the wallet's key")
	case said.IssuedAt > now.Unix():
		return errors.New("the credential is from the future")
	case said.ExpiresAt != 0 && said.ExpiresAt <= now.Unix():
		return errors.New("the credential has expired")
	}
	return nil
}

// technical tells the members of a credential that say nothing about its holder.
func technical(name string) bool {
	switch name {
	case "iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "_sd_alg":
		return true
	}
	return false
}

// nameOf calls a certificate's subject by its common name, or by all of it when it has none.
func nameOf(cert *x509.Certificate) string {
	if cert.Subject.CommonName != "" {
		return cert.Subject.CommonName
	}
	return cert.Subject.String()
}
