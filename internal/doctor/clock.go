package doctor

import (
	"time"

	"counterfoil/views/i18n"
)

// How far clocks may be apart. Beyond the second, codes, nonces and proofs are refused or outlive their time.
const (
	clockWarning = 5 * time.Second
	clockFailed  = time.Minute
)

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

// clockCheck judges a clock that was read; whose says which.
func clockCheck(name, whose i18n.Text, gap time.Duration) Check {
	far := gap.Abs()
	found := i18n.Say("%s is %s ahead of the clock of this machine.", whose, far.Round(time.Second).String())
	if gap < 0 {
		found = i18n.Say("%s is %s behind the clock of this machine.", whose, far.Round(time.Second).String())
	}
	fix := i18n.Say("Let both machines keep their time by NTP, and look whether it runs: timedatectl, chronyc tracking.")
	switch {
	case far > clockFailed:
		return Check{name, Failed, found, fix}
	case far > clockWarning:
		return Check{name, Warning, found, fix}
	}
	return Check{name, OK, i18n.Say("%s and the clock of this machine agree.", whose), i18n.Text{}}
}
