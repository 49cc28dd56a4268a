package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"counterfoil/internal/strictjson"
)

// PublicKey is a public EC key that was checked: known curve, point on it, no private part.
type PublicKey struct {
	key   *ecdsa.PublicKey
	thumb string
}

// What can be wrong with a JWK. The texts repeat no input.
var (
	ErrKeyMalformed   = errors.New("the key is not a well-formed JWK")
	ErrKeyPrivate     = errors.New("the key has private members")
	ErrKeyUnsupported = errors.New("the key is not an EC key on P-256, P-384 or P-521")
	ErrKeyOffCurve    = errors.New("the key is not a point on its curve")
	ErrKeyPurpose     = errors.New("the key is for another purpose")
)

// curve is what goes with the name of a curve.
type curve struct {
	elliptic elliptic.Curve
	alg      string
	size     int // bytes of a coordinate
}

func curveOf(name string) (curve, bool) {
	switch name {
	case "P-256":
		return curve{elliptic.P256(), "ES256", 32}, true
	case "P-384":
		return curve{elliptic.P384(), "ES384", 48}, true
	case "P-521":
		return curve{elliptic.P521(), "ES512", 66}, true
	}
	return curve{}, false
}

// ParsePublicJWK reads a JWK (RFC 7517) that a wallet sent. It refuses private members, doubled
// members, padding, coordinates of the wrong length, points off the curve and keys meant for
// something else than verifying signatures.
func ParsePublicJWK(raw []byte) (PublicKey, error) {
	var members map[string]any
	if err := strictjson.Decode(raw, &members); err != nil || members == nil {
		return PublicKey{}, ErrKeyMalformed
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, has := members[private]; has {
			return PublicKey{}, ErrKeyPrivate
		}
	}
	name, _ := members["crv"].(string)
	c, known := curveOf(name)
	if members["kty"] != "EC" || !known {
		return PublicKey{}, ErrKeyUnsupported
	}
	if err := checkPurpose(members, c.alg); err != nil {
		return PublicKey{}, err
	}
	point := []byte{4}
	for _, coordinate := range []string{"x", "y"} {
		text, _ := members[coordinate].(string)
		b, err := DecodeBase64URL(text)
		if err != nil || len(b) != c.size {
			return PublicKey{}, ErrKeyMalformed
		}
		point = append(point, b...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(c.elliptic, point)
	if err != nil {
		return PublicKey{}, ErrKeyOffCurve
	}
	return FromPublic(key)
}

// checkPurpose refuses a key whose own members say that it is for something else.
func checkPurpose(members map[string]any, alg string) error {
	if use, has := members["use"]; has && use != "sig" {
		return ErrKeyPurpose
	}
	if own, has := members["alg"]; has && own != alg {
		return ErrKeyPurpose
	}
	if ops, has := members["key_ops"]; has {
		list, _ := ops.([]any)
		if !slices.Contains(list, any("verify")) {
			return ErrKeyPurpose
		}
	}
	return nil
}

// FromPublic takes a key from the standard library.
func FromPublic(public crypto.PublicKey) (PublicKey, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return PublicKey{}, ErrKeyUnsupported
	}
	if _, known := curveOf(key.Params().Name); !known {
		return PublicKey{}, ErrKeyUnsupported
	}
	k, err := jwk.FromRaw(key)
	if err != nil {
		return PublicKey{}, ErrKeyMalformed
	}
	sum, err := k.Thumbprint(crypto.SHA256)
	if err != nil {
		return PublicKey{}, fmt.Errorf("make thumbprint: %w", err)
	}
	return PublicKey{key: key, thumb: base64.RawURLEncoding.EncodeToString(sum)}, nil
}

// Thumbprint gives the SHA-256 thumbprint over the required members (RFC 7638).
func (k PublicKey) Thumbprint() string { return k.thumb }

// Alg gives the signature algorithm of the key's curve.
func (k PublicKey) Alg() string {
	c, _ := curveOf(k.key.Params().Name)
	return c.alg
}

// JWK gives the required members: kty, crv, x, y.
func (k PublicKey) JWK() map[string]string {
	point, err := k.key.Bytes()
	if err != nil {
		panic("jose: a checked key has no encoding") // FromPublic lets only known curves through
	}
	size := (len(point) - 1) / 2 // two coordinates
	return map[string]string{
		"kty": "EC", "crv": k.key.Params().Name,
		"x": base64.RawURLEncoding.EncodeToString(point[1 : 1+size]),
		"y": base64.RawURLEncoding.EncodeToString(point[1+size:]),
	}
}

// headerKey turns what a caller wants in the jwk header into jwx's key.
func headerKey(value any) (jwk.Key, error) {
	raw, err := strictjson.Encode(value)
	if err != nil {
		return nil, fmt.Errorf("encode jwk header: %w", err)
	}
	key, err := jwk.ParseKey(raw)
	if err != nil {
		return nil, fmt.Errorf("read jwk header: %w", err)
	}
	return key, nil
}
