package oid4vci

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The example proof of OpenID4VCI 1.0 Appendix F.1, at its time, held to everything but the value of its nonce, which another
// issuer made. The test lies inside the package because only the whole endpoint is outside.
func TestCheckProof_takes_the_example_of_the_specification(t *testing.T) {
	text, err := os.ReadFile("testdata/proof_F1.txt")
	if err != nil {
		t.Fatal(err)
	}
	proof, at := strings.TrimSpace(string(text)), time.Unix(1701960444, 0)
	s := &Service{urls: URLs{Issuer: "https://credential-issuer.example.com"}}
	key, claims, e := s.checkProof(proof, at)
	if e != nil {
		t.Fatal(e)
	}
	if key.JWK()["x"] != "nUWAoAv3XZith8E7i19OdaxOLYFOwM-Z2EuM02TirT4" || *claims.Nonce != "LarRGSbmUPYtRYO6BQ4yn8" {
		t.Errorf("got %v %s", key.JWK(), *claims.Nonce)
	}
	for name, refuse := range map[string]func() bool{
		"an hour later":      func() bool { _, _, e := s.checkProof(proof, at.Add(time.Hour)); return e != nil },
		"before it was made": func() bool { _, _, e := s.checkProof(proof, at.Add(-time.Hour)); return e != nil },
		"at another issuer": func() bool {
			_, _, e := (&Service{urls: URLs{Issuer: "https://other.example"}}).checkProof(proof, at)
			return e != nil
		},
		"with another signature": func() bool { _, _, e := s.checkProof(proof[:len(proof)-4]+"AAAA", at); return e != nil },
	} {
		if !refuse() {
			t.Errorf("the proof is taken %s", name)
		}
	}
}
