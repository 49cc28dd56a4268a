package portal

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/wallet"
	"counterfoil/views/demowallet"
)

func (p *portal) showWallet(c *fiber.Ctx) error {
	return render(c, fiber.StatusOK, demowallet.Page(demowallet.Show{Page: p.page(c, "Demo wallet"), Offer: c.Query("offer")}))
}

// collect does in the demo what a customer's phone does.
func (p *portal) collect(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	show := demowallet.Show{Page: p.page(c, "Demo wallet"), Offer: strings.TrimSpace(form["offer"])}
	got, err := p.DemoWallet.Collect(c.UserContext(), wallet.Request{Offer: show.Offer, TxCode: strings.ReplaceAll(form["code"], " ", ""), DPoP: true})
	show.Steps = got.Steps
	if err != nil {
		show.Error = walletWords(err)
		return render(c, fiber.StatusUnprocessableEntity, demowallet.Page(show))
	}
	show.Credential = p.credentialView(got.Credentials[0])
	return render(c, fiber.StatusOK, demowallet.Page(show))
}

func walletWords(err error) string {
	var refused *wallet.Refused
	if errors.As(err, &refused) {
		return fmt.Sprintf("The issuer answered %s: %s (%d).", refused.Code, refused.Description, refused.Status)
	}
	return capital(err.Error()) + "."
}

func (p *portal) credentialView(c wallet.Credential) *demowallet.Credential {
	v := &demowallet.Credential{
		Name: c.Name, Issuer: c.Issuer, ValidUntil: c.ExpiresAt.Local().Format("2 January 2006"), Disclosable: c.Disclosable,
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
