package oid4vci

// These tests are inside the package because what reads untrusted bytes is not exported.

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/oauth"
	"counterfoil/internal/secret"
	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

const (
	fuzzIssuer = "https://issuer.example"
	fuzzType   = "IdentityCredential"
	formType   = "application/x-www-form-urlencoded"
	jsonType   = "application/json"
)

// fuzzTypes finds the sample types.
type fuzzTypes []typemeta.Type

func (l fuzzTypes) Type(id string) (typemeta.Type, bool) {
	i := slices.IndexFunc(l, func(t typemeta.Type) bool { return t.ID == id })
	if i < 0 {
		return typemeta.Type{}, false
	}
	return l[i], true
}

// Version implements issuance.Types; there is one of each.
func (l fuzzTypes) Version(id string, _ int) (typemeta.Type, bool) { return l.Type(id) }

// fuzzService is a service that can read requests; what happens then needs a store and is not fuzzed here.
func fuzzService(f *testing.F) *Service {
	f.Helper()
	types, err := typemeta.Load(typemeta.Samples())
	if err != nil {
		f.Fatal(err)
	}
	master, err := secret.NewMaster(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC)
	domain := issuance.NewService(issuance.Dependencies{Types: fuzzTypes(types), Master: master}, issuance.Settings{})
	return NewService(domain, URLs{Issuer: fuzzIssuer}, func() int { return BatchSize(types) }, master, func() time.Time { return now }, rand.Reader)
}

// wantKnown holds a refusal to codes that a specification has, and to its characters.
func wantKnown(t *testing.T, e *oauth.Error, codes ...string) {
	t.Helper()
	if !slices.Contains(codes, e.Code) || e.Status != 400 && e.Status != 401 && e.Status != 403 {
		t.Fatalf("%d %q is none of %q", e.Status, e.Code, codes)
	}
	if e.Description == "" || len(e.Description) > 300 || !describable(e.Description) {
		t.Fatalf("description %.400q", e.Description)
	}
}

func FuzzToken(f *testing.F) {
	s := fuzzService(f)
	good := url.Values{
		"grant_type": {issuance.GrantPreAuthorizedCode}, "pre-authorized_code": {"code"}, "tx_code": {"012345"}, "resource": {fuzzIssuer},
		"authorization_details": {`[{"type":"openid_credential","credential_configuration_id":"` + fuzzType + `"}]`},
	}.Encode()
	if _, e := s.readToken(Request{ContentType: formType, Body: []byte(good)}); e != nil {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", e)
	}
	f.Add(formType, "", "", "", []byte(good))
	f.Add(formType+"; charset=utf-8", "a=b", "Basic eDp5", "a.b.c", []byte(good))
	f.Add(formType, "", "", "", []byte("grant_type=x&grant_type=y"))
	f.Add(formType, "", "", "", []byte("client_secret=x&client_assertion=y&%zz=%00"))
	f.Add(formType, "", "", "", []byte(strings.Replace(good, "openid_credential", "%5B%5B%7B%22", 1)))
	f.Fuzz(func(t *testing.T, contentType, query, authorization, dpop string, body []byte) {
		r := Request{ContentType: contentType, Query: query, Body: body}
		if authorization != "" {
			r.Authorization = []string{authorization}
		}
		if dpop != "" {
			r.DPoP = []string{dpop}
		}
		read, e := s.readToken(r)
		if e != nil {
			wantKnown(t, e, "invalid_request", "invalid_grant", "invalid_client", "unsupported_grant_type", "invalid_dpop_proof", "use_dpop_nonce",
				"invalid_target", "invalid_authorization_details")
			return
		}
		if read.code == "" || len(read.code) > maxCode || query != "" || authorization != "" || read.txCode != nil && *read.txCode == "" {
			t.Fatalf("accepted %+v", read)
		}
		for _, id := range read.details {
			if _, known := s.issuance.Types.Type(id); !known {
				t.Fatalf("accepted details for %q", id)
			}
		}
	})
}

