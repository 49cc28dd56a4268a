package jose_test

import (
	"crypto/x509"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/jose"
)

// The signed metadata of OpenID4VCI 1.0's examples. Its signature is good, but the one certificate that comes with it is
// self-signed and a CA, so that nobody may take it for a chain (HAIP 1.0 §4.1), whatever they trust.
func TestToken_Verify_OpenID4VCI_signed_metadata(t *testing.T) {
	text, err := os.ReadFile("testdata/signed_metadata.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(string(text), "\n\n")
	token, err := jose.Parse(strings.ReplaceAll(lines, "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	chain, err := token.X5C()
	if err != nil || len(chain) != 1 || token.Typ() != "openidvci-issuer-metadata+jwt" {
		t.Fatalf("read %d certificates under %s, %v", len(chain), token.Typ(), err)
	}
	key, err := jose.FromPublic(chain[0].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(key, "ES256"); err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Subject string `json:"sub"`
		Issuer  string `json:"credential_issuer"`
	}
	if err := token.Claims(&claims); err != nil || claims.Subject != "https://credential-issuer.example.com" || claims.Issuer != claims.Subject {
		t.Errorf("got %+v, %v", claims, err)
	}
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) // the certificate is good from 2025 to 2055
	for name, roots := range map[string][]*x509.Certificate{"nobody": nil, "itself": chain} {
		if err := jose.VerifyChain(chain, roots, at); !errors.Is(err, jose.ErrChain) {
			t.Errorf("vouched for by %s: got %v", name, err)
		}
	}
}
