package manage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
)

// The bounds of a list.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// readLimit reads how many rows a page may have.
func readLimit(query map[string]string) (int, error) {
	text, has := query["limit"]
	if !has {
		return defaultLimit, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n < 1 || n > maxLimit {
		return 0, invalid("/limit", "must be 1 to "+strconv.Itoa(maxLimit))
	}
	return int(n), nil
}

// checkText refuses values that no record can have: PostgreSQL takes no text with these bytes and would call the question a fault. An
// empty one is what a variable that was not set leaves, and must not get everything.
func checkText(query map[string]string, names ...string) error {
	for _, name := range names {
		text, has := query[name]
		if has && text == "" || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return invalid("/"+name, "must be text, and not empty")
		}
	}
	return nil
}

// through gives the last moment of what a time names: the whole second when it has no fraction, as the times that are answered here.
func through(at time.Time) time.Time {
	if at.IsZero() || at.Nanosecond() != 0 {
		return at
	}
	return at.Add(time.Second - time.Nanosecond)
}

// readTime reads a moment (RFC 3339), or gives the zero time.
func readTime(query map[string]string, name string) (time.Time, error) {
	text, has := query[name]
	if !has {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, invalid("/"+name, "must be a time as in 2026-11-24T12:00:00Z (RFC 3339)")
	}
	return at, nil
}

// readSet reads values with commas between, each of which must be one of the known.
func readSet[T ~string](query map[string]string, name string, known []T) ([]T, error) {
	text, has := query[name]
	if !has {
		return nil, nil
	}
	var out []T
	for one := range strings.SplitSeq(text, ",") {
		if !slices.Contains(known, T(one)) {
			return nil, invalid("/"+name, "must be of "+joined(known)+", with commas between")
		}
		out = append(out, T(one))
	}
	return out, nil
}

func joined[T ~string](list []T) string {
	var out []string
	for _, one := range list {
		out = append(out, string(one))
	}
	return strings.Join(out, ", ")
}

// errCursor is a cursor that this door did not give.
func errCursor() error {
	return malformed{status: fiber.StatusBadRequest, code: "invalid_cursor", detail: "the cursor is not one that was given here"}
}

// A cursor is a check sum, a number and, where numbers may be equal, a name; callers must not look into it. The sum keeps nobody out:
// there is nothing behind a cursor that its list does not show. It tells a cursor that was changed, cut, or is another list's, which
// would otherwise pass over rows without a word.
const (
	sumBytes    = 4
	numberBytes = 8
)

// listing names a list in the check sums of its cursors.
type listing string

const (
	offerList      listing = "offers"
	eventList      listing = "events"
	deliveryList   listing = "deliveries"
	credentialList listing = "credentials"
)

func (l listing) sum(place []byte) []byte {
	sum := sha256.Sum256(append([]byte(l+"\n"), place...))
	return sum[:sumBytes]
}

func (l listing) cursor(number int64, name string) string {
	place := append(binary.BigEndian.AppendUint64(nil, uint64(number)), name...) //nolint:gosec // comes back the same way
	return base64.RawURLEncoding.EncodeToString(append(l.sum(place), place...))
}

func (l listing) readCursor(query map[string]string, name string) (number int64, rest string, err error) {
	text, has := query[name]
	if !has {
		return 0, "", nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < sumBytes+numberBytes || !bytes.Equal(b[:sumBytes], l.sum(b[sumBytes:])) {
		return 0, "", errCursor()
	}
	place := b[sumBytes:]
	number, rest = int64(binary.BigEndian.Uint64(place)), string(place[numberBytes:]) //nolint:gosec // see cursor
	if number < 0 || strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return 0, "", errCursor()
	}
	return number, rest, nil
}

// offerPage is the answer of GET /offers.
type offerPage struct {
	Offers []offerShown `json:"offers"`
	Next   string       `json:"next_cursor,omitzero"`
}

func (d *door) listOffers(c *fiber.Ctx) error {
	query, err := readQuery(c, "limit", "cursor", "status", "type", "reference", "created_by", "created_from", "created_to")
	if err != nil {
		return err
	}
	filter, err := readFilter(query)
	if err != nil {
		return err
	}
	filter.At = d.Clock()
	filter.Limit++ // one more tells whether there is a next page
	list, err := d.Offers.ListOffers(c.UserContext(), filter)
	if err != nil {
		return err
	}
	page := offerPage{Offers: []offerShown{}}
	if len(list) == filter.Limit {
		list = list[:filter.Limit-1]
		last := list[len(list)-1]
		page.Next = offerList.cursor(last.CreatedAt.UnixMilli(), string(last.ID))
	}
	for _, o := range list {
		page.Offers = append(page.Offers, show(o))
	}
	return answer(c, fiber.StatusOK, page)
}

func readFilter(query map[string]string) (issuance.Filter, error) {
	f := issuance.Filter{Reference: query["reference"], CreatedBy: query["created_by"]}
	err := checkText(query, "reference", "created_by", "type")
	if err != nil {
		return f, err
	}
	if f.Limit, err = readLimit(query); err != nil {
		return f, err
	}
	if f.Statuses, err = readSet(query, "status", issuance.Statuses()); err != nil {
		return f, err
	}
	if f.CreatedFrom, err = readTime(query, "created_from"); err != nil {
		return f, err
	}
	if f.CreatedUntil, err = readTime(query, "created_to"); err != nil {
		return f, err
	}
	f.CreatedUntil = through(f.CreatedUntil)
	if id, has := query["type"]; has {
		f.Types = []string{id}
	}
	at, id, err := offerList.readCursor(query, "cursor")
	if err == nil && at > 0 {
		f.After = issuance.Place{CreatedAt: time.UnixMilli(at).UTC(), ID: issuance.OfferID(id)}
	}
	return f, err
}
