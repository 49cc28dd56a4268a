package jose_test

import (
	"errors"
	"strings"
	"testing"

	"counterfoil/internal/jose"
)

// Keys and sets of the standards.
const (
	rfc8037Key = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	rfc7517Set = `{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",` +
		`"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"},` +
		`{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W` +
		`-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQ` +
		`FH6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}]}`
)

func TestParseKeySet_reads_sets_and_nothing_else(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		good bool
	}{
		"RFC 7517 §A.1":      {rfc7517Set, true},
		"RFC 8037 §A.2":      {`{"keys":[` + rfc8037Key + `]}`, true},
		"an empty set":       {`{"keys":[]}`, true},
		"a key nobody knows": {`{"keys":[{"kty":"PQ"},{}]}`, true},
		"no set":             {`{}`, false},
		"null":               {`{"keys":null}`, false},
		"a list":             {`[]`, false},
		"one key":            {rfc8037Key, false},
		"a member twice":     {`{"keys":[],"keys":[]}`, false},
		"a key that is none": {`{"keys":["x"]}`, false},
		"too many":           {`{"keys":[` + strings.Repeat(`{},`, 100) + `{}]}`, false},
		"nothing":            {``, false},
	} {
		if _, err := jose.ParseKeySet([]byte(c.raw)); c.good != (err == nil) || err != nil && !errors.Is(err, jose.ErrKeySet) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No set, however it is written, makes a token good that is not signed, or by a secret.
func FuzzParseKeySet(f *testing.F) {
	f.Add([]byte(rfc7517Set))
	f.Add([]byte(`{"keys":[` + rfc8037Key + `]}`))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AA"},{"kty":"EC","crv":"P-256","x":"","y":""},{"kty":"RSA","n":"AQ","e":"AQ"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":""}]}`)) // a short key makes crypto/ed25519 panic
	f.Fuzz(func(t *testing.T, raw []byte) {
		set, err := jose.ParseKeySet(raw)
		if err != nil {
			return
		}
		for _, header := range []string{"eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJFUzI1NiJ9", "eyJhbGciOiJFZERTQSJ9", "eyJhbGciOiJSUzI1NiJ9"} {
			token, err := jose.Parse(header + ".e30.AAAA")
			if err != nil {
				t.Fatal(err)
			}
			if err := set.Verify(token, "ES256", "RS256", "PS256", "EdDSA"); err == nil {
				t.Errorf("%s is taken by %s", header, raw)
			}
		}
	})
}
