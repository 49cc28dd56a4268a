package typemeta

import (
	"strings"
	"time"
)

// Sample gives made-up claims that fit the type, one of everything that it describes: what a trial of the type issues. now decides what
// lies in the past.
func (t Type) Sample(now time.Time) map[string]any {
	claims, _ := t.sample(t.tree, nil, now).(map[string]any)
	for _, c := range t.Claims { // the claim that a condition looks at is described before
		if t.Hint(c.Path).If != nil {
			t.leaveOut(c.Path, 0, claims, map[int]map[string]any{})
		}
	}
	return claims
}

// leaveOut takes the claim at a path out of v, which its first steps lead to, wherever it does not belong to what the others say.
func (t Type) leaveOut(path Path, steps int, v any, around map[int]map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		name, _ := path[steps].(string)
		around[steps] = v
		if steps < len(path)-1 {
			t.leaveOut(path, steps+1, v[name], around)
		} else if !t.belongs(path, around) {
			delete(v, name)
		}
	case []any:
		for i, element := range v {
			if path[steps] == nil || path[steps] == i {
				t.leaveOut(path, steps+1, element, around)
			}
		}
	}
}

func (t Type) sample(n *node, path Path, now time.Time) any {
	below := func(step any, n *node) any { return t.sample(n, append(path[:len(path):len(path)], step), now) }
	switch {
	case n.members != nil || len(path) == 0:
		m := map[string]any{}
		for name, member := range n.members {
			m[name] = below(name, member)
		}
		return m
	case n.elements != nil:
		return []any{below(nil, n.elements)}
	case n.indexes != nil:
		var list []any
		for i := 0; n.indexes[i] != nil; i++ { // a list has no gaps
			list = append(list, below(i, n.indexes[i]))
		}
		return list
	}
	return t.Hint(path).sample(path, now)
}

// sample gives a made-up value of the kind.
func (h Hint) sample(path Path, now time.Time) any {
	if first := h.first(now); first != nil {
		return first
	}
	switch h.Kind {
	case Date:
		if strings.Contains(strings.ToLower(path.String()), "expiry") {
			return h.on(now.AddDate(1, 0, 0).Format(time.DateOnly), now)
		}
		return h.on("1990-01-31", now)
	case Country:
		return "DE"
	case Currency:
		return "EUR"
	case IBAN:
		return "DE89370400440532013000" // the example of the IBAN Registry
	case BIC:
		return "COBADEFFXXX"
	case Email:
		return "sample@example.org"
	case Phone:
		return "+493012345678"
	case LEI:
		return "7LTWFZYICNSX8D621K86"
	case Integer, Number, Amount:
		return h.number()
	case Boolean:
		return true
	case Enum:
		return h.Enum[0]
	case Portrait:
		return "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
	case Text:
	}
	if h.Example != "" {
		return h.Example
	}
	const text = "Sample"
	return strings.Repeat(text, 1+h.Shortest/len(text))[:min(max(len(text), h.Shortest), h.Max)]
}
