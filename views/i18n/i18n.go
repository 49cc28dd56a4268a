package i18n

import (
	"context"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Pseudo is English in accents and longer by 40 %, for looking whether every text is translated and has room. Nobody is led to it.
const Pseudo = "en-XA"

// Language is one that a page can be read in.
type Language struct {
	Tag  string // BCP 47
	Name string // in itself
}

// Staff lists the languages of the whole portal, the first is said when no other fits.
func Staff() []Language {
	return []Language{{"en", "English"}, {"de", "Deutsch"}, {"fr", "Français"}}
}

// Customer lists the languages of what customers read.
func Customer() []Language {
	return append(Staff(), Language{"es", "Español"}, Language{"it", "Italiano"}, Language{"pl", "Polski"}, Language{"nl", "Nederlands"})
}

// Match chooses one of the languages by what the reader asked for, most wanted first: tags or Accept-Language headers (RFC 9110 §12.5.4).
func Match(among []Language, asked ...string) string {
	if len(asked) > 0 && asked[0] == Pseudo {
		return Pseudo
	}
	tags := make([]language.Tag, 0, len(among))
	for _, l := range among {
		tags = append(tags, language.Make(l.Tag))
	}
	_, i := language.MatchStrings(language.NewMatcher(tags), asked...)
	return among[i].Tag
}

type tagKey struct{}

// With gives a context in which texts are said in the language of the tag.
func With(ctx context.Context, tag string) context.Context {
	return context.WithValue(ctx, tagKey{}, tag)
}

// Tag gives the language of a context as BCP 47; "en" when none was chosen.
func Tag(ctx context.Context) string {
	if tag, ok := ctx.Value(tagKey{}).(string); ok {
		return tag
	}
	return "en"
}

// Lang gives the language of a context for choosing among the texts of somebody else, such as Type Metadata.
func Lang(ctx context.Context) string {
	lang, _, _ := strings.Cut(Tag(ctx), "-")
	return lang
}

// T says a text in the language of the context. Text is English with the verbs of fmt, and a literal: that is how the test of the
// catalogues finds it. Numbers are written as the language does; years and the like are given as text.
func T(ctx context.Context, text string, args ...any) string {
	return say(ctx, text, args...)
}

// Reason says a text that is no literal here because another part of the program phrased it; it has no verbs.
func Reason(ctx context.Context, text string) string {
	return say(ctx, message.Key(text, strings.ReplaceAll(text, "%", "%%")))
}

func say(ctx context.Context, text message.Reference, args ...any) string {
	tag := Tag(ctx)
	if tag == Pseudo {
		return stretch(message.NewPrinter(language.English, message.Catalog(catalogues())).Sprintf(text, args...))
	}
	return message.NewPrinter(language.Make(tag), message.Catalog(catalogues())).Sprintf(text, args...)
}

// stretch writes a text in accents, longer by 40 % and in brackets: what is cut off or not translated is seen.
func stretch(text string) string {
	accents := strings.NewReplacer("a", "á", "e", "é", "i", "í", "o", "ó", "u", "ú", "A", "Á", "E", "É", "I", "Í", "O", "Ó", "U", "Ú", "n", "ñ", "c", "ç")
	const longer = 5 // two more for every five
	return "[" + accents.Replace(text) + strings.Repeat(" lo", (2*len([]rune(text))/longer+2)/3) + "]"
}
