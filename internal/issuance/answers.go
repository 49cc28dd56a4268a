package issuance

import (
	"time"

	"counterfoil/internal/secret"
)

// KeyHash gives what is stored of an Idempotency-Key: callers do not share keys, and a caller has one space of them for every request.
func KeyHash(channel Channel, by Actor, key string) []byte {
	return secret.Hash(string(channel) + "\x00" + by.Name + "\x00" + key)
}

// AnswerClaim is a caller's Idempotency-Key for a request whose work is about to begin.
type AnswerClaim struct {
	KeyHash     []byte
	RequestHash []byte
	At          time.Time
	// LeaseUntil is when the work is given up for dead, so that a repeat may do it again.
	LeaseUntil time.Time
	ExpiresAt  time.Time
}

// Answered is what an earlier request with the same key was answered; the zero value means that there was none, and the work is the
// caller's to do.
type Answered struct {
	Status int
	Body   []byte
}
