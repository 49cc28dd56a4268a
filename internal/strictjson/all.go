package strictjson

import (
	"errors"
	"path"
	"reflect"
	"strconv"
	"strings"
)

// The bounds of DecodeAll: how many faults it tells, and how many bytes it looks through for more than the first.
const (
	maxFaults   = 20
	maxSearched = 64 << 10
)

// DecodeAll is Decode that tells every member that is unknown or of the wrong type, in the order in which they were met: each is taken out
// and the rest read again. Other faults are told alone. v holds nothing of use when there are faults; nil when there are none.
func DecodeAll(data []byte, v any, opts ...Option) []*Error {
	var first *Error
	if !errors.As(Decode(data, v, opts...), &first) {
		return nil
	}
	faults := []*Error{first}
	var doc map[string]any
	if len(data) > maxSearched || Decode(data, &doc) != nil {
		return faults
	}
	for e := first; len(faults) < maxFaults && takeOut(doc, e); faults = append(faults, e) {
		rest, err := Encode(doc)
		if err != nil || !errors.As(Decode(rest, reflect.New(reflect.TypeOf(v).Elem()).Interface(), opts...), &e) {
			break
		}
	}
	return faults
}

// takeOut removes an unknown member, or puts null, which every member takes, in the place of one of the wrong type. It tells whether it did.
func takeOut(doc any, e *Error) bool {
	parent, name := path.Split(e.Pointer)
	in := doc
	for part := range strings.SplitSeq(strings.Trim(parent, "/"), "/") {
		if part != "" {
			in = member(in, unescape(part))
		}
	}
	switch in := in.(type) {
	case map[string]any:
		before, has := in[unescape(name)]
		switch {
		case e.Kind == Unknown && has:
			delete(in, unescape(name))
			return true
		case e.Kind == WrongType && has && before != nil:
			in[unescape(name)] = nil
			return true
		}
	case []any:
		i, err := strconv.Atoi(name)
		if e.Kind == WrongType && err == nil && i >= 0 && i < len(in) && in[i] != nil {
			in[i] = nil
			return true
		}
	}
	return false
}

func member(v any, name string) any {
	switch in := v.(type) {
	case map[string]any:
		return in[name]
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(in) {
			return in[i]
		}
	}
	return nil
}

// unescape reads a token of a pointer (RFC 6901 §4).
func unescape(token string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(token) }
