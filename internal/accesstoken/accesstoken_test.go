package accesstoken_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/accesstoken"
)

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestVerify_takes_what_RFC_9068_describes(t *testing.T) {
	s := newServer(t)
	rsaKey := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.add("rsa", rsaKey)
	s.add("ed", edKey)
	v := s.verifier()
	for name, change := range map[string]func(*token){
		"ES256":                      func(*token) {},
		"RS256":                      func(k *token) { k.header["alg"], k.header["kid"], k.key = "RS256", "rsa", rsaKey },
		"PS256":                      func(k *token) { k.header["alg"], k.header["kid"], k.key = "PS256", "rsa", rsaKey },
		"EdDSA":                      func(k *token) { k.header["alg"], k.header["kid"], k.key = "EdDSA", "ed", edKey },
		"no kid, and only one key":   func(k *token) { delete(k.header, "kid") },
		"a media type in full":       func(k *token) { k.header["typ"] = "application/AT+JWT" },
		"several audiences":          func(k *token) { k.claims["aud"] = []string{"https://other.example", audience} },
		"expired within the leeway":  func(k *token) { k.claims["exp"] = s.now().Unix() - 59 },
		"a clock that is 60 s ahead": func(k *token) { k.claims["iat"], k.claims["nbf"] = s.now().Unix()+60, s.now().Unix()+60 },
		"times with fractions":       func(k *token) { k.claims["iat"] = float64(s.now().Unix()) - 0.5 },
	} {
		k := s.good()
		change(&k)
		got, err := v.Verify(t.Context(), k.write(t))
		if err != nil || got.ClientID != "core" || !slices.Equal(got.Scopes, []string{"offers:read", "offers:create"}) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	bare := s.good()
	delete(bare.claims, "scope")
	if got, err := v.Verify(t.Context(), bare.write(t)); err != nil || len(got.Scopes) != 0 {
		t.Errorf("without scopes: %+v, %v", got, err)
	}
	if s.asked.Load() != 1 {
		t.Errorf("the keys were asked for %d times", s.asked.Load())
	}
}

func TestVerify_refuses_every_other_token(t *testing.T) {
	s := newServer(t)
	stranger := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	big := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	weak := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 1024))
	rsaKey := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	s.add("big", big)
	s.add("weak", weak)
	s.add("rsa", rsaKey)
	v := s.verifier()
	public := must[[]byte](t)(s.keys["ec"].Public().(*ecdsa.PublicKey).Bytes())
	claim := func(name string, value any) func(*token) { return func(k *token) { k.claims[name] = value } }
	header := func(name string, value any) func(*token) { return func(k *token) { k.header[name] = value } }
	without := func(name string) func(*token) { return func(k *token) { delete(k.claims, name) } }
	now := s.now().Unix()
	for name, change := range map[string]func(*token){
		"OF-017 alg none":             func(k *token) { k.header["alg"], k.key = "none", nil },
		"OF-017 alg None":             func(k *token) { k.header["alg"], k.key = "None", nil },
		"OF-017 alg none, but signed": header("alg", "none"),
		"no alg":                      func(k *token) { delete(k.header, "alg") },
		"no signature":                func(k *token) { k.key = nil },
		"HS256 by the public key":     func(k *token) { k.header["alg"], k.key = "HS256", public },
		"ES384":                       func(k *token) { k.header["alg"], k.header["kid"], k.key = "ES384", "big", big },
		"ES256 by a key for ES384":    header("kid", "big"),
		"RS256 by a weak key":         func(k *token) { k.header["alg"], k.header["kid"], k.key = "RS256", "weak", weak },
		"RS512":                       func(k *token) { k.header["alg"], k.header["kid"], k.key = "RS512", "rsa", rsaKey },
		"a key of somebody else":      func(k *token) { k.key = stranger },
		"a key of its own in the header": func(k *token) {
			k.key, k.header["jwk"] = stranger, jwk("ec", stranger.Public())
			delete(k.header, "kid")
		},
		"an unknown kid":                     header("kid", "other"),
		"an empty kid":                       header("kid", ""),
		"a kid that is a number":             header("kid", 1),
		"OF-019 another audience":            claim("aud", "https://other.example"),
		"OF-019 other audiences":             claim("aud", []string{"https://other.example"}),
		"OF-019 part of the audience":        claim("aud", audience+"/"),
		"OF-019 no audience":                 without("aud"),
		"OF-019 an audience that is a map":   claim("aud", map[string]any{audience: true}),
		"OF-020 expired 1 s beyond leeway":   claim("exp", now-61),
		"OF-020 expired at the leeway":       claim("exp", now-60),
		"no end":                             without("exp"),
		"an end that is a text":              claim("exp", "never"),
		"an end that is null":                claim("exp", nil),
		"an end before counting":             claim("exp", -1e300),
		"OF-021 an ID token":                 header("typ", "JWT"),
		"OF-021 an ID token without typ":     func(k *token) { delete(k.header, "typ") },
		"a logout token":                     header("typ", "logout+jwt"),
		"a DPoP proof":                       header("typ", "dpop+jwt"),
		"a typ that only looks like it":      header("typ", "application/application/at+jwt"),
		"another issuer":                     claim("iss", "https://evil.example"),
		"an issuer with a slash":             claim("iss", s.url+"/"),
		"no issuer":                          without("iss"),
		"no client":                          without("client_id"),
		"a client that is a list":            claim("client_id", []string{"core"}),
		"no time of issue":                   without("iat"),
		"issued 61 s from now":               claim("iat", now+61),
		"valid 61 s from now":                claim("nbf", now+61),
		"valid at no time":                   claim("nbf", 1e300),
		"bound to a DPoP key":                claim("cnf", map[string]any{"jkt": "x"}),
		"bound to a certificate":             claim("cnf", map[string]any{"x5t#S256": "x"}),
		"scopes as a list":                   claim("scope", []string{"offers:read"}),
		"a critical extension":               header("crit", []string{"exp"}),
		"a header that names where keys are": func(k *token) { k.key = stranger; k.header["jku"] = "https://evil.example/jwks" },
	} {
		k := s.good()
		change(&k)
		compact := k.write(t)
		got, err := v.Verify(t.Context(), compact)
		if !errors.Is(err, accesstoken.ErrRefused) || got.ClientID != "" {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if err != nil && strings.Contains(err.Error(), compact[len(compact)-20:]) {
			t.Errorf("%s: the error repeats the token", name)
		}
	}
	good := s.good().write(t)
	part := strings.Split(good, ".")
	for name, compact := range map[string]string{
		"OF-022 an opaque token": "mG1JtrQbTJgUwOEBqZZV3QmG1JtrQbTJgUwOEBqZZV3", "nothing": "", "dots": "..", "two parts": part[0] + "." + part[1],
		"padding": part[0] + "=." + part[1] + "." + part[2], "four parts": good + ".x", "another payload": part[0] + "." + b64([]byte(`{}`)) + "." + part[2],
		"a cut signature": good[:len(good)-2], "too long": good + strings.Repeat("A", 20_000),
	} {
		if _, err := v.Verify(t.Context(), compact); !errors.Is(err, accesstoken.ErrRefused) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A key that the issuer has begun to use is asked for once, and one that nobody has does not make this program ask without end.
func TestVerify_asks_for_new_keys_at_most_once_in_30_seconds(t *testing.T) {
	s := newServer(t)
	v := s.verifier()
	must[accesstoken.Caller](t)(v.Verify(t.Context(), s.good().write(t)))
	next := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	k := s.good()
	k.header["kid"], k.key = "next", next
	compact := k.write(t)
	s.add("next", next)
	for range 50 {
		if _, err := v.Verify(t.Context(), compact); !errors.Is(err, accesstoken.ErrRefused) {
			t.Fatalf("got %v", err)
		}
	}
	if s.asked.Load() != 1 {
		t.Errorf("asked %d times", s.asked.Load())
	}
	s.passed.Store(int64(30 * time.Second))
	var done sync.WaitGroup
	for range 50 {
		done.Go(func() {
			if _, err := v.Verify(context.Background(), compact); err != nil {
				t.Errorf("the new key: %v", err)
			}
		})
	}
	done.Wait()
	if s.asked.Load() != 2 {
		t.Errorf("asked %d times", s.asked.Load())
	}
}

func TestVerify_forgets_keys_that_were_withdrawn(t *testing.T) {
	s := newServer(t)
	v := s.verifier()
	old := s.good()
	must[accesstoken.Caller](t)(v.Verify(t.Context(), old.write(t)))
	s.mu.Lock()
	delete(s.keys, "ec")
	s.mu.Unlock()
	s.passed.Store(int64(10 * time.Minute))
	old.claims["exp"] = s.now().Unix() + 3600
	for range 200 { // the first one that finds the keys old has them read behind its back
		if _, err := v.Verify(t.Context(), old.write(t)); errors.Is(err, accesstoken.ErrRefused) {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Error("a withdrawn key still verifies")
}

func TestVerify_goes_on_while_the_issuer_is_away(t *testing.T) {
	s := newServer(t)
	v := s.verifier()
	long := s.good()
	long.claims["exp"] = s.now().Unix() + 7200
	compact := long.write(t)
	must[accesstoken.Caller](t)(v.Verify(t.Context(), compact))
	s.answer("/jwks", func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	s.passed.Store(int64(59 * time.Minute))
	if _, err := v.Verify(t.Context(), compact); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	s.passed.Store(int64(time.Hour))
	if _, err := v.Verify(t.Context(), compact); !errors.Is(err, accesstoken.ErrAway) || errors.Is(err, accesstoken.ErrRefused) {
		t.Errorf("after it: %v", err)
	}
}

func TestVerify_takes_keys_from_its_issuer_only(t *testing.T) {
	const document = "/.well-known/oauth-authorization-server"
	cases := map[string]func(s *server){
		"metadata that are not there": func(s *server) { s.answer(document, nil) },
		"metadata that are no JSON":   func(s *server) { s.answer(document, func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }) },
		"metadata of another issuer": func(s *server) {
			s.answer(document, s.json(map[string]any{"issuer": s.url + "/", "jwks_uri": s.url + "/jwks"}))
		},
		"metadata with a member twice": func(s *server) {
			s.answer(document, write(`{"issuer":"x","issuer":"`+s.url+`","jwks_uri":"`+s.url+`/jwks"}`))
		},
		"keys at an address that is shut": func(s *server) {
			s.answer(document, s.json(map[string]any{"issuer": s.url, "jwks_uri": "http://169.254.169.254/"}))
		},
		"no address of keys":         func(s *server) { s.answer(document, s.json(map[string]any{"issuer": s.url})) },
		"metadata that never end":    func(s *server) { s.answer(document, endless) },
		"keys that never end":        func(s *server) { s.answer("/jwks", endless) },
		"keys that are elsewhere":    func(s *server) { s.answer("/jwks", elsewhere) },
		"keys that are no set":       func(s *server) { s.answer("/jwks", write(`[]`)) },
		"more keys than anybody has": func(s *server) { s.answer("/jwks", write(`{"keys":[`+strings.Repeat(`{},`, 100)+`{}]}`)) },
		"a server error": func(s *server) {
			s.answer("/jwks", func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) })
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			change(s)
			if _, err := s.verifier().Verify(t.Context(), s.good().write(t)); !errors.Is(err, accesstoken.ErrAway) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("OpenID Connect metadata", func(t *testing.T) {
		s := newServer(t)
		s.answer(document, nil)
		s.answer("/.well-known/openid-configuration", s.json(map[string]any{"issuer": s.url, "jwks_uri": s.url + "/jwks"}))
		if _, err := s.verifier().Verify(t.Context(), s.good().write(t)); err != nil {
			t.Error(err)
		}
	})
}

func write(body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { _, _ = w.Write([]byte(body)) }
}

func endless(w http.ResponseWriter) {
	_, _ = w.Write([]byte(`{"issuer":"`))
	for range 1 << 10 {
		if _, err := w.Write([]byte(strings.Repeat("a", 1<<10))); err != nil {
			return
		}
	}
}

func elsewhere(w http.ResponseWriter) {
	w.Header().Set("Location", "/.well-known/oauth-authorization-server")
	w.WriteHeader(http.StatusFound)
}

// What a set says of a key's purpose is heeded, and secrets in it are not used as keys.
func TestVerify_uses_keys_for_what_they_are(t *testing.T) {
	for name, members := range map[string]map[string]any{
		"for encrypting":           {"use": "enc"},
		"for another algorithm":    {"alg": "ES384"},
		"for other operations":     {"key_ops": []string{"encrypt"}},
		"with its private part":    {"d": b64(make([]byte, 32))},
		"off its curve":            {"x": b64(make([]byte, 32))},
		"of another type":          {"kty": "RSA"},
		"a secret":                 {"kty": "oct", "k": b64([]byte("secret"))},
		"of a curve nobody knows":  {"crv": "P-999"},
		"on another curve by name": {"crv": "P-384"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			key := jwk("ec", s.keys["ec"].Public())
			for member, value := range members {
				key[member] = value
			}
			raw, err := json.Marshal(map[string]any{"keys": []any{key}})
			if err != nil {
				t.Fatal(err)
			}
			s.answer("/jwks", write(string(raw)))
			if _, err := s.verifier().Verify(t.Context(), s.good().write(t)); !errors.Is(err, accesstoken.ErrRefused) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("two of one name", func(t *testing.T) {
		s := newServer(t)
		other := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		s.answer("/jwks", s.json(map[string]any{"keys": []any{jwk("ec", crypto.Signer(other).Public()), jwk("ec", s.keys["ec"].Public())}}))
		if _, err := s.verifier().Verify(t.Context(), s.good().write(t)); !errors.Is(err, accesstoken.ErrRefused) {
			t.Errorf("got %v", err)
		}
	})
}
