package typemeta

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"counterfoil/internal/strictjson"
)

// reader collects faults by their place, so that a file's faults are told all at once.
type reader struct {
	faults []error
	// places is where each claim of the type stands in the document.
	places []string
}

// PlaceError is one fault of a document: an RFC 6901 pointer and what is wrong there.
type PlaceError struct{ Place, Reason string }

// Error gives place and reason.
func (e *PlaceError) Error() string { return e.Place + ": " + e.Reason }

// maxFaults is how many faults of one document are told.
const maxFaults = 100

func (r *reader) fault(place, reason string) {
	if len(r.faults) == maxFaults {
		return
	}
	r.faults = append(r.faults, &PlaceError{place, reason})
}

// Parse reads Type Metadata in either form. Members that nobody here knows are ignored.
func Parse(id string, data []byte) (Type, error) {
	var doc map[string]any
	if err := strictjson.Decode(data, &doc); err != nil {
		return Type{}, err
	}
	r := &reader{}
	t := Type{
		ID: id, VCT: r.text(doc, "", "vct", id),
		Name: r.text(doc, "", "name", ""), Description: r.text(doc, "", "description", ""),
	}
	if _, has := doc["extends"]; has {
		// Its claims would have to be fetched and merged (SD-JWT VC §6.4); without them offers would be held to half a type.
		r.fault("/extends", "is not supported, write all claims into this file")
	}
	r.display(&t, doc["display"])
	r.claims(&t, doc["claims"])
	if len(t.Display) == 0 {
		name := t.Name
		if name == "" {
			name = id
		}
		t.Display = []Display{{Locale: defaultLocale, Name: name, Description: t.Description}}
	}
	if len(r.faults) == 0 {
		r.tree(&t)
	}
	if len(r.faults) > 0 {
		return Type{}, errors.Join(r.faults...)
	}
	t.Policy = defaultPolicy(id)
	var err error
	if t.document, err = t.write(); err != nil {
		return Type{}, err
	}
	return t, nil
}

const defaultLocale = "en"

// text reads an optional string member.
func (r *reader) text(m map[string]any, place, name, fallback string) string {
	v, has := m[name]
	if !has {
		return fallback
	}
	s, ok := v.(string)
	if !ok || s == "" {
		r.fault(place+"/"+name, "must be a non-empty text")
		return fallback
	}
	return s
}

// locale reads locale, or lang as drafts before -12 called it.
func (r *reader) locale(m map[string]any, place string) string {
	name := "locale"
	if _, has := m[name]; !has {
		if _, older := m["lang"]; older {
			name = "lang"
		}
	}
	tag := r.text(m, place, name, defaultLocale)
	if _, err := language.Parse(tag); err != nil {
		r.fault(place+"/"+name, "must be a language tag (BCP 47)")
	}
	return tag
}

// needLocale holds one of several texts to saying its language (SD-JWT VC draft-13 §8); the one text of the older form may leave it out.
func (r *reader) needLocale(v any, place string) {
	m, _ := v.(map[string]any)
	_, newer := m["locale"]
	_, older := m["lang"]
	if m != nil && !newer && !older {
		r.fault(place+"/locale", "is missing: each of several texts names its language")
	}
}

// object gives v as an object, or a fault.
func (r *reader) object(v any, place string) map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		r.fault(place, "must be an object")
	}
	return m
}

func (r *reader) display(t *Type, v any) {
	switch list := v.(type) {
	case nil:
	case map[string]any: // the older form has one object
		t.Display = append(t.Display, r.displayOne(list, "/display"))
	case []any:
		for i, item := range list {
			place := fmt.Sprintf("/display/%d", i)
			r.needLocale(item, place)
			d := r.displayOne(r.object(item, place), place)
			if slices.ContainsFunc(t.Display, func(o Display) bool { return o.Locale == d.Locale }) {
				r.fault(place+"/locale", "appears twice")
			}
			t.Display = append(t.Display, d)
		}
	default:
		r.fault("/display", "must be an array or an object")
	}
}