func FuzzCredentialRequest(f *testing.F) {
	s := fuzzService(f)
	good := []byte(`{"credential_configuration_id":"` + fuzzType + `","proofs":{"jwt":["a.b.c"]},"x":[1.5,null,"é"]}`)
	access := issuance.Access{Grant: issuance.Grant{Type: fuzzType}}
	if req, e := readCredential(Request{ContentType: jsonType, Body: good}); e != nil || s.checkSubject(req, access) != nil {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", e)
	}
	f.Add(jsonType, false, good)
	f.Add(jsonType+"; charset=UTF-8", true, []byte(`{"credential_identifier":"`+fuzzType+`","proofs":{"jwt":[]}}`))
	f.Add("application/jwt", false, []byte("a.b.c.d.e"))
	f.Add(jsonType, false, []byte(`{"credential_configuration_id":"x","credential_identifier":"y","proof":{},"credential_response_encryption":{}}`))
	f.Add(jsonType, false, []byte(`{"proofs":{"jwt":[1]},"proofs":{}}`))
	f.Add(jsonType, true, []byte(strings.Repeat(`{"a":`, 100)))
	f.Fuzz(func(t *testing.T, contentType string, identifiers bool, body []byte) {
		access := issuance.Access{Grant: issuance.Grant{Type: fuzzType, Identifiers: identifiers}}
		req, e := readCredential(Request{ContentType: contentType, Body: body})
		if e != nil {
			wantKnown(t, e, invalidCredentialRequest, invalidEncryptionParameters)
			return
		}
		if e := s.checkSubject(req, access); e != nil {
			wantKnown(t, e, invalidCredentialRequest, invalidEncryptionParameters, unknownConfiguration, unknownIdentifier, "insufficient_scope")
			return
		}
		if (req.Identifier != nil) != identifiers || (req.Configuration != nil) == identifiers || req.Proof != nil || req.Encryption != nil {
			t.Fatalf("accepted %s", body)
		}
		const batch = 10
		texts, e := proofTexts(req.Proofs, batch)
		if e != nil {
			wantKnown(t, e, invalidProof)
			return
		}
		if len(texts) == 0 || len(texts) > batch {
			t.Fatalf("accepted %d proofs", len(texts))
		}
	})
}

// fuzzKey signs what the fuzzer made, so that it comes past the signature. It is always the same: a fuzzer is several
// processes, and each must take the seeds of the others for what they are.
type fuzzKey struct {
	key *ecdsa.PrivateKey
	jwk string
}

func newFuzzKey(f *testing.F) fuzzKey {
	f.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	public, err := jose.FromPublic(key.Public())
	if err != nil {
		f.Fatal(err)
	}
	jwk, err := strictjson.Encode(public.JWK())
	if err != nil {
		f.Fatal(err)
	}
	return fuzzKey{key, string(jwk)}
}

func (k fuzzKey) sign(t testing.TB, header, payload string) string {
	t.Helper()
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	hash := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k.key, hash[:])
	if err != nil {
		t.Fatal(err)
	}
	const size = 32
	signature := make([]byte, 2*size)
	r.FillBytes(signature[:size])
	s.FillBytes(signature[size:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// header is the good header of the key.
func (k fuzzKey) header() string {
	return `{"alg":"ES256","typ":"` + typProof + `","jwk":` + k.jwk + `}`
}

const goodClaims = `{"aud":"` + fuzzIssuer + `","iat":1795437296,"nonce":"n"}`

func FuzzProof(f *testing.F) {
	s, k := fuzzService(f), newFuzzKey(f)
	good := k.sign(f, k.header(), goodClaims)
	if _, _, e := s.checkProof(good, s.clock()); e != nil {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", e)
	}
	f.Add(good)
	f.Add(good + "~")
	f.Add(good[:len(good)-2])
	f.Add(k.sign(f, `{"alg":"none","typ":"`+typProof+`","jwk":`+k.jwk+`}`, goodClaims))
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		key, c, e := s.checkProof(text, s.clock())
		if e != nil {
			wantKnown(t, e, invalidProof)
			if key != (jose.PublicKey{}) || c != (proofClaims{}) {
				t.Fatal("a refused proof gave a key or claims")
			}
			return
		}
		// Without the key nobody makes another proof: whatever is accepted says what the good one says.
		if text[:strings.LastIndex(text, ".")] != good[:strings.LastIndex(good, ".")] {
			t.Fatalf("accepted %q", text)
		}
	})
}

