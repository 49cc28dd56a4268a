package typemeta

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Approval says which offers of a type a second person must approve: none, every one, or those with a claim over a limit. The zero
// value is none.
type Approval struct {
	always bool
	limits []limit
}

// limit is passed by a claim whose number is greater than over.
type limit struct {
	path Path
	over *big.Rat
}

// approval reads the member of the policy file: "never", "always", or {"when": [{"path": "amount", "over": 10000}]}, in which a claim is
// named as in the form hints ("amount", "items[].price").
func (r *reader) approval(t Type, v any) Approval {
	switch v {
	case nil, "never":
		return Approval{}
	case "always":
		return Approval{always: true}
	}
	m, _ := v.(map[string]any)
	when, _ := m["when"].([]any)
	if len(when) == 0 || len(m) != 1 {
		r.fault("/approval", `must be "never", "always" or {"when": [{"path": "…", "over": 0}]}`)
		return Approval{}
	}
	var a Approval
	for i, one := range when {
		a.limits = append(a.limits, r.limit(t, fmt.Sprintf("/approval/when/%d", i), one))
	}
	return a
}

func (r *reader) limit(t Type, place string, v any) limit {
	m, _ := v.(map[string]any)
	name, isText := m["path"].(string)
	over, isNumber := m["over"].(json.Number)
	if !isText || !isNumber || len(m) != 2 { // path and over
		r.fault(place, "must have a path, which is a text, and over, which is a number, and nothing else")
		return limit{}
	}
	i := slices.IndexFunc(t.Claims, func(c Claim) bool { return c.Path.String() == name })
	if i < 0 {
		r.fault(place+"/path", "the type has no such claim")
		return limit{}
	}
	l := limit{path: t.Claims[i].Path}
	if l.over, isNumber = rational(over); !isNumber {
		r.fault(place+"/over", "must be a number of at most 40 characters without an exponent")
	}
	return l
}

// Always tells whether every offer of the type must be approved.
func (a Approval) Always() bool { return a.always }

// Ever tells whether there are offers of the type that must be approved.
func (a Approval) Ever() bool { return a.always || len(a.limits) > 0 }

// Needed tells whether an offer with these claims, which fit the type, must be approved. A claim that has a limit and is no number
// counts as over it: what cannot be compared is looked at by a person.
func (a Approval) Needed(claims map[string]any) bool {
	return a.always || slices.ContainsFunc(a.limits, func(l limit) bool {
		return slices.ContainsFunc(l.path.values(claims), func(v any) bool {
			n, ok := rational(v)
			return !ok || n.Cmp(l.over) > 0
		})
	})
}

// maxDigits keeps a number from taking the time and memory of all its digits.
const maxDigits = 40

// rational reads a number, or a text that is one, exactly.
func rational(v any) (*big.Rat, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	if len(text) > maxDigits || strings.Trim(text, "0123456789.-") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
