package typemeta

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Hint says more about a claim than Type Metadata can: what its value looks like and how a form shows it.
type Hint struct {
	Kind Kind     `json:"type"`
	Enum []string `json:"enum"`
	// Shortest and Max are characters; a text that may have more than 120 has several lines.
	Shortest int `json:"minLength"`
	Max      int `json:"maxLength"`
	// Pattern is a regular expression in RE2's syntax that the whole of a text matches, and Example a text that does, for people to go by.
	Pattern string `json:"pattern"`
	Example string `json:"example"`
	// Least and Most bound a number, or a day: YYYY-MM-DD or "today".
	Least any `json:"min"`
	Most  any `json:"max"`
	// Default is what a new form says, unless somebody changes it: of a date also "today".
	Default any `json:"default"`
	// Required asks for a claim that the metadata leave open, wherever the form shows it.
	Required bool       `json:"required"`
	If       *Condition `json:"visible_if"`
	// Order moves a field before those with a higher one; 0 when left out.
	Order int    `json:"order"`
	Group string `json:"group"`
	Help  string `json:"help"`

	pattern *regexp.Regexp
}

// today stands for the day on which an offer is made.
const today = "today"

// maxPattern bounds a pattern, in bytes.
const maxPattern = 200

// Hint gives what is known about a claim's value: from the policy, or from its name.
func (t Type) Hint(p Path) Hint {
	h := t.Policy.hints[p.String()]
	if h.Kind == "" {
		h.Kind = guess(p)
	}
	if h.Max == 0 {
		h.Max = defaultMaxLength
	}
	return h
}

// needed tells whether a claim must be there, where it is shown.
func (t Type) needed(c Claim) bool { return c.Mandatory || t.Hint(c.Path).Required }

// claimNamed gives the claim that a path as text leads to, and where the metadata describe it; -1 when they do not.
func (t Type) claimNamed(path string) (Claim, int) {
	i := slices.IndexFunc(t.Claims, func(c Claim) bool { return c.Path.String() == path })
	if i < 0 {
		return Claim{}, i
	}
	return t.Claims[i], i
}

// hints reads the hints of a policy into the type, and holds each to its claim.
func (r *reader) hints(t *Type, hints map[string]Hint) {
	t.Policy.hints = hints
	for path, h := range hints {
		place := "/form/" + path
		c, at := t.claimNamed(path)
		if at < 0 {
			r.fault(place, "the type has no such claim")
			continue
		}
		r.kind(*t, place, path, h)
		known := t.Hint(c.Path)
		h.pattern = r.textHint(place, known)
		r.bounds(place, known)
		hints[path] = h
		r.fallback(*t, place, c)
		r.condition(*t, place, c)
	}
}

func (r *reader) kind(t Type, place, path string, h Hint) {
	if h.Kind != "" && !slices.Contains(Kinds(), h.Kind) {
		r.fault(place+"/type", "must be text, date, country, currency, iban, bic, lei, email, phone, integer, number, amount, boolean, enum or portrait")
	}
	if h.Kind == Enum && len(h.Enum) == 0 {
		r.fault(place+"/enum", "must list the values")
	}
	if h.Kind == Amount {
		if _, at := t.claimNamed(beside(path, currencyName)); at < 0 {
			r.fault(place+"/type", "an amount needs a claim named currency beside it")
		}
	}
}

// beside gives the path of the claim with a name next to another one.
func beside(path, name string) string {
	return path[:strings.LastIndex(path, ".")+1] + name
}

// textHint holds what is said of a text to what one can be, and gives its pattern.
func (r *reader) textHint(place string, h Hint) *regexp.Regexp {
	if h.Shortest < 0 || h.Max < 0 || h.Shortest > h.Max {
		r.fault(place+"/minLength", "must not be negative, or more than maxLength")
	}
	if h.Kind != Text && (h.Shortest != 0 || h.Pattern != "" || h.Example != "") {
		r.fault(place, "minLength, pattern and example are for texts")
		return nil
	}
	if h.Pattern != "" {
		pattern, err := regexp.Compile(`^(?:` + h.Pattern + `)$`)
		if err != nil || len(h.Pattern) > maxPattern {
			r.fault(place+"/pattern", "must be a regular expression in RE2's syntax, of at most 200 bytes")
			return nil
		}
		h.pattern = pattern
	}
	if (h.Example != "" || h.Pattern != "") && h.checkWords(h.Example) != nil {
		r.fault(place+"/example", "must be a text that fits; a pattern needs one")
	}
	return h.pattern
}

// bounds holds what bounds a value to its kind.
func (r *reader) bounds(place string, h Hint) {
	for name, bound := range map[string]any{"min": h.Least, "max": h.Most} {
		if bound != nil && !h.bound(bound) {
			r.fault(place+"/"+name, "must be a number, or for a date YYYY-MM-DD or today; other values have no bounds")
			return
		}
	}
	if h.Least == nil || h.Most == nil || h.Least == today || h.Most == today {
		return
	}
	if h.before(h.Most, h.Least, time.Time{}) {
		r.fault(place+"/min", "must not be more than max")
	}
}

// fallback holds what a form says at first to what the claim can be.
func (r *reader) fallback(t Type, place string, c Claim) {
	h := t.Hint(c.Path)
	switch {
	case h.Default == nil, h.Default == today && h.Kind == Date:
	case slices.Contains(c.Path, nil) || !t.node(c.Path).leaf():
		r.fault(place+"/default", "has no place in a list or a group of claims")
	default:
		text, _ := h.Default.(string)
		day, _ := time.Parse(time.DateOnly, text) // a date is held to bounds that do not move; another value has none that do
		if _, wrong := h.check(h.Default, c.Path, day); wrong != nil {
			r.fault(place+"/default", "does not fit the claim")
		}
	}
}

// first gives what a form says at first; nil for nothing.
func (h Hint) first(now time.Time) any {
	if h.Kind == Date && h.Default == today {
		return day(today, now)
	}
	return h.Default
}

// inOrder gives the claims as a form has them.
func (t Type) inOrder() []Claim {
	return slices.SortedStableFunc(slices.Values(t.Claims), func(a, b Claim) int { return t.Hint(a.Path).Order - t.Hint(b.Path).Order })
}

// Defaults gives the claims that a new form says at first.
func (t Type) Defaults(now time.Time) map[string]any {
	claims := map[string]any{}
	for _, c := range t.Claims {
		if first := t.Hint(c.Path).first(now); first != nil {
			c.Path.put(claims, first)
		}
	}
	return claims
}
