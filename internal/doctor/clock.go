package doctor

import (
	"fmt"
	"time"
)

// How far clocks may be apart. Beyond the second, codes, nonces and proofs are refused or outlive their time.
const (
	clockWarning = 5 * time.Second
	clockFailed  = time.Minute
)

const clockFix = "Let both machines keep their time by NTP, and look whether it runs: timedatectl, chronyc tracking."

// apart tells how far a clock is from this machine's, which showed from before and to after the other was read: below zero when it
// is behind.
func apart(other, from, to time.Time) time.Duration {
	switch {
	case other.Before(from):
		return other.Sub(from)
	case other.After(to):
		return other.Sub(to)
	}
	return 0
}

// clockCheck judges a clock that was read.
func clockCheck(name, whose string, gap time.Duration) Check {
	way, far := "ahead of", gap
	if gap < 0 {
		way, far = "behind", -gap
	}
	found := fmt.Sprintf("%s is %s %s the clock of this machine.", whose, far.Round(time.Second), way)
	switch {
	case far > clockFailed:
		return Check{name, Failed, found, clockFix}
	case far > clockWarning:
		return Check{name, Warning, found, clockFix}
	}
	return Check{name, OK, whose + " and the clock of this machine agree.", ""}
}
