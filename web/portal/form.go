package portal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/internal/typemeta"
	"counterfoil/views/offers"
)

// maxFields bounds a form.
const maxFields = 500

// tokenBytes is the size of a form's token.
const tokenBytes = 16

// readForm reads a form body; a field twice is refused, so that no two readers take different ones.
func readForm(c *fiber.Ctx) (map[string]string, error) {
	media, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
	if strings.TrimSpace(media) != "application/x-www-form-urlencoded" {
		return nil, fiber.ErrUnsupportedMediaType
	}
	form := map[string]string{}
	for name, value := range c.Request().PostArgs().All() {
		if _, twice := form[string(name)]; twice || len(form) == maxFields || bytes.ContainsRune(value, 0) {
			return nil, fiber.ErrBadRequest
		}
		form[string(name)] = string(value)
	}
	return form, nil
}

func (p *portal) typeOf(id string) (typemeta.Type, error) {
	for _, t := range p.Types.All() {
		if t.ID == id {
			return t, nil
		}
	}
	return typemeta.Type{}, fiber.ErrNotFound
}

func (p *portal) newOffer(c *fiber.Ctx) error {
	t, err := p.typeOf(c.Params("type"))
	if err != nil {
		return err
	}
	form := map[string]string{}
	if !t.Policy.TxCode.Off {
		form["tx_code"] = "yes"
	}
	return p.showForm(c, fiber.StatusOK, t, form, nil)
}

// showForm shows the form with what was typed and what is wrong with it.
func (p *portal) showForm(c *fiber.Ctx, status int, t typemeta.Type, form map[string]string, fields []issuance.Field) error {
	if form["token"] == "" {
		token, err := secret.Token(p.Random, tokenBytes)
		if err != nil {
			return err
		}
		form["token"] = token
	}
	show := offers.Form{
		Page: p.page(c, "New offer: "+t.Named(language)), Type: t.ID, Name: t.Named(language), Token: form["token"],
		TxCode: form["tx_code"] != "", Length: t.Policy.TxCode.Length, Reference: form["reference"],
	}
	show.Page.Narrow, show.Page.Here = true, ""
	described := t.Form(language)
	wrong := map[string]string{}
	for _, f := range fields {
		if f.Pointer == formFault {
			show.Errors = append(show.Errors, offers.Error{Href: "#main", Text: f.Reason})
			continue
		}
		name := described.FieldOf(strings.TrimPrefix(f.Pointer, "/claims"))
		if name == "" {
			name = strings.TrimPrefix(f.Pointer, "/")
		}
		wrong[name] = sentence(f)
	}
	for _, g := range described.Groups {
		group := offers.Group{Label: cmp.Or(g.Label, "Claims")}
		for _, f := range g.Fields {
			field := fieldView(f, form)
			if field.Error = wrong[f.Name]; field.Error != "" {
				delete(wrong, f.Name)
				show.Errors = append(show.Errors, offers.Error{Href: "#" + f.Name, Text: f.Label + ": " + field.Error})
			}
			group.Fields = append(group.Fields, field)
		}
		show.Groups = append(show.Groups, group)
	}
	if e := wrong["reference"]; e != "" {
		delete(wrong, "reference")
		show.Errors = append(show.Errors, offers.Error{Href: "#reference", Text: "Your reference: " + e})
	}
	for _, name := range slices.Sorted(maps.Keys(wrong)) { // a claim that the form has no field for
		show.Errors = append(show.Errors, offers.Error{Href: "#main", Text: name + ": " + wrong[name]})
	}
	if len(show.Errors) > 0 {
		show.Page.Title = "Error: " + show.Page.Title
	}
	return render(c, status, offers.FormPage(show))
}

// sentence says a fault as a sentence for the person who typed.
func sentence(f issuance.Field) string {
	if f.Code == typemeta.CodeMissing {
		return "Please fill this in."
	}
	return strings.ToUpper(f.Reason[:1]) + f.Reason[1:] + "."
}

