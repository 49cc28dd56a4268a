package typemeta

import (
	"slices"
	"sync"

	"golang.org/x/text/currency"
)

// countries and currencies are the codes that Check takes, so that a list offers nothing that is refused.
var (
	countries = sync.OnceValue(func() []string { //nolint:gochecknoglobals // made once, never changed
		var codes []string
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				if code := string([]rune{a, b}); validators().Var(code, "iso3166_1_alpha2") == nil {
					codes = append(codes, code)
				}
			}
		}
		return codes
	})
	currencies = sync.OnceValue(func() []string { //nolint:gochecknoglobals // made once, never changed
		var codes []string
		for units := currency.Query(); units.Next(); {
			if code := units.Unit().String(); validators().Var(code, "iso4217") == nil {
				codes = append(codes, code)
			}
		}
		slices.Sort(codes)
		return slices.Compact(codes)
	})
)

// Countries lists the country codes of ISO 3166-1 (two letters), sorted.
func Countries() []string { return countries() }

// Currencies lists the codes of the currencies that are legal tender somewhere (ISO 4217), sorted.
func Currencies() []string { return currencies() }

// decimals is how many decimals an amount of a currency may have (ISO 4217, list one: minor unit).
func decimals(code string) int {
	const usual = 2
	switch code {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return usual + 1
	case "CLF", "UYW":
		return usual + 2
	}
	return usual
}
