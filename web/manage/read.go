package manage

import (
	"bytes"
	"errors"
	"mime"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/strictjson"
)

// malformed is a request whose form is wrong, before anything of it is judged.
type malformed struct {
	status  int
	code    string
	pointer string
	detail  string
}

func (e malformed) Error() string { return e.code }

// invalid is one member that does not fit.
func invalid(pointer, reason string) error {
	return &issuance.Error{
		Kind: issuance.Invalid, Code: "validation_failed", Reason: "the request has members that do not fit",
		Fields: []issuance.Field{{Pointer: pointer, Code: "validation_failed", Reason: reason}},
	}
}

// readJSON reads the body into v: one JSON object, no member twice, none unknown.
func readJSON(c *fiber.Ctx, v any) error {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	charset, has := params["charset"]
	if err != nil || media != "application/json" || has && !strings.EqualFold(charset, "utf-8") || c.Get(fiber.HeaderContentEncoding) != "" {
		return malformed{fiber.StatusUnsupportedMediaType, "unsupported_media_type", "", "the body must be application/json, not encoded"}
	}
	body := c.Request().Body()
	if text := bytes.TrimSpace(body); len(text) == 0 || string(text) == "null" {
		return malformed{fiber.StatusBadRequest, "malformed_json", "", "the body must be a JSON object"}
	}
	err = strictjson.Decode(body, v, strictjson.RefuseUnknown())
	var e *strictjson.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Kind {
	case strictjson.Duplicate:
		return malformed{fiber.StatusBadRequest, "duplicate_key", e.Pointer, e.Reason}
	case strictjson.Unknown:
		return malformed{fiber.StatusBadRequest, "unknown_field", e.Pointer, e.Reason}
	case strictjson.WrongType:
		if e.Pointer != "" {
			return invalid(e.Pointer, e.Reason)
		}
	case strictjson.Malformed, strictjson.TooDeep:
	}
	return malformed{fiber.StatusBadRequest, "malformed_json", e.Pointer, "the body must be a JSON object: " + e.Reason}
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
			return nil, malformed{fiber.StatusBadRequest, "unknown_parameter", "", "the query has a parameter that is not known here, or one twice"}
		}
		got[name] = string(value)
	}
	return got, nil
}

// keyInURL refuses a key where logs and histories would keep it.
func keyInURL() error {
	return malformed{fiber.StatusBadRequest, "credentials_in_url", "", "keys do not belong in a URL"}
}

// readDryRun reads the query of POST /offers, in which dry_run is all there may be.
func readDryRun(c *fiber.Ctx) (dryRun bool, err error) {
	query, err := readQuery(c, "dry_run")
	if err != nil {
		return false, err
	}
	value, has := query["dry_run"]
	if has && value != "true" && value != "false" {
		return false, malformed{fiber.StatusBadRequest, "unknown_parameter", "", "the only query parameter is dry_run, true or false"}
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
		return "", malformed{fiber.StatusBadRequest, "invalid_idempotency_key", "", "there must be one Idempotency-Key of 1 to 255 visible ASCII characters"}
	}
	return key, nil
}
