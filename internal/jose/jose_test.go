package jose_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"

	"counterfoil/internal/jose"
)

// RFC 7515 A.3: an ES256 signature over a known payload with a known key.
const (
	rfc7515Key = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	rfc7515JWS = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)

func signer(t testing.TB) jose.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := jose.NewSigner(key, "ES256", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestToken_Verify_RFC7515_A3(t *testing.T) {
	key, err := jose.ParsePublicJWK([]byte(rfc7515Key))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := jose.Parse(rfc7515JWS)
	if err != nil {
		t.Fatal(err)
	}
	if err := tok.Verify(key, "ES256"); err != nil {
		t.Fatal(err)
	}
	if err := tok.Verify(key, "ES384"); !errors.Is(err, jose.ErrAlgorithm) {
		t.Errorf("an algorithm outside the list: %v", err)
	}
}

func TestPublicKey_Thumbprint_ignores_other_members(t *testing.T) {
	// RFC 9449 §6.1: the key of the examples and its thumbprint.
	const jwk = `{"kid":"x","kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}`
	key, err := jose.ParsePublicJWK([]byte(jwk))
	if err != nil {
		t.Fatal(err)
	}
	if got := key.Thumbprint(); got != "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" {
		t.Errorf("got %s", got)
	}
}

func TestParsePublicJWK_refuses(t *testing.T) {
	const x, y = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
	zero := strings.Repeat("A", 43)
	cases := map[string]struct {
		in   string
		want error
	}{
		"PR-041 null":             {`null`, jose.ErrKeyMalformed},
		"PR-042 empty":            {`{}`, jose.ErrKeyUnsupported},
		"PR-045 no kty":           {`{"crv":"P-256","x":"` + x + `","y":"` + y + `"}`, jose.ErrKeyUnsupported},
		"PR-046 oct":              {`{"kty":"oct","k":"AAAA"}`, jose.ErrKeyPrivate},
		"PR-048 P-192":            {`{"kty":"EC","crv":"P-192","x":"` + x + `","y":"` + y + `"}`, jose.ErrKeyUnsupported},
		"PR-050 no x":             {`{"kty":"EC","crv":"P-256","y":"` + y + `"}`, jose.ErrKeyMalformed},
		"PR-053 33 bytes":         {`{"kty":"EC","crv":"P-256","x":"AH_NzidwWsXQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRFA","y":"` + y + `"}`, jose.ErrKeyMalformed},
		"PR-054 off the curve":    {`{"kty":"EC","crv":"P-256","x":"` + x + `","y":"` + x + `"}`, jose.ErrKeyOffCurve},
		"PR-055 infinity":         {`{"kty":"EC","crv":"P-256","x":"` + zero + `","y":"` + zero + `"}`, jose.ErrKeyOffCurve},
		"PR-057 private":          {`{"kty":"EC","crv":"P-256","x":"` + x + `","y":"` + y + `","d":"` + x + `"}`, jose.ErrKeyPrivate},
		"PR-058 RSA":              {`{"kty":"RSA","n":"AQAB","e":"AQAB"}`, jose.ErrKeyUnsupported},
		"PR-061 for encryption":   {`{"kty":"EC","crv":"P-256","use":"enc","x":"` + x + `","y":"` + y + `"}`, jose.ErrKeyPurpose},
		"PR-063 another alg":      {`{"kty":"EC","crv":"P-256","alg":"ES384","x":"` + x + `","y":"` + y + `"}`, jose.ErrKeyPurpose},
		"key_ops without verify":  {`{"kty":"EC","crv":"P-256","key_ops":["sign"],"x":"` + x + `","y":"` + y + `"}`, jose.ErrKeyPurpose},
		"PR-065 padded":           {`{"kty":"EC","crv":"P-256","x":"` + x + `=","y":"` + y + `"}`, jose.ErrKeyMalformed},
		"DP-032 doubled member":   {`{"kty":"EC","kty":"EC","crv":"P-256","x":"` + x + `","y":"` + y + `"}`, jose.ErrKeyMalformed},
		"coordinate not a string": {`{"kty":"EC","crv":"P-256","x":1,"y":"` + y + `"}`, jose.ErrKeyMalformed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := jose.ParsePublicJWK([]byte(c.in)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestParse_refuses(t *testing.T) {
	good := b64(`{"alg":"ES256"}`)
	cases := map[string]struct {
		in   string
		want error
	}{
		"PR-121 two segments":       {"a.b", jose.ErrMalformed},
		"DP-011 many dots":          {strings.Repeat(".", 10000), jose.ErrMalformed},
		"PR-125 padding":            {good + "." + b64(`{}`) + "=.AA", jose.ErrMalformed},
		"PR-126 standard alphabet":  {good + "." + b64(`{}`) + ".+/", jose.ErrMalformed},
		"PR-127 newline":            {good + "." + b64(`{}`) + "\n.AA", jose.ErrMalformed},
		"PR-114 payload array":      {good + "." + b64(`[]`) + ".AA", jose.ErrMalformed},
		"PR-115 doubled claim":      {good + "." + b64(`{"aud":1,"aud":2}`) + ".AA", jose.ErrMalformed},
		"PR-117 invalid UTF-8":      {good + "." + b64("{\"a\":\"\xff\"}") + ".AA", jose.ErrMalformed},
		"PR-119 doubled alg":        {b64(`{"alg":"none","alg":"ES256"}`) + "." + b64(`{}`) + ".AA", jose.ErrMalformed},
		"PR-024 crit":               {b64(`{"alg":"ES256","crit":["exp"],"exp":1}`) + "." + b64(`{}`) + ".AA", jose.ErrHeader},
		"PR-025 b64":                {b64(`{"alg":"ES256","b64":false}`) + "." + b64(`{}`) + ".AA", jose.ErrHeader},
		"PR-026 empty crit":         {b64(`{"alg":"ES256","crit":[]}`) + "." + b64(`{}`) + ".AA", jose.ErrHeader},
		"PR-027 zip":                {b64(`{"alg":"ES256","zip":"DEF"}`) + "." + b64(`{}`) + ".AA", jose.ErrHeader},
		"PR-116 a megabyte":         {good + "." + strings.Repeat("A", 1<<20) + ".AA", jose.ErrTooLong},
		"non-canonical last letter": {good + "." + b64(`{}`) + ".AB", jose.ErrMalformed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := jose.Parse(c.in); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestToken_Verify_refuses(t *testing.T) {
	s := signer(t)
	key, err := s.Public()
	if err != nil {
		t.Fatal(err)
	}
	compact, err := s.Sign(map[string]any{"typ": "x"}, []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(compact, ".")
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	with := func(header string, sig []byte) string {
		return b64(header) + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(sig)
	}
	order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	cases := map[string]struct {
		token string
		want  error
	}{
		"PR-001 alg none":             {with(`{"alg":"none"}`, nil), jose.ErrAlgorithm},
		"PR-002 alg NONE":             {with(`{"alg":"NONE"}`, nil), jose.ErrAlgorithm},
		"PR-003 alg missing":          {with(`{}`, sig), jose.ErrAlgorithm},
		"PR-004 alg empty":            {with(`{"alg":""}`, sig), jose.ErrAlgorithm},
		"PR-012 alg lower case":       {with(`{"alg":"es256"}`, sig), jose.ErrAlgorithm},
		"PR-013 ES384 with P-256":     {with(`{"alg":"ES384"}`, sig), jose.ErrAlgorithm},
		"PR-016 an encryption alg":    {with(`{"alg":"RSA-OAEP"}`, sig), jose.ErrAlgorithm},
		"DP-018 HS256":                {with(`{"alg":"HS256"}`, sig), jose.ErrAlgorithm},
		"PR-079 signature empty":      {parts[0] + "." + parts[1] + ".", jose.ErrSignature},
		"PR-081 63 bytes":             {parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(sig[:63]), jose.ErrSignature},
		"PR-082 65 bytes":             {parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(append(sig[:64:64], 0)), jose.ErrSignature},
		"PR-085 r and s are n":        {parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(append(order.Bytes(), order.Bytes()...)), jose.ErrSignature},
		"DP-036 zero r and s":         {parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)), jose.ErrSignature},
		"PR-087 over another payload": {parts[0] + "." + b64(`{"a":2}`) + "." + parts[2], jose.ErrSignature},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tok, err := jose.Parse(c.token)
			if err != nil {
				t.Fatal(err)
			}
			if err := tok.Verify(key, "ES256", "ES384"); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(rfc7515JWS)
	f.Add("..")
	f.Add(b64(`{"alg":"ES256"}`) + "." + b64(`{}`) + ".AA")
	f.Fuzz(func(t *testing.T, s string) {
		tok, err := jose.Parse(s)
		if err != nil {
			return
		}
		if base64.RawURLEncoding.EncodeToString(tok.Payload()) != strings.Split(s, ".")[1] {
			t.Fatal("the payload does not encode to what was read")
		}
		key, err := jose.ParsePublicJWK([]byte(rfc7515Key))
		if err != nil {
			t.Fatal(err)
		}
		if tok.Verify(key, "ES256") == nil && s != rfc7515JWS {
			t.Fatal("a token nobody signed verifies")
		}
		_, _ = tok.JWK()
		_, _ = tok.X5C()
	})
}

func FuzzParsePublicJWK(f *testing.F) {
	f.Add([]byte(rfc7515Key))
	f.Add([]byte(`{"kty":"EC","crv":"P-521"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		key, err := jose.ParsePublicJWK(raw)
		if err != nil {
			return
		}
		if key.Alg() == "" || len(key.JWK()) != 4 || len(key.Thumbprint()) != 43 {
			t.Fatal("an accepted key is not whole")
		}
	})
}
