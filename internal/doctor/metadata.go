package doctor

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"counterfoil/internal/jose"
	"counterfoil/internal/trust"
)

// typesAtOnce is how many Type Metadata documents are asked for at a time, and namedAtMost how many a sentence names.
const (
	typesAtOnce = 8
	namedAtMost = 5
)

const (
	jwtType     = "application/jwt"
	typMetadata = "openidvci-issuer-metadata+jwt" // without a 4: OpenID4VCI 1.0 §12.2.3
	es256       = "ES256"
)

// signed asks for the signed form of issuer metadata and verifies it as a wallet does (OpenID4VCI 1.0 §12.2.3).
func (d *Doctor) signed(ctx context.Context) []Check {
	path := d.Door.WellKnownIssuer[0]
	a := d.fetch(ctx, d.Public, d.at(path), jwtType)
	if fault := a.fault(jwtType); fault != "" {
		return []Check{{nameSigned, Failed, path + ", asked for " + jwtType + ", " + fault + ".",
			"Let the proxy pass the Accept header on, and keep no answer without regard to it (Vary: Accept)."}}
	}
	if fault := d.verifySigned(a); fault != "" {
		return []Check{{nameSigned, Failed, "The signed metadata " + fault + ".",
			"Look at the certificates here, and whether another installation, or an older process of this one, answers at the public address."}}
	}
	return []Check{{nameSigned, OK, "Its signature verifies with the certificate that it names, and it is about this issuer.", ""}}
}

// verifySigned says what is wrong with signed metadata, or "".
func (d *Doctor) verifySigned(a answer) string {
	token, err := jose.ParseUpTo(string(a.body), maxDocument)
	if err != nil || token.Typ() != typMetadata {
		return "is not a JWT of the type " + typMetadata
	}
	chain, err := token.X5C()
	if err != nil || len(chain) == 0 {
		return "names no certificate that can be read"
	}
	key, err := jose.FromPublic(chain[0].PublicKey)
	if err == nil {
		err = token.Verify(key, es256)
	}
	if err != nil {
		return "has a signature that does not verify"
	}
	for _, c := range chain {
		if a.to.Before(c.NotBefore) || a.to.After(c.NotAfter) {
			return "has a certificate that is not valid now"
		}
	}
	// Without keys here, that is a failure of its own; the signature was still worth looking at.
	if set, err := d.Keys(); err == nil {
		if !chain[0].Equal(set.Keys[trust.Access].Chain[0]) {
			return "is signed with another certificate than the access certificate of this installation"
		}
		if set.Root != nil && jose.VerifyChain(chain, []*x509.Certificate{set.Root}, a.to) != nil {
			return "has a chain that does not lead to root.crt.pem"
		}
	}
	return d.judgeClaims(token, a.to)
}

// judgeClaims holds signed metadata to being about this issuer, and in time.
func (d *Doctor) judgeClaims(token jose.Token, now time.Time) (fault string) {
	var claims struct {
		Subject   string `json:"sub"`
		Issuer    string `json:"credential_issuer"`
		IssuedAt  int64  `json:"iat"`
		ExpiresAt int64  `json:"exp"`
	}
	switch err := token.Claims(&claims); {
	case err != nil:
		return "has a payload that cannot be read"
	case claims.Subject != d.Door.Issuer || claims.Issuer != d.Door.Issuer:
		return "is about another issuer: its sub and credential_issuer must both be the identifier"
	case time.Unix(claims.IssuedAt, 0).After(now.Add(clockWarning)):
		return "is from the future"
	case claims.ExpiresAt != 0 && !now.Before(time.Unix(claims.ExpiresAt, 0)):
		return "has expired"
	}
	return ""
}

// served asks for the Type Metadata of every type, below its id and at its vct when that is an address of ours (SD-JWT VC §6.3), and
// holds it to what this process has.
func (d *Doctor) served(ctx context.Context) []Check {
	if d.Database == nil { // types of later versions are in the database
		return []Check{{nameTypes, NotChecked, d.NoDatabase.Found, ""}}
	}
	types := d.Types.All()
	faults := make([]string, len(types))
	var asking errgroup.Group
	asking.SetLimit(typesAtOnce)
	for i, t := range types {
		asking.Go(func() error {
			urls := []string{d.Door.Types + t.ID}
			if strings.HasPrefix(t.VCT, origin(d.Door.Issuer)+"/") && t.VCT != urls[0] {
				urls = append(urls, t.VCT)
			}
			for _, url := range urls {
				if fault := d.document(ctx, url, t.Document()); fault != "" {
					faults[i] = shown(strings.TrimPrefix(url, origin(d.Door.Issuer))) + " " + fault
					break
				}
			}
			return nil
		})
	}
	_ = asking.Wait() // what fails is in faults
	var wrong []string
	for _, fault := range faults {
		if fault != "" {
			wrong = append(wrong, fault)
		}
	}
	if len(wrong) == 0 {
		return []Check{{nameTypes, OK, fmt.Sprintf("Wallets get the metadata of all %d types as it is here.", len(types)), ""}}
	}
	return []Check{{nameTypes, Failed, listed(wrong) + ".",
		"Let the proxy pass these paths on unchanged. A type whose vct is an https URL here must be served at that URL; a process that " +
			"does not have the newest version has it a second after it reaches the database."}}
}

// document says what is wrong with what a URL gives, or "".
func (d *Doctor) document(ctx context.Context, url string, want []byte) string {
	a := d.fetch(ctx, d.Public, url, jsonType)
	if fault := a.fault(jsonType); fault != "" {
		return fault
	}
	if !bytes.Equal(a.body, want) {
		return "answers with another document than this process has"
	}
	return ""
}

// listed joins a few of many.
func listed(all []string) string {
	if len(all) > namedAtMost {
		return strings.Join(all[:namedAtMost], "; ") + fmt.Sprintf("; and %d more", len(all)-namedAtMost)
	}
	return strings.Join(all, "; ")
}
