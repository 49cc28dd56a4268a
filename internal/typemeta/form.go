package typemeta

import (
	"slices"
	"strconv"
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

// Field is one thing to fill in, or a list of them.
type Field struct {
	// Name is the name of the form field. A date has three, with -day, -month and -year behind it.
	Name     string
	Label    string
	Help     string
	Kind     Kind
	Required bool
	Enum     []string
	Max      int
	// Long means a text of several lines.
	Long bool
	// Many means a list: rows of one value, or of Fields when there are any. Row gives them.
	Many   bool
	Fields []Field
	// names lead to the claim, from the claims or from the row of a list.
	names []string
}

const (
	fieldPrefix = "claim"
	rowsSuffix  = "-rows"
)

// Form gives the fields of the type in a language. Claims within lists of lists, and those at a fixed place of a list, are left out:
// they are for the API.
func (t Type) Form(lang string) Form {
	f := Form{}
	for _, c := range t.Claims {
		t.addField(&f, c, lang)
	}
	return f
}

// addField adds the field of a claim, when it is one that people fill in.
func (t Type) addField(f *Form, c Claim, lang string) {
	n, list := t.tree, -1
	var names []string
	for i, step := range c.Path {
		var err error
		if n, err = n.step(step); err != nil {
			return
		}
		switch s := step.(type) {
		case string:
			names = append(names, s)
		case int:
			return
		default:
			if list >= 0 {
				return
			}
			list = i
		}
	}
	if !n.leaf() {
		return
	}
	field := t.field(c, names, lang)
	group := t.group(c, lang)
	switch {
	case list < 0:
		f.add(group, field)
	case list == len(c.Path)-1: // the list itself carries the label
		f.add(group, t.list(field, c.Path[:list], names, lang))
	default:
		whole := t.list(Field{}, c.Path[:list], names[:list], lang)
		field.names = names[list:]
		field.Name = whole.Name + "." + fieldName(field.names)
		f.addToRow(group, whole, field)
	}
}

func (t Type) field(c Claim, names []string, lang string) Field {
	h := t.Hint(c.Path)
	return Field{
		Name: fieldPrefix + "." + fieldName(names), Label: t.label(c.Path, names[len(names)-1], lang), Help: t.help(c, h, lang),
		Kind: h.Kind, Required: c.Mandatory, Enum: h.Enum, Max: h.Max, Long: t.long(c.Path), names: names,
	}
}

// list makes a field the rows of the list at a path.
func (t Type) list(f Field, path Path, names []string, lang string) Field {
	f.Name, f.Many, f.names = fieldPrefix+"."+fieldName(names), true, names
	f.Label = t.label(path, names[len(names)-1], lang)
	f.Required = slices.ContainsFunc(t.Claims, func(c Claim) bool { return c.Mandatory && c.Path.String() == path.String() })
	return f
}

// group gives the label of the group that a claim belongs to: what its hint says, or the object or list of objects that it is in.
func (t Type) group(c Claim, lang string) string {
	top, _ := c.Path[0].(string)
	switch {
	case t.Hint(c.Path).Group != "":
		return t.Hint(c.Path).Group
	case len(c.Path) == 1, len(c.Path) == 2 && c.Path[1] == nil:
		return ""
	}
	return t.label(c.Path[:1], top, lang)
}

func (f *Form) add(group string, field Field) {
	i := slices.IndexFunc(f.Groups, func(g Group) bool { return g.Label == group })
	if i < 0 {
		f.Groups = append(f.Groups, Group{Label: group})
		i = len(f.Groups) - 1
	}
	f.Groups[i].Fields = append(f.Groups[i].Fields, field)
}

// addToRow adds a field to the rows of a list, which the first one brings along.
func (f *Form) addToRow(group string, list, field Field) {
	for g := range f.Groups {
		for i := range f.Groups[g].Fields {
			if there := &f.Groups[g].Fields[i]; there.Name == list.Name {
				there.Fields = append(there.Fields, field)
				return
			}
		}
	}
	list.Fields = []Field{field}
	f.add(group, list)
}

// fieldName joins names to one that is unlike any other's and has no space, because it is an id in a page too.
func fieldName(names []string) string {
	escaped := make([]string, 0, len(names))
	for _, n := range names {
		escaped = append(escaped, strings.NewReplacer("~", "~0", ".", "~1", " ", "~2").Replace(n))
	}
	return strings.Join(escaped, ".")
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

// long tells a text for which somebody allowed more than a line.
func (t Type) long(p Path) bool {
	const line = 120
	return t.Policy.hints[p.String()].Max > line
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

// Nested tells that the field's claim lies within an object.
func (f Field) Nested() bool { return len(f.names) > 1 }

// RowsName is the name of the form field that counts the rows of a list.
func (f Field) RowsName() string { return f.Name + rowsSuffix }

// Rows tells how many rows of a list a form has: one at least, so that there is something to fill in.
func (f Field) Rows(value func(name string) string) int {
	n, err := strconv.Atoi(value(f.RowsName()))
	if err != nil {
		return 1
	}
	return min(max(n, 1), maxElements)
}

// Row gives the fields of one row of a list, counted from 0.
func (f Field) Row(i int) []Field {
	at := f.Name + "." + strconv.Itoa(i)
	if len(f.Fields) == 0 {
		one := f
		one.Name, one.Many, one.names = at, false, nil
		return []Field{one}
	}
	row := slices.Clone(f.Fields)
	for n := range row {
		row[n].Name = at + strings.TrimPrefix(row[n].Name, f.Name)
	}
	return row
}
