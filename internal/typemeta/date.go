package typemeta

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/fr"
	"golang.org/x/text/unicode/norm"
)

// joinDate makes YYYY-MM-DD of three fields, or "" when all are empty. A year must have been typed whole: nobody
// guesses a century.
func joinDate(year, month, day string) string {
	year, month, day = Clean(Date, year), Clean(Date, month), Clean(Date, day)
	if year+month+day == "" {
		return ""
	}
	if n := monthNamed(month); n > 0 {
		month = strconv.Itoa(n)
	}
	pad := func(s string) string {
		if len(s) == 1 {
			return "0" + s
		}
		return s
	}
	return year + "-" + pad(month) + "-" + pad(strings.TrimSuffix(day, "."))
}

// monthNamed reads the name of a month, or its first three letters or more, in the languages of the portal; 0 for what is none or could
// be two.
//
// The names are those of CLDR by github.com/go-playground/locales (MIT), which the library of the rules brings along.
func monthNamed(name string) int {
	const shortest = 3
	name = bare(name)
	if len(name) < shortest {
		return 0
	}
	found := 0
	for _, language := range []locales.Translator{en.New(), de.New(), fr.New()} {
		for i, month := range language.MonthsWide() {
			if !strings.HasPrefix(bare(month), name) {
				continue
			}
			if found > 0 && found != i+1 {
				return 0
			}
			found = i + 1
		}
	}
	return found
}

// bare is the letters of a name, small and without accents.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}
