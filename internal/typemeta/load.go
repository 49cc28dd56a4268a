package typemeta

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"counterfoil/internal/strictjson"
)

const (
	suffix       = ".json"
	configSuffix = ".config.json"
)

// Load reads every <credential_configuration_id>.json of a folder and the <id>.config.json beside it. All
// faults come back joined, each on one line with the file, the place and the fault.
func Load(folder fs.FS) ([]Type, error) {
	names, err := fs.Glob(folder, "*"+suffix)
	if err != nil {
		return nil, fmt.Errorf("list types: %w", err)
	}
	var types []Type
	var faults []error
	for _, name := range names {
		if strings.HasSuffix(name, configSuffix) {
			base := strings.TrimSuffix(name, configSuffix) + suffix
			if _, err := fs.Stat(folder, base); err != nil {
				faults = append(faults, fmt.Errorf("%s: there is no %s", name, base))
			}
			continue
		}
		t, err := loadOne(folder, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		types = append(types, t)
	}
	if len(types) == 0 && len(faults) == 0 {
		faults = append(faults, errors.New("the folder of types has no .json file"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return types, nil
}

func loadOne(folder fs.FS, name string) (Type, error) {
	id := strings.TrimSuffix(name, suffix)
	if !goodID(id) {
		return Type{}, fmt.Errorf("%s: %s", name, idRule)
	}
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return Type{}, fmt.Errorf("read type: %w", err)
	}
	t, err := Parse(id, data)
	if err != nil {
		return Type{}, located(name, data, err)
	}
	configName := id + configSuffix
	config, err := fs.ReadFile(folder, configName)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return Type{}, fmt.Errorf("read type policy: %w", err)
	}
	if t.Policy, err = parsePolicy(t, config); err != nil {
		return Type{}, located(configName, config, err)
	}
	t.config = config
	return t, nil
}

// located puts the file and, for a document that is no JSON, the line before each fault.
func located(name string, data []byte, err error) error {
	name = path.Base(name)
	var all []error
	for _, e := range each(err) {
		var syntax *strictjson.Error
		if errors.As(e, &syntax) && syntax.Kind == strictjson.Malformed {
			line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
			all = append(all, fmt.Errorf("%s: line %d: %s", name, line, syntax.Reason))
			continue
		}
		all = append(all, fmt.Errorf("%s: %w", name, e))
	}
	return errors.Join(all...)
}

// each gives the faults that were joined, or the one.
func each(err error) []error {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		return many.Unwrap()
	}
	return []error{err}
}

const idRule = "a credential configuration id is 1 to 100 letters, digits, dots, dashes and underscores"

func goodID(id string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`).MatchString(id)
}

// ParseVersion reads a type from a request: its id, its Type Metadata in either form, and its config, which may be empty. Faults are
// *PlaceError with pointers into an object of credential_configuration_id, type_metadata and config, joined; hints of the config are
// held to the claims once those could be read.
func ParseVersion(id string, metadata, config []byte) (Type, error) {
	var faults []error
	if !goodID(id) {
		faults = append(faults, &PlaceError{"/credential_configuration_id", idRule})
	}
	t, err := Parse(id, metadata)
	if err != nil {
		faults = append(faults, below("/type_metadata", err)...)
	}
	if len(config) > 0 {
		var configErr error
		if t.Policy, configErr = parsePolicy(t, config); configErr != nil {
			faults = append(faults, slices.DeleteFunc(below("/config", configErr), func(fault error) bool {
				return err != nil && strings.HasPrefix(fault.Error(), "/config/form/")
			})...)
		}
	}
	if len(faults) > 0 {
		return Type{}, errors.Join(faults...)
	}
	t.config = config
	return t, nil
}

// below puts the place of a document before each of its faults.
func below(place string, err error) []error {
	var all []error
	for _, one := range each(err) {
		var syntax *strictjson.Error
		var fault *PlaceError
		switch {
		case errors.As(one, &syntax):
			one = &PlaceError{place + syntax.Pointer, syntax.Reason}
		case errors.As(one, &fault):
			one = &PlaceError{place + fault.Place, fault.Reason}
		}
		all = append(all, one)
	}
	return all
}
