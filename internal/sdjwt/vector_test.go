package sdjwt_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"counterfoil/internal/jose"
	"counterfoil/internal/sdjwt"
)

// rfcIssuerKey is the issuer key of RFC 9901 Appendix A.5.
const rfcIssuerKey = `{"kty":"EC","crv":"P-256","x":"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ","y":"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"}`

// example reads a file of testdata/rfc9901: comments, the compact form in lines as printed, and the payload that must come of it.
func example(t *testing.T, path string) (compact, processed string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitN(string(text), "\n\n", 3)
	if len(parts) != 3 || !strings.HasPrefix(parts[0], "# RFC 9901 ") {
		t.Fatalf("%s does not say where it is from", path)
	}
	return strings.ReplaceAll(parts[1], "\n", ""), parts[2]
}

// asIssued takes the key binding JWT off a presentation, which is for verifiers and no concern of this package.
func asIssued(compact string) string { return compact[:strings.LastIndex(compact, "~")+1] }

func TestDisclose_RFC9901_examples(t *testing.T) {
	key, err := jose.ParsePublicJWK([]byte(rfcIssuerKey))
	if err != nil {
		t.Fatal(err)
	}
	for name, disclosures := range map[string]int{
		"section_5_1": 10, "section_5_2": 4, "appendix_A1": 2, "appendix_A2": 6, "appendix_A3": 3,
	} {
		t.Run(name, func(t *testing.T) {
			compact, processed := example(t, filepath.Join("testdata", "rfc9901", name+".txt"))
			if _, err := sdjwt.Parse(compact); (err == nil) != (compact == asIssued(compact)) {
				t.Errorf("with what follows the last tilde: got %v", err)
			}
			got, err := sdjwt.Parse(asIssued(compact))
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Disclosures) != disclosures || sdjwt.Combine(got.JWT, got.Disclosures) != asIssued(compact) {
				t.Errorf("read %d disclosures", len(got.Disclosures))
			}
			token, err := jose.Parse(got.JWT)
			if err != nil {
				t.Fatal(err)
			}
			if err := token.Verify(key, "ES256"); err != nil {
				t.Fatal(err)
			}
			claims, err := sdjwt.Disclose(token.Payload(), got.Disclosures)
			if err != nil {
				t.Fatal(err)
			}
			if have, want := encode(t, claims), encode(t, decode(t, []byte(processed))); have != want {
				t.Errorf("got %s, want %s", have, want)
			}
			// RFC 9901 §7.1: a disclosure that belongs to no digest is refused; only its salt is another.
			_, rest, _ := strings.Cut(string(unb64(t, got.Disclosures[0])), ",")
			changed := append([]string{b64(`["another salt",` + rest)}, got.Disclosures[1:]...)
			if _, err := sdjwt.Disclose(token.Payload(), changed); !errors.Is(err, sdjwt.ErrUnused) {
				t.Errorf("a disclosure with another salt: got %v", err)
			}
		})
	}
}

func unb64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := jose.DecodeBase64URL(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The recursive example of RFC 9901 §4.2.6. The digest of the whole array depends on white space that is not printed, so it is made
// here; those of its elements are the printed ones.
func TestDisclose_RFC9901_recursive(t *testing.T) {
	elements := map[string]string{
		b64(`["16_mAd0GiwaZokU26_0i0h","DE"]`): "PmnlrRjhLcwf8zTDdK15HVGwHtPYjddvD362WjBLwro",
		b64(`["fn9fN0rD-fFs2n303ZI-0c","FR"]`): "r823HFN6Ba_lpSANYtXqqCBAH-TsQlIzfOK0lRAFLCM",
		b64(`["YIKesqOkXXNzMQtsX_-_lw","UK"]`): "nP5GYjwhFm6ESlAeC4NCaIliW4tz0hTrUeoJB3lb5TA",
	}
	for disclosure, want := range elements {
		if got := sdjwt.Digest(disclosure); got != want {
			t.Errorf("%s has digest %s, want %s", disclosure, got, want)
		}
	}
	whole := b64(`["4drfeTtSUK3aY_-PF12gcX","nationalities",[{"...":"PmnlrRjhLcwf8zTDdK15HVGwHtPYjddvD362WjBLwro"},` +
		`{"...":"r823HFN6Ba_lpSANYtXqqCBAH-TsQlIzfOK0lRAFLCM"},{"...":"nP5GYjwhFm6ESlAeC4NCaIliW4tz0hTrUeoJB3lb5TA"}]]`)
	payload := []byte(`{"family_name":"Möbius","_sd":["` + sdjwt.Digest(whole) + `"]}`)
	de, fr, uk := b64(`["16_mAd0GiwaZokU26_0i0h","DE"]`), b64(`["fn9fN0rD-fFs2n303ZI-0c","FR"]`), b64(`["YIKesqOkXXNzMQtsX_-_lw","UK"]`)
	for name, c := range map[string]struct {
		disclosures []string
		want        string
	}{
		"everything":                 {[]string{whole, de, fr, uk}, `{"family_name":"Möbius","nationalities":["DE","FR","UK"]}`},
		"in another order":           {[]string{uk, fr, de, whole}, `{"family_name":"Möbius","nationalities":["DE","FR","UK"]}`},
		"one element":                {[]string{whole, fr}, `{"family_name":"Möbius","nationalities":["FR"]}`},
		"only that there is a claim": {[]string{whole}, `{"family_name":"Möbius","nationalities":[]}`},
		"nothing":                    {nil, `{"family_name":"Möbius"}`},
		"an element without its array, which belongs nowhere": {[]string{fr}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := sdjwt.Disclose(payload, c.disclosures)
			if c.want == "" {
				if !errors.Is(err, sdjwt.ErrUnused) {
					t.Errorf("got %v, %v", got, err)
				}
				return
			}
			if err != nil || encode(t, got) != encode(t, decode(t, []byte(c.want))) {
				t.Errorf("got %v, %v, want %s", got, err, c.want)
			}
		})
	}
}
