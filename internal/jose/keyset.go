package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"counterfoil/internal/strictjson"
)

// The bounds of a keyset: its keys, and the bits of an RSA modulus (RFC 7518 §3.3 has the lower one).
const (
	maxKeys    = 100
	minRSABits = 2048
	maxRSABits = 8192
)

// What can be wrong with a keyset. The texts repeat no input.
var (
	ErrKeySet     = errors.New("the document is not a well-formed JWK set")
	ErrUnknownKey = errors.New("the JWT is signed with a key that is not in the set")
)

// KeySet is the public keys by which an authorization server signs.
type KeySet struct{ keys []setKey }

// setKey is one key of a set, with the algorithms that it may verify.
type setKey struct {
	kid  string
	algs []string
	key  crypto.PublicKey
}

// ParseKeySet reads a JWK set (RFC 7517 §5) of at most 100 keys. Keys that are not understood, are for something else than verifying
// signatures, are secret, or are too weak, are passed over as §5 says; a set may be left without keys.
func ParseKeySet(raw []byte) (KeySet, error) {
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := strictjson.Decode(raw, &set); err != nil || set.Keys == nil || len(set.Keys) > maxKeys {
		return KeySet{}, ErrKeySet
	}
	var out KeySet
	for _, members := range set.Keys {
		if k, ok := parseSetKey(members); ok {
			out.keys = append(out.keys, k)
		}
	}
	return out, nil
}

func parseSetKey(members map[string]any) (setKey, bool) {
	_, private := members["d"]
	_, symmetric := members["k"]
	encoded, err := strictjson.Encode(members)
	if err != nil || private || symmetric {
		return setKey{}, false
	}
	parsed, err := jwk.ParseKey(encoded)
	if err != nil {
		return setKey{}, false
	}
	var raw any
	if err := parsed.Raw(&raw); err != nil {
		return setKey{}, false
	}
	k := setKey{kid: parsed.KeyID(), key: raw}
	switch key := raw.(type) {
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			k.algs = []string{"ES256"}
		}
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= minRSABits && bits <= maxRSABits {
			k.algs = []string{"RS256", "PS256"}
		}
	case ed25519.PublicKey:
		if len(key) == ed25519.PublicKeySize { // crypto/ed25519 panics for any other
			k.algs = []string{"EdDSA"}
		}
	}
	// The key's own words about its purpose only take algorithms away.
	k.algs = slices.DeleteFunc(k.algs, func(alg string) bool { return checkPurpose(members, alg) != nil })
	return k, len(k.algs) > 0
}

// Verify checks the signature of a token by the key that its kid names, or, when it names none, by the only key of the set
// that fits its algorithm. The algorithm must be in the allow-list and fit the key. ErrUnknownKey when there is no such key: the set
// may be out of date.
func (s KeySet) Verify(t Token, allowed ...string) error {
	alg := t.Alg()
	if !slices.Contains(allowed, alg) {
		return ErrAlgorithm
	}
	kid, named := t.HeaderText("kid"), t.Has("kid")
	var fit []setKey
	for _, k := range s.keys {
		if slices.Contains(k.algs, alg) && (!named || k.kid == kid) {
			fit = append(fit, k)
		}
	}
	if len(fit) != 1 { // kids may repeat across key types (RFC 7517 §4.5), not within one
		return ErrUnknownKey
	}
	if _, err := jws.Verify([]byte(t.compact), jws.WithKey(jwa.SignatureAlgorithm(alg), fit[0].key)); err != nil {
		return ErrSignature
	}
	return nil
}
