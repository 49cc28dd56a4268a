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

// fill writes what a value says, which is the claims or the row of a list that the field is in.
func (f Field) fill(v any, values map[string]string) {
	v = f.steps.get(v)
	if !f.Many {
		f.put(v, values)
		return
	}
	list, _ := v.([]any)
	if len(list) > 0 {
		values[f.RowsName()] = strconv.Itoa(len(list))
	}
	for i, element := range list {
		for _, field := range f.Row(i) {
			field.fill(element, values)
		}
	}
}

// put writes one value into its field, or fields.
func (f Field) put(v any, values map[string]string) {
	text := typed(v)
	if text == "" {
		return
	}
	values[f.Name] = text
	if f.Kind == Date {
		for i, part := range strings.SplitN(values[f.Name], "-", 3) {
			values[f.Name+[]string{"-year", "-month", "-day"}[i]] = part
		}
		delete(values, f.Name)
	}
}

// typed gives a value as it is typed; "" for what no field takes.
func typed(v any) string {
	switch s := v.(type) {
	case string:
		return s
	case json.Number:
		return s.String()
	case bool:
		return strconv.FormatBool(s)
	}
	return ""
}
