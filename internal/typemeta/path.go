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

// parsePath reads a path from decoded JSON.
func parsePath(v any) (Path, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, errors.New("path must be a non-empty array")
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
