package typemeta

import (
	"slices"
	"strings"
)

// Condition says when a claim belongs to an offer: when the claim at Path has one of the values. That is a choice in the same object, or in
// one around it, that the metadata describe before.
type Condition struct {
	Path string `json:"path"`
	Is   []any  `json:"is"`
}

// condition holds the condition of a claim to what one can be. A claim that is not always there must not be called mandatory to wallets
// (SD-JWT VC §9.2).
func (r *reader) condition(t Type, place string, c Claim) {
	if t.Hint(c.Path).If == nil {
		return
	}
	place += "/visible_if"
	cond := t.Hint(c.Path).If
	on, at := t.claimNamed(cond.Path)
	_, self := t.claimNamed(c.Path.String())
	_, isName := c.Path[len(c.Path)-1].(string)
	switch {
	case !isName:
		r.fault(place, "has no place at an element of a list: give it to the list")
	case c.Mandatory:
		r.fault(place, "has no place at a claim that the metadata call mandatory: required asks for it where it is shown")
	case at < 0 || at >= self:
		r.fault(place+"/path", "must lead to a claim that is described before this one")
	case !around(on.Path, c.Path):
		r.fault(place+"/path", "must lead to a claim in the same object, or in one around it")
	case !t.Hint(on.Path).chooses(cond.Is):
		r.fault(place+"/is", "must list values that the claim can have, which must be an enum or boolean")
	}
}

// around tells whether a claim stands in the object of another, or in one around that.
func around(on, path Path) bool {
	last := len(on) - 1
	_, isName := on[last].(string)
	return isName && last < len(path) && slices.Equal(on[:last], path[:last])
}

// chooses tells whether values are among those of a choice.
func (h Hint) chooses(values []any) bool {
	return len(values) > 0 && !slices.ContainsFunc(values, func(v any) bool {
		text, isText := v.(string)
		_, isBool := v.(bool)
		return h.Kind == Enum && (!isText || !slices.Contains(h.Enum, text)) || h.Kind == Boolean && !isBool || h.Kind != Enum && h.Kind != Boolean
	})
}

// belongs tells whether the claim at a path belongs where the claims around it say this: objects by how many steps lead to them.
func (t Type) belongs(path Path, objects map[int]map[string]any) bool {
	cond := t.Policy.hints[path.String()].If
	if cond == nil {
		return true
	}
	on, _ := t.claimNamed(cond.Path)
	name, _ := on.Path[len(on.Path)-1].(string)
	v, has := objects[len(on.Path)-1][name]
	return has && slices.Contains(cond.Is, v)
}

// Asked says when a form shows a field: when the field of a choice says one of the values.
type Asked struct {
	Field string
	Is    []string
}

// asked gives what all must be so that the form shows the field of a claim: what it depends on itself, what the objects around it do, and
// what the fields of those choices do.
func (t Type) asked(path Path) []Asked {
	var all []Asked
	for n := 1; n <= len(path); n++ {
		cond := t.Hint(path[:n]).If
		if cond == nil {
			continue
		}
		on, _ := t.claimNamed(cond.Path)
		one := Asked{Field: fieldName(on.Path)}
		for _, v := range cond.Is {
			one.Is = append(one.Is, typed(v))
		}
		all = append(append(all, t.asked(on.Path)...), one)
	}
	return all
}

// Shown tells whether a form shows the field, with what its other fields say.
func (f Field) Shown(value func(name string) string) bool {
	return !slices.ContainsFunc(f.Asked, func(a Asked) bool { return !slices.Contains(a.Is, Clean(Enum, value(a.Field))) })
}

// renamed gives what a field depends on the name it has in a row of a list.
func renamed(asked []Asked, from, to string) []Asked {
	named := slices.Clone(asked)
	for i, a := range named {
		if rest, is := strings.CutPrefix(a.Field, from+"."); is {
			named[i].Field = to + "." + rest
		}
	}
	return named
}
