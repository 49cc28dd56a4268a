package portal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/internal/typemeta"
	typeview "counterfoil/views/credentialtypes"
	"counterfoil/views/i18n"
)

// The bounds of what a type is made from, in bytes.
const (
	maxMetadata = 256 << 10
	maxConfig   = 64 << 10
	maxShort    = 1 << 10
	// maxTypeForm bounds the form: each document as a text and as a file, and what is around them.
	maxTypeForm = 2*(maxMetadata+maxConfig) + 16<<10
)

// typeParts is the most bytes of every part of the form.
func typeParts() map[string]int {
	return map[string]int{
		"id": maxShort, "fixed": maxShort, "metadata": maxMetadata, "metadata_file": maxMetadata, "config": maxConfig, "config_file": maxConfig, "seen": maxShort,
	}
}

// typeAsked is a type as it was sent; tooLong are the parts that were left out because of their length.
type typeAsked struct {
	id, metadata, config, seen string
	fixed                      bool
	tooLong                    map[string]bool
}

// readType reads the form. A file takes the place of the text beside it.
func readType(c *fiber.Ctx) (typeAsked, error) {
	u, err := readUpload(c, typeParts())
	if err != nil {
		return typeAsked{}, err
	}
	text := func(name string) string {
		s := u.parts[name]
		if file := u.parts[name+"_file"]; file != "" {
			s = file
		}
		// A browser ends the lines of a text otherwise than its file, and editors begin files with a mark.
		return strings.ReplaceAll(strings.TrimPrefix(s, "\ufeff"), "\r\n", "\n")
	}
	return typeAsked{
		id: strings.TrimSpace(u.parts["id"]), metadata: text("metadata"), config: text("config"), seen: u.parts["seen"], fixed: u.parts["fixed"] == "yes",
		tooLong: u.tooLong,
	}, nil
}

func (a typeAsked) version(number int, by string) issuance.TypeVersion {
	v := issuance.TypeVersion{ID: a.id, Version: number, Metadata: []byte(a.metadata), CreatedBy: by}
	if strings.TrimSpace(a.config) != "" {
		v.Config = []byte(a.config)
	}
	return v
}

// newType shows the form: empty, or with what a type has.
func (p *portal) newType(c *fiber.Ctx) error {
	asked := typeAsked{}
	if from := c.Query("from"); from != "" {
		t, err := p.typeOf(from)
		if err != nil {
			return err
		}
		metadata, err := lines(t.Document())
		if err != nil {
			return err
		}
		config, err := lines(t.Config())
		if err != nil {
			return err
		}
		asked = typeAsked{id: t.ID, metadata: metadata, config: config, fixed: true}
	}
	return p.typeForm(c, fiber.StatusOK, asked, nil)
}

func (p *portal) typeForm(c *fiber.Ctx, status int, asked typeAsked, faults []typeview.Error) error {
	ctx := c.UserContext()
	form := typeview.Form{
		Title: i18n.T(ctx, "Add a credential type"), ID: asked.id, Metadata: asked.metadata, Config: asked.config, Fixed: asked.fixed, Errors: faults,
		Lead: i18n.T(ctx, "It is checked first. You then see what wallets will be told, and nothing changes before you confirm."),
	}
	if asked.fixed {
		form.Title = i18n.T(ctx, "Change %s", asked.id)
		form.Lead = i18n.T(ctx, "This makes a new version. Offers that are open keep the version they were made with.")
	}
	form.Page = p.page(c, form.Title)
	if len(faults) > 0 {
		form.Page.Title = i18n.T(ctx, "Error: %s", form.Title)
	}
	form.Page.Here, form.Page.Narrow = "/types", true
	return render(c, status, typeview.FormPage(form))
}

// checkType checks a type and shows what would change.
func (p *portal) checkType(c *fiber.Ctx) error {
	asked, err := readType(c)
	if err != nil {
		return err
	}
	if status, faults := asked.unusable(c.UserContext()); len(faults) > 0 {
		return p.typeForm(c, status, asked, faults)
	}
	return p.reviewType(c, fiber.StatusOK, asked, "", false)
}

// editType shows the form again with what was sent.
func (p *portal) editType(c *fiber.Ctx) error {
	asked, err := readType(c)
	if err != nil {
		return err
	}
	return p.typeForm(c, fiber.StatusOK, asked, nil)
}

