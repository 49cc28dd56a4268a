package issuance

import (
	"errors"
	"strings"
)

// Kind says what sort of refusal an Error is. The list is closed: every surface
// decides for each kind how it answers, and a linter holds those switches complete.
type Kind int

// The kinds of refusal.
const (
	// Invalid means that the request does not fit the rules; Fields says where.
	Invalid Kind = iota + 1
	// NotFound means that the thing named does not exist, or not for this caller.
	NotFound
	// Conflict means that the thing is spent or in a state that does not allow this.
	Conflict
	// Expired means that the time for this is over.
	Expired
	// Denied means that the caller may not do this.
	Denied
	// Locked means that too many wrong attempts closed the offer.
	Locked
)

// Error is an expected refusal. Code is stable and for programs, Reason is for the
// person who asked; neither carries a claim, a code, a token or a key.
type Error struct {
	Kind   Kind
	Code   string
	Reason string
	Fields []Field
}

// Field is one faulty member of a request: Pointer is an RFC 6901 JSON pointer from
// the root of the claims ("/iban") or of the request ("/tx_code/length").
type Field struct {
	Pointer string
	Code    string
	Reason  string
}

// Error gives the code and the reason, safe to show.
func (e *Error) Error() string {
	parts := []string{e.Code}
	if e.Reason != "" {
		parts = append(parts, e.Reason)
	}
	return strings.Join(parts, ": ")
}

// Refuse makes a refusal without fields.
func Refuse(kind Kind, code, reason string) *Error {
	return &Error{Kind: kind, Code: code, Reason: reason}
}

// Codes of refusals that more than one place must recognise.
const (
	// CodeUnknownType is the code for a credential_configuration_id nobody configured.
	CodeUnknownType = "unknown_credential_configuration"
	// CodeInvalidClaims is the code for claims that do not fit the type.
	CodeInvalidClaims = "invalid_claims"
	// CodeReplayed is the code for a single-use value (a nonce) seen before.
	CodeReplayed = "replayed"
	// CodeProofReplayed is the code for a proof of possession (its jti) seen before.
	CodeProofReplayed = "proof_replayed"
	// CodeTxCodeMissing is the code for a redemption without the transaction code that the offer asks for.
	CodeTxCodeMissing = "tx_code_missing"
	// CodeTxCodeUnexpected is the code for a transaction code where none was asked for.
	CodeTxCodeUnexpected = "tx_code_unexpected"
	// CodeTxCodeWrong is the code for a transaction code that does not match.
	CodeTxCodeWrong = "tx_code_wrong"
	// CodeTypeNotOffered is the code for a redemption that asks for other types than the offer's.
	CodeTypeNotOffered = "type_not_offered"
	// CodeFault is on the record for a request that was answered with a fault of ours.
	CodeFault = "fault"
	// CodeClock is on the record for a request whose times do not fit ours.
	CodeClock = "clock"
	// CodeNotReady is the code for an offer that waits for approval, where a wallet came early.
	CodeNotReady = "offer_not_ready"
	// CodeOwnOffer is the code for an approval by who made the offer.
	CodeOwnOffer = "four_eyes_same_person"
	// CodeContentChanged is the code for an approval of something else than the offer is.
	CodeContentChanged = "content_changed"
	// CodeCollected is the code for a correction of an offer that was collected, or is just being, in the meantime.
	CodeCollected = "offer_collected"
	// CodeReplaced is the code for a second correction while the first may still be collected.
	CodeReplaced = "offer_replaced"
	// CodeTooManyEndpoints is the code for one more callback endpoint than there may be.
	CodeTooManyEndpoints = "too_many_callbacks"
	// CodeIdempotencyMismatch is the code for an Idempotency-Key reused with another request.
	CodeIdempotencyMismatch = "idempotency_key_reused"
)

// ErrUnavailable is in the error of a port that cannot be reached just now: nothing was done, and trying again may help. It is a
// fault, not a refusal, but surfaces tell it apart (503).
var ErrUnavailable = errors.New("the database is away")

// ErrIdempotencyKeyTaken is returned by Offers.AddOffer when the idempotency key was used before.
var ErrIdempotencyKeyTaken = Refuse(Conflict, "idempotency_key_taken", "this Idempotency-Key was used before")

// ErrIdempotencyMismatch is returned when the idempotency key was used with another request.
var ErrIdempotencyMismatch = Refuse(Conflict, CodeIdempotencyMismatch, "this Idempotency-Key was used with another request")

// ErrIdempotencyInProgress is returned while the first request with the idempotency key is being worked on.
var ErrIdempotencyInProgress = Refuse(Conflict, "idempotency_in_progress", "the first request with this Idempotency-Key is being worked on, try again")
