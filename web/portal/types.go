package portal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/staff"
	"counterfoil/internal/typemeta"
	"counterfoil/internal/wallet"
	typeview "counterfoil/views/credentialtypes"
	"counterfoil/views/i18n"
)

// trialsPerMinute bounds how often one address has types tried out, each of which is a program's work for a second.
const trialsPerMinute = 10

// Trials let a wallet collect a type, without anything real.
type Trials interface {
	Try(ctx context.Context, t typemeta.Type) (wallet.Collected, error)
}

func typeHref(id string) string { return "/types/" + url.PathEscape(id) }

func (p *portal) listTypes(c *fiber.Ctx) error {
	ctx := c.UserContext()
	list := typeview.List{Page: p.page(c, i18n.T(ctx, "Credential types")), MayAdd: who(c).May(staff.ManageTypes)}
	for _, t := range p.Types.All() {
		list.Rows = append(list.Rows, typeview.Row{
			Href: typeHref(t.ID), Name: t.Named(i18n.Lang(ctx)), ID: t.ID, VCT: t.VCT, Version: versionWords(ctx, t.Version),
			Format: oid4vci.FormatSDJWTVC, Policy: policyWords(ctx, t.Policy),
		})
	}
	return render(c, fiber.StatusOK, typeview.ListPage(list))
}

func versionWords(ctx context.Context, version int) string {
	if version == 0 {
		return i18n.T(ctx, "As installed")
	}
	return strconv.Itoa(version)
}

// policyWords says in a line what is decided about a type.
func policyWords(ctx context.Context, policy typemeta.Policy) string {
	return strings.Join([]string{validityWords(ctx, policy.Validity), batchWords(ctx, policy.BatchSize), codeWords(ctx, policy.TxCode)}, " ")
}

func validityWords(ctx context.Context, d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return i18n.T(ctx, "Valid for %d days.", int(d/day))
	}
	return i18n.T(ctx, "Valid for about %d days.", int(d.Round(day)/day))
}

func batchWords(ctx context.Context, size int) string {
	return i18n.T(ctx, "Up to %d copies at once.", size)
}

func codeWords(ctx context.Context, code typemeta.TxCodePolicy) string {
	if code.Off {
		return i18n.T(ctx, "No transaction code proposed.")
	}
	return i18n.T(ctx, "Transaction code of %d digits.", code.Length)
}

func (p *portal) showType(c *fiber.Ctx) error {
	t, err := p.typeOf(c.Params("type"))
	if err != nil {
		return err
	}
	return p.typePage(c, fiber.StatusOK, t, nil)
}

// tryType lets the honest wallet collect the type and tells what came of it.
func (p *portal) tryType(c *fiber.Ctx) error {
	t, err := p.typeOf(c.Params("type"))
	if err != nil {
		return err
	}
	return p.typePage(c, fiber.StatusOK, t, p.trial(c, t))
}

func (p *portal) typePage(c *fiber.Ctx, status int, t typemeta.Type, trial *typeview.Trial) error {
	ctx := c.UserContext()
	document, err := lines(t.Document())
	if err != nil {
		return err
	}
	config, err := lines(t.Config())
	if err != nil {
		return err
	}
	s := typeview.Show{
		Page: p.page(c, t.Named(i18n.Lang(ctx))), Href: typeHref(t.ID), Name: t.Named(i18n.Lang(ctx)), Card: p.card(ctx, t), Facts: p.typeFacts(ctx, t),
		Document: document, Config: config, Trial: trial,
	}
	s.Page.Here = "/types"
	if who(c).May(staff.ManageTypes) {
		s.ChangeHref = "/new-type?from=" + url.QueryEscape(t.ID)
	}
	for _, claim := range t.Claims {
		s.Claims = append(s.Claims, claimRow(ctx, t, claim))
	}
	for _, d := range t.Display {
		s.Displays = append(s.Displays, typeview.Display{
			Language: d.Locale, Name: d.Name, Description: d.Description, Colours: strings.TrimSpace(d.TextColor + " " + d.BackgroundColor),
		})
	}
	versions, err := p.TypeAdmin.Versions.ListTypeVersions(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.ID == t.ID {
			s.Versions = append(s.Versions, typeview.Version{Number: strconv.Itoa(v.Version), At: i18n.DateTime(ctx, v.CreatedAt), By: v.CreatedBy})
		}
	}
	return render(c, status, typeview.ShowPage(s))
}

func (p *portal) typeFacts(ctx context.Context, t typemeta.Type) []typeview.Fact {
	return []typeview.Fact{
		{Label: i18n.T(ctx, "Configuration id"), Value: t.ID},
		{Label: i18n.T(ctx, "Type (vct)"), Value: t.VCT},
		{Label: i18n.T(ctx, "Version"), Value: versionWords(ctx, t.Version)},
		{Label: i18n.T(ctx, "Format"), Value: oid4vci.FormatSDJWTVC},
		{Label: i18n.T(ctx, "Scope"), Value: t.Policy.Scope},
		{Label: i18n.T(ctx, "Policy"), Value: policyWords(ctx, t.Policy)},
		{Label: i18n.T(ctx, "Type Metadata at"), Value: p.URLs.At(oid4vci.PathTypes + t.ID)},
	}
}

