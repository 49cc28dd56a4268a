package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message/catalog"
)

//go:embed catalog/*.json
var files embed.FS

// entry is what a catalogue has for a text: one text, or one for each plural category of its first number (CLDR).
type entry struct {
	text    string
	plurals map[string]string
}

// UnmarshalJSON reads "text" or {"one": "text", "other": "text"}.
func (e *entry) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &e.text); err == nil {
		return nil
	}
	return json.Unmarshal(data, &e.plurals)
}

func (e entry) message() catalog.Message {
	if e.plurals == nil {
		return catalog.String(e.text)
	}
	var cases []any
	for _, category := range []string{"one", "few", "many", "other"} {
		if text, ok := e.plurals[category]; ok {
			cases = append(cases, category, text)
		}
	}
	return plural.Selectf(1, "%d", cases...)
}

// catalogues gives every language's catalogue in one, read once; a broken file is a broken build.
var catalogues = sync.OnceValue(func() catalog.Catalog { //nolint:gochecknoglobals // made once, never changed
	b := catalog.NewBuilder(catalog.Fallback(language.English))
	for tag, entries := range load() {
		for text, e := range entries {
			if err := b.Set(language.Make(tag), text, e.message()); err != nil {
				panic(fmt.Sprintf("catalogue %s, %q: %v", tag, text, err))
			}
		}
	}
	return b
})

// load reads the files: entries by language and text.
func load() map[string]map[string]entry {
	all := map[string]map[string]entry{}
	names, err := files.ReadDir("catalog")
	if err != nil {
		panic(err)
	}
	for _, f := range names {
		data, err := files.ReadFile(path.Join("catalog", f.Name()))
		if err != nil {
			panic(err)
		}
		entries := map[string]entry{}
		if err := json.Unmarshal(data, &entries); err != nil {
			panic(fmt.Sprintf("catalogue %s: %v", f.Name(), err))
		}
		all[strings.TrimSuffix(f.Name(), ".json")] = entries
	}
	return all
}
