package accesstoken_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counterfoil/internal/accesstoken"
)

const audience = "https://manage.bank.example"

// server is an authorization server whose every answer a test can change.
type server struct {
	t       *testing.T
	url     string
	passed  atomic.Int64 // nanoseconds since the start of the test's time
	asked   atomic.Int64 // how often the keys were asked for
	mu      sync.Mutex
	answers map[string]func(w http.ResponseWriter)
	keys    map[string]crypto.Signer // by kid
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, answers: map[string]func(http.ResponseWriter){}, keys: map[string]crypto.Signer{}}
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		answer := s.answers[r.URL.Path]
		s.mu.Unlock()
		if answer == nil {
			http.NotFound(w, r)
			return
		}
		answer(w)
	}))
	t.Cleanup(ts.Close)
	s.url = ts.URL
	s.answer("/.well-known/oauth-authorization-server", s.json(map[string]any{"issuer": s.url, "jwks_uri": s.url + "/jwks"}))
	s.answer("/jwks", func(w http.ResponseWriter) {
		s.asked.Add(1)
		s.json(map[string]any{"keys": s.jwks()})(w)
	})
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.keys["ec"] = ec
	return s
}

func (s *server) now() time.Time {
	return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC).Add(time.Duration(s.passed.Load()))
}

// answer says what the server answers at a path; nil for 404.
func (s *server) answer(path string, how func(w http.ResponseWriter)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = how
}

func (s *server) json(v any) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v) // the client sees what is missing
	}
}

// add gives the server another key.
func (s *server) add(kid string, key crypto.Signer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[kid] = key
}

func (s *server) jwks() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []map[string]any{}
	for kid, key := range s.keys {
		out = append(out, jwk(kid, key.Public()))
	}
	return out
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func jwk(kid string, key crypto.PublicKey) map[string]any {
	out := map[string]any{"kid": kid, "use": "sig"}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			panic(err)
		}
		half := len(point) / 2
		maps.Copy(out, map[string]any{"kty": "EC", "crv": k.Params().Name, "x": b64(point[1 : 1+half]), "y": b64(point[1+half:])})
	case *rsa.PublicKey:
		maps.Copy(out, map[string]any{"kty": "RSA", "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())})
	case ed25519.PublicKey:
		maps.Copy(out, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(k)})
	}
	return out
}

func (s *server) verifier() *accesstoken.Verifier {
	s.t.Helper()
	v, err := accesstoken.New(accesstoken.Options{
		Issuer: s.url, Audience: audience, Clock: s.now,
		Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		CheckURL: func(raw string) error {
			if !strings.HasPrefix(raw, s.url) {
				return errors.New("not this server")
			}
			return nil
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// token is a JWT to be: a good one until a test changes it.
type token struct {
	header, claims map[string]any
	key            any // a crypto.Signer, the bytes of a MAC, or nil for no signature
}

func (s *server) good() token {
	now := s.now().Unix()
	return token{
		header: map[string]any{"alg": "ES256", "typ": "at+jwt", "kid": "ec"},
		claims: map[string]any{
			"iss": s.url, "aud": audience, "sub": "core", "client_id": "core", "iat": now, "exp": now + 300, "jti": "1",
			"scope": "offers:read offers:create",
		},
		key: s.keys["ec"],
	}
}

// write signs the token as its alg says.
func (k token) write(t *testing.T) string {
	t.Helper()
	header, err := json.Marshal(k.header)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(k.claims)
	if err != nil {
		t.Fatal(err)
	}
	input := b64(header) + "." + b64(payload)
	signature, err := sign(k.header["alg"], k.key, input)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(signature)
}

func sign(alg, key any, input string) ([]byte, error) {
	sum := sha256.Sum256([]byte(input))
	switch key := key.(type) {
	case nil:
		return nil, nil
	case []byte:
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(input))
		return mac.Sum(nil), nil
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			return nil, err
		}
		size := (key.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), nil
	case ed25519.PrivateKey:
		return ed25519.Sign(key, []byte(input)), nil
	case *rsa.PrivateKey:
		if alg == "PS256" {
			return rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	}
	return nil, fmt.Errorf("no way to sign by %T", key)
}
