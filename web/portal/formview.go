package portal

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"counterfoil/internal/portrait"
	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
)

// Where a choice stops being radio buttons, and where it stops being a list without a search.
const (
	fewChoices  = 6
	manyChoices = 20
)

// fields makes the fields of a page of those of a type, with what was typed and what is wrong.
type fields struct {
	ctx    context.Context //nolint:containedctx // of the one page that is being made
	action string
	form   map[string]string
	wrong  map[string]said
	focus  string // the name of the field that the page opens at
	// choosing are the fields that others depend on, by name.
	choosing map[string]bool
}

// choosing gives the names of the fields that others depend on.
func choosing(all []typemeta.Field) map[string]bool {
	names := map[string]bool{}
	for _, f := range all {
		for _, a := range f.Asked {
			names[a.Field] = true
		}
	}
	return names
}

func (v fields) value(name string) string { return v.form[name] }

// view makes one field, or a list with its rows. within names the row that it stands in.
func (v fields) view(f typemeta.Field, within string) offers.Field {
	out := v.one(f)
	out.In = within
	if !f.Many {
		return out
	}
	out.Kind, out.Value, out.Choices = "list", "", nil
	n := f.Rows(v.value)
	for i := range n {
		row := v.row(f, i, within)
		if n > f.Least {
			row.Remove = "remove " + rowName(f, i)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// row makes a row of a list. What is the whole of a row has the row's label.
func (v fields) row(f typemeta.Field, i int, within string) offers.ListRow {
	row := offers.ListRow{Label: fmt.Sprintf("%s %d", f.Label, i+1), In: within}
	if f.Bare() { // of a row that has a number already
		row.Label = fmt.Sprintf("%s.%d", f.Label, i+1)
	}
	for _, field := range f.Row(i) {
		at := row.Whole()
		if field.Bare() { // the legend of the list says what it is, and whether it is needed
			field.Label, field.Help, field.Required, at = row.Label, "", true, within
		}
		made := v.view(field, at)
		made.Titled = field.Bare()
		row.Fields = append(row.Fields, made)
	}
	return row
}

func (v fields) one(f typemeta.Field) offers.Field {
	out := offers.Field{
		Name: f.Name, Label: f.Label, Help: f.Help, Value: v.form[f.Name], Error: v.wrong[f.Name].text, Guide: v.wrong[f.Name].guide, Kind: "text", Required: f.Required, Max: f.Max,
		Away: !f.Shown(v.value), Chooses: v.choosing[f.Name],
		Day: v.form[f.Name+"-day"], Month: v.form[f.Name+"-month"], Year: v.form[f.Name+"-year"], Focus: v.focus == f.Name, Action: v.action,
	}
	for _, a := range f.Asked {
		out.Asked = append(out.Asked, offers.Asked(a))
	}
	if f.Example != "" {
		out.Help = strings.TrimSpace(out.Help + " " + i18n.T(v.ctx, "For example %s.", f.Example))
	}
	switch f.Kind {
	case typemeta.Text:
		if f.Long {
			out.Kind = "long"
		}
	case typemeta.Date:
		out.Kind = "date"
	case typemeta.Email:
		out.Kind = "email"
	case typemeta.Phone:
		out.Kind = "tel"
	case typemeta.Integer:
		out.Mode = "numeric"
	case typemeta.Number, typemeta.Amount:
		out.Mode = "decimal"
	case typemeta.Boolean:
		out.Kind = "radios"
		out.Choices = v.radios(f, []string{"true", "false"}, i18n.T(v.ctx, "Yes"), i18n.T(v.ctx, "No"))
	case typemeta.Enum:
		out.Kind, out.Choices = v.enum(f)
	case typemeta.Country:
		out.Kind, out.Choices = "select", countryChoices(v.ctx, strings.ToUpper(out.Value))
	case typemeta.Currency:
		out.Kind, out.Choices = "select", currencyChoices(v.ctx, strings.ToUpper(out.Value))
	case typemeta.IBAN:
		out.Value, out.Max = groupedIBAN(out.Value), 42 // with a space after every fourth character
	case typemeta.BIC, typemeta.LEI:
		out.Max = 30 // with spaces
	case typemeta.Portrait:
		out.Kind, out.MaxUpload, out.Crop = "picture", megabytes(portrait.MaxUpload), v.crop(f.Name)
	}
	return out
}

// crop is the sliders of a picture; nil for one that there is no more of than is kept.
func (v fields) crop(name string) *offers.Crop {
	whole := v.form[name+wholeSuffix]
	box, err := boxOf(v.form, name)
	if whole == "" || err != nil {
		return nil
	}
	return &offers.Crop{Whole: whole, Zoom: box.Zoom, Across: box.Across, Down: box.Down}
}

// radios are the values of a choice side by side. One that need not be made can be taken back.
func (v fields) radios(f typemeta.Field, values []string, labels ...string) []offers.Choices {
	if !f.Required {
		values, labels = append(values, ""), append(labels, i18n.T(v.ctx, "Not stated"))
	}
	return []offers.Choices{{Options: options(v.form[f.Name], values, labels...)}}
}

func (v fields) enum(f typemeta.Field) (kind string, choices []offers.Choices) {
	switch {
	case len(f.Enum) <= fewChoices:
		return "radios", v.radios(f, append([]string{}, f.Enum...), append([]string{}, f.Enum...)...)
	case len(f.Enum) <= manyChoices:
		return "select", []offers.Choices{{Options: options(v.form[f.Name], f.Enum, f.Enum...)}}
	}
	return "suggest", []offers.Choices{{Options: options("", f.Enum, f.Enum...)}}
}

// groupedIBAN writes an IBAN in groups of four, as on paper; what is none stays as it was typed.
func groupedIBAN(text string) string {
	bare := strings.NewReplacer(" ", "", "-", "").Replace(text)
	if !regexp.MustCompile(`^[A-Za-z]{2}[0-9]{2}[A-Za-z0-9]{11,30}$`).MatchString(bare) {
		return text
	}
	const size = 4
	var groups []string
	for len(bare) > size {
		groups, bare = append(groups, bare[:size]), bare[size:]
	}
	return strings.ToUpper(strings.Join(append(groups, bare), " "))
}

func megabytes(bytes int) string { return strconv.Itoa(bytes>>20) + " MB" }
