package callback

import (
	"net/http"
	"strconv"
	"time"
)

// retries is how long after each failed attempt the next one comes: about three days in all.
func retries() []time.Duration {
	return []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
		8 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour,
	}
}

// maxRetryAfter caps what a receiver may ask for.
const maxRetryAfter = 24 * time.Hour

// next gives the wait after a failed attempt, ±20 % so that many do not come back at once, and not less than the receiver
// asked for; false when the schedule is exhausted. jitter is from 0 to 1.
func next(attempts int, asked time.Duration, jitter float64) (time.Duration, bool) {
	schedule := retries()
	if attempts > len(schedule) {
		return 0, false
	}
	const low, width = 0.8, 0.4
	wait := time.Duration(float64(schedule[attempts-1]) * (low + width*jitter))
	return max(wait, min(asked, maxRetryAfter)), true
}

// retryAfter reads the header of that name: seconds or a date (RFC 9110 §10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
