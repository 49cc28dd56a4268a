package typemeta

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Filled is what a form says.
type Filled struct {
	Claims map[string]any
	// places are the pointers of claims (RFC 6901) and the fields they stand in, in the order of the form.
	places []place
}

type place struct{ pointer, field string }

// Read builds claims from what was filled in. Empty fields and rows are left out. It makes no judgement: that is Check's.
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

func (r *Filled) read(f Field, into map[string]any, at string, value func(string) string) {
	for _, name := range f.names {
		at += "/" + escape(name)
	}
	r.places = append(r.places, place{at, f.Name})
	if !f.Many {
		if v := f.Value(value); v != nil {
			putAt(into, f.names, v)
		}
		return
	}
	var list []any
	for i := range f.Rows(value) {
		row, pointer := f.Row(i), at+"/"+strconv.Itoa(len(list))
		v := any(nil)
		if len(f.Fields) == 0 {
			r.places = append(r.places, place{pointer, row[0].Name})
			v = row[0].Value(value)
		} else {
			one := Filled{Claims: map[string]any{}}
			for _, field := range row {
				one.read(field, one.Claims, pointer, value)
			}
			if len(one.Claims) > 0 {
				v = one.Claims
				r.places = append(r.places, one.places...)
			}
		}
		if v == nil {
			if len(f.Fields) == 0 { // the next row that says something takes this place
				r.places = r.places[:len(r.places)-1]
			}
			continue
		}
		list = append(list, v)
	}
	if len(list) > 0 {
		putAt(into, f.names, list)
	}
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

// putAt puts a value where names lead.
func putAt(m map[string]any, names []string, v any) {
	for _, name := range names[:len(names)-1] {
		below, ok := m[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			m[name] = below
		}
		m = below
	}
	m[names[len(names)-1]] = v
}
