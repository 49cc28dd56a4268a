package portal

import (
	"strconv"
	"strings"

	"counterfoil/internal/typemeta"
)

// concrete gives every field that a form has, with those of each row of its lists.
func concrete(form typemeta.Form, values map[string]string) []typemeta.Field {
	var all []typemeta.Field
	for _, g := range form.Groups {
		for _, f := range g.Fields {
			if !f.Many {
				all = append(all, f)
				continue
			}
			for i := range f.Rows(func(name string) string { return values[name] }) {
				all = append(all, f.Row(i)...)
			}
		}
	}
	return all
}

// shapeList gives a list one row more, or takes out the row that is named, and tells which field the page then opens at; "" when the form
// has no such list or row.
func shapeList(form typemeta.Form, values map[string]string, do, name string) (focus string) {
	for _, g := range form.Groups {
		for _, f := range g.Fields {
			rows := f.Rows(func(name string) string { return values[name] })
			switch {
			case !f.Many:
			case do == "add" && name == f.Name:
				values[f.RowsName()] = strconv.Itoa(rows + 1)
				if last := f.Rows(func(name string) string { return values[name] }); last > rows {
					return f.Row(rows)[0].Name
				}
				return f.Name // there may be no more
			case do == "remove" && strings.HasPrefix(name, f.Name+"."):
				i, err := strconv.Atoi(strings.TrimPrefix(name, f.Name+"."))
				if err != nil || i < 0 || i >= rows {
					return ""
				}
				removeRow(f, values, i, rows)
				return f.Name
			}
		}
	}
	return ""
}

// removeRow moves the rows below one that is taken out up.
func removeRow(f typemeta.Field, values map[string]string, row, rows int) {
	at := func(i int) string { return f.Name + "." + strconv.Itoa(i) }
	of := func(i int) map[string]string {
		found := map[string]string{}
		for name, value := range values {
			rest, is := strings.CutPrefix(name, at(i))
			if is && (rest == "" || rest[0] == '.' || rest[0] == '-') {
				found[rest] = value
				delete(values, name)
			}
		}
		return found
	}
	of(row)
	for i := row + 1; i < rows; i++ {
		for rest, value := range of(i) {
			values[at(i-1)+rest] = value
		}
	}
	values[f.RowsName()] = strconv.Itoa(max(1, rows-1))
}
