package secret

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Text is a secret string that cannot be printed, logged or marshalled by accident. Only
// Reveal gives its value.
type Text struct{ value string }

// NewText makes a Text.
func NewText(value string) Text { return Text{value} }

// Reveal gives the value. Each call is a place to look at in review.
func (t Text) Reveal() string { return t.value }

// IsZero tells whether the text is empty.
func (t Text) IsZero() bool { return t.value == "" }

// String hides the value.
func (Text) String() string { return redacted }

// GoString hides the value.
func (Text) GoString() string { return redacted }

// Format hides the value under every verb.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) } // fmt ignores it too

// LogValue hides the value in logs.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the value in JSON and other encodings.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText takes a value, so that settings can be read into a Text.
func (t *Text) UnmarshalText(b []byte) error {
	t.value = string(b)
	return nil
}