// addType adds what was shown before, if it is still what it was shown against.
func (p *portal) addType(c *fiber.Ctx) error {
	asked, err := readType(c)
	if err != nil {
		return err
	}
	before, known := p.Types.Type(asked.id)
	changed := func() error {
		return p.reviewType(c, fiber.StatusConflict, asked, i18n.T(c.UserContext(), "The type was changed in the meantime. Look at what changes now, and confirm again."), false)
	}
	if t, err := p.TypeAdmin.AddType(c.UserContext(), asked.version(0, who(c).Display), true); err == nil && known {
		if all, err := changes(c.UserContext(), before, known, t); err == nil && nothing(all) {
			return c.Redirect(typeHref(t.ID), fiber.StatusSeeOther) // sent twice
		}
	}
	if asked.seen != seenDigest(asked, before, known) {
		return changed()
	}
	t, err := p.TypeAdmin.AddType(c.UserContext(), asked.version(before.Version+1, who(c).Display), false)
	if errors.Is(err, issuance.ErrTypeChanged) {
		return changed()
	}
	if err != nil {
		return err
	}
	return c.Redirect(typeHref(t.ID), fiber.StatusSeeOther)
}

// nothing tells that no document changes.
func nothing(all []typeview.Change) bool {
	return !slices.ContainsFunc(all, func(c typeview.Change) bool { return len(c.Lines) > 0 })
}

// tryNewType lets the honest wallet collect a type that is not there yet.
func (p *portal) tryNewType(c *fiber.Ctx) error {
	asked, err := readType(c)
	if err != nil {
		return err
	}
	return p.reviewType(c, fiber.StatusOK, asked, "", true)
}

// reviewType shows what would change, or the form again with what is wrong. changed says that it was changed meanwhile; try tries the type out as well.
func (p *portal) reviewType(c *fiber.Ctx, status int, asked typeAsked, changed string, try bool) error {
	ctx := c.UserContext()
	t, err := p.TypeAdmin.AddType(ctx, asked.version(0, who(c).Display), true)
	var refusal *issuance.Error
	if errors.As(err, &refusal) && refusal.Kind == issuance.Invalid {
		return p.typeForm(c, fiber.StatusUnprocessableEntity, asked, typeErrors(ctx, asked, refusal.Fields))
	}
	if err != nil {
		return err
	}
	before, known := p.Types.Type(t.ID)
	r := typeview.Review{
		Title: i18n.T(ctx, "Add %s?", t.Named(i18n.Lang(ctx))), After: p.card(ctx, t), Warnings: warnings(ctx, t), BackHref: "/types",
		Lead: i18n.T(ctx, "A new type. Wallets see it as soon as you confirm."),
		ID:   asked.id, Metadata: asked.metadata, Config: asked.config, Seen: seenDigest(asked, before, known),
	}
	if changed != "" {
		r.Warnings = append([]typeview.Warning{{Text: changed, Guide: help("type-changed")}}, r.Warnings...)
	}
	if known {
		card := p.card(ctx, before)
		r.Title, r.Before, r.BackHref = i18n.T(ctx, "Change %s?", t.Named(i18n.Lang(ctx))), &card, typeHref(t.ID)
		r.Lead = i18n.T(ctx, "This becomes version %d. Wallets see it as soon as you confirm; offers that are open keep what they were made with.", t.Version)
	}
	if r.Changes, err = changes(ctx, before, known, t); err != nil {
		return err
	}
	r.Same = nothing(r.Changes)
	if try {
		r.Trial = p.trial(c, t)
	}
	r.Page = p.page(c, r.Title)
	r.Page.Here = "/types"
	return render(c, status, typeview.ReviewPage(r))
}

// seenDigest stands for everything that a review shows: what was sent, and what it was compared with.
func seenDigest(asked typeAsked, before typemeta.Type, known bool) string {
	parts := []string{asked.id, asked.metadata, asked.config, strconv.FormatBool(known), strconv.Itoa(before.Version), string(before.Document()), string(before.Config())}
	var all strings.Builder
	for _, part := range parts {
		fmt.Fprintf(&all, "%d:%s", len(part), part) // so that no two lists of parts are one text
	}
	return hex.EncodeToString(secret.Hash(all.String()))
}