func (r *reader) displayOne(m map[string]any, place string) Display {
	d := Display{
		Locale: r.locale(m, place), Name: r.text(m, place, "name", ""),
		Description: r.text(m, place, "description", ""),
	}
	if d.Name == "" && m != nil {
		r.fault(place, "must have a name")
	}
	rendering, _ := m["rendering"].(map[string]any)
	simple, _ := rendering["simple"].(map[string]any)
	if simple == nil {
		simple = m // older documents have the colours beside the name
	}
	d.BackgroundColor = r.color(simple, place, "background_color")
	d.TextColor = r.color(simple, place, "text_color")
	if logo, ok := simple["logo"].(map[string]any); ok {
		uri := r.text(logo, place+"/logo", "uri", "")
		if !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "data:image/") {
			r.fault(place+"/logo/uri", "must be an https or data URI")
		}
		d.Logo = &Image{URI: uri, AltText: r.text(logo, place+"/logo", "alt_text", "")}
	}
	return d
}

func (r *reader) color(m map[string]any, place, name string) string {
	c := r.text(m, place, name, "")
	if c != "" && !regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`).MatchString(c) {
		r.fault(place+"/"+name, "must be a colour like #1a2b3c")
	}
	return c
}

func (r *reader) claims(t *Type, v any) {
	switch list := v.(type) {
	case nil:
	case map[string]any:
		r.olderClaims(t, nil, list, "/claims")
	case []any:
		for i, item := range list {
			place := fmt.Sprintf("/claims/%d", i)
			m := r.object(item, place)
			if m == nil {
				continue
			}
			p, err := parsePath(m["path"])
			if err != nil {
				r.fault(place+"/path", err.Error())
				continue
			}
			r.claim(t, p, m, place)
		}
	default:
		r.fault("/claims", "must be an array or an object")
	}
}

// claim reads what both forms say about one claim.
func (r *reader) claim(t *Type, p Path, m map[string]any, place string) {
	c := Claim{Path: p, SD: SD(r.text(m, place, "sd", string(Allowed))), SVGID: r.text(m, place, "svg_id", "")}
	if !slices.Contains([]SD{Always, Allowed, Never}, c.SD) {
		r.fault(place+"/sd", "must be always, allowed or never")
	}
	if name, ok := p[0].(string); ok && reserved(name) {
		r.fault(place, "the issuer sets this claim, a type must not describe it")
	}
	if v, has := m["mandatory"]; has {
		b, ok := v.(bool)
		if !ok {
			r.fault(place+"/mandatory", "must be true or false")
		}
		c.Mandatory = b
	}
	r.svgID(t, c, place)
	r.claimDisplay(&c, m["display"], place+"/display")
	t.Claims = append(t.Claims, c)
	r.places = append(r.places, place)
}

// svgID holds svg_id to SD-JWT VC §9: a name, unique in the type.
func (r *reader) svgID(t *Type, c Claim, place string) {
	if c.SVGID == "" {
		return
	}
	if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(c.SVGID) {
		r.fault(place+"/svg_id", "must be a name of letters, digits and underscores")
	}
	if slices.ContainsFunc(t.Claims, func(o Claim) bool { return o.SVGID == c.SVGID }) {
		r.fault(place+"/svg_id", "appears twice")
	}
}

func (r *reader) claimDisplay(c *Claim, v any, place string) {
	list, isList := v.([]any)
	for i, item := range list {
		r.needLocale(item, fmt.Sprintf("%s/%d", place, i))
	}
	if m, ok := v.(map[string]any); ok { // the older form has one object
		list, isList = []any{m}, true
	}
	if v != nil && !isList {
		r.fault(place, "must be an array or an object")
	}
	for i, item := range list {
		at := fmt.Sprintf("%s/%d", place, i)
		m := r.object(item, at)
		d := ClaimDisplay{Locale: r.locale(m, at), Description: r.text(m, at, "description", "")}
		d.Label = r.text(m, at, "label", r.text(m, at, "name", ""))
		if d.Label == "" && m != nil {
			r.fault(at, "must have a label")
		}
		if slices.ContainsFunc(c.Display, func(o ClaimDisplay) bool { return o.Locale == d.Locale }) {
			r.fault(at+"/locale", "appears twice")
		}
		c.Display = append(c.Display, d)
	}
}

// reserved tells the members of a credential that the issuer sets and no type may describe
// (SD-JWT VC §3.2.2.2, RFC 9901 §4).
func reserved(name string) bool {
	return slices.Contains([]string{
		"iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "aka_vcts", "sub", "jti", "_sd", "_sd_alg", "...",
	}, name)
}
