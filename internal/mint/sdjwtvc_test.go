package mint_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/mint"
	"counterfoil/internal/sdjwt"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
)

var now = time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC)

func minter(t *testing.T) (*mint.SDJWTVC, trust.Set) {
	t.Helper()
	set, err := trust.MakeDemo(now, rand.Reader, "https://issuer.example")
	if err != nil {
		t.Fatal(err)
	}
	key := set.Keys[trust.Issuer]
	signer, err := jose.NewSigner(key.Signer, "ES256", key.Chain)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mint.NewSDJWTVC(signer, "https://issuer.example", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return m, set
}

func prepared(t *testing.T) issuance.Prepared {
	t.Helper()
	types, err := typemeta.Load(typemeta.Samples())
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := jose.FromPublic(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range types {
		if typ.ID == "IdentityCredential" {
			return issuance.Prepared{
				Type: typ, At: now, Holder: issuance.HolderKey{JWK: public.JWK(), Thumbprint: public.Thumbprint()},
				Claims: map[string]any{
					"given_name": "Erika", "family_name": "Mustermann", "document_number": "1", "issuing_country": "DE",
					"nationalities": []any{"DE", "FR"}, "address": map[string]any{"locality": "Köln"},
				},
			}
		}
	}
	t.Fatal("no sample")
	return issuance.Prepared{}
}

func TestSDJWTVC_Mint(t *testing.T) {
	m, set := minter(t)
	p := prepared(t)
	got, err := m.Mint(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	sd, err := sdjwt.Parse(got.Credential)
	if err != nil {
		t.Fatal(err)
	}
	jwt, err := jose.Parse(sd.JWT)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := jwt.X5C()
	if err != nil {
		t.Fatal(err)
	}
	if err := jose.VerifyChain(chain, []*x509.Certificate{set.Root}, now); err != nil {
		t.Error(err)
	}
	var said struct {
		VCT          string `json:"vct"`
		IAT, NBF     int64
		EXP          int64  `json:"exp"`
		Country      string `json:"issuing_country"`
		Hidden       string `json:"given_name"`
		Confirmation struct {
			JWK map[string]string `json:"jwk"`
		} `json:"cnf"`
	}
	if err := jwt.Claims(&said); err != nil {
		t.Fatal(err)
	}
	hour := int64(3600)
	if said.VCT != p.Type.VCT || said.EXP%hour != 0 || got.IssuedAt.Unix()%hour != 0 || got.IssuedAt.After(now) {
		t.Errorf("got %+v", said)
	}
	if said.Country != "DE" || said.Hidden != "" || said.Confirmation.JWK["x"] != p.Holder.JWK["x"] {
		t.Errorf("got %+v", said)
	}
	if strings.Contains(string(jwt.Payload()), "Erika") || strings.Contains(string(jwt.Payload()), "Köln") {
		t.Error("a claim that is always disclosable stands in the payload")
	}
	if want := 3 + 2 + 1 + 1 + 1; len(sd.Disclosures) != want { // names and number, elements, list, locality, address
		t.Errorf("got %d disclosures, want %d", len(sd.Disclosures), want)
	}
}

func TestSDJWTVC_Mint_ends_with_its_certificate(t *testing.T) {
	m, set := minter(t)
	p := prepared(t)
	p.Type.Policy.Validity = 10 * 365 * 24 * time.Hour
	got, err := m.Mint(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if end := set.Keys[trust.Issuer].Chain[0].NotAfter; got.ExpiresAt.After(end) {
		t.Errorf("valid until %s, the certificate until %s", got.ExpiresAt, end)
	}
}

// A credential that its certificate does not vouch for is worse than none.
func TestSDJWTVC_Mint_signs_nothing_outside_its_certificate(t *testing.T) {
	m, set := minter(t)
	leaf := set.Keys[trust.Issuer].Chain[0]
	for name, at := range map[string]time.Time{
		"before it begins": leaf.NotBefore.Add(-time.Minute), "after its end": leaf.NotAfter.Add(48 * time.Hour),
	} {
		p := prepared(t)
		p.At = at
		if got, err := m.Mint(t.Context(), p); !errors.Is(err, jose.ErrCertificateNotValid) || got.Credential != "" {
			t.Errorf("%s: got %v, valid until %s", name, err, got.ExpiresAt)
		}
	}
}

func TestSDJWTVC_Mint_refuses_claims_that_are_the_issuers(t *testing.T) {
	m, _ := minter(t)
	p := prepared(t)
	p.Claims["vct"] = "other"
	if got, err := m.Mint(t.Context(), p); err == nil || got.Credential != "" {
		t.Errorf("got %v", err)
	}
}
