package i18n_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"counterfoil/views/i18n"
)

func TestT_says_a_text_in_the_language_of_the_context(t *testing.T) {
	t.Parallel()
	in := func(tag string) context.Context { return i18n.With(context.Background(), tag) }
	for _, c := range []struct{ name, want, got string }{
		{"English when nothing was chosen", "Home", i18n.T(context.Background(), "Home")},
		{"German", "Start", i18n.T(in("de"), "Home")},
		{"what no catalogue has, in English", "Nobody wrote this", i18n.T(in("de"), "Nobody wrote this")},
		{"one, in English", "1 character", i18n.T(in("en"), "%d characters", 1)},
		{"many, in English", "6 characters", i18n.T(in("en"), "%d characters", 6)},
		{"many, in German", "6 Zeichen", i18n.T(in("de"), "%d characters", 6)},
		{"a number as German writes it", "12.000 Zeichen", i18n.T(in("de"), "%d characters", 12000)},
		{"a reason with a sign that fmt knows", "100 % of it", i18n.Reason(in("de"), "100 % of it")},
		{"a reason that is in the catalogue", "Start", i18n.Reason(in("de"), "Home")},
		{"the pseudo-locale", "[Hómé lo]", i18n.T(in(i18n.Pseudo), "Home")},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestText_is_said_with_what_it_is_filled_in_with_in_the_language_of_the_context(t *testing.T) {
	t.Parallel()
	in := func(tag string) context.Context { return i18n.With(context.Background(), tag) }
	at := time.Date(2026, 11, 5, 9, 7, 0, 0, time.Local)
	for _, c := range []struct {
		name, tag, want string
		text            i18n.Text
	}{
		{"nothing", "de", "", i18n.Text{}},
		{"one, in English", "en", "Valid for one more day, until 5 Nov 2026, 09:07.", i18n.Say("Valid for %d more days, until %s.", 1, at)},
		{"one, in German", "de", "Noch 1 Tag gültig, bis 05.11.2026, 09:07.", i18n.Say("Valid for %d more days, until %s.", 1, at)},
		{"many, in French", "fr", "Valable encore 1 200 jours, jusqu’au 05/11/2026, 09:07.", i18n.Say("Valid for %d more days, until %s.", 1200, at)},
		{"a text in a text", "de", "Angehalten. Ein Ereignis wartet.", i18n.Say("It is paused. %s", i18n.Say("%d events wait.", 1))},
		{"a phrase with a code", "de", "a antwortet nicht: HTTP 410, Callback-Ziel ausgeschaltet.", i18n.Say("%s does not answer: %s.", "a", i18n.Phrase("HTTP 410, endpoint switched off"))},
		{"words of others, as they are", "de", "Callback: %d Home", i18n.Say("Callback: %s", "%d Home")},
		{"a phrase with a sign that fmt knows", "de", "Es kommt keine Verbindung zustande: 100 %s.", i18n.Say("No connection can be made: %s.", i18n.Phrase("100 %s"))},
	} {
		if got := strings.ReplaceAll(c.text.In(in(c.tag)), "\u00a0", " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := i18n.Say("%d events wait.", 2).String(); got != "2 events wait." {
		t.Errorf("in English it is %q", got)
	}
}

func TestMatch_takes_what_the_reader_asked_for_first_of_what_there_is(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want  string
		asked []string
	}{
		{"en", nil},
		{"en", []string{"", ""}},
		{"de", []string{"", "de-AT,de;q=0.9,en;q=0.8"}},
		{"fr", []string{"fr", "de"}},
		{"de", []string{"", "tlh, de;q=0.5"}},
		{"en", []string{"\x00;;q=9", "*"}},
		{"en-XA", []string{"en-XA", "de"}},
		{"de", []string{"", "de, en-XA"}},
	} {
		if got := i18n.Match(i18n.Staff(), c.asked...); got != c.want {
			t.Errorf("asked %q: %s, want %s", c.asked, got, c.want)
		}
	}
}

func TestDates_are_written_as_the_language_does(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 5, 9, 7, 0, 0, time.Local)
	for tag, want := range map[string]string{
		"en": "5 Nov 2026, 09:07", "de": "05.11.2026, 09:07", "fr": "05/11/2026, 09:07", "nl": "05-11-2026, 09:07", i18n.Pseudo: "5 Nov 2026, 09:07",
	} {
		if got := i18n.DateTime(i18n.With(context.Background(), tag), at); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}
