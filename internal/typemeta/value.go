package typemeta

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"

	"counterfoil/internal/portrait"
)

// validators gives the library's rules, made once: they build their tables when they are made.
var validators = sync.OnceValue(func() *validator.Validate { return validator.New() }) //nolint:gochecknoglobals // made once, never changed

// check holds a value to the hint. It gives the value in normal form, or what is wrong, without a pointer.
func (h Hint) check(v any, path Path, now time.Time) (any, *Fault) {
	switch h.Kind {
	case Integer, Number, Amount:
		return h.checkNumber(v, now)
	case Boolean:
		if _, ok := v.(bool); !ok {
			return nil, &Fault{Code: CodeType, Reason: "must be true or false"}
		}
		return v, nil
	case Text, Date, Country, Currency, IBAN, BIC, LEI, Email, Phone, Enum, Portrait:
	}
	s, ok := v.(string)
	if !ok {
		if h.Kind == Text { // a type says nothing of number or text, so a text claim may be either
			return v, nil
		}
		return nil, &Fault{Code: CodeType, Reason: "must be a text"}
	}
	if h.Kind == Portrait {
		return checkPortrait(s)
	}
	if wrong := h.checkWords(s); wrong != nil {
		return nil, wrong
	}
	return h.checkText(s, path, now)
}

// checkWords holds a text to what is asked of its characters; nil when it fits.
func (h Hint) checkWords(s string) *Fault {
	fault := func(cause Cause, limit int, reason string) *Fault {
		return &Fault{Code: CodeInvalid, Cause: cause, Limit: limit, Reason: reason}
	}
	count := utf8.RuneCountInString(s)
	switch {
	case !readable(s):
		return fault(CauseUnreadable, 0, "must have visible characters and no control characters")
	case count > h.Max:
		return fault(CauseTooLong, h.Max, fmt.Sprintf("must be at most %d characters", h.Max))
	case count < h.Shortest:
		return fault(CauseTooShort, h.Shortest, fmt.Sprintf("must be at least %d characters", h.Shortest))
	case h.pattern != nil && !h.pattern.MatchString(s):
		f := fault(CausePattern, 0, "must have the form of "+h.Example)
		f.Bound = h.Example
		return f
	}
	return nil
}

func (h Hint) checkNumber(v any, now time.Time) (any, *Fault) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, &Fault{Code: CodeType, Reason: "must be a number"}
	}
	if _, err := n.Float64(); err != nil {
		return nil, &Fault{Code: CodeInvalid, Cause: CauseNumberRange, Reason: "is out of range"}
	}
	if _, whole := new(big.Int).SetString(n.String(), 10); h.Kind == Integer && !whole {
		return nil, &Fault{Code: CodeType, Cause: CauseNotWhole, Reason: "must be a whole number"}
	}
	if wrong := h.within(n, now); wrong != nil {
		return nil, wrong
	}
	return n, nil
}

func (h Hint) checkText(s string, path Path, now time.Time) (any, *Fault) {
	switch h.Kind {
	case Date:
		return h.checkDate(s, path, now)
	case IBAN:
		return checkIBAN(s)
	case LEI:
		return checkLEI(s)
	case Country:
		return byLibrary(strings.ToUpper(s), "iso3166_1_alpha2", CodeCountry, "must be a country code of two letters (ISO 3166-1)")
	case Currency:
		return byLibrary(strings.ToUpper(s), "iso4217", CodeCurrency, "must be a currency code of three letters (ISO 4217)")
	case BIC:
		return byLibrary(compact(s), "bic", CodeBIC, "must be a BIC of 8 or 11 characters (ISO 9362)")
	case Email:
		return byLibrary(s, "email", CodeEmail, "must be an e-mail address")
	case Phone:
		s = strings.NewReplacer("(", "", ")", "", "/", "").Replace(compact(s))
		return byLibrary(s, "e164", CodePhone, "must be a phone number with country code, like +49 30 123456")
	case Enum:
		if !slices.Contains(h.Enum, s) {
			return nil, &Fault{Code: CodeInvalid, Cause: CauseNotListed, Reason: "must be one of the listed values"}
		}
	case Text, Integer, Number, Amount, Boolean, Portrait:
	}
	return s, nil
}

// byLibrary holds a text to one of the library's rules.
func byLibrary(s, rule, code, reason string) (any, *Fault) {
	if validators().Var(s, rule) != nil {
		return nil, &Fault{Code: code, Reason: reason}
	}
	return s, nil
}

// checkDate wants a day that exists; a birth date may not lie in the future.
func (h Hint) checkDate(s string, path Path, now time.Time) (any, *Fault) {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return nil, &Fault{Code: CodeDate, Reason: "must be a date that exists, as YYYY-MM-DD"}
	}
	const firstYear = 1000
	if day.Year() < firstYear {
		return nil, &Fault{Code: CodeDateRange, Cause: CauseYear, Reason: "must have a year of four digits"}
	}
	if strings.Contains(strings.ToLower(path.String()), "birth") && day.After(now) {
		return nil, &Fault{Code: CodeDateRange, Cause: CauseFuture, Reason: "must not lie in the future"}
	}
	if wrong := h.within(s, now); wrong != nil {
		return nil, wrong
	}
	return s, nil
}

// checkPortrait holds a picture to what a credential may carry.
func checkPortrait(s string) (any, *Fault) {
	err := portrait.Check(s)
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, portrait.ErrBytes), errors.Is(err, portrait.ErrPixels):
		return nil, &Fault{Code: CodeImageTooLarge, Reason: err.Error()}
	case errors.Is(err, portrait.ErrKind):
		return nil, &Fault{Code: CodeImage, Cause: CauseImageKind, Reason: "must be a JPEG or PNG picture as data URI (data:image/jpeg;base64,…)"}
	}
	return nil, &Fault{Code: CodeImage, Reason: err.Error()}
}

// readable tells whether a text shows something and hides nothing: no control characters, no bidi
// overrides, no noncharacters, which JSON for exchange must not hold (RFC 7493 §2.1), and at least one visible character.
func readable(s string) bool {
	visible := false
	for _, r := range s {
		if r == utf8.RuneError || unicode.Is(unicode.Noncharacter_Code_Point, r) || (unicode.IsControl(r) && r != '\n' && r != '\t') || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return false
		}
		visible = visible || unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	return visible
}
