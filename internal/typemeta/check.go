package typemeta

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"counterfoil/internal/strictjson"
)

// Bounds of claims.
const (
	maxClaims        = 200
	maxClaimsBytes   = 64 << 10
	defaultMaxLength = 500
	// MaxElements is how many elements a list has at most.
	MaxElements = 50
)

// Fault is one claim that does not fit. Pointer is an RFC 6901 pointer from the root of the claims;
// Reason is for programs and repeats no value.
type Fault struct {
	Pointer string
	Code    string
	Reason  string
	// Cause tells more than the code, for who says it to people; Limit is its number, and Bound the number, the day or the example.
	Cause Cause
	Limit int
	Bound string
}

// Cause is what exactly is wrong, where a code stands for several things.
type Cause string

// The causes.
const (
	CauseUnreadable    Cause = "unreadable"
	CauseTooLong       Cause = "too long"          // for more than Limit characters
	CauseTooShort      Cause = "too short"         // for less than Limit characters
	CauseLength        Cause = "length"            // must be Limit characters
	CausePattern       Cause = "pattern"           // must look like Bound
	CauseBelow         Cause = "below"             // a number or day before Bound
	CauseAbove         Cause = "above"             // a number or day after Bound
	CauseOtherChoice   Cause = "other choice"      // does not belong to what was chosen
	CauseCheckDigits   Cause = "check digits"      // of an IBAN or LEI
	CauseNoSuchCountry Cause = "no such country"   // of an IBAN
	CauseNotWhole      Cause = "not whole"         // a number
	CauseDecimals      Cause = "decimals"          // of an amount: at most Limit
	CauseNumberRange   Cause = "number range"      // no computer has it
	CauseNotListed     Cause = "not listed"        // a choice
	CauseYear          Cause = "year"              // without four digits
	CauseFuture        Cause = "future"            // of a birth date
	CauseImageKind     Cause = "no picture"        // or not of a kind that is taken
	CauseNeeded        Cause = "needed by another" // the currency of an amount
	CauseTooMany       Cause = "too many"          // more than Limit
	CauseGap           Cause = "gap"               // an empty fixed place before one that is not
)

// The codes of faults.
const (
	CodeMissing  = "missing_claim"
	CodeUnknown  = "unknown_claim"
	CodeReserved = "reserved_claim"
	CodeType     = "wrong_type"
	CodeInvalid  = "validation_failed"
	CodeDates    = "inconsistent_dates"

	CodeCountry       = "invalid_country"
	CodeCurrency      = "invalid_currency"
	CodeIBAN          = "invalid_iban"
	CodeBIC           = "invalid_bic"
	CodeLEI           = "invalid_lei"
	CodeEmail         = "invalid_email"
	CodePhone         = "invalid_phone"
	CodeDate          = "invalid_date"
	CodeDateRange     = "date_out_of_range"
	CodeAmount        = "invalid_amount"
	CodeImage         = "invalid_image"
	CodeImageTooLarge = "image_too_large"
)

// checker walks claims beside the type.
type checker struct {
	t      Type
	now    time.Time
	count  int
	faults []Fault
	// around has the objects that are being walked, by how many steps lead to them.
	around map[int]map[string]any
}

// Check holds claims to the type and gives them in normal form (country codes in upper case, IBANs
// without spaces). All faults are told at once, by pointer. now decides what lies in the future.
func (t Type) Check(claims map[string]any, now time.Time) (map[string]any, []Fault) {
	c := &checker{t: t, now: now, around: map[int]map[string]any{}}
	normal, _ := c.object(t.tree, claims, nil, "").(map[string]any)
	if c.count > maxClaims {
		return nil, []Fault{{Code: CodeInvalid, Reason: fmt.Sprintf("there are more than %d claims", maxClaims)}}
	}
	b, err := strictjson.Encode(claims)
	if len(b) > maxClaimsBytes || err != nil && len(c.faults) == 0 {
		return nil, []Fault{{Code: CodeInvalid, Reason: fmt.Sprintf("the claims are longer than %d bytes", maxClaimsBytes)}}
	}
	if len(c.faults) > 0 {
		slices.SortStableFunc(c.faults, func(a, b Fault) int { return strings.Compare(a.Pointer, b.Pointer) })
		return nil, c.faults
	}
	return normal, nil
}

