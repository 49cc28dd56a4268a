package i18n

import (
	"context"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Country names a country by its code of ISO 3166-1 (CLDR); a code that has no name is its own.
func Country(ctx context.Context, code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := display.Regions(language.Make(Lang(ctx))).Name(region); name != "" {
		return name
	}
	return code
}

// Order gives how the language sorts two texts: below 0 when the first comes first.
func Order(ctx context.Context) func(a, b string) int {
	return collate.New(language.Make(Lang(ctx))).CompareString
}

// Decimal writes a number with so many decimals as the language does.
func Decimal(ctx context.Context, v float64, decimals int) string {
	return message.NewPrinter(language.Make(Lang(ctx))).Sprint(number.Decimal(v, number.Scale(decimals)))
}
