package typemeta

import (
	"encoding/json"
	"fmt"
	"time"
)

// bound tells whether a value can bound those of the kind.
func (h Hint) bound(v any) bool {
	switch h.Kind {
	case Integer, Number, Amount:
		_, fits := rational(v)
		_, isText := v.(string)
		return fits && !isText
	case Date:
		text, _ := v.(string)
		_, err := time.Parse(time.DateOnly, text)
		return text == today || err == nil
	case Text, Country, Currency, IBAN, BIC, LEI, Email, Phone, Boolean, Enum, Portrait:
	}
	return false
}

// before tells whether one value of the kind comes before another.
func (h Hint) before(a, b any, now time.Time) bool {
	if h.Kind == Date {
		return day(a, now) < day(b, now) // dates in ISO 8601 sort as texts
	}
	x, _ := rational(a)
	y, _ := rational(b)
	return x != nil && y != nil && x.Cmp(y) < 0 // within looks first whether there is anything to compare
}

// day gives a day as YYYY-MM-DD.
func day(v any, now time.Time) string {
	if v == today {
		return now.Format(time.DateOnly)
	}
	return fmt.Sprint(v)
}

// within holds a value of the kind to its bounds; nil when it lies between them.
func (h Hint) within(v any, now time.Time) *Fault {
	fault := func(cause Cause, word string, bound any) *Fault {
		f := &Fault{Code: CodeInvalid, Cause: cause, Bound: fmt.Sprint(bound), Reason: fmt.Sprintf("must be at %s %v", word, bound)}
		if h.Kind == Date {
			f.Code, f.Bound = CodeDateRange, day(bound, now)
		}
		return f
	}
	_, compares := rational(v)
	switch {
	case h.Least == nil && h.Most == nil:
	case h.Kind != Date && !compares: // an exponent, or more digits than are looked at
		return &Fault{Code: CodeInvalid, Cause: CauseNumberRange, Reason: "is out of range"}
	case h.Least != nil && h.before(v, h.Least, now):
		return fault(CauseBelow, "least", h.Least)
	case h.Most != nil && h.before(h.Most, v, now):
		return fault(CauseAbove, "most", h.Most)
	}
	return nil
}

// number is a number of a sample within the bounds.
func (h Hint) number() json.Number {
	one := json.Number("1")
	if least, bounded := h.Least.(json.Number); bounded && h.before(one, least, time.Time{}) {
		return least
	}
	if most, bounded := h.Most.(json.Number); bounded && h.before(most, one, time.Time{}) {
		return most
	}
	return one
}

// on is a day of a sample within the bounds.
func (h Hint) on(date string, now time.Time) string {
	if h.Least != nil && h.before(date, h.Least, now) {
		return day(h.Least, now)
	}
	if h.Most != nil && h.before(h.Most, date, now) {
		return day(h.Most, now)
	}
	return date
}
