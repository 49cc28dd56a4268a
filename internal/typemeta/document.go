package typemeta

import (
	"fmt"

	"golang.org/x/text/language"

	"counterfoil/internal/strictjson"
)

// Document gives the Type Metadata in the array form, as served to wallets: always the same bytes.
func (t Type) Document() []byte { return t.document }

func (t Type) write() ([]byte, error) {
	doc := map[string]any{"vct": t.VCT}
	put(doc, "name", t.Name)
	put(doc, "description", t.Description)
	display := make([]any, 0, len(t.Display))
	for _, d := range t.Display {
		m := map[string]any{"locale": d.Locale, "name": d.Name}
		put(m, "description", d.Description)
		simple := map[string]any{}
		put(simple, "background_color", d.BackgroundColor)
		put(simple, "text_color", d.TextColor)
		if d.Logo != nil {
			simple["logo"] = d.Logo.json()
		}
		if len(simple) > 0 {
			m["rendering"] = map[string]any{"simple": simple}
		}
		display = append(display, m)
	}
	doc["display"] = display
	claims := make([]any, 0, len(t.Claims))
	for _, c := range t.Claims {
		m := map[string]any{"path": []any(c.Path), "sd": string(c.SD)}
		if c.Mandatory {
			m["mandatory"] = true
		}
		put(m, "svg_id", c.SVGID)
		if len(c.Display) > 0 {
			m["display"] = c.displayJSON("label")
		}
		claims = append(claims, m)
	}
	if len(claims) > 0 {
		doc["claims"] = claims
	}
	b, err := strictjson.Encode(doc)
	if err != nil {
		return nil, fmt.Errorf("write type metadata: %w", err)
	}
	return b, nil
}

// Metadata gives the credential_metadata of the type's entry in credential issuer metadata
// (OpenID4VCI 1.0 §12.2.4, Appendix B), where a claim's display calls name what Type Metadata calls label.
func (t Type) Metadata() map[string]any {
	display := make([]any, 0, len(t.Display))
	for _, d := range t.Display {
		m := map[string]any{"name": d.Name, "locale": d.Locale}
		put(m, "description", d.Description)
		put(m, "background_color", d.BackgroundColor)
		put(m, "text_color", d.TextColor)
		if d.Logo != nil {
			m["logo"] = d.Logo.json()
		}
		display = append(display, m)
	}
	claims := make([]any, 0, len(t.Claims))
	for _, c := range t.Claims {
		m := map[string]any{"path": []any(c.Path)}
		if c.Mandatory {
			m["mandatory"] = true
		}
		if len(c.Display) > 0 {
			m["display"] = c.displayJSON("name")
		}
		claims = append(claims, m)
	}
	out := map[string]any{"display": display}
	if len(claims) > 0 {
		out["claims"] = claims
	}
	return out
}

func (c Claim) displayJSON(label string) []any {
	list := make([]any, 0, len(c.Display))
	for _, d := range c.Display {
		m := map[string]any{"locale": d.Locale, label: d.Label}
		if label == "label" {
			put(m, "description", d.Description)
		}
		list = append(list, m)
	}
	return list
}

func (i Image) json() map[string]any {
	m := map[string]any{"uri": i.URI}
	put(m, "alt_text", i.AltText)
	return m
}

func put(m map[string]any, name, value string) {
	if value != "" {
		m[name] = value
	}
}

// pick chooses by language: the best match, else English, else the first.
func pick[T any](list []T, lang string, locale func(T) string) (T, bool) {
	if len(list) == 0 {
		var none T
		return none, false
	}
	tags := make([]language.Tag, 0, len(list))
	english := 0
	for i, item := range list {
		tag := language.Make(locale(item))
		if base, _ := tag.Base(); base.String() == defaultLocale && english == 0 {
			english = i
		}
		tags = append(tags, tag)
	}
	_, i, confidence := language.NewMatcher(tags).Match(language.Make(lang))
	if confidence == language.No {
		i = english
	}
	return list[i], true
}
