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
	// Example is a text that has the form that is asked for; empty when any may be.
	Example string
	// Asked says when the form shows the field: when all of it is so.
	Asked []Asked
	// Many means a list: rows of what Row gives. Least is how many it has when there is nothing in it.
	Many  bool
	Least int
	// row is the fields of a row, named as if there were one row only.
	row []Field
	// steps lead to the claim from the claims, or from the row of a list: names and fixed places, none for the row itself.
	steps Path
}

const (
	fieldPrefix = "claim"
	rowsSuffix  = "-rows"
)

// MaxRows is how many rows a form has at most, in all of its lists together: as many as claims that an offer may have.
const MaxRows = maxClaims

// Form gives the fields of the type in a language. Each null in a path is a list, whose rows hold what stands behind it; a fixed place of
// a list is a field like any other.
func (t Type) Form(lang string) Form {
	f := Form{}
	for _, c := range t.inOrder() {
		if t.node(c.Path).leaf() {
			t.addField(&f, c, lang)
		}
	}
	return f
}

// addField adds the field of a claim: to its group, or to the rows of the list that it is in, which the first one brings along.
func (t Type) addField(f *Form, c Claim, lang string) {
	first := slices.Index(c.Path, nil)
	if first < 0 {
		f.add(t.group(c, lang), t.field(c, 0, lang))
		return
	}
	list := t.list(c.Path[:first], 0, lang)
	list.Least = 1 // so that there is something to fill in
	for g := range f.Groups {
		if i := listAmong(f.Groups[g].Fields, list.Name); i >= 0 {
			t.addToRow(&f.Groups[g].Fields[i], c, first+1, lang)
			return
		}
	}
	t.addToRow(&list, c, first+1, lang)
	f.add(t.group(c, lang), list)
}

// addToRow adds the field of a claim to the rows of a list that the first steps of its path lead into.
func (t Type) addToRow(list *Field, c Claim, steps int, lang string) {
	next := slices.Index(c.Path[steps:], nil)
	if next < 0 {
		field := t.field(c, steps, lang)
		if field.Bare() && list.Help == "" {
			list.Help = field.Help
		}
		list.row = append(list.row, field)
		return
	}
	below := t.list(c.Path[:steps+next], steps, lang)
	i := listAmong(list.row, below.Name)
	if i < 0 {
		i, list.row = len(list.row), append(list.row, below)
	}
	t.addToRow(&list.row[i], c, steps+next+1, lang)
}

// listAmong tells where a list stands among fields; -1 when it does not.
func listAmong(fields []Field, name string) int {
	return slices.IndexFunc(fields, func(f Field) bool { return f.Many && f.Name == name })
}

// field makes the field of a claim in a row that the first steps of its path lead into.
func (t Type) field(c Claim, steps int, lang string) Field {
	h := t.Hint(c.Path)
	return Field{
		Name: fieldName(c.Path), Label: t.labelWithin(c.Path, steps, lang), Help: t.help(c, h, lang),
		Kind: h.Kind, Required: t.needed(c), Enum: h.Enum, Max: h.Max, Long: t.long(c.Path), Example: h.Example, Asked: t.asked(c.Path), steps: c.Path[steps:],
	}
}

// list makes the field of the list at a path. One within a row is empty at first, unless it must not be.
func (t Type) list(path Path, steps int, lang string) Field {
	f := Field{Name: fieldName(path), Label: t.labelWithin(path, steps, lang), Many: true, Asked: t.asked(path), steps: path[steps:]}
	if c, described := t.claimAt(path); described {
		f.Help, f.Required = t.help(c, t.Hint(path), lang), t.needed(c)
	}
	if f.Required {
		f.Least = 1
	}
	return f
}

// group gives the label of the group that a claim belongs to: what its hint says, or the object, the place or the list that it is in.
func (t Type) group(c Claim, lang string) string {
	if named := t.Hint(c.Path).Group; named != "" {
		return named
	}
	if len(c.Path) == 1 || len(c.Path) == 2 && c.Path[1] == nil {
		return ""
	}
	return t.label(c.Path[:t.grouped(c.Path)], lang)
}

