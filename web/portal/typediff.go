package portal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/aymanbagabas/go-udiff" // the line diff of Go's own tools as a module of its own, MIT and BSD-3-Clause, kept up to date

	"counterfoil/internal/oid4vci"
	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
	typeview "counterfoil/views/credentialtypes"
	"counterfoil/views/i18n"
)

// around is how many lines that stay are shown before and after a change.
const around = 3

// changes compares what wallets see of a type, and what it is held to, before and after. A type that is not known yet has nothing before.
func changes(ctx context.Context, before typemeta.Type, known bool, after typemeta.Type) ([]typeview.Change, error) {
	var out []typeview.Change
	for _, part := range []struct {
		change   typeview.Change
		document func(typemeta.Type) ([]byte, error)
	}{
		{typeview.Change{ID: "configuration", Title: i18n.T(ctx, "Issuer metadata"), Lead: i18n.T(ctx, "What wallets read before they collect: the entry of this type.")},
			func(t typemeta.Type) ([]byte, error) { return strictjson.Encode(oid4vci.Configuration(t)) }},
		{typeview.Change{ID: "document", Title: i18n.T(ctx, "Type Metadata"), Lead: i18n.T(ctx, "What wallets and those who check credentials read of the type.")},
			func(t typemeta.Type) ([]byte, error) { return t.Document(), nil }},
		{typeview.Change{ID: "config", Title: i18n.T(ctx, "Config"), Lead: i18n.T(ctx, "What the portal and the API hold offers to. Wallets do not see it.")},
			func(t typemeta.Type) ([]byte, error) { return t.Config(), nil }},
	} {
		var texts [2]string
		for i, t := range []typemeta.Type{before, after} {
			if i == 0 && !known {
				continue
			}
			data, err := part.document(t)
			if err != nil {
				return nil, err
			}
			if texts[i], err = lines(data); err != nil {
				return nil, err
			}
		}
		var err error
		if part.change.Lines, part.change.Count, err = compare(ctx, texts[0], texts[1]); err != nil {
			return nil, err
		}
		out = append(out, part.change)
	}
	return out, nil
}

// compare gives the lines that change between two texts with those around them, and how many there are.
func compare(ctx context.Context, before, after string) (shown []typeview.Line, count string, err error) {
	diff, err := udiff.ToUnifiedDiff("", "", before, udiff.Lines(before, after), around)
	if err != nil {
		return nil, "", fmt.Errorf("compare: %w", err)
	}
	added, removed := 0, 0
	for i, hunk := range diff.Hunks {
		if i > 0 || hunk.FromLine > 1 {
			shown = append(shown, typeview.Line{Text: "⋮", Word: i18n.T(ctx, "lines left out")})
		}
		for _, l := range hunk.Lines {
			line := typeview.Line{Sign: " ", Text: strings.TrimSuffix(l.Content, "\n")}
			switch l.Kind {
			case udiff.Delete:
				removed++
				line.Sign, line.Word = "−", i18n.T(ctx, "removed")
			case udiff.Insert:
				added++
				line.Sign, line.Word = "+", i18n.T(ctx, "added")
			case udiff.Equal:
			}
			shown = append(shown, line)
		}
	}
	if added+removed == 0 {
		return nil, i18n.T(ctx, "Nothing changes here."), nil
	}
	return shown, i18n.T(ctx, "Lines added: %d. Lines removed: %d.", added, removed), nil
}

// lineWidth is how long a value may be that is written on one line.
const lineWidth = 100

// lines writes JSON for people: members in order, and what is short on one line, so that a claim that changes is a line that changes.
// Characters that show nothing or turn the text around are written out. Nothing gives nothing.
func lines(data []byte) (string, error) {
	if len(data) == 0 {
		return "", nil
	}
	var doc map[string]any
	if err := strictjson.Decode(data, &doc); err != nil {
		return "", err
	}
	var b strings.Builder
	if err := writeValue(&b, doc, ""); err != nil {
		return "", err
	}
	var plain strings.Builder
	for _, r := range b.String() {
		if unicode.Is(unicode.Cf, r) {
			fmt.Fprintf(&plain, `\u%04x`, r)
		} else {
			plain.WriteRune(r)
		}
	}
	return plain.String() + "\n", nil
}

func writeValue(b *strings.Builder, v any, indent string) error {
	short, err := strictjson.Encode(v)
	if err != nil {
		return err
	}
	fits := len(short)+len(indent) <= lineWidth
	deeper := indent + "  "
	switch v := v.(type) {
	case map[string]any:
		if fits && indent != "" { // the whole document is never one line
			break
		}
		b.WriteString("{")
		for i, name := range slices.Sorted(maps.Keys(v)) {
			label, err := strictjson.Encode(name)
			if err != nil {
				return err
			}
			b.WriteString(comma(i) + "\n" + deeper + string(label) + ": ")
			if err := writeValue(b, v[name], deeper); err != nil {
				return err
			}
		}
		b.WriteString("\n" + indent + "}")
		return nil
	case []any:
		if fits {
			break
		}
		b.WriteString("[")
		for i, item := range v {
			b.WriteString(comma(i) + "\n" + deeper)
			if err := writeValue(b, item, deeper); err != nil {
				return err
			}
		}
		b.WriteString("\n" + indent + "]")
		return nil
	}
	b.Write(short)
	return nil
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}
