package typemeta

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Fill gives the values of the form's fields, by name, that say these claims: Read gives the same claims back. What the form has no field
// for is left out.
func (f Form) Fill(claims map[string]any) map[string]string {
	values := map[string]string{}
	for _, g := range f.Groups {
		for _, field := range g.Fields {
			field.fill(claims, values)
		}
	}
	return values
}

func (f Field) fill(claims map[string]any, values map[string]string) {
	var v any = claims
	for _, name := range f.names {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	if !f.Many {
		f.put(v, values)
		return
	}
	list, _ := v.([]any)
	if len(list) > 0 {
		values[f.RowsName()] = strconv.Itoa(len(list))
	}
	for i, element := range list {
		below, _ := element.(map[string]any)
		for _, field := range f.Row(i) {
			if len(f.Fields) == 0 {
				field.put(element, values)
			} else {
				field.fill(below, values)
			}
		}
	}
}

// put writes one value into its field, or fields.
func (f Field) put(v any, values map[string]string) {
	switch s := v.(type) {
	case string:
		values[f.Name] = s
	case json.Number:
		values[f.Name] = s.String()
	case bool:
		values[f.Name] = strconv.FormatBool(s)
	default:
		return
	}
	if f.Kind == Date {
		for i, part := range strings.SplitN(values[f.Name], "-", 3) {
			values[f.Name+[]string{"-year", "-month", "-day"}[i]] = part
		}
		delete(values, f.Name)
	}
}
