package jose

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"math/big"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwa"
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
	k := setKey{}
	k.kid, _ = members["kid"].(string)
	switch members["kty"] {
	case "EC":
		encoded, err := strictjson.Encode(members)
		if err != nil {
			return setKey{}, false
		}
		if public, err := ParsePublicJWK(encoded); err == nil && public.Alg() == "ES256" {
			k.key, k.algs = public.key, []string{"ES256"}
		}
	case "RSA":
		if key, ok := parseRSA(members); ok {
			k.key, k.algs = key, []string{"RS256", "PS256"}
		}
	case "OKP":
		if x, err := member(members, "x"); err == nil && members["crv"] == "Ed25519" && len(x) == ed25519.PublicKeySize {
			k.key, k.algs = ed25519.PublicKey(x), []string{"EdDSA"}
		}
	}
	if _, private := members["d"]; private {
		return setKey{}, false
	}
	// The key's own words about its purpose only take algorithms away.
	k.algs = slices.DeleteFunc(k.algs, func(alg string) bool { return checkPurpose(members, alg) != nil })
	return k, len(k.algs) > 0
}

// parseRSA reads modulus and exponent (RFC 7518 §6.3.1).
func parseRSA(members map[string]any) (*rsa.PublicKey, bool) {
	n, errN := member(members, "n")
	e, errE := member(members, "e")
	if errN != nil || errE != nil {
		return nil, false
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	const least = 3
	if bits := modulus.BitLen(); bits < minRSABits || bits > maxRSABits || exponent.BitLen() > 31 || exponent.Int64() < least || exponent.Bit(0) == 0 {
		return nil, false
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, true
}

// member reads a member that is bytes in base64url.
func member(members map[string]any, name string) ([]byte, error) {
	text, _ := members[name].(string)
	return DecodeBase64URL(text)
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
