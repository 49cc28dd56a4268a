package sdjwt

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"counterfoil/internal/strictjson"
)

// saltBytes is the size of a salt: 128 bits (RFC 9901 §9.3).
const saltBytes = 16

const (
	digestsMember = "_sd"
	hashMember    = "_sd_alg"
	elementMember = "..."
	hashName      = "sha-256"
)

// ErrReserved means that claims have a member that SD-JWT keeps for itself (RFC 9901 §4.1).
var ErrReserved = errors.New("claims must not have members called ..., _sd or _sd_alg")

// Unsigned is an SD-JWT before it is signed: the payload of its JWT, and its disclosures.
type Unsigned struct {
	Payload     []byte
	Disclosures []string
}

// builder collects disclosures.
type builder struct {
	disclosable func(path []any) bool
	random      io.Reader
	disclosures []string
}

// Build makes the payload of an SD-JWT from what always shows and from claims of which each place may be
// disclosable: the function is asked with paths of names and positions. Inner disclosures come first, so that
// outer ones hold their digests (RFC 9901 §4.2.6); digests are sorted, so that they tell no order (§4.2.4.1).
// Salts are fresh for every place.
func Build(always, claims map[string]any, disclosable func(path []any) bool, random io.Reader) (Unsigned, error) {
	b := &builder{disclosable: disclosable, random: random}
	payload, err := b.object(claims, nil)
	if err != nil {
		return Unsigned{}, err
	}
	for name, value := range always {
		if _, twice := payload[name]; twice {
			return Unsigned{}, fmt.Errorf("claim %s is set by the issuer", name)
		}
		payload[name] = value
	}
	if len(b.disclosures) > 0 {
		payload[hashMember] = hashName
	}
	encoded, err := strictjson.Encode(payload)
	if err != nil {
		return Unsigned{}, fmt.Errorf("encode payload: %w", err)
	}
	return Unsigned{Payload: encoded, Disclosures: b.disclosures}, nil
}

// Combine gives the compact form; it ends in a tilde, because no key binding follows (RFC 9901 §4).
func Combine(jwt string, disclosures []string) string {
	return strings.Join(append([]string{jwt}, disclosures...), "~") + "~"
}

func (b *builder) object(m map[string]any, path []any) (map[string]any, error) {
	out := map[string]any{}
	var digests []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if name == digestsMember || name == elementMember || name == hashMember {
			return nil, ErrReserved
		}
		at := append(slices.Clone(path), name)
		value, err := b.value(m[name], at)
		if err != nil {
			return nil, err
		}
		if !b.disclosable(at) {
			out[name] = value
			continue
		}
		digest, err := b.disclose(name, value)
		if err != nil {
			return nil, err
		}
		digests = append(digests, digest)
	}
	if len(digests) > 0 {
		slices.Sort(digests)
		out[digestsMember] = digests
	}
	return out, nil
}

func (b *builder) value(v any, path []any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return b.object(v, path)
	case []any:
		out := make([]any, 0, len(v))
		for i, item := range v {
			at := append(slices.Clone(path), i)
			value, err := b.value(item, at)
			if err != nil {
				return nil, err
			}
			if b.disclosable(at) {
				digest, err := b.disclose(value)
				if err != nil {
					return nil, err
				}
				value = map[string]any{elementMember: digest}
			}
			out = append(out, value)
		}
		return out, nil
	}
	return v, nil
}

// disclose makes one disclosure and gives its digest: over the base64url text, exactly as sent (RFC 9901 §4.2.3).
func (b *builder) disclose(parts ...any) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(b.random, salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	encoded, err := strictjson.Encode(append([]any{base64.RawURLEncoding.EncodeToString(salt)}, parts...))
	if err != nil {
		return "", fmt.Errorf("encode disclosure: %w", err)
	}
	disclosure := base64.RawURLEncoding.EncodeToString(encoded)
	b.disclosures = append(b.disclosures, disclosure)
	return Digest(disclosure), nil
}

// Digest gives the SHA-256 digest of a disclosure.
func Digest(disclosure string) string {
	h := sha256.Sum256([]byte(disclosure))
	return base64.RawURLEncoding.EncodeToString(h[:])
}
