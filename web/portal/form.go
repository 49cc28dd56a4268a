package portal

import (
	"bytes"
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
	"counterfoil/views/i18n"
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
	form, saved, err := p.restoreDraft(c, t.ID)
	if err != nil {
		return err
	}
	show := shown{status: fiber.StatusOK, form: form, restored: saved}
	if form == nil {
		show.form = map[string]string{}
		if !t.Policy.TxCode.Off {
			show.form["tx_code"] = "yes"
		}
	}
	return p.show(c, t, show)
}

// shapeOffer is what the form sends while it is filled in: to be kept and looked at, for a row more or less of a list, or to begin anew.
// Nothing is judged.
func (p *portal) shapeOffer(c *fiber.Ctx) error {
	t, err := p.typeOf(c.Params("type"))
	if err != nil {
		return err
	}
	got, err := p.readOffer(c, t)
	if err != nil {
		return err
	}
	do, what, _ := strings.Cut(got.form["do"], " ")
	show := shown{status: fiber.StatusOK, form: got.form, pictures: got.wrong}
	switch do {
	case "", "preview":
	case "add", "remove":
		if show.focus = shapeList(t.Form(i18n.Lang(c.UserContext())), got.form, do, what); show.focus == "" {
			return fiber.ErrUnprocessableEntity
		}
	case "crop":
		show.focus = what
	case "drop":
		dropPicture(got.form, what)
	case "discard":
		if err := p.endDraft(c, t.ID, got.form["token"]); err != nil {
			return err
		}
		return goOn(c, "/offers/new/"+url.PathEscape(t.ID))
	default:
		return fiber.ErrUnprocessableEntity
	}
	if got.form["token"] != "" {
		if err := p.saveDraft(c, t.ID, got.form); err != nil {
			return err
		}
	}
	if c.Get("HX-Target") == "preview" {
		return p.showPreview(c, t, got)
	}
	return p.show(c, t, show)
}

// goOn leads to another page: a form that htmx sent would put that page into the one that is there.
func goOn(c *fiber.Ctx, path string) error {
	if c.Get("HX-Request") == "true" {
		c.Set("HX-Redirect", path)
		return c.SendStatus(fiber.StatusNoContent)
	}
	return c.Redirect(path, fiber.StatusSeeOther)
}

// readOffer reads the form of a type and makes pictures of the files in it.
func (p *portal) readOffer(c *fiber.Ctx, t typemeta.Type) (typed, error) {
	got, err := readTyped(c)
	if err != nil {
		return typed{}, err
	}
	return got, p.drawPictures(c.UserContext(), &got, concrete(t.Form(i18n.Lang(c.UserContext())), got.form))
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
	got, err := readTyped(c)
	if err != nil {
		return err
	}
	t, err := p.typeOf(got.form["type"])
	if err != nil {
		return err
	}
	described := t.Form(i18n.Lang(c.UserContext()))
	if err := p.drawPictures(c.UserContext(), &got, concrete(described, got.form)); err != nil {
		return err
	}
	form := got.form
	show := shown{status: fiber.StatusUnprocessableEntity, form: form, pictures: got.wrong}
	create := issuance.CreateOffer{
		Type: t.ID, Claims: described.Read(func(name string) string { return form[name] }).Claims,
		Reference: strings.TrimSpace(form["reference"]), Customer: strings.TrimSpace(form["customer"]), Channel: issuance.ChannelPortal, By: actor(c),
		Replaces: issuance.OfferID(form[replacesField]), Collected: form[collectedField] == yes,
		IdempotencyKey: form["token"], RequestHash: hashForm(form),
		DryRun: len(got.wrong) > 0, // a picture that was chosen and is no good is no reason to go on without one
	}
	switch form["tx_code"] {
	case "":
	case "yes":
		create.TxCode = &issuance.TxCode{Length: t.Policy.TxCode.Length}
	default:
		return fiber.ErrUnprocessableEntity
	}
	if form["token"] == "" {
		show.fields = again(i18n.T(c.UserContext(), "This page was open for too long or not whole. Look it through and send it again."))
		return p.show(c, t, show)
	}
	made, err := p.createOnce(c.UserContext(), create)
	var refusal *issuance.Error
	if errors.As(err, &refusal) {
		show.fields = unsent(c.UserContext(), refusal, form)
	}
	switch {
	case show.fields != nil:
		return p.show(c, t, show)
	case refusal != nil && refusal.Kind == issuance.Invalid, err == nil && create.DryRun:
		if refusal != nil {
			show.fields = refusal.Fields
		}
		if err := p.saveDraft(c, t.ID, form); err != nil {
			return err
		}
		return p.show(c, t, show)
	}
	if err != nil {
		return err
	}
	if err := p.endDraft(c, t.ID, form["token"]); err != nil {
		return err
	}
	return goOn(c, "/offers/"+string(made.Offer.ID))
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