// FuzzSignedProof fuzzes what is under a good signature.
func FuzzSignedProof(f *testing.F) {
	s, k := fuzzService(f), newFuzzKey(f)
	header := k.header()
	if _, _, e := s.checkProof(k.sign(f, header, goodClaims), s.clock()); e != nil {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", e)
	}
	f.Add(header, goodClaims)
	f.Add(strings.Replace(header, "ES256", "es256", 1), goodClaims)
	f.Add(`{"crit":[],"kid":"x",`+header[1:], goodClaims)
	f.Add(header, `{"aud":["`+fuzzIssuer+`"],"iat":1e308,"nonce":null,"iss":"","exp":-1,"nbf":1e99}`)
	f.Add(header, strings.Replace(goodClaims, "{", `{"aud":"x","\u0061ud":"y",`, 1))
	f.Fuzz(func(t *testing.T, header, payload string) {
		key, c, e := s.checkProof(k.sign(t, header, payload), s.clock())
		if e != nil {
			wantKnown(t, e, invalidProof)
			return
		}
		if key.Alg() != es256 || c.Audience == nil || *c.Audience != fuzzIssuer || c.IssuedAt == nil || c.Nonce == nil || *c.Nonce == "" || c.Issuer != nil {
			t.Fatalf("accepted %s %s", header, payload)
		}
	})
}

func FuzzNotification(f *testing.F) {
	good := []byte(`{"notification_id":"n-1","event":"credential_accepted","event_description":"stored","x":1}`)
	if _, kind, e := readNotification(Request{ContentType: jsonType, Body: good}); e != nil || kind != issuance.WalletConfirmed {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", e)
	}
	f.Add(jsonType, good)
	f.Add("application/jwt", good)
	f.Add(jsonType, []byte(`{"notification_id":"\u0000","event":"credential_deleted"}`))
	f.Add(jsonType, []byte(`{"notification_id":"a","event":"credential_failure","event_description":"\"\\é"}`))
	f.Add(jsonType, []byte(`{"event":1,"event":2}`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		n, kind, e := readNotification(Request{ContentType: contentType, Body: body})
		if e != nil {
			wantKnown(t, e, invalidNotificationRequest)
			return
		}
		if kind == "" || n.ID == "" || !describable(n.ID) || !describable(n.Description) || len(n.Description) > maxDescription {
			t.Fatalf("accepted %+v as %q", n, kind)
		}
	})
}

// FuzzNonce looks for malleability: whoever changes a nonce must not get another good one.
func FuzzNonce(f *testing.F) {
	s := fuzzService(f)
	s.nonces.random = bytes.NewReader(bytes.Repeat([]byte{7}, randomBytes)) // the same in each process of the fuzzer
	good, err := s.nonces.issue(purposeProof, s.clock())
	if err != nil {
		f.Fatal(err)
	}
	if !s.nonces.check(purposeProof, good, s.clock()) || s.nonces.check(purposeDPoP, good, s.clock()) {
		f.Fatal("the good seed is refused, or good for another purpose")
	}
	f.Add(good)
	f.Add(good + "=")
	f.Add(good[:len(good)-1] + "\n")
	f.Add(good[:28] + strings.Repeat("\n", len(good)-28)) // base64 skips line feeds: as long as a nonce, but decodes to less
	f.Add(strings.Repeat("A", len(good)))
	f.Add("")
	f.Fuzz(func(t *testing.T, nonce string) {
		if s.nonces.check(purposeProof, nonce, s.clock()) && nonce != good {
			t.Fatalf("accepted %q", nonce)
		}
		if s.nonces.check(purposeDPoP, nonce, s.clock()) {
			t.Fatalf("accepted %q for DPoP", nonce)
		}
	})
}
