package typemeta

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Filled is what a form says.
type Filled struct {
	Claims map[string]any
	// places are the pointers of claims (RFC 6901) and the fields they stand in, in the order of the form.
	places []filledPlace
}

type filledPlace struct{ pointer, field string }

// Read builds claims from what was filled in. Empty fields and rows are left out; an empty fixed place is null when a later one of its list
// is not, and so is what the form does not show. It makes no judgement: that is Check's.
func (f Form) Read(value func(name string) string) Filled {
	r := Filled{Claims: map[string]any{}}
	for _, g := range f.Groups {
		for _, field := range g.Fields {
			r.read(field, r.Claims, "", value)
		}
	}
	return r
}

// Field gives the name of the field that a claim stands in, or of the first one within it, or "".
func (r Filled) Field(pointer string) string {
	for _, p := range r.places {
		if p.pointer == pointer {
			return p.field
		}
	}
	for _, p := range r.places {
		if strings.HasPrefix(p.pointer, pointer+"/") {
			return p.field
		}
	}
	return ""
}

// read puts what a field says into the claims, or into the row of a list that it is in, and gives them back.
func (r *Filled) read(f Field, into any, at string, value func(string) string) any {
	for _, step := range f.steps {
		at += "/" + escape(fmt.Sprint(step))
	}
	r.places = append(r.places, filledPlace{at, f.Name})
	if !f.Shown(value) {
		return into
	}
	if !f.Many {
		return f.steps.put(into, f.Value(value))
	}
	var list []any
	for i := range f.Rows(value) {
		before := len(r.places)
		var row any
		for _, field := range f.Row(i) {
			row = r.read(field, row, at+"/"+strconv.Itoa(len(list)), value)
		}
		if row == nil { // the next row that says something takes this place
			r.places = r.places[:before]
			continue
		}
		list = append(list, row)
	}
	if list == nil {
		return into
	}
	return f.steps.put(into, list)
}

// Value gives what one field says, in the JSON type of its kind; nil when it is empty.
func (f Field) Value(value func(string) string) any {
	if f.Kind == Date {
		if day := joinDate(value(f.Name+"-year"), value(f.Name+"-month"), value(f.Name+"-day")); day != "" {
			return day
		}
		return nil
	}
	if text := Clean(f.Kind, value(f.Name)); text != "" {
		return f.typed(text)
	}
	return nil
}

// typed gives a text the JSON type of its kind; what does not fit stays text, for Check to refuse.
func (f Field) typed(text string) any {
	switch f.Kind {
	case Boolean:
		if text == "true" || text == "false" {
			return text == "true"
		}
	case Integer, Number, Amount:
		if n := decimal(text); json.Valid([]byte(n)) && strings.Trim(n, "0123456789-.") == "" {
			return json.Number(n)
		}
	case Text, Date, Country, Currency, IBAN, BIC, LEI, Email, Phone, Enum, Portrait:
	}
	return text
}
