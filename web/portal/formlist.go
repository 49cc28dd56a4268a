package portal

import (
	"cmp"
	"maps"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/typemeta"
)

// concrete gives every field that a form has: its lists, and what stands in each of their rows.
func concrete(form typemeta.Form, values map[string]string) []typemeta.Field {
	var all []typemeta.Field
	for _, g := range form.Groups {
		all = append(all, withRows(g.Fields, values)...)
	}
	return all
}

func withRows(fields []typemeta.Field, values map[string]string) []typemeta.Field {
	var all []typemeta.Field
	for _, f := range fields {
		all = append(all, f)
		for i := range rowsOf(f, values) {
			all = append(all, withRows(f.Row(i), values)...)
		}
	}
	return all
}

// rowsOf tells how many rows a field has; none when it is no list.
func rowsOf(f typemeta.Field, values map[string]string) int {
	if !f.Many {
		return 0
	}
	return f.Rows(func(name string) string { return values[name] })
}

// holdRows takes out the rows that a form has too many of, and tells whether there were any. A form that counts rows as no page does is a fault.
func holdRows(form typemeta.Form, values map[string]string) (cut bool, err error) {
	left := typemeta.MaxRows
	for _, g := range form.Groups {
		one, err := holdRowsOf(g.Fields, values, &left)
		if err != nil {
			return false, err
		}
		cut = cut || one
	}
	return cut, nil
}

func holdRowsOf(fields []typemeta.Field, values map[string]string, left *int) (cut bool, err error) {
	for _, f := range fields {
		if !f.Many {
			continue
		}
		rows := rowsOf(f, values)
		stated, err := strconv.Atoi(cmp.Or(values[f.RowsName()], "0"))
		if err != nil || stated < 0 {
			return false, fiber.ErrUnprocessableEntity
		}
		if rows > *left || stated > typemeta.MaxElements {
			cut, rows = true, min(rows, *left)
			values[f.RowsName()] = strconv.Itoa(rows)
		}
		*left -= rows
		for i := range rows {
			below, err := holdRowsOf(f.Row(i), values, left)
			if err != nil {
				return false, err
			}
			cut = cut || below
		}
	}
	return cut, nil
}

// addRow gives a list one row more, and tells which field the page then opens at, and whether the form is full; "" when there is no such list.
func addRow(form typemeta.Form, values map[string]string, name string) (focus string, full bool) {
	f, rows := listNamed(form, values, name)
	if f.Name == "" {
		return "", false
	}
	more := maps.Clone(values)
	more[f.RowsName()] = strconv.Itoa(rows + 1)
	if cut, err := holdRows(form, more); cut || err != nil {
		return f.Name, true
	}
	values[f.RowsName()] = more[f.RowsName()]
	return f.Row(rows)[0].Name, false
}

// removeRow takes the row that is named out of its list and moves those below it up. It tells which field the page then opens at; "" when the
// form has no such row.
func removeRow(form typemeta.Form, values map[string]string, name string) (focus string) {
	end := max(0, strings.LastIndex(name, "."))
	f, rows := listNamed(form, values, name[:end])
	row, err := strconv.Atoi(strings.TrimPrefix(name[end:], "."))
	if err != nil || row < 0 || row >= rows {
		return ""
	}
	takeRow(f, values, row)
	for i := row + 1; i < rows; i++ {
		for rest, value := range takeRow(f, values, i) {
			values[rowName(f, i-1)+rest] = value
		}
	}
	values[f.RowsName()] = strconv.Itoa(max(f.Least, rows-1))
	return f.Name
}

// listNamed gives the list with a name and how many rows it has; none when the form has no such list.
func listNamed(form typemeta.Form, values map[string]string, name string) (typemeta.Field, int) {
	for _, f := range concrete(form, values) {
		if f.Many && f.Name == name {
			return f, rowsOf(f, values)
		}
	}
	return typemeta.Field{}, 0
}

func rowName(f typemeta.Field, row int) string { return f.Name + "." + strconv.Itoa(row) }

// takeRow takes out what a form says in a row, by what stands behind the row's name.
func takeRow(f typemeta.Field, values map[string]string, row int) map[string]string {
	found := map[string]string{}
	for name, value := range values {
		rest, is := strings.CutPrefix(name, rowName(f, row))
		if is && (rest == "" || rest[0] == '.' || rest[0] == '-') {
			found[rest] = value
			delete(values, name)
		}
	}
	return found
}
