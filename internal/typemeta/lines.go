package typemeta

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Line is one value of an offer's claims, for people: what it is called, and the value as the credential will say it. True and false are
// "true" and "false"; values of a list stand behind each other.
type Line struct {
	// Pointer is an RFC 6901 pointer from the root of the claims.
	Pointer string
	Label   string
	Value   string
}

// Lines gives every value of claims in the order of the type, labelled in a language. Unlike a form it leaves nothing out.
func (t Type) Lines(claims map[string]any, lang string) []Line {
	w := &lines{t: t, lang: lang}
	w.object(claims, nil, "", nil)
	slices.SortStableFunc(w.out, func(a, b placed) int { return a.place - b.place })
	out := make([]Line, 0, len(w.out))
	for _, l := range w.out {
		out = append(out, l.Line)
	}
	return out
}

// placed is a line with where its claim stands in the type.
type placed struct {
	Line
	place int
}

type lines struct {
	t    Type
	lang string
	out  []placed
}

func (w *lines) object(m map[string]any, path Path, at string, labels []string) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		below := append(slices.Clone(path), name)
		w.value(m[name], below, at+"/"+escape(name), append(slices.Clone(labels), w.t.label(below, w.lang)))
	}
}

func (w *lines) value(v any, path Path, at string, labels []string) {
	switch v := v.(type) {
	case map[string]any:
		w.object(v, path, at, labels)
	case []any:
		n := w.t.node(path)
		fixed := n != nil && n.indexes != nil
		if plain, ok := joined(v); ok && !fixed {
			w.add(plain, path, at, labels)
			return
		}
		for i, element := range v {
			below, label := append(slices.Clone(path), nil), strconv.Itoa(i+1)
			if fixed {
				below[len(path)] = i
				label = cmp.Or(w.t.named(below, w.lang), label)
			}
			w.value(element, below, at+"/"+strconv.Itoa(i), append(slices.Clone(labels), label))
		}
	default:
		w.add(fmt.Sprint(v), path, at, labels)
	}
}

func (w *lines) add(value string, path Path, at string, labels []string) {
	place := slices.IndexFunc(w.t.Claims, func(c Claim) bool { return strings.TrimSuffix(c.Path.String(), "[]") == path.String() })
	if place < 0 {
		place = len(w.t.Claims)
	}
	w.out = append(w.out, placed{Line{Pointer: at, Label: strings.Join(labels, " › "), Value: value}, place})
}

// joined writes a list of plain values in one line; false when there is something else in it.
func joined(list []any) (string, bool) {
	texts := make([]string, 0, len(list))
	for _, v := range list {
		switch v := v.(type) {
		case string, json.Number, bool:
			texts = append(texts, fmt.Sprint(v))
		default:
			return "", false
		}
	}
	return strings.Join(texts, ", "), true
}
