package manage

import (
	"bytes"
	"mime"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/strictjson"
)

// malformed is a request whose form is wrong, before anything of it is judged.
type malformed struct {
	status int
	code   string
	detail string
	fields []problemField
}

func (e malformed) Error() string { return e.code }

// invalid is one member that does not fit.
func invalid(pointer, reason string) error { return invalidAt(reason, pointer) }

// invalidAt is members that do not fit for the same reason.
func invalidAt(reason string, pointers ...string) error {
	e := &issuance.Error{Kind: issuance.Invalid, Code: "validation_failed", Reason: "the request has members that do not fit"}
	for _, p := range pointers {
		e.Fields = append(e.Fields, issuance.Field{Pointer: p, Code: "validation_failed", Reason: reason})
	}
	return e
}

// readNothing refuses a body with members, for a request that has nothing to say.
func readNothing(c *fiber.Ctx) error {
	if len(c.Request().Body()) == 0 {
		return nil
	}
	return readJSON(c, &struct{}{})
}

// readJSON reads the body into v: one JSON object, no member twice, none unknown. A whole number may be written with a fraction of zero, as JSON
// Schema has it.
func readJSON(c *fiber.Ctx, v any) error {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	charset, has := params["charset"]
	if err != nil || media != "application/json" || has && !strings.EqualFold(charset, "utf-8") || c.Get(fiber.HeaderContentEncoding) != "" {
		return malformed{status: fiber.StatusUnsupportedMediaType, code: "unsupported_media_type", detail: "the body must be application/json, not encoded"}
	}
	body := c.Request().Body()
	if text := bytes.TrimSpace(body); len(text) == 0 || string(text) == "null" {
		return malformed{status: fiber.StatusBadRequest, code: "malformed_json", detail: "the body must be a JSON object"}
	}
	faults := strictjson.DecodeAll(body, v, strictjson.RefuseUnknown(), strictjson.WholeNumbers())
	if len(faults) == 0 {
		return nil
	}
	first := faults[0]
	switch {
	case first.Kind == strictjson.Duplicate:
		return malformed{status: fiber.StatusBadRequest, code: codeTwice, detail: first.Reason, fields: []problemField{{first.Pointer, codeTwice, first.Reason}}}
	case first.Kind != strictjson.WrongType && first.Kind != strictjson.Unknown || first.Pointer == "":
		return malformed{status: fiber.StatusBadRequest, code: codeNoJSON, detail: "the body must be a JSON object: " + first.Reason, fields: place(first)}
	}
	return misread(faults)
}

// The codes of bodies that cannot be read.
const (
	codeTwice   = "duplicate_key"
	codeUnknown = "unknown_field"
	codeNoJSON  = "malformed_json"
	codeUnfit   = "validation_failed"
)

func place(e *strictjson.Error) []problemField {
	if e.Pointer == "" {
		return nil
	}
	return []problemField{{e.Pointer, codeNoJSON, e.Reason}}
}

// misread refuses members that are not described, or of another type than described; each is named.
func misread(faults []*strictjson.Error) error {
	var fields []problemField
	unknown := false
	for _, f := range faults {
		code := codeUnfit
		if f.Kind == strictjson.Unknown {
			code, unknown = codeUnknown, true
		}
		fields = append(fields, problemField{f.Pointer, code, f.Reason})
	}
	if unknown {
		return malformed{status: fiber.StatusBadRequest, code: codeUnknown, detail: "the body has members that are not described", fields: fields}
	}
	return malformed{status: fiber.StatusUnprocessableEntity, code: codeUnfit, detail: "the request has members that do not fit", fields: fields}
}

// readQuery gives the query of a request, in which each of the named parameters may stand once. What is not known is refused rather
// than passed over: a caller who asks for a filter that does not exist must not get everything. Keys in a URL end up in
// logs, so they are refused by name.
func readQuery(c *fiber.Ctx, names ...string) (map[string]string, error) {
	got := map[string]string{}
	for key, value := range c.Request().URI().QueryArgs().All() {
		name := string(key)
		_, twice := got[name]
		switch {
		case name == "api_key":
			return nil, keyInURL()
		case twice || !slices.Contains(names, name):
			return nil, malformed{status: fiber.StatusBadRequest, code: "unknown_parameter", detail: "the query has a parameter that is not known here, or one twice"}
		}
		got[name] = string(value)
	}
	return got, nil
}

// keyInURL refuses a key where logs and histories would keep it.
func keyInURL() error {
	return malformed{status: fiber.StatusBadRequest, code: "credentials_in_url", detail: "keys do not belong in a URL"}
}

// readDryRun reads the query of POST /offers, in which dry_run is all there may be.
func readDryRun(c *fiber.Ctx) (dryRun bool, err error) {
	query, err := readQuery(c, "dry_run")
	if err != nil {
		return false, err
	}
	value, has := query["dry_run"]
	if has && value != "true" && value != "false" {
		return false, malformed{status: fiber.StatusBadRequest, code: "unknown_parameter", detail: "the only query parameter is dry_run, true or false"}
	}
	return value == "true", nil
}

// maxKey bounds an Idempotency-Key, in characters.
const maxKey = 255

func readIdempotencyKey(c *fiber.Ctx) (string, error) {
	keys := c.Request().Header.PeekAll("Idempotency-Key")
	if len(keys) == 0 {
		return "", nil
	}
	key := string(keys[0])
	visible := !strings.ContainsFunc(key, func(r rune) bool { return r <= 0x20 || r > 0x7e })
	if len(keys) > 1 || key == "" || len(key) > maxKey || !visible {
		return "", malformed{status: fiber.StatusBadRequest, code: "invalid_idempotency_key", detail: "there must be one Idempotency-Key of 1 to 255 visible ASCII characters"}
	}
	return key, nil
}
