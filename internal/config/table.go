package config

import (
	"fmt"
	"strings"
)

// Table gives the settings as a Markdown table, for the README.
func Table() string {
	var b strings.Builder
	b.WriteString("| variable | default | |\n|---|---|---|\n")
	for f := range fields() {
		name := Prefix + f.Tag.Get("env")
		if f.Tag.Get("secret") == "true" {
			name += "` or `" + name + fileSuffix
		}
		def := f.Tag.Get("envDefault")
		if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, def, f.Tag.Get("doc"))
	}
	return b.String()
}
