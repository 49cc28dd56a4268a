package typemeta

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// Form is the fields that people fill in for a type, in groups.
type Form struct{ Groups []Group }

// Group is fields that belong together. Label is empty for the first, plain ones.
type Group struct {
	Label  string
	Fields []Field
}

// Field is one thing to fill in.
type Field struct {
	// Name is the name of the form field. A date has three, with -day, -month and -year behind it.
	Name     string
	Path     Path
	Label    string
	Help     string
	Kind     Kind
	Required bool
	// Many means a list of values, one a line.
	Many bool
	Enum []string
	Max  int
}

const fieldPrefix = "claim."

// Form gives the fields of the type in a language. Claims within lists of objects are left out: they are
// for the API.
func (t Type) Form(lang string) Form {
	f := Form{}
	for _, c := range t.Claims {
		field, group, ok := t.field(c, lang)
		if !ok {
			continue
		}
		i := slices.IndexFunc(f.Groups, func(g Group) bool { return g.Label == group })
		if i < 0 {
			f.Groups = append(f.Groups, Group{Label: group})
			i = len(f.Groups) - 1
		}
		f.Groups[i].Fields = append(f.Groups[i].Fields, field)
	}
	return f
}

// field makes the field of a claim and the label of its group; false for what is no field of its own.
func (t Type) field(c Claim, lang string) (Field, string, bool) {
	n := t.tree
	var names []string
	for i, step := range c.Path {
		var err error
		if n, err = n.step(step); err != nil {
			return Field{}, "", false
		}
		name, isName := step.(string)
		if !isName && i != len(c.Path)-1 {
			return Field{}, "", false
		}
		if isName {
			names = append(names, name)
		}
	}
	last := c.Path[len(c.Path)-1]
	if _, indexed := last.(int); indexed || !n.leaf() {
		return Field{}, "", false
	}
	h := t.Hint(c.Path)
	group := h.Group
	if group == "" && len(names) > 1 {
		group = t.label(c.Path[:1], names[0], lang)
	}
	label := t.label(c.Path, names[len(names)-1], lang)
	if last == nil { // the list itself carries the label
		label = t.label(c.Path[:len(c.Path)-1], names[len(names)-1], lang)
	}
	return Field{
		Name: fieldPrefix + strings.Join(names, "."), Path: c.Path, Label: label, Help: t.help(c, h, lang),
		Kind: h.Kind, Required: c.Mandatory, Many: last == nil, Enum: h.Enum, Max: h.Max,
	}, group, true
}

// label gives the label of the claim at a path in a language, or its name in words.
func (t Type) label(p Path, name, lang string) string {
	for _, c := range t.Claims {
		if c.Path.String() != p.String() {
			continue
		}
		if d, ok := pick(c.Display, lang, func(d ClaimDisplay) string { return d.Locale }); ok {
			return d.Label
		}
	}
	return humanise(name)
}

func (t Type) help(c Claim, h Hint, lang string) string {
	if h.Help != "" {
		return h.Help
	}
	d, _ := pick(c.Display, lang, func(d ClaimDisplay) string { return d.Locale })
	return d.Description
}

// humanise turns birth_place and bankName into Birth place and Bank name.
func humanise(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case i == 0:
			b.WriteRune(unicode.ToUpper(r))
		case r == '_' || r == '-':
			b.WriteByte(' ')
		case unicode.IsUpper(r):
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Claims builds claims from what was filled in. Empty optional fields are left out. It makes no judgement:
// that is Check's.
func (f Form) Claims(value func(name string) string) map[string]any {
	claims := map[string]any{}
	for _, g := range f.Groups {
		for _, field := range g.Fields {
			if v := field.value(value); v != nil {
				putAt(claims, field.Path, v)
			}
		}
	}
	return claims
}

func (f Field) value(value func(string) string) any {
	text := strings.TrimSpace(value(f.Name))
	if f.Kind == Date && !f.Many {
		text = joinDate(value(f.Name+"-year"), value(f.Name+"-month"), value(f.Name+"-day"))
	}
	if text == "" {
		return nil
	}
	if !f.Many {
		return f.typed(text)
	}
	var list []any
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, f.typed(line))
		}
	}
	return list
}

// typed gives a text the JSON type of its kind; what does not fit stays text, for Check to refuse.
func (f Field) typed(text string) any {
	switch f.Kind {
	case Boolean:
		if text == "true" || text == "false" {
			return text == "true"
		}
	case Integer, Number:
		if json.Valid([]byte(text)) && strings.Trim(text, "0123456789+-.eE") == "" {
			return json.Number(text)
		}
	case Text, Date, Country, Currency, IBAN, BIC, Email, Phone, Enum:
	}
	return text
}

// joinDate makes YYYY-MM-DD of three fields, or "" when all are empty. A year must have been typed whole: nobody
// guesses a century.
func joinDate(year, month, day string) string {
	year, month, day = strings.TrimSpace(year), strings.TrimSpace(month), strings.TrimSpace(day)
	if year+month+day == "" {
		return ""
	}
	pad := func(s string) string {
		if len(s) == 1 {
			return "0" + s
		}
		return s
	}
	return year + "-" + pad(month) + "-" + pad(day)
}

// putAt puts a value at a path of names.
func putAt(claims map[string]any, path Path, v any) {
	m := claims
	for i, step := range path {
		name, ok := step.(string)
		if !ok {
			return
		}
		if i == len(path)-1 || path[i+1] == nil {
			m[name] = v
			return
		}
		below, ok := m[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			m[name] = below
		}
		m = below
	}
}

// FieldOf gives the name of the field that a fault belongs to, or "".
func (f Form) FieldOf(pointer string) string {
	name := fieldPrefix + strings.ReplaceAll(strings.TrimPrefix(pointer, "/"), "/", ".")
	for _, g := range f.Groups {
		for _, field := range g.Fields {
			if field.Name == name || field.Many && strings.HasPrefix(name, field.Name+".") {
				return field.Name
			}
		}
	}
	return ""
}
