package typemeta

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Clean takes out of a text what comes along when it is typed or pasted and nobody means: space around it, zero-width characters, spaces
// that do not break. In codes, numbers and dates it also folds full-width characters and takes out marks of direction. A text of which
// nothing would be left stays as it is, so that it is refused and not taken for empty.
func Clean(k Kind, text string) string {
	plain := k == Text || k == Enum
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0' || r == '\u202f' || r == '\u2007' || r == '\t':
			return ' '
		case r == '\r', r == '\u200b', r == '\ufeff', r == '\u2060', r == '\u00ad':
			return -1
		case !plain && unicode.Is(unicode.Cf, r): // in names a joiner has a meaning, and an override is refused
			return -1
		}
		return r
	}, text)
	if !plain {
		clean = width.Fold.String(clean)
	}
	if clean = strings.TrimSpace(clean); clean == "" && strings.TrimSpace(text) != "" {
		return text
	}
	return clean
}

// compact writes a code as registries do: in capitals, without spaces and dashes of any sort.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, Clean(IBAN, s))
}

// decimal reads a number as people write it: 1234.5, 1,234.50, 1.234,50, 1 234,50 and 1'234.50. A comma or point that stands alone is a
// decimal sign, so that 1.234 is never taken for a thousand. What is no number comes back as it is.
func decimal(text string) string {
	bare := strings.NewReplacer(" ", "", "'", "", "’", "", "−", "-").Replace(text)
	point, comma := strings.LastIndex(bare, "."), strings.LastIndex(bare, ",")
	sign, group := ".", ","
	if comma > point {
		sign, group = ",", "."
	}
	if strings.Count(bare, sign) > 1 { // no number has two decimal signs: 1.234.567
		sign, group = "", sign
	}
	whole, fraction, _ := strings.Cut(bare, sign)
	if sign == "" {
		whole, fraction = bare, ""
	}
	if !grouped(strings.TrimLeft(whole, "+-"), group) || strings.ContainsAny(fraction, ".,") {
		return text
	}
	number := strings.TrimPrefix(strings.ReplaceAll(whole, group, ""), "+")
	if fraction != "" {
		number += "." + fraction
	}
	return number
}

// grouped tells whether digits stand in groups of three, or in none.
func grouped(digits, sign string) bool {
	groups := strings.Split(digits, sign)
	for i, g := range groups {
		const size = 3
		if i > 0 && len(g) != size || i == 0 && len(groups) > 1 && (g == "" || len(g) > size) {
			return false
		}
	}
	return true
}
