package callback

// This test is inside the package because how long a receiver asked to wait shows outside only once it was waited.

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC)
	asked := func(value string) time.Duration { return retryAfter(http.Header{"Retry-After": {value}}, now) }
	// RFC 9110 §10.2.3: seconds, or a date in one of the three forms of §5.6.7.
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "Mon, 23 Nov 2026 12:36:56 GMT": 2 * time.Minute, "Monday, 23-Nov-26 12:36:56 GMT": 2 * time.Minute,
		"Mon Nov 23 12:36:56 2026": 2 * time.Minute, "Mon, 23 Nov 2026 12:30:00 GMT": 0, "99999999": maxRetryAfter, "": 0, "soon": 0,
		"9223372036854775807": maxRetryAfter,
	} {
		if got := asked(value); got != want {
			f.Fatalf("%q asks for %s, want %s", value, got, want)
		}
		f.Add(value, 1)
	}
	f.Add("-9223372036854775808", 1)
	f.Add("9223372036854775808", 12)
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", 13)
	f.Add("Mon, 01 Jan 0001 00:00:00 GMT", 2)
	f.Add("1e9", 3)
	f.Add("+5", 1)
	f.Add("120, 3600", 1)
	f.Add(strings.Repeat("9", 1000), 1)
	f.Fuzz(func(t *testing.T, value string, attempts int) {
		wanted := asked(value)
		if wanted < 0 {
			t.Fatalf("%q asks for %s", value, wanted)
		}
		if attempts < 1 || attempts > len(retries())+2 {
			t.Skip("so many attempts are never made")
		}
		for _, jitter := range []float64{0, 0.5, 1} {
			own, again := next(attempts, 0, jitter)
			wait, same := next(attempts, wanted, jitter)
			if again != same {
				t.Fatal("what a receiver asks for decides whether there is another attempt")
			}
			// The receiver can ask for more than the schedule has, up to the cap, and never for less.
			if again && (wait < own || wait < min(wanted, maxRetryAfter) || wait > max(own, maxRetryAfter)) {
				t.Fatalf("after attempt %d %q leads to a wait of %s", attempts, value, wait)
			}
		}
	})
}
