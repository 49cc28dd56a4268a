package portal

import (
	"fmt"
	"testing"
	"time"
)

func TestBar_lies_in_the_twelve_months_from_this_one(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)
	for end, want := range map[string]string{
		"2026-11-16": "0.500 0.000", "2026-12-01": "0.500 0.500", "2027-02-15": "0.500 3.000", "2027-10-31": "0.500 11.468", "2030-01-01": "0.500 11.500",
		"2020-01-01": "0.500 0.000",
	} {
		at, err := time.Parse(time.DateOnly, end)
		if err != nil {
			t.Fatal(err)
		}
		from, width := bar(now, at)
		if got := fmt.Sprint(from, " ", width); got != want {
			t.Errorf("until %s: %s, want %s", end, got, want)
		}
	}
}
