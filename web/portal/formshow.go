package portal

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/portrait"
	"counterfoil/internal/secret"
	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
)

// shown is how a form comes back: with what was typed, and what is wrong with it.
type shown struct {
	status   int
	form     map[string]string
	fields   []issuance.Field          // what was refused
	whole    []said                    // what is wrong with the form as a whole
	pictures map[string]typemeta.Fault // what is wrong with files, by field
	focus    string                    // the field that the page opens at
	restored time.Time                 // when the draft was saved that this is
}

// show shows the form with what was typed and what is wrong with it.
func (p *portal) show(c *fiber.Ctx, t typemeta.Type, s shown) error {
	ctx := c.UserContext()
	if s.form["token"] == "" {
		token, err := secret.Token(p.Random, tokenBytes)
		if err != nil {
			return err
		}
		s.form["token"] = token
	}
	name := t.Named(i18n.Lang(ctx))
	show := offers.Form{
		Page: p.page(c, i18n.T(ctx, "New offer: %s", name)), Type: t.ID, Name: name, Token: s.form["token"],
		TxCode: s.form["tx_code"] != "", Length: t.Policy.TxCode.Length, Reference: s.form["reference"],
		MaxUpload: megabytes(portrait.MaxUpload), Preview: p.preview(ctx, t, s.form),
	}
	show.Page.Here = ""
	if err := p.correction(c, t, &show, s.form); err != nil {
		return err
	}
	if !s.restored.IsZero() {
		show.Restored = i18n.Time(ctx, s.restored)
	}
	described := t.Form(i18n.Lang(ctx))
	f := p.faults(ctx, t, described, s)
	v := fields{ctx: ctx, action: show.Action(), form: s.form, wrong: f.byField, focus: s.focus, choosing: choosing(concrete(described, s.form))}
	for _, g := range described.Groups {
		group := offers.Group{Label: cmp.Or(g.Label, i18n.T(ctx, "Claims"))}
		for _, field := range g.Fields {
			made := v.view(field, "")
			made.Titled = field.Many && field.Label == g.Label
			show.Upload = show.Upload || hasPicture(made)
			show.Errors = append(show.Errors, summary(made)...)
			group.Fields = append(group.Fields, made)
		}
		show.Groups = append(show.Groups, group)
	}
	show.Errors = append(show.Errors, f.others...)
	if len(show.Errors) > 0 {
		show.Page.Title = i18n.T(ctx, "Error: %s", show.Page.Title)
	}
	return render(c, s.status, offers.FormPage(show))
}

// showPreview answers the page that asks while it is filled in: the preview, and each picture that was chosen.
func (p *portal) showPreview(c *fiber.Ctx, t typemeta.Type, got typed) error {
	ctx := c.UserContext()
	out := p.preview(ctx, t, got.form)
	out.Saved = i18n.Time(ctx, p.Clock())
	v := fields{ctx: ctx, action: out.Action, form: got.form, wrong: map[string]said{}}
	for _, f := range concrete(t.Form(i18n.Lang(ctx)), got.form) {
		fault, wrong := got.wrong[f.Name]
		chosen := len(got.files[f.Name+fileSuffix])+len(got.files[f.Name+cameraSuffix]) > 0
		if !wrong && !chosen && !got.cut[f.Name] {
			continue
		}
		if wrong {
			v.wrong[f.Name] = faultWords(ctx, fault, f.Kind)
		}
		picture := v.view(f, "")
		picture.Fresh = true
		if chosen || wrong {
			out.Pictures = append(out.Pictures, picture)
		} else {
			out.Cut = append(out.Cut, picture)
		}
	}
	return render(c, fiber.StatusOK, offers.PreviewPart(out))
}

// faults is what is wrong with a form, said to people.
type faults struct {
	byField map[string]said
	others  []ui.Problem // of the fields that are not of the type, of the form as a whole, or of what it has no field for
}

// faults says what was refused. Claims are checked again, because a refusal is phrased for programs.
func (p *portal) faults(ctx context.Context, t typemeta.Type, described typemeta.Form, s shown) faults {
	out := faults{byField: map[string]said{}}
	other := func(field, text, guide string) {
		out.others = append(out.others, ui.Problem{Field: field, Text: text, Guide: guide})
	}
	for _, w := range s.whole {
		other("", w.text, w.guide)
	}
	kinds := map[string]typemeta.Kind{}
	for _, f := range concrete(described, s.form) {
		kinds[f.Name] = f.Kind
	}
	claims := false
	for _, f := range s.fields {
		switch {
		case f.Pointer == "/reference":
			other("reference", i18n.T(ctx, "Your reference")+": "+i18n.T(ctx, "Write at most 200 characters on one line."), help("reference"))
		case f.Pointer == "/customer":
			other("customer", i18n.T(ctx, "Customer number")+": "+i18n.T(ctx, "Write at most 64 letters and figures on one line."), help("customer-number"))
		case strings.HasPrefix(f.Pointer, "/claims"):
			claims = true
		default:
			other("", sentence(ctx, f.Reason), help("does-not-fit"))
		}
	}
	if claims {
		read := described.Read(func(name string) string { return s.form[name] })
		_, list := t.Check(read.Claims, p.Clock())
		for _, f := range list {
			name := read.Field(f.Pointer)
			switch {
			case name != "":
				out.byField[name] = faultWords(ctx, f, kinds[name])
			case f.Pointer == "":
				other("", i18n.T(ctx, "There is too much in this form. Shorten the long texts, or take rows out."), help("form-too-much"))
			default:
				other("", i18n.T(ctx, "The credential needs %s, which this form has no field for. Tell the administrator.", f.Pointer), help("form-changed"))
			}
		}
	}
	for name, f := range s.pictures {
		out.byField[name] = faultWords(ctx, f, typemeta.Portrait)
	}
	return out
}

// summary gives the lines of the summary for a field, or for those in the rows of a list.
func summary(f offers.Field) []ui.Problem {
	var lines []ui.Problem
	if f.Error != "" {
		lines = append(lines, ui.Problem{Field: f.Name, Text: f.Whole() + ": " + f.Error, Guide: f.Guide})
	}
	for _, row := range f.Rows {
		for _, field := range row.Fields {
			lines = append(lines, summary(field)...)
		}
	}
	return lines
}

func hasPicture(f offers.Field) bool {
	if f.Kind == "picture" {
		return true
	}
	for _, row := range f.Rows {
		for _, field := range row.Fields {
			if hasPicture(field) {
				return true
			}
		}
	}
	return false
}
