package typemeta

import (
	"maps"
	"slices"
)

// olderClaims reads the older object form: claims by name, with claims of claims below them. Its order is
// that of the names, because JSON objects have none.
func (r *reader) olderClaims(t *Type, above Path, claims map[string]any, place string) {
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		at := place + "/" + name
		m := r.object(claims[name], at)
		if m == nil {
			continue
		}
		p := append(slices.Clone(above), name)
		r.claim(t, p, m, at)
		if below, has := m["claims"]; has {
			r.olderClaims(t, p, r.object(below, at+"/claims"), at+"/claims")
		}
	}
}
