package sdjwt

import (
	"encoding/base64"
	"errors"
	"fmt"

	"counterfoil/internal/strictjson"
)

// maxNesting bounds how deep disclosures may lead.
const maxNesting = 32

// What can be wrong between a payload and its disclosures (RFC 9901 §7.1).
var (
	ErrHash        = errors.New("the hash algorithm is not sha-256")
	ErrDisclosure  = errors.New("a disclosure is not well-formed")
	ErrDigestTwice = errors.New("a digest appears twice")
	ErrClash       = errors.New("a disclosure names a claim that is there already or is reserved")
	ErrUnused      = errors.New("a disclosure belongs to no digest")
	ErrTooDeep     = errors.New("disclosures are nested too deep")
)

// disclosure is one that was read.
type disclosure struct {
	name    string
	value   any
	element bool
	used    bool
}

// discloser puts disclosures where their digests are.
type discloser struct {
	byDigest map[string]*disclosure
	seen     map[string]bool
}

// Disclose gives the claims that a payload states together with its disclosures. Every rejection of RFC 9901
// §7.1 is one; digests without a disclosure are undisclosed claims or decoys and are left out.
func Disclose(payload []byte, disclosures []string) (map[string]any, error) {
	var claims map[string]any
	if err := strictjson.Decode(payload, &claims); err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	if alg, has := claims[hashMember]; has && alg != hashName {
		return nil, ErrHash
	}
	delete(claims, hashMember)
	d := &discloser{byDigest: map[string]*disclosure{}, seen: map[string]bool{}}
	for _, text := range disclosures {
		if err := d.read(text); err != nil {
			return nil, err
		}
	}
	out, err := d.object(claims, 0)
	if err != nil {
		return nil, err
	}
	for _, one := range d.byDigest {
		if !one.used {
			return nil, ErrUnused
		}
	}
	return out, nil
}

func (d *discloser) read(text string) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return ErrDisclosure
	}
	var parts []any
	if err := strictjson.Decode(raw, &parts); err != nil {
		return ErrDisclosure
	}
	const element, property = 2, 3
	if len(parts) != element && len(parts) != property {
		return ErrDisclosure
	}
	if _, ok := parts[0].(string); !ok {
		return ErrDisclosure
	}
	one := &disclosure{value: parts[len(parts)-1], element: len(parts) == element}
	if !one.element {
		name, ok := parts[1].(string)
		if !ok {
			return ErrDisclosure
		}
		one.name = name
	}
	digest := Digest(text)
	if d.byDigest[digest] != nil {
		return ErrDigestTwice
	}
	d.byDigest[digest] = one
	return nil
}

// take finds the disclosure of a digest; none is fine, the same digest twice is not.
func (d *discloser) take(v any, element bool) (*disclosure, error) {
	digest, ok := v.(string)
	if !ok {
		return nil, ErrDisclosure
	}
	if d.seen[digest] {
		return nil, ErrDigestTwice
	}
	d.seen[digest] = true
	one := d.byDigest[digest]
	if one == nil {
		return nil, nil //nolint:nilnil // an undisclosed claim or a decoy is no error
	}
	if one.element != element {
		return nil, ErrDisclosure
	}
	one.used = true
	return one, nil
}

func (d *discloser) object(m map[string]any, depth int) (map[string]any, error) {
	if depth > maxNesting {
		return nil, ErrTooDeep
	}
	out := map[string]any{}
	for name, v := range m {
		if name == digestsMember {
			continue
		}
		if name == elementMember {
			return nil, ErrClash
		}
		value, err := d.value(v, depth+1)
		if err != nil {
			return nil, err
		}
		out[name] = value
	}
	digests, has := m[digestsMember]
	if !has {
		return out, nil
	}
	list, ok := digests.([]any)
	if !ok {
		return nil, ErrDisclosure
	}
	for _, digest := range list {
		one, err := d.take(digest, false)
		if err != nil {
			return nil, err
		}
		if one == nil {
			continue
		}
		if _, clash := out[one.name]; clash || one.name == digestsMember || one.name == elementMember {
			return nil, ErrClash
		}
		if out[one.name], err = d.value(one.value, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *discloser) value(v any, depth int) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return d.object(v, depth)
	case []any:
		return d.array(v, depth)
	}
	return v, nil
}

func (d *discloser) array(list []any, depth int) (any, error) {
	if depth > maxNesting {
		return nil, ErrTooDeep
	}
	out := make([]any, 0, len(list))
	for _, item := range list {
		m, isObject := item.(map[string]any)
		digest, isDigest := m[elementMember]
		if isObject && isDigest && len(m) == 1 {
			one, err := d.take(digest, true)
			if err != nil {
				return nil, err
			}
			if one == nil {
				continue
			}
			item = one.value
		}
		value, err := d.value(item, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}
