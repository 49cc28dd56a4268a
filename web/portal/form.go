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

// maxFields bounds a form: as many rows as one may have, of a few fields each, and the rest.
const maxFields = 7*typemeta.MaxRows + 100

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
		show.form = t.Form(i18n.Lang(c.UserContext())).Fill(t.Defaults(p.Clock()))
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
	got, err := readTyped(c)
	if err != nil {
		return err
	}
	if err := p.readOffer(c.UserContext(), &got, t.Form(i18n.Lang(c.UserContext()))); err != nil {
		return err
	}
	do, what, _ := strings.Cut(got.form["do"], " ")
	show := shown{status: fiber.StatusOK, form: got.form, pictures: got.wrong}
	if got.over {
		show.status, show.whole = fiber.StatusUnprocessableEntity, tooManyRows(c.UserContext())
		return p.show(c, t, show)
	}
	switch do {
	case "", "preview":
		show.focus = what
	case "add", "remove":
		if err := p.shapeList(c, t, &show, do, what); err != nil {
			return err
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

// shapeList gives a list of the form a row more, or takes one out.
func (p *portal) shapeList(c *fiber.Ctx, t typemeta.Type, show *shown, do, what string) error {
	described := t.Form(i18n.Lang(c.UserContext()))
	if do == "remove" {
		show.focus = removeRow(described, show.form, what)
	} else {
		full := false
		if show.focus, full = addRow(described, show.form, what); full {
			show.status, show.whole = fiber.StatusUnprocessableEntity, tooManyRows(c.UserContext())
		}
	}
	if show.focus == "" {
		return fiber.ErrUnprocessableEntity
	}
	return nil
}

// goOn leads to another page: a form that htmx sent would put that page into the one that is there.
func goOn(c *fiber.Ctx, path string) error {
	if c.Get("HX-Request") == "true" {
		c.Set("HX-Redirect", path)
		return c.SendStatus(fiber.StatusNoContent)
	}
	return c.Redirect(path, fiber.StatusSeeOther)
}

// readOffer holds the rows of a form to what one may have, and makes pictures of the files in it.
func (p *portal) readOffer(ctx context.Context, got *typed, described typemeta.Form) error {
	var err error
	if got.over, err = holdRows(described, got.form); err != nil {
		return err
	}
	return p.drawPictures(ctx, got, concrete(described, got.form))
}

// tooManyRows says that there is no place for more rows.
func tooManyRows(ctx context.Context) []said {
	return again(i18n.T(ctx, "A list has at most %d rows, and a form %d in all its lists. Take some out before you add others.", typemeta.MaxElements, typemeta.MaxRows), help("too-many-rows"))
}

// again asks for the form to be sent once more.
func again(why, guide string) []said { return []said{{why, guide}} }

// hashForm tells a form that is sent twice from one that was changed in between.
func hashForm(form map[string]string) []byte {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(form)) {
		parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(form[name]))
	}
	return secret.Hash(strings.Join(parts, "&"))
}

// offerOf gives the offer that a form describes.
func offerOf(form map[string]string, t typemeta.Type, described typemeta.Form) (issuance.CreateOffer, error) {
	create := issuance.CreateOffer{
		Type: t.ID, Claims: described.Read(func(name string) string { return form[name] }).Claims,
		Reference: strings.TrimSpace(form["reference"]), Customer: strings.TrimSpace(form["customer"]), Channel: issuance.ChannelPortal,
		Replaces: issuance.OfferID(form[replacesField]), Collected: form[collectedField] == yes,
		IdempotencyKey: form["token"], RequestHash: hashForm(form),
	}
	switch form["tx_code"] {
	case "":
	case yes:
		create.TxCode = &issuance.TxCode{Length: t.Policy.TxCode.Length}
	default:
		return issuance.CreateOffer{}, fiber.ErrUnprocessableEntity
	}
	return create, nil
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
	if err := p.readOffer(c.UserContext(), &got, described); err != nil {
		return err
	}
	form := got.form
	show := shown{status: fiber.StatusUnprocessableEntity, form: form, pictures: got.wrong}
	if got.over {
		show.whole = tooManyRows(c.UserContext())
		return p.show(c, t, show)
	}
	create, err := offerOf(form, t, described)
	if err != nil {
		return err
	}
	create.By = actor(c)
	create.DryRun = len(got.wrong) > 0 // a picture that was chosen and is no good is no reason to go on without one
	if form["token"] == "" {
		show.whole = again(i18n.T(c.UserContext(), "This page was open for too long or not whole. Look it through and send it again."), help("form-again"))
		return p.show(c, t, show)
	}
	made, err := p.createOnce(c.UserContext(), create)
	var refusal *issuance.Error
	if errors.As(err, &refusal) {
		show.whole = unsent(c.UserContext(), refusal, form)
	}
	switch {
	case show.whole != nil:
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
