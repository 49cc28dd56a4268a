package portal_test

import (
	"strings"
	"testing"
	"time"
)

func TestCertificates_say_what_ends_when_what_stops_and_what_to_do(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, c := range []struct {
		ahead        time.Duration
		first, badge string
	}{
		{0, "Signing certificate", "Ends in 396 days"},
		{373*day + 2*time.Hour, "Signing certificate", "Ends in 23 days"},
		{396*day + time.Hour, "Signing certificate", "Ends within a day"},
		{400 * day, "Signing certificate", "Has ended"},
	} {
		b.ahead.Store(int64(c.ahead))
		page := b.signIn("demo-auditor").do(get("/certificates")).page(t)
		rows := page.Find(".calendar li")
		first := rows.First()
		badge := seen(first.Find(".status"))
		if rows.Length() != 3 || first.Find("h2").Text() != c.first || badge != c.badge {
			t.Errorf("after %s: %d rows, %q %q", c.ahead, rows.Length(), first.Find("h2").Text(), badge)
		}
		if got := page.Find(".calendar h2").Text(); got != "Signing certificate"+"Access certificate"+"Root certificate" {
			t.Errorf("after %s the order is %s", c.ahead, got)
		}
		if _, open := first.Find("details").Attr("open"); open != (c.ahead > 0) || !strings.Contains(first.Find("details").Text(), "issuing stops") || !strings.Contains(first.Text(), "keys folder") {
			t.Errorf("after %s the first says %q, unfolded %t", c.ahead, first.Text(), open)
		}
	}
	if months := b.signIn("demo-administrator").do(get("/certificates")).page(t).Find(".months span"); months.Length() != 12 || months.First().Text() != time.Now().Add(400*day).Local().Format("Jan") {
		t.Errorf("%d months from %s", months.Length(), months.First().Text())
	}
}
