package wallet

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/jose"
	"counterfoil/internal/sdjwt"
	"counterfoil/internal/strictjson"
	"counterfoil/internal/trust"
)

const (
	fuzzIssuer = "https://issuer.example"
	fuzzType   = "IdentityCredential"
	fuzzVCT    = "urn:example:identity:1"
	goodIssuer = `{"credential_issuer":"` + fuzzIssuer + `","credential_endpoint":"` + fuzzIssuer + `/c","nonce_endpoint":"` + fuzzIssuer + `/n",` +
		`"credential_configurations_supported":{"` + fuzzType + `":{"format":"dc+sd-jwt","vct":"` + fuzzVCT + `"}},"x":[1.5,null,"é"]}`
	goodServer = `{"issuer":"` + fuzzIssuer + `","token_endpoint":"` + fuzzIssuer + `/t"}`
	goodNonce  = `{"c_nonce":"n"}`
)

// fuzzTime is the time of the wallet.
func fuzzTime() time.Time { return time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC) }

// peer is an issuer that says what it is told to and counts how often it was asked.
type peer struct {
	say   func(path string) (status int, header http.Header, body string)
	asked *int
}

// RoundTrip implements http.RoundTripper.
func (p peer) RoundTrip(r *http.Request) (*http.Response, error) {
	*p.asked++
	status, header, body := p.say(r.URL.Path)
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// facing is a collection that has read its offer and its metadata and faces an issuer that says so.
func facing(say func(path string) (status int, header http.Header, body string)) (c *collection, asked *int) {
	asked = new(int)
	w := &Wallet{http: &http.Client{Transport: peer{say, asked}}, clock: fuzzTime, random: rand.Reader}
	c = &collection{Wallet: w, offer: offer{Issuer: fuzzIssuer, Configurations: []string{fuzzType}}}
	c.metadata = issuerMetadata{Issuer: fuzzIssuer, Credential: fuzzIssuer + "/c", Nonce: fuzzIssuer + "/n"}
	c.server = serverMetadata{Issuer: fuzzIssuer, Token: fuzzIssuer + "/t"}
	c.config = configuration{Format: "dc+sd-jwt", VCT: fuzzVCT}
	return c, asked
}

// saying is an issuer with one text for each path that begins so.
func saying(texts map[string]string) func(path string) (int, http.Header, string) {
	return func(path string) (int, http.Header, string) {
		for prefix, text := range texts {
			if strings.HasPrefix(path, prefix) {
				return http.StatusOK, nil, text
			}
		}
		return http.StatusNotFound, nil, ""
	}
}

func FuzzMetadata(f *testing.F) {
	read := func(issuer, server string) (*collection, error) {
		c, _ := facing(saying(map[string]string{"/.well-known/openid-credential-issuer": issuer, "/.well-known/oauth-authorization-server": server}))
		c.metadata, c.server, c.config = issuerMetadata{}, serverMetadata{}, configuration{}
		_, err := c.fetchMetadata(context.Background())
		return c, err
	}
	if _, err := read(goodIssuer, goodServer); err != nil {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", err)
	}
	f.Add(goodIssuer, goodServer)
	f.Add(strings.Replace(goodIssuer, fuzzIssuer, fuzzIssuer+"/", 1), goodServer)
	f.Add(strings.Replace(goodIssuer, "{", `{"credential_issuer":"x",`, 1), goodServer)
	f.Add(strings.Replace(goodIssuer, "{", `{"authorization_servers":["::","`+fuzzIssuer+`"],`, 1), goodServer)
	f.Add(strings.Replace(goodIssuer, `{"format":"dc+sd-jwt"`, `{"credential_metadata":{"display":[{}]},"format":"dc+sd-jwt"`, 1), goodServer)
	f.Add(strings.Repeat(`{"a":`, 100), goodServer)
	f.Add(goodIssuer, `{"issuer":1}`)
	f.Fuzz(func(t *testing.T, issuer, server string) {
		c, err := read(issuer, server)
		if err != nil {
			return
		}
		if c.metadata.Issuer != fuzzIssuer || c.config.Format != "dc+sd-jwt" || c.name() == "" {
			t.Fatalf("accepted %q", issuer)
		}
		if wanted := append(slices.Clone(c.metadata.Servers), fuzzIssuer)[0]; c.server.Issuer != wanted {
			t.Fatalf("accepted the server %q, want %q", c.server.Issuer, wanted)
		}
	})
}

func FuzzTokenAnswer(f *testing.F) {
	redeem := func(status int, nonce, authenticate, body string, dpop bool) (*collection, int, error) {
		c, asked := facing(func(string) (int, http.Header, string) {
			return status, http.Header{"Dpop-Nonce": {nonce}, "Www-Authenticate": {authenticate}}, body
		})
		c.request.DPoP = dpop
		_, err := c.redeem(context.Background())
		return c, *asked, err
	}
	const bound, bearer = `{"access_token":"t","token_type":"DPoP","expires_in":300}`, `{"access_token":"t","token_type":"Bearer"}`
	if _, _, err := redeem(200, "n", "", bound, true); err != nil {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", err)
	}
	f.Add(200, "n", "", bound, true)
	f.Add(200, "", "", bearer, false)
	f.Add(200, "", "", bearer, true)
	f.Add(400, "n", "", `{"error":"use_dpop_nonce"}`, true)
	f.Add(401, "n", `DPoP error="use_dpop_nonce"`, "<html>", true)
	f.Add(400, "", "", `{"error":"invalid_grant","error_description":"\u0000"}`, false)
	f.Add(200, "", "", `{"access_token":"t","access_token":"u"}`, false)
	f.Add(302, "", "", "", false)
	f.Fuzz(func(t *testing.T, status int, nonce, authenticate, body string, dpop bool) {
		if status < 100 || status > 999 || status/100 == 3 { // redirects are net/http's
			t.Skip("no status that the client hands on")
		}
		c, asked, err := redeem(status, nonce, authenticate, body, dpop)
		if most := map[bool]int{true: 2, false: 1}[dpop]; asked > most { // RFC 9449 §8: once more, not for ever
			t.Fatalf("asked %d times", asked)
		}
		if err != nil {
			return
		}
		if status != http.StatusOK || c.token.Access == "" || dpop && c.token.Type != "DPoP" {
			t.Fatalf("accepted %d %q", status, body)
		}
	})
}

func FuzzCredentialAnswer(f *testing.F) {
	collect := func(nonce, body string, proofs int) (*collection, error) {
		c, _ := facing(saying(map[string]string{"/n": nonce, "/c": body}))
		c.request.Proofs = proofs
		_, err := c.collect(context.Background())
		return c, err
	}
	const good = `{"credentials":[{"credential":"a.b.c~"}],"notification_id":"n"}`
	if _, err := collect(goodNonce, good, 1); err != nil {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", err)
	}
	f.Add(goodNonce, good, uint8(1))
	f.Add(goodNonce, strings.Replace(good, "[", `[{"credential":"x~"},`, 1), uint8(2))
	f.Add(goodNonce, strings.Replace(good, "[", `[{"credential":"x~"},`, 1), uint8(1))
	f.Add(`{"c_nonce":null}`, `{"credentials":[]}`, uint8(0))
	f.Add(`{"c_nonce":"a","c_nonce":"b"}`, `{"credentials":[null,1]}`, uint8(3))
	f.Add(goodNonce, `{"transaction_id":"t","interval":-1}`, uint8(1))
	f.Fuzz(func(t *testing.T, nonce, body string, proofs uint8) {
		n := int(proofs % 4) // each costs a key
		c, err := collect(nonce, body, n)
		if err != nil {
			return
		}
		if got := len(c.answer.Credentials); got == 0 || got > max(n, 1) || got > len(c.holders) {
			t.Fatalf("accepted %d credentials for %d proofs", got, n)
		}
		// Nothing that came unsigned may pass for a credential.
		if _, err := c.verify(context.Background()); err == nil || len(c.result.Credentials) > 0 {
			t.Fatalf("verified %q", body)
		}
	})
}

// FuzzSignedCredential fuzzes what is under a good signature.
func FuzzSignedCredential(f *testing.F) {
	keys, err := trust.MakeDemo(fuzzTime(), rand.Reader, fuzzIssuer)
	if err != nil {
		f.Fatal(err)
	}
	issuer, err := jose.NewSigner(keys.Keys[trust.Issuer].Signer, es256, keys.Keys[trust.Issuer].Chain)
	if err != nil {
		f.Fatal(err)
	}
	// Always the same: a fuzzer is several processes, and each must take the seeds of the others for what they are.
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	mine, err := jose.FromPublic(key.Public())
	if err != nil {
		f.Fatal(err)
	}
	jwk, err := strictjson.Encode(mine.JWK())
	if err != nil {
		f.Fatal(err)
	}
	verify := func(t testing.TB, typ, payload, rest string) (Credential, error) {
		t.Helper()
		jwt, err := issuer.Sign(map[string]any{"typ": typ}, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		c, _ := facing(nil)
		return c.verifyOne(jwt+rest, mine)
	}
	const typ, disclosure = "dc+sd-jwt", "WyJzIiwiYSIsMV0" // ["s","a",1]
	good := `{"vct":"` + fuzzVCT + `","iat":1795437296,"exp":1826973296,"cnf":{"jwk":` + string(jwk) + `},"_sd":["` + sdjwt.Digest(disclosure) + `"],"b":[1]}`
	if got, err := verify(f, typ, good, "~"+disclosure+"~"); err != nil || got.Disclosable != 1 || len(got.Claims) != 2 {
		f.Fatalf("the good seed is refused, so the others prove nothing: %+v, %v", got, err)
	}
	f.Add(typ, good, "~"+disclosure+"~")
	f.Add(typ, good, "~")
	f.Add(typ, good, "")
	f.Add("vc+sd-jwt", good, "~")
	f.Add(typ, strings.Replace(good, "1795437296", "-9223372036854775808", 1), "~")
	f.Add(typ, strings.Replace(good, "1795437296", "9223372036854775807", 1), "~")
	f.Add(typ, strings.Replace(good, "1826973296", "9223372036854775807", 1), "~")
	f.Add(typ, strings.Replace(good, `"cnf":`, `"cnf":{},"cn\u0066":`, 1), "~"+disclosure+"~"+disclosure+"~")
	f.Add(typ, strings.Replace(good, `"b":[1]`, `"b":[{"...":"x"}],"status":{}`, 1), "~")
	f.Fuzz(func(t *testing.T, typ, payload, rest string) {
		got, err := verify(t, typ, payload, rest)
		if err != nil {
			if got.Claims != nil {
				t.Fatal("a refused credential gave claims")
			}
			return
		}
		if typ != "dc+sd-jwt" || got.VCT != fuzzVCT || got.Trusted || got.IssuedAt.After(fuzzTime()) || !strings.HasSuffix(rest, "~") {
			t.Fatalf("accepted %s %q %q", typ, payload, rest)
		}
		var said issued
		if err := strictjson.Decode([]byte(payload), &said); err != nil {
			t.Fatal(err)
		}
		if now := fuzzTime().Unix(); said.IssuedAt > now || said.ExpiresAt != 0 && said.ExpiresAt <= now {
			t.Fatalf("accepted at another time: %q", payload)
		}
		for name := range got.Claims {
			if technical(name) || name == "_sd" || name == "..." {
				t.Fatalf("%s is a claim of %q", name, payload)
			}
		}
	})
}
