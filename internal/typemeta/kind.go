package typemeta

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
)

// Kind says what a claim's value looks like.
type Kind string

// The kinds of values.
const (
	Text     Kind = "text"
	Date     Kind = "date" // YYYY-MM-DD
	Country  Kind = "country"
	Currency Kind = "currency"
	IBAN     Kind = "iban"
	BIC      Kind = "bic"
	Email    Kind = "email"
	Phone    Kind = "phone"
	Integer  Kind = "integer"
	Number   Kind = "number"
	Boolean  Kind = "boolean"
	Enum     Kind = "enum"
)

// Kinds lists every kind once.
func Kinds() []Kind {
	return []Kind{Text, Date, Country, Currency, IBAN, BIC, Email, Phone, Integer, Number, Boolean, Enum}
}

// guess tells a kind from well-known claim names, and Text otherwise.
func guess(p Path) Kind {
	var name string
	for _, step := range p {
		if s, ok := step.(string); ok {
			name = strings.ToLower(s)
		}
	}
	switch {
	case name == "iban":
		return IBAN
	case name == "bic":
		return BIC
	case name == "currency":
		return Currency
	case name == "birthdate" || strings.HasSuffix(name, "_date") || strings.HasPrefix(name, "date_of_"):
		return Date
	case name == "country" || strings.HasSuffix(name, "_country") || name == "nationality" || name == "nationalities":
		return Country
	case name == "email":
		return Email
	case name == "phone_number":
		return Phone
	}
	return Text
}

// validators gives the library's rules, made once: they build their tables when they are made.
var validators = sync.OnceValue(func() *validator.Validate { return validator.New() }) //nolint:gochecknoglobals // made once, never changed

// check holds a value to the hint. It gives the value in normal form, or a code and a reason.
func (h Hint) check(v any, path Path, now time.Time) (normal any, code, reason string) {
	switch h.Kind {
	case Integer, Number:
		return h.checkNumber(v)
	case Boolean:
		if _, ok := v.(bool); !ok {
			return nil, CodeType, "must be true or false"
		}
		return v, "", ""
	case Text, Date, Country, Currency, IBAN, BIC, Email, Phone, Enum:
	}
	s, ok := v.(string)
	if !ok {
		if h.Kind == Text { // a type says nothing of number or text, so a text claim may be either
			return v, "", ""
		}
		return nil, CodeType, "must be a text"
	}
	if !readable(s) {
		return nil, CodeInvalid, "must have visible characters and no control characters"
	}
	if utf8.RuneCountInString(s) > h.Max {
		return nil, CodeInvalid, fmt.Sprintf("must be at most %d characters", h.Max)
	}
	return h.checkText(s, path, now)
}

func (h Hint) checkNumber(v any) (any, string, string) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, CodeType, "must be a number"
	}
	if h.Kind == Number {
		return n, "", ""
	}
	if _, whole := new(big.Int).SetString(n.String(), 10); !whole {
		return nil, CodeType, "must be a whole number"
	}
	return n, "", ""
}

func (h Hint) checkText(s string, path Path, now time.Time) (any, string, string) {
	switch h.Kind {
	case Date:
		return checkDate(s, path, now)
	case IBAN:
		return checkIBAN(s)
	case Country:
		s = strings.ToUpper(s)
		return s, failed(s, "iso3166_1_alpha2", "invalid_country"), "must be a country code of two letters (ISO 3166-1)"
	case Currency:
		s = strings.ToUpper(s)
		return s, failed(s, "iso4217", "invalid_currency"), "must be a currency code of three letters (ISO 4217)"
	case BIC:
		s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
		return s, failed(s, "bic", "invalid_bic"), "must be a BIC of 8 or 11 characters (ISO 9362)"
	case Email:
		return s, failed(s, "email", "invalid_email"), "must be an e-mail address"
	case Phone:
		s = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "/", "").Replace(s)
		return s, failed(s, "e164", "invalid_phone"), "must be a phone number with country code, like +49 30 123456"
	case Enum:
		if !slices.Contains(h.Enum, s) {
			return nil, CodeInvalid, "must be one of the listed values"
		}
	case Text, Integer, Number, Boolean:
	}
	return s, "", ""
}

// failed gives the code when the library's rule does not hold.
func failed(s, rule, code string) string {
	if validators().Var(s, rule) != nil {
		return code
	}
	return ""
}

// checkDate wants a day that exists; a birth date may not lie in the future.
func checkDate(s string, path Path, now time.Time) (any, string, string) {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return nil, "invalid_date", "must be a date that exists, as YYYY-MM-DD"
	}
	const outOfRange, firstYear = "date_out_of_range", 1000
	if day.Year() < firstYear {
		return nil, outOfRange, "must have a year of four digits"
	}
	if strings.Contains(strings.ToLower(path.String()), "birth") && day.After(now) {
		return nil, outOfRange, "must not lie in the future"
	}
	return s, "", ""
}

// checkIBAN holds an IBAN to ISO 13616: length of its country, check digits by mod 97. No obtainable library does.
func checkIBAN(s string) (any, string, string) {
	const code = "invalid_iban"
	s = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(s))
	const prefix = 4
	if len(s) < prefix || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return nil, code, "must be an IBAN"
	}
	length, known := ibanLengths()[s[:2]]
	if !known {
		return nil, code, "the country of the IBAN has no IBANs"
	}
	if len(s) != length {
		return nil, code, fmt.Sprintf("an IBAN of this country has %d characters", length)
	}
	var digits strings.Builder
	for _, r := range s[prefix:] + s[:prefix] {
		if unicode.IsDigit(r) {
			digits.WriteRune(r)
		} else {
			digits.WriteString(strconv.Itoa(int(r-'A') + 10)) // A is 10
		}
	}
	n, ok := new(big.Int).SetString(digits.String(), 10)
	if !ok || n.Mod(n, big.NewInt(97)).Int64() != 1 {
		return nil, code, "the check digits do not match"
	}
	return s, "", ""
}

// ibanLengths is the length of an IBAN by country (SWIFT IBAN Registry).
func ibanLengths() map[string]int {
	return map[string]int{
		"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
		"CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
		"GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
		"IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
		"MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
		"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28,
		"TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
	}
}

// readable tells whether a text shows something and hides nothing: no control characters, no bidi
// overrides, and at least one visible character.
func readable(s string) bool {
	visible := false
	for _, r := range s {
		if r == utf8.RuneError || (unicode.IsControl(r) && r != '\n' && r != '\t') || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return false
		}
		visible = visible || unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	return visible
}
