package portal

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
	typeview "counterfoil/views/credentialtypes"
	"counterfoil/views/i18n"
)

// unusable tells of what cannot be read as JSON at all, and the status that goes with it.
func (a typeAsked) unusable(ctx context.Context) (status int, faults []typeview.Error) {
	status = fiber.StatusUnprocessableEntity
	long := func(href, text string) {
		status = fiber.StatusRequestEntityTooLarge
		faults = append(faults, typeview.Error{Href: href, Text: text, Guide: help("type-too-large")})
	}
	if a.tooLong["metadata"] || a.tooLong["metadata_file"] {
		long("#metadata", i18n.T(ctx, "Type Metadata: must be at most %d kB.", maxMetadata>>10))
	} else if strings.TrimSpace(a.metadata) == "" {
		faults = append(faults, typeview.Error{Href: "#metadata", Text: i18n.T(ctx, "Type Metadata: choose a file, or paste the text."), Guide: help("type-missing")})
	}
	if a.tooLong["config"] || a.tooLong["config_file"] {
		long("#config", i18n.T(ctx, "Config: must be at most %d kB.", maxConfig>>10))
	}
	for _, part := range []struct{ href, text string }{{"#metadata", a.metadata}, {"#config", a.config}} {
		if packed([]byte(part.text)) {
			faults = append(faults, typeview.Error{Href: part.href, Text: i18n.T(ctx, "This is an archive. Unpack it and choose the JSON file in it."), Guide: help("type-archive")})
		}
	}
	return status, faults
}

// typeErrors says faults with their place, in words and as a pointer.
func typeErrors(ctx context.Context, asked typeAsked, fields []issuance.Field) []typeview.Error {
	var out []typeview.Error
	for _, f := range fields {
		e, where := typeview.Error{}, ""
		switch {
		case strings.HasPrefix(f.Pointer, "/type_metadata"):
			e = typeview.Error{Href: "#metadata", Pointer: strings.TrimPrefix(f.Pointer, "/type_metadata"), Guide: help("type-metadata")}
			where = place(ctx, i18n.T(ctx, "Type Metadata"), asked.metadata, e.Pointer)
		case strings.HasPrefix(f.Pointer, "/config"):
			e = typeview.Error{Href: "#config", Pointer: strings.TrimPrefix(f.Pointer, "/config"), Guide: help("type-config")}
			where = place(ctx, i18n.T(ctx, "Config"), asked.config, e.Pointer)
		default:
			e, where = typeview.Error{Href: "#id", Guide: help("type-id")}, i18n.T(ctx, "Configuration id")
		}
		e.Text = where + ": " + capital(i18n.Reason(ctx, f.Reason)) + "."
		out = append(out, e)
	}
	return out
}

// place says where in a document a pointer leads: the line, and the claim by its name.
func place(ctx context.Context, document, text, pointer string) string {
	words := []string{document}
	if line := lineOf(text, pointer); line > 0 {
		words = append(words, i18n.T(ctx, "line %d", line))
	}
	if claim := claimAt(text, pointer); claim != "" {
		words = append(words, i18n.T(ctx, "claim %s", claim))
	}
	return strings.Join(words, ", ")
}

// lineOf gives the line of what a pointer leads to, or of what it should be in; of a text that is no JSON, the line where it ends to be.
func lineOf(text, pointer string) int {
	var syntax *strictjson.Error
	var doc any
	if errors.As(strictjson.Decode([]byte(text), &doc), &syntax) && syntax.Kind == strictjson.Malformed {
		return 1 + strings.Count(text[:min(int(syntax.Offset), len(text))], "\n")
	}
	for pointer != "" {
		if line := strictjson.Line([]byte(text), pointer); line > 0 {
			return line
		}
		pointer = pointer[:strings.LastIndex(pointer, "/")]
	}
	return 0
}

// claimAt gives the path of the claim that a pointer leads into; empty when it leads elsewhere.
func claimAt(text, pointer string) string {
	var doc struct {
		Claims []struct {
			Path []any `json:"path"`
		} `json:"claims"`
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/claims/"), "/")
	i, err := strconv.Atoi(number)
	if err != nil || strictjson.Decode([]byte(text), &doc) != nil || i < 0 || i >= len(doc.Claims) {
		return ""
	}
	return typemeta.Path(doc.Claims[i].Path).String()
}

// warnings tells of what is allowed but will look or work badly.
func warnings(ctx context.Context, t typemeta.Type) []typeview.Warning {
	var out []typeview.Warning
	if strings.HasPrefix(t.VCT, "http://") {
		out = append(out, typeview.Warning{
			Text:  i18n.T(ctx, "The vct is a plain http address: who checks the credential cannot be sure who answers there. Use https or a URN."),
			Guide: help("type-vct"),
		})
	}
	for _, d := range t.Display {
		if d.TextColor != "" && d.BackgroundColor != "" && typemeta.Contrast(d.TextColor, d.BackgroundColor) < readableContrast {
			out = append(out, typeview.Warning{
				Text:  i18n.T(ctx, "In %s the text is hard to read on its background: %s on %s. Choose colours that differ more.", d.Locale, d.TextColor, d.BackgroundColor),
				Guide: help("hard-to-read"),
			})
		}
	}
	return out
}
