package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
)

// The colours of a card whose type names none.
const (
	cardBackground = "#3a4149"
	cardText       = "#ffffff"
)

// readableContrast is what WCAG 2.2 §1.4.3 asks of text.
const readableContrast = 4.5

// card draws a type as wallets do.
func (p *portal) card(ctx context.Context, t typemeta.Type) ui.Card {
	d := t.Described(i18n.Lang(ctx))
	c := ui.Card{
		Name: d.Name, Description: d.Description, Issuer: p.Brand.Name,
		Background: cmp.Or(d.BackgroundColor, cardBackground), Text: cmp.Or(d.TextColor, cardText),
	}
	if d.Logo != nil {
		c.LogoAlt = d.Logo.AltText
		if strings.HasPrefix(d.Logo.URI, "data:image/") {
			c.Logo = d.Logo.URI
		} else {
			c.LogoElsewhere = true
		}
	}
	if ratio := typemeta.Contrast(c.Background, c.Text); ratio < readableContrast {
		c.Contrast = i18n.Decimal(ctx, ratio, 1)
	}
	return c
}

// preview is what the customer will get of what is typed so far.
func (p *portal) preview(ctx context.Context, t typemeta.Type, form map[string]string) offers.Preview {
	out := offers.Preview{Action: offers.Form{Type: t.ID}.Action(), Card: p.card(ctx, t)}
	value := func(name string) string { return form[name] }
	for _, g := range t.Form(i18n.Lang(ctx)).Groups {
		for _, f := range g.Fields {
			if f.Nested() && !strings.HasPrefix(f.Label, g.Label) {
				f.Label = g.Label + ": " + f.Label
			}
			out.Facts = append(out.Facts, facts(ctx, f, value)...)
		}
	}
	return out
}

// facts says what a field says, or the rows of a list.
func facts(ctx context.Context, f typemeta.Field, value func(string) string) []offers.Fact {
	switch {
	case !f.Shown(value):
		return nil
	case !f.Many:
		return fact(ctx, f, value)
	}
	var out []offers.Fact
	for i := range f.Rows(value) {
		for _, field := range f.Row(i) {
			switch {
			case !field.Bare():
				field.Label = fmt.Sprintf("%s %d: %s", f.Label, i+1, field.Label)
			case field.Many:
				field.Label = fmt.Sprintf("%s %d", f.Label, i+1)
			default:
				field.Label = f.Label
			}
			out = append(out, facts(ctx, field, value)...)
		}
	}
	return out
}

// fact says what a field says, as people write it; nothing when it is empty.
func fact(ctx context.Context, f typemeta.Field, value func(string) string) []offers.Fact {
	v := f.Value(value)
	if v == nil {
		return nil
	}
	out := offers.Fact{Label: f.Label, Value: fmt.Sprint(v)}
	switch f.Kind {
	case typemeta.Portrait:
		out.Value, out.Picture = "", out.Value
	case typemeta.Date:
		out.Value = dayWords(ctx, out.Value)
	case typemeta.Country:
		out.Value = i18n.Country(ctx, strings.ToUpper(out.Value))
	case typemeta.IBAN:
		out.Value = groupedIBAN(out.Value)
	case typemeta.Boolean:
		if yes, is := v.(bool); is && yes {
			out.Value = i18n.T(ctx, "Yes")
		} else if is {
			out.Value = i18n.T(ctx, "No")
		}
	case typemeta.Amount:
		if n, is := v.(json.Number); is {
			out.Value = amount(ctx, n)
		}
	case typemeta.Text, typemeta.Currency, typemeta.BIC, typemeta.LEI, typemeta.Email, typemeta.Phone, typemeta.Integer, typemeta.Number, typemeta.Enum:
	}
	return []offers.Fact{out}
}

// amount writes a number of money as the language does.
func amount(ctx context.Context, n json.Number) string {
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	const usual = 2
	decimals := 0
	if _, fraction, has := strings.Cut(n.String(), "."); has {
		decimals = max(len(fraction), usual)
	}
	return i18n.Decimal(ctx, f, decimals)
}
