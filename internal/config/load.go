package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

const fileSuffix = "_FILE"

// Load reads a Config from an environment in the form of os.Environ. All faults come back
// joined, one line each; nothing of a Config with faults may be used.
func Load(environ []string) (Config, error) {
	vars := own(environ)
	faults := resolve(vars)
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars, Prefix: Prefix}); err != nil {
		faults = append(faults, parseFaults(err)...)
	}
	faults = append(faults, c.check()...)
	if len(faults) > 0 {
		return Config{}, errors.Join(faults...)
	}
	return c, nil
}

// own keeps the variables that begin with Prefix.
func own(environ []string) map[string]string {
	vars := map[string]string{}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(name, Prefix) {
			vars[name] = value
		}
	}
	return vars
}

// resolve replaces each secret's _FILE variable by the file's content and refuses names that nobody knows.
func resolve(vars map[string]string) []error {
	known, secrets := names()
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		base, isFile := strings.CutSuffix(name, fileSuffix)
		switch {
		case known[name]:
		case isFile && secrets[base]:
			faults = append(faults, readFile(vars, base, name)...)
		default:
			faults = append(faults, fmt.Errorf("%s is not a setting", name))
		}
	}
	return faults
}

func readFile(vars map[string]string, base, name string) []error {
	path := vars[name]
	delete(vars, name)
	if _, both := vars[base]; both {
		return []error{fmt.Errorf("%s and %s are both set", base, name)}
	}
	content, err := os.ReadFile(path) // the operator names the file
	if err != nil {
		return []error{fmt.Errorf("%s: %w", name, err)}
	}
	vars[base] = strings.TrimRight(string(content), "\r\n")
	return nil
}

// names gives the names of all variables and of those that are secrets.
func names() (known, secrets map[string]bool) {
	known, secrets = map[string]bool{}, map[string]bool{}
	for f := range fields() {
		name := Prefix + f.Tag.Get("env")
		known[name] = true
		secrets[name] = f.Tag.Get("secret") == "true"
	}
	return known, secrets
}

func fields() func(yield func(reflect.StructField) bool) {
	t := reflect.TypeFor[Config]()
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// parseFaults names the variable of each value that does not parse, without the value.
func parseFaults(err error) []error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []error{errors.New("the settings cannot be read")}
	}
	var faults []error
	for _, e := range all.Errors {
		var p env.ParseError
		if !errors.As(e, &p) {
			faults = append(faults, e)
			continue
		}
		f, _ := reflect.TypeFor[Config]().FieldByName(p.Name)
		faults = append(faults, fmt.Errorf("%s%s does not read as a %s", Prefix, f.Tag.Get("env"), p.Type))
	}
	return faults
}
