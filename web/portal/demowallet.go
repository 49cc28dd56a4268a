package portal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/wallet"
	"counterfoil/views/demowallet"
	"counterfoil/views/i18n"
)

func (p *portal) showWallet(c *fiber.Ctx) error {
	return render(c, fiber.StatusOK, demowallet.Page(demowallet.Show{Page: p.page(c, i18n.T(c.UserContext(), "Demo wallet")), Offer: c.Query("offer")}))
}

// collect does in the demo what a customer's phone does.
func (p *portal) collect(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	show := demowallet.Show{Page: p.page(c, i18n.T(c.UserContext(), "Demo wallet")), Offer: strings.TrimSpace(form["offer"])}
	got, err := p.DemoWallet.Collect(c.UserContext(), wallet.Request{Offer: show.Offer, TxCode: strings.ReplaceAll(form["code"], " ", ""), DPoP: true})
	for _, step := range got.Steps {
		show.Steps = append(show.Steps, i18n.Reason(c.UserContext(), step))
	}
	if err != nil {
		words := walletWords(c.UserContext(), err)
		show.Error, show.Guide = words.text, words.guide
		return render(c, fiber.StatusUnprocessableEntity, demowallet.Page(show))
	}
	show.Credential = credentialView(c.UserContext(), got.Credentials[0])
	return render(c, fiber.StatusOK, demowallet.Page(show))
}

// walletWords says why the wallet got nothing.
func walletWords(ctx context.Context, err error) said {
	var refused *wallet.Refused
	if errors.As(err, &refused) {
		return said{i18n.T(ctx, "The issuer answered %s: %s (%s).", refused.Code, refused.Description, strconv.Itoa(refused.Status)), help("demo-wallet-refused")}
	}
	return said{i18n.Reason(ctx, capital(err.Error())+"."), help("demo-wallet")}
}

func credentialView(ctx context.Context, c wallet.Credential) *demowallet.Credential {
	v := &demowallet.Credential{
		Name: c.Name, Issuer: c.Issuer, ValidUntil: i18n.Date(ctx, c.ExpiresAt), Disclosable: c.Disclosable,
	}
	flatten("", c.Claims, func(name, value string) {
		v.Claims = append(v.Claims, demowallet.Claim{Name: capital(name), Value: value})
	})
	return v
}

// flatten gives every value with the names that lead to it.
func flatten(name string, v any, add func(name, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			flatten(strings.TrimPrefix(name+" "+strings.ReplaceAll(key, "_", " "), " "), v[key], add)
		}
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, plain(item))
		}
		add(name, strings.Join(parts, ", "))
	default:
		add(name, plain(v))
	}
}

func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v) // a number or a truth value
}
