package i18n

import (
	"context"
	"time"
)

// Date writes a day as the language does; in figures, but for English, where the order of figures is not agreed on.
func Date(ctx context.Context, t time.Time) string { return t.Local().Format(dateLayout(Lang(ctx))) }

// Time writes hours and minutes.
func Time(_ context.Context, t time.Time) string { return t.Local().Format("15:04") }

// DateTime writes the day and the time.
func DateTime(ctx context.Context, t time.Time) string {
	return Date(ctx, t) + ", " + Time(ctx, t)
}

// dateLayout is the short date with a full year (CLDR).
func dateLayout(lang string) string {
	switch lang {
	case "de", "pl":
		return "02.01.2006"
	case "fr", "es", "it":
		return "02/01/2006"
	case "nl":
		return "02-01-2006"
	}
	return "2 Jan 2006"
}