// grouped is how many steps of a path lead to the group of what it leads to: one, and those to a fixed place that holds a group itself.
func (t Type) grouped(path Path) int {
	list := slices.Index(path, nil)
	for i := len(path) - 1; i > 0; i-- {
		_, isPlace := path[i-1].(int)
		_, isName := path[i].(string)
		if isPlace && isName && (list < 0 || i < list) {
			return i
		}
	}
	return 1
}

func (f *Form) add(group string, field Field) {
	i := slices.IndexFunc(f.Groups, func(g Group) bool { return g.Label == group })
	if i < 0 {
		f.Groups = append(f.Groups, Group{Label: group})
		i = len(f.Groups) - 1
	}
	f.Groups[i].Fields = append(f.Groups[i].Fields, field)
}

// fieldName makes a name of the path to a claim, or to a list, without its rows. It is unlike any other's and has no space, because it is
// an id in a page too, and no dash, because that is what parts of a field have behind theirs.
func fieldName(path Path) string {
	name := fieldPrefix
	for _, step := range path {
		switch s := step.(type) {
		case string:
			name += "." + strings.NewReplacer("~", "~0", ".", "~1", " ", "~2", "-", "~3").Replace(s)
		case int:
			name += "." + strconv.Itoa(s)
		}
	}
	return name
}

// claimAt gives the claim that is described with a path.
func (t Type) claimAt(path Path) (c Claim, described bool) {
	i := slices.IndexFunc(t.Claims, func(c Claim) bool { return slices.Equal(c.Path, path) })
	if i < 0 {
		return Claim{}, false
	}
	return t.Claims[i], true
}

// named gives the label that the claim at a path has in a language; "" when nobody gave it one.
func (t Type) named(path Path, lang string) string {
	c, _ := t.claimAt(path)
	d, _ := pick(c.Display, lang, func(d ClaimDisplay) string { return d.Locale })
	return d.Label
}

// label gives the label of the claim at a path in a language, or its name in words: a fixed place has that of its list, and a number.
func (t Type) label(path Path, lang string) string {
	if label := t.named(path, lang); label != "" {
		return label
	}
	last := len(path) - 1
	switch step := path[last].(type) {
	case string:
		return humanise(step)
	case int:
		return t.label(path[:last], lang) + " " + strconv.Itoa(step+1)
	}
	return t.label(path[:last], lang)
}

// labelWithin gives the label of a claim where the first steps of its path, or its group, are said already. Of what lies in a fixed place
// it says which.
func (t Type) labelWithin(path Path, steps int, lang string) string {
	label := t.label(path, lang)
	if steps == 0 && t.Hint(path).Group == "" {
		steps = t.grouped(path)
	}
	for i := len(path) - 1; i > steps; i-- {
		_, isPlace := path[i-1].(int)
		if which := t.label(path[:i], lang); isPlace && !strings.HasPrefix(label, which) {
			return which + ": " + label
		}
	}
	return label
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

// Nested tells that the field's claim lies within an object or a list.
func (f Field) Nested() bool { return len(f.steps) > 1 }

// Bare tells that the field is the whole of a row of a list and has no name of its own.
func (f Field) Bare() bool { return len(f.steps) == 0 }

// RowsName is the name of the form field that counts the rows of a list.
func (f Field) RowsName() string { return f.Name + rowsSuffix }

// Rows tells how many rows of a list a form has.
func (f Field) Rows(value func(name string) string) int {
	n, err := strconv.Atoi(value(f.RowsName()))
	if err != nil {
		return f.Least
	}
	return min(max(n, f.Least), MaxElements)
}

// Row gives the fields of one row of a list, counted from 0.
func (f Field) Row(i int) []Field { return under(f.row, f.Name, f.Name+"."+strconv.Itoa(i)) }

// under gives fields other names: to in the place of from.
func under(fields []Field, from, to string) []Field {
	named := slices.Clone(fields)
	for i, f := range named {
		named[i].Name = to + strings.TrimPrefix(f.Name, from)
		named[i].Asked, named[i].row = renamed(f.Asked, from, to), under(f.row, from, to)
	}
	return named
}
