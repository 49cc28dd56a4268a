package offers

import "github.com/a-h/templ"

// attributes are those of every input of one line.
func attributes(f Field) templ.Attributes {
	a := templ.Attributes{"id": f.Name, "name": f.Name}
	if f.Has() {
		a["aria-describedby"] = f.Name + "-help"
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	if f.Focus {
		a["autofocus"] = true
	}
	return a
}
