package doctor

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"counterfoil/internal/jose"
	"counterfoil/internal/trust"
	"counterfoil/views/i18n"
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
	if fault := a.fault(path+" (Accept: "+jwtType+")", jwtType); !fault.Empty() {
		return []Check{{nameSigned, Failed, fault, i18n.Say("Let the proxy pass the Accept header on, and keep no answer without regard to it (Vary: Accept).")}}
	}
	if fault := d.verifySigned(a); !fault.Empty() {
		return []Check{{nameSigned, Failed, fault,
			i18n.Say("Look at the certificates here, and whether another installation, or an older process of this one, answers at the public address.")}}
	}
	return []Check{{nameSigned, OK, i18n.Say("Its signature verifies with the certificate that it names, and it is about this issuer."), i18n.Text{}}}
}

// verifySigned says what is wrong with signed metadata; empty when nothing is.
func (d *Doctor) verifySigned(a answer) i18n.Text {
	token, err := jose.ParseUpTo(string(a.body), maxDocument)
	if err != nil || token.Typ() != typMetadata {
		return i18n.Say("The signed metadata is not a JWT of the type %s.", typMetadata)
	}
	chain, err := token.X5C()
	if err != nil || len(chain) == 0 {
		return i18n.Say("The signed metadata names no certificate that can be read.")
	}
	key, err := jose.FromPublic(chain[0].PublicKey)
	if err == nil {
		err = token.Verify(key, es256)
	}
	if err != nil {
		return i18n.Say("The signature of the signed metadata does not verify.")
	}
	for _, c := range chain {
		if a.to.Before(c.NotBefore) || a.to.After(c.NotAfter) {
			return i18n.Say("The signed metadata has a certificate that is not valid now.")
		}
	}
	// Without keys here, that is a failure of its own; the signature was still worth looking at.
	if set, err := d.Keys(); err == nil {
		if !chain[0].Equal(set.Keys[trust.Access].Chain[0]) {
			return i18n.Say("The signed metadata is signed with another certificate than the access certificate of this installation.")
		}
		if set.Root != nil && jose.VerifyChain(chain, []*x509.Certificate{set.Root}, a.to) != nil {
			return i18n.Say("The chain of the signed metadata does not lead to root.crt.pem.")
		}
	}
	return d.judgeClaims(token, a.to)
}

// judgeClaims holds signed metadata to being about this issuer, and in time.
func (d *Doctor) judgeClaims(token jose.Token, now time.Time) (fault i18n.Text) {
	var claims struct {
		Subject   string `json:"sub"`
		Issuer    string `json:"credential_issuer"`
		IssuedAt  int64  `json:"iat"`
		ExpiresAt int64  `json:"exp"`
	}
	switch err := token.Claims(&claims); {
	case err != nil:
		return i18n.Say("The payload of the signed metadata cannot be read.")
	case claims.Subject != d.Door.Issuer || claims.Issuer != d.Door.Issuer:
		return i18n.Say("The signed metadata is about another issuer: its sub and credential_issuer must both be the identifier.")
	case time.Unix(claims.IssuedAt, 0).After(now.Add(clockWarning)):
		return i18n.Say("The signed metadata is from the future.")
	case claims.ExpiresAt != 0 && !now.Before(time.Unix(claims.ExpiresAt, 0)):
		return i18n.Say("The signed metadata has expired.")
	}
	return i18n.Text{}
}

// served asks for the Type Metadata of every type, below its id and at its vct when that is an address of ours (SD-JWT VC §6.3), and
// holds it to what this process has.
func (d *Doctor) served(ctx context.Context) []Check {
	if d.Database == nil { // types of later versions are in the database
		return []Check{{nameTypes, NotChecked, d.NoDatabase.Found, i18n.Text{}}}
	}
	types := d.Types.All()
	faults := make([]i18n.Text, len(types))
	var asking errgroup.Group
	asking.SetLimit(typesAtOnce)
	for i, t := range types {
		asking.Go(func() error {
			urls := []string{d.Door.Types + t.ID}
			if strings.HasPrefix(t.VCT, origin(d.Door.Issuer)+"/") && t.VCT != urls[0] {
				urls = append(urls, t.VCT)
			}
			for _, url := range urls {
				if faults[i] = d.document(ctx, url, t.Document()); !faults[i].Empty() {
					break
				}
			}
			return nil
		})
	}
	_ = asking.Wait() // what fails is in faults
	wrong := slices.DeleteFunc(faults, i18n.Text.Empty)
	if len(wrong) == 0 {
		return []Check{{nameTypes, OK, i18n.Say("Wallets get the metadata of all %d types as it is here.", len(types)), i18n.Text{}}}
	}
	return []Check{{nameTypes, Failed, listed(wrong),
		i18n.Say("Let the proxy pass these paths on unchanged. A type whose vct is an https URL here must be served at that URL; a process that " +
			"does not have the newest version has it a second after it reaches the database.")}}
}

// document says what is wrong with what a URL gives; empty when it is as it should be.
func (d *Doctor) document(ctx context.Context, url string, want []byte) i18n.Text {
	a, where := d.fetch(ctx, d.Public, url, jsonType), shown(strings.TrimPrefix(url, origin(d.Door.Issuer)))
	if fault := a.fault(where, jsonType); !fault.Empty() {
		return fault
	}
	if !bytes.Equal(a.body, want) {
		return i18n.Say("%s answers with another document than this process has.", where)
	}
	return i18n.Text{}
}

// listed says a few of many, one after the other.
func listed(all []i18n.Text) i18n.Text {
	var out i18n.Text
	for _, one := range all[:min(len(all), namedAtMost)] {
		out.Format, out.Args = out.Format+" %s", append(out.Args, one)
	}
	if more := len(all) - namedAtMost; more > 0 {
		out.Format, out.Args = out.Format+" %s", append(out.Args, i18n.Say("More like these: %d.", more))
	}
	out.Format = strings.TrimSpace(out.Format)
	return out
}
