package manage

import (
	"bytes"
	"errors"
	"mime"
	"path"
	"reflect"
	"slices"
	"strconv"
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
		return malformed{fiber.StatusUnsupportedMediaType, "unsupported_media_type", "", "the body must be application/json, not encoded"}
	}
	body := c.Request().Body()
	if text := bytes.TrimSpace(body); len(text) == 0 || string(text) == "null" {
		return malformed{fiber.StatusBadRequest, "malformed_json", "", "the body must be a JSON object"}
	}
	err = strictjson.Decode(body, v, readOptions()...)
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
			return invalidAt(e.Reason, wrongTypes(body, v, e)...)
		}
	case strictjson.Malformed, strictjson.TooDeep:
	}
	return malformed{fiber.StatusBadRequest, "malformed_json", e.Pointer, "the body must be a JSON object: " + e.Reason}
}

func readOptions() []strictjson.Option {
	return []strictjson.Option{strictjson.RefuseUnknown(), strictjson.WholeNumbers()}
}

// maxWrong bounds how many members of a wrong type are named, and maxSearched the bytes in which more than the first are looked for.
const (
	maxWrong    = 20
	maxSearched = 64 << 10
)

// wrongTypes gives the place of every value of the wrong type, of which the first is known: each is blanked out and the rest read again.
func wrongTypes(body []byte, v any, first *strictjson.Error) []string {
	var doc map[string]any
	pointers := []string{first.Pointer}
	if len(body) > maxSearched || strictjson.Decode(body, &doc) != nil {
		return pointers
	}
	for e := first; blank(doc, e.Pointer) && len(pointers) < maxWrong; {
		rest, err := strictjson.Encode(doc)
		if err != nil || !errors.As(strictjson.Decode(rest, reflect.New(reflect.TypeOf(v).Elem()).Interface(), readOptions()...), &e) || e.Kind != strictjson.WrongType {
			break
		}
		pointers = append(pointers, e.Pointer)
	}
	return pointers
}

// blank puts null, which every member takes, in the place of a pointer (RFC 6901), and tells whether that was there.
func blank(v any, pointer string) bool {
	parent, name := path.Split(pointer)
	for part := range strings.SplitSeq(strings.Trim(parent, "/"), "/") {
		if part != "" {
			v = member(v, unescape(part))
		}
	}
	switch in := v.(type) {
	case map[string]any:
		before, has := in[unescape(name)]
		in[unescape(name)] = nil
		return has && before != nil
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(in) && in[i] != nil {
			in[i] = nil
			return true
		}
	}
	return false
}

func member(v any, name string) any {
	switch in := v.(type) {
	case map[string]any:
		return in[name]
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(in) {
			return in[i]
		}
	}
	return nil
}

func unescape(part string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(part) }

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
