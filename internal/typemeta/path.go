package typemeta

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Path is a claims path pointer (OpenID4VCI 1.0 Appendix C): texts name members, nil means every element of
// an array, whole numbers from 0 one element.
type Path []any

// maxSteps bounds a path, so that claims never nest deeper than JSON is read.
const maxSteps = 16

// String writes the path with dots, and [] for every element: "nationalities[]", "address.country".
func (p Path) String() string {
	var b strings.Builder
	for i, step := range p {
		switch s := step.(type) {
		case nil:
			b.WriteString("[]")
		case int:
			fmt.Fprintf(&b, "[%d]", s)
		case string:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		}
	}
	return b.String()
}

// values gives every value that the path leads to from a value.
func (p Path) values(v any) []any {
	if len(p) == 0 {
		return []any{v}
	}
	var out []any
	switch step := p[0].(type) {
	case string:
		m, _ := v.(map[string]any)
		if below, has := m[step]; has {
			out = p[1:].values(below)
		}
	case int:
		if list, _ := v.([]any); step < len(list) {
			out = p[1:].values(list[step])
		}
	case nil:
		list, _ := v.([]any)
		for _, element := range list {
			out = append(out, p[1:].values(element)...)
		}
	}
	return out
}

// get gives the one value that names and places lead to from a value; nil when there is none.
func (p Path) get(v any) any {
	for _, found := range p.values(v) {
		return found
	}
	return nil
}

// put puts a value where names and places lead from a value, and gives that back, which is made where there is none. Nothing is put for nil.
func (p Path) put(into, v any) any {
	switch {
	case v == nil:
		return into
	case len(p) == 0:
		return v
	}
	switch s := p[0].(type) {
	case string:
		m, is := into.(map[string]any)
		if !is {
			m = map[string]any{}
		}
		m[s] = p[1:].put(m[s], v)
		return m
	case int:
		list, _ := into.([]any)
		for len(list) <= s {
			list = append(list, nil)
		}
		list[s] = p[1:].put(list[s], v)
		return list
	}
	return into
}

// parsePath reads a path from decoded JSON.
func parsePath(v any) (Path, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, errors.New("path must be a non-empty array")
	}
	if len(list) > maxSteps {
		return nil, errors.New("path has more than 16 steps")
	}
	p := make(Path, 0, len(list))
	for i, step := range list {
		switch s := step.(type) {
		case nil:
			p = append(p, nil)
		case string:
			if s == "" {
				return nil, errors.New("path has an empty name")
			}
			p = append(p, s)
		case json.Number:
			n, err := strconv.Atoi(s.String())
			if err != nil || n < 0 {
				return nil, errors.New("path has a number that is no index")
			}
			if n >= MaxElements {
				return nil, errors.New("path has an index above 49")
			}
			p = append(p, n)
		default:
			return nil, errors.New("path may hold names, indexes and null only")
		}
		if _, name := p[0].(string); i == 0 && !name {
			return nil, errors.New("path must begin with a name")
		}
	}
	return p, nil
}
