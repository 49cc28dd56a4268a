package trust_test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"counterfoil/internal/trust"
)

func TestDated_counts_whole_days_and_knows_when_it_is_over(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	ends := time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC)
	d := trust.Dated{NotBefore: ends.Add(-30 * day), NotAfter: ends}
	for _, c := range []struct {
		before time.Duration
		days   int
		valid  bool
	}{{30*day + 1, 30, false}, {30 * day, 30, true}, {7*day + time.Hour, 7, true}, {time.Hour, 0, true}, {0, 0, true}, {-time.Second, -1, false}, {-25 * time.Hour, -2, false}} {
		now := ends.Add(-c.before)
		if got := d.DaysLeft(now); got != c.days || d.ValidAt(now) != c.valid {
			t.Errorf("%s before the end: %d days, valid %t", c.before, got, d.ValidAt(now))
		}
	}
}

func TestSet_dates_every_certificate_it_has(t *testing.T) {
	t.Parallel()
	set, err := trust.MakeDemo(time.Now(), rand.Reader, "http://localhost")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range set.Dated() {
		got = append(got, fmt.Sprint(d.Use, " ", d.Above, " ", d.NotAfter.After(d.NotBefore)))
	}
	if want := "[issuer false true access false true anchor false true]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
