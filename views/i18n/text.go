package i18n

import (
	"context"
	"strings"
	"time"
)

// Text is a text with what it is filled in with, for a part of the program that does not know its reader: whoever shows it says it in
// the reader's language. Say makes one; the zero Text says nothing.
type Text struct {
	Format string
	Args   []any
}

// Phrase is a few words that another part of the program phrased, or several with commas between ("HTTP 410, endpoint switched off").
// They have no verbs; what no catalogue has, such as a code, is said as it is.
type Phrase string

// Say makes a Text. Format is as for T; args are texts, phrases, moments, numbers, and strings, which are said as they are.
func Say(format string, args ...any) Text { return Text{format, args} }

// In says the text in the language of the context, moments with day and time.
func (t Text) In(ctx context.Context) string {
	if t.Empty() {
		return ""
	}
	args := make([]any, len(t.Args))
	for i, arg := range t.Args {
		switch arg := arg.(type) {
		case Text:
			args[i] = arg.In(ctx)
		case Phrase:
			args[i] = arg.In(ctx)
		case time.Time:
			args[i] = DateTime(ctx, arg)
		default:
			args[i] = arg
		}
	}
	return say(ctx, t.Format, args...)
}

// String says the text in English, for commands and logs.
func (t Text) String() string { return t.In(context.Background()) }

// Empty tells a text that says nothing.
func (t Text) Empty() bool { return t.Format == "" }

// In says each part of the phrase in the language of the context.
func (p Phrase) In(ctx context.Context) string {
	parts := strings.Split(string(p), ", ")
	for i := range parts {
		parts[i] = Reason(ctx, parts[i])
	}
	return strings.Join(parts, ", ")
}