func claimRow(ctx context.Context, t typemeta.Type, claim typemeta.Claim) typeview.Claim {
	row := typeview.Claim{Label: claim.Named(i18n.Lang(ctx)), Path: claim.Path.String(), Kind: shapeWords(ctx, t, claim.Path), Needed: i18n.T(ctx, "Optional")}
	switch hint := t.Hint(claim.Path); {
	case hint.If != nil:
		row.Needed = i18n.T(ctx, "Depends on other claims")
	case claim.Mandatory || hint.Required:
		row.Needed = i18n.T(ctx, "Always there")
	}
	row.Sharing = i18n.T(ctx, "The customer decides")
	if claim.SD == typemeta.Never {
		row.Sharing = i18n.T(ctx, "Always shown")
	}
	return row
}

// shapeWords says what a claim is: what other claims stand below, or what its value looks like.
func shapeWords(ctx context.Context, t typemeta.Type, path typemeta.Path) string {
	for _, other := range t.Claims {
		if len(other.Path) <= len(path) || other.Path[:len(path)].String() != path.String() {
			continue
		}
		if _, named := other.Path[len(path)].(string); named {
			return i18n.T(ctx, "Group of claims")
		}
		return i18n.T(ctx, "List")
	}
	return kindWords(ctx, t.Hint(path).Kind)
}

// kindWords says what a claim's value looks like.
func kindWords(ctx context.Context, k typemeta.Kind) string {
	switch k {
	case typemeta.Text:
		return i18n.T(ctx, "Text")
	case typemeta.Date:
		return i18n.T(ctx, "Date")
	case typemeta.Country:
		return i18n.T(ctx, "Country")
	case typemeta.Currency:
		return i18n.T(ctx, "Currency")
	case typemeta.IBAN:
		return "IBAN"
	case typemeta.BIC:
		return "BIC"
	case typemeta.LEI:
		return "LEI"
	case typemeta.Amount:
		return i18n.T(ctx, "Amount of money")
	case typemeta.Portrait:
		return i18n.T(ctx, "Picture of a person")
	case typemeta.Email:
		return i18n.T(ctx, "E-mail address")
	case typemeta.Phone:
		return i18n.T(ctx, "Phone number")
	case typemeta.Integer:
		return i18n.T(ctx, "Whole number")
	case typemeta.Number:
		return i18n.T(ctx, "Number")
	case typemeta.Boolean:
		return i18n.T(ctx, "Yes or no")
	case typemeta.Enum:
		return i18n.T(ctx, "One of a list")
	}
	return string(k)
}

// trial tries a type out and says in plain words what was done.
func (p *portal) trial(c *fiber.Ctx, t typemeta.Type) *typeview.Trial {
	ctx := c.UserContext()
	got, err := p.Trials.Try(ctx, t)
	steps := []string{
		i18n.T(ctx, "The wallet read the offer."),
		i18n.T(ctx, "The wallet read what the issuer says of itself and of this type."),
		i18n.T(ctx, "The transaction code was accepted."),
		i18n.T(ctx, "The wallet proved its key and was given the credential."),
		i18n.T(ctx, "Signature, certificate, type, key and every claim are right."),
		i18n.T(ctx, "The wallet told the issuer that it has stored the credential."),
	}
	out := &typeview.Trial{Steps: steps[:min(len(got.Steps), len(steps))]}
	if err != nil {
		p.Log.Warn("trial of a type", "type", t.ID, "error", err)
		out.Error = trialWords(ctx, err)
		return out
	}
	flatten("", got.Credentials[0].Claims, func(name, value string) {
		out.Claims = append(out.Claims, typeview.Fact{Label: capital(name), Value: beginning(value)})
	})
	return out
}

func trialWords(ctx context.Context, err error) string {
	var refused *wallet.Refused
	var fault *issuance.Error
	switch {
	case errors.As(err, &refused):
		return i18n.T(ctx, "The issuer answered %s: %s", fmt.Sprintf("%d %s", refused.Status, refused.Code), refused.Description)
	case errors.As(err, &fault):
		return i18n.T(ctx, "The issuer refused the sample claims: %s", i18n.Reason(ctx, fault.Reason))
	}
	return i18n.Reason(ctx, err.Error())
}

// beginning cuts what is too long to be read, such as a picture.
func beginning(value string) string {
	const most = 80
	if r := []rune(value); len(r) > most {
		return string(r[:most]) + "…"
	}
	return value
}
