package portal

import (
	"context"
	"slices"

	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
)

// near are the countries of the EU and the EEA, which most customers come from.
func near() []string {
	return []string{
		"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL",
		"PT", "RO", "SE", "SI", "SK",
	}
}

// usual are the currencies of the EU and its neighbours.
func usual() []string {
	return []string{"EUR", "CHF", "CZK", "DKK", "GBP", "HUF", "ISK", "NOK", "PLN", "RON", "SEK", "USD"}
}

// countryChoices lists the countries by name, as the language sorts them, those near first.
func countryChoices(ctx context.Context, chosen string) []offers.Choices {
	out := []offers.Choices{{Label: i18n.T(ctx, "EU and EEA")}, {Label: i18n.T(ctx, "Other countries")}}
	for _, code := range typemeta.Countries() {
		to := &out[1]
		if slices.Contains(near(), code) {
			to = &out[0]
		}
		to.Options = append(to.Options, offers.Option{Value: code, Label: i18n.Country(ctx, code), Selected: code == chosen})
	}
	order := i18n.Order(ctx)
	for _, group := range out {
		slices.SortFunc(group.Options, func(a, b offers.Option) int { return order(a.Label, b.Label) })
	}
	return out
}

// currencyChoices lists the currencies by code, the usual ones first.
func currencyChoices(ctx context.Context, chosen string) []offers.Choices {
	rest := slices.DeleteFunc(slices.Clone(typemeta.Currencies()), func(code string) bool { return slices.Contains(usual(), code) })
	return []offers.Choices{
		{Label: i18n.T(ctx, "Usual"), Options: options(chosen, usual(), usual()...)},
		{Label: i18n.T(ctx, "Other currencies"), Options: options(chosen, rest, rest...)},
	}
}

func options(chosen string, values []string, labels ...string) []offers.Option {
	out := make([]offers.Option, 0, len(values))
	for i, v := range values {
		out = append(out, offers.Option{Value: v, Label: labels[i], Selected: v == chosen})
	}
	return out
}