func (c *checker) fault(at, code, reason string) {
	c.faults = append(c.faults, Fault{Pointer: at, Code: code, Reason: reason})
}

func (c *checker) object(n *node, m map[string]any, path Path, at string) any {
	normal := map[string]any{}
	c.around[len(path)] = m
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if c.count++; c.count > maxClaims {
			return nil
		}
		below := n.members[name]
		pointer := at + "/" + escape(name)
		switch {
		case len(path) == 0 && reserved(name), name == "_sd", name == "...", name == "_sd_alg":
			c.fault(pointer, CodeReserved, "this claim is set by the issuer")
		case below == nil:
			c.fault(pointer, CodeUnknown, "the type has no such claim")
		case !c.belongs(path, name):
			c.faults = append(c.faults, Fault{
				Pointer: pointer, Code: CodeInvalid, Cause: CauseOtherChoice, Reason: "does not belong to what other claims say: leave it out",
			})
		default:
			normal[name] = c.value(below, m[name], append(slices.Clone(path), name), pointer)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.members)) {
		if _, has := m[name]; !has && c.belongs(path, name) {
			c.absent(n.members[name], at+"/"+escape(name))
		}
	}
	c.dates(normal, path, at)
	c.amounts(normal, path, at)
	return normal
}

// belongs tells whether a claim of the object at a path belongs to what the claims around it say.
func (c *checker) belongs(path Path, name string) bool {
	return c.t.belongs(append(slices.Clone(path), name), c.around)
}

// needed tells whether what a node describes must be there.
func (c *checker) needed(n *node) bool { return n.claim != nil && c.t.needed(*n.claim) }

// absent tells what is mandatory of what is not there: the claim itself, or the fixed places of a list.
func (c *checker) absent(n *node, at string) {
	before := len(c.faults)
	for i := range len(n.indexes) {
		c.absent(n.indexes[i], at+"/"+strconv.Itoa(i))
	}
	if c.needed(n) && len(c.faults) == before {
		c.fault(at, CodeMissing, reasonMissing)
	}
}

// reasonMissing is the reason of what is mandatory and not there.
const reasonMissing = "this claim is mandatory"

// amounts holds each amount to the currency beside it: there must be one, and no more decimals than it has.
func (c *checker) amounts(m map[string]any, path Path, at string) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		n, is := m[name].(json.Number)
		if !is || c.t.Hint(append(slices.Clone(path), name)).Kind != Amount {
			continue
		}
		code, has := m[currencyName].(string)
		if !has {
			if _, wrong := m[currencyName]; !wrong {
				c.faults = append(c.faults, Fault{
					Pointer: at + "/" + currencyName, Code: CodeMissing, Cause: CauseNeeded, Reason: "an amount needs its currency",
				})
			}
			continue
		}
		most := decimals(code)
		_, fraction, _ := strings.Cut(n.String(), ".")
		if len(fraction) > most || strings.ContainsAny(n.String(), "eE") {
			c.faults = append(c.faults, Fault{
				Pointer: at + "/" + escape(name), Code: CodeAmount, Cause: CauseDecimals, Limit: most,
				Reason: fmt.Sprintf("must have at most %d decimals in this currency", most),
			})
		}
	}
}

// dates holds what ends to what it began with, among the claims of one object: document_expiry_date to document_issue_date or
// document_issuance_date, date_of_expiry to date_of_issue or date_of_issuance.
func (c *checker) dates(m map[string]any, path Path, at string) {
	date := func(name string) (text string, is bool) {
		text, is = m[name].(string)
		return text, is && c.t.Hint(append(slices.Clone(path), name)).Kind == Date
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		end, is := date(name)
		if !is || !strings.Contains(name, "expiry") {
			continue
		}
		for _, word := range []string{"issue", "issuance"} {
			begun := strings.Replace(name, "expiry", word, 1)
			if begin, is := date(begun); is && end < begin { // dates in ISO 8601 sort as texts
				c.fault(at+"/"+escape(name), CodeDates, "must not lie before "+begun)
			}
		}
	}
}