func fieldView(f typemeta.Field, form map[string]string) offers.Field {
	v := offers.Field{
		Name: f.Name, Label: f.Label, Help: f.Help, Value: form[f.Name], Kind: "text", Required: f.Required, Max: f.Max,
		Day: form[f.Name+"-day"], Month: form[f.Name+"-month"], Year: form[f.Name+"-year"],
	}
	switch f.Kind {
	case typemeta.Date:
		v.Kind = "date"
	case typemeta.Email:
		v.Kind = "email"
	case typemeta.Phone:
		v.Kind = "tel"
	case typemeta.Integer:
		v.Mode = "numeric"
	case typemeta.Number:
		v.Mode = "decimal"
	case typemeta.Boolean:
		v.Kind = "choice"
		v.Options = options(v.Value, []string{"true", "false"}, "Yes", "No")
	case typemeta.Enum:
		v.Kind = "choice"
		v.Options = options(v.Value, f.Enum, f.Enum...)
	case typemeta.IBAN:
		v.Max = 42 // with a space after every fourth character
	case typemeta.Text, typemeta.Country, typemeta.Currency, typemeta.BIC:
	}
	if f.Many {
		v.Kind, v.Max = "list", 0
	}
	return v
}

func options(value string, values []string, labels ...string) []offers.Option {
	out := make([]offers.Option, 0, len(values))
	for i, v := range values {
		out = append(out, offers.Option{Value: v, Label: labels[i], Selected: v == value})
	}
	return out
}

// formFault marks a fault of the form as a whole.
const formFault = "/"

// again asks for the form to be sent once more.
func again(why string) []issuance.Field { return []issuance.Field{{Pointer: formFault, Reason: why}} }

// hashForm tells a form that is sent twice from one that was changed in between.
func hashForm(form map[string]string) []byte {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(form)) {
		parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(form[name]))
	}
	return secret.Hash(strings.Join(parts, "&"))
}

// createOffer makes the offer that a form describes. The form's token makes sending it twice one offer.
func (p *portal) createOffer(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	t, err := p.typeOf(form["type"])
	if err != nil {
		return err
	}
	create := issuance.CreateOffer{
		Type: t.ID, Claims: t.Form(language).Claims(func(name string) string { return form[name] }),
		Reference: strings.TrimSpace(form["reference"]), Channel: issuance.ChannelPortal, By: issuance.Actor{Name: who(c).Display},
		IdempotencyKey: form["token"], RequestHash: hashForm(form),
	}
	switch form["tx_code"] {
	case "":
	case "yes":
		create.TxCode = &issuance.TxCode{Length: t.Policy.TxCode.Length}
	default:
		return fiber.ErrUnprocessableEntity
	}
	if form["token"] == "" {
		return p.showForm(c, fiber.StatusUnprocessableEntity, t, form, again("This page was open for too long or not whole. Look it through and send it again."))
	}
	got, err := p.createOnce(c.UserContext(), create)
	var refusal *issuance.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == issuance.CodeIdempotencyMismatch:
		form["token"] = ""
		return p.showForm(c, fiber.StatusUnprocessableEntity, t, form,
			again("An offer was already made from this page, with other claims; it is in the list of offers. Send this again to make another one."))
	case errors.As(err, &refusal) && refusal.Kind == issuance.Invalid:
		return p.showForm(c, fiber.StatusUnprocessableEntity, t, form, refusal.Fields)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/offers/"+string(got.Offer.ID), fiber.StatusSeeOther)
}

// createOnce makes an offer. A form that was sent twice at once waits for its first sending, because the browser shows the answer to
// the second.
func (p *portal) createOnce(ctx context.Context, create issuance.CreateOffer) (issuance.CreatedOffer, error) {
	const step = 50 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	for {
		got, err := p.Offers.CreateOffer(ctx, create)
		if !errors.Is(err, issuance.ErrIdempotencyInProgress) {
			return got, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return got, err
		}
	}
}