func (c *checker) value(n *node, v any, path Path, at string) any {
	if n.members != nil {
		m, ok := v.(map[string]any)
		if !ok {
			c.fault(at, CodeType, "must be an object")
			return nil
		}
		return c.object(n, m, path, at)
	}
	_, named := path[len(path)-1].(string)
	if list, isList := v.([]any); isList && (named || !n.leaf()) {
		return c.array(n, list, path, at)
	}
	if !n.leaf() {
		c.fault(at, CodeType, "must be an array")
		return nil
	}
	return c.scalar(v, path, at, c.needed(n))
}

// array checks each element. A claim that has a name and nothing described below may be a list of plain values.
func (c *checker) array(n *node, list []any, path Path, at string) any {
	if len(list) > MaxElements {
		c.faults = append(c.faults, Fault{
			Pointer: at, Code: CodeInvalid, Cause: CauseTooMany, Limit: MaxElements, Reason: fmt.Sprintf("must have at most %d elements", MaxElements),
		})
		return nil
	}
	if len(list) == 0 && c.needed(n) && n.indexes == nil {
		c.fault(at, CodeMissing, reasonMissing)
	}
	for i := len(list); i < len(n.indexes); i++ {
		c.absent(n.indexes[i], at+"/"+strconv.Itoa(i))
	}
	normal := make([]any, 0, len(list))
	for i, v := range list {
		if c.count++; c.count > maxClaims {
			return nil
		}
		pointer := at + "/" + strconv.Itoa(i)
		below, step := n.at(i)
		switch {
		case n.leaf():
			normal = append(normal, c.scalar(v, path, pointer, false))
		case below == nil:
			c.fault(pointer, CodeUnknown, "the type has no such element")
		case empty(v):
			c.nothing(below, v, append(slices.Clone(path), step), pointer, i == len(list)-1)
		default:
			normal = append(normal, c.value(below, v, append(slices.Clone(path), step), pointer))
		}
	}
	return normal
}

// nothing refuses an element that says nothing. A form leaves such rows out; a fixed place that is not the last it cannot leave out.
func (c *checker) nothing(n *node, v any, path Path, at string, last bool) {
	before := len(c.faults)
	_, inPlace := path[len(path)-1].(int)
	switch {
	case v != nil || !inPlace:
		c.value(n, v, path, at) // a wrong type, or what is mandatory within it
	case n.members != nil:
		c.object(n, nil, path, at)
	default:
		c.absent(n, at)
	}
	switch {
	case len(c.faults) > before:
	case inPlace && !last:
		c.faults = append(c.faults, Fault{Pointer: at, Code: CodeMissing, Cause: CauseGap, Reason: "must not be empty when a later one of its list is not"})
	default:
		c.fault(at, CodeInvalid, "must not be empty: leave it out")
	}
}

// empty tells whether an element of a list says nothing: null, or an object or list with nothing in it.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		return !slices.ContainsFunc(slices.Collect(maps.Values(v)), func(v any) bool { return !empty(v) })
	case []any:
		return !slices.ContainsFunc(v, func(v any) bool { return !empty(v) })
	}
	return false
}

func (c *checker) scalar(v any, path Path, at string, mandatory bool) any {
	switch v.(type) {
	case string, json.Number, bool:
	default:
		c.fault(at, CodeType, "must be a text, a number, true or false")
		return nil
	}
	if v == "" {
		if mandatory {
			c.fault(at, CodeMissing, reasonMissing)
		} else {
			c.fault(at, CodeInvalid, "must not be empty: leave it out")
		}
		return nil
	}
	normal, wrong := c.t.Hint(path).check(v, path, c.now)
	if wrong != nil {
		wrong.Pointer = at
		c.faults = append(c.faults, *wrong)
	}
	return normal
}

// escape writes a name as an RFC 6901 token.
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
