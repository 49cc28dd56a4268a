package issuance

import "time"

// EventKind says what happened to an offer, in the past tense.
type EventKind string

// What can happen to an offer.
const (
	OfferCreated       EventKind = "offer.created"
	OfferRetrieved     EventKind = "offer.retrieved"
	CodeRevealed       EventKind = "code.revealed"
	CodeRejected       EventKind = "code.rejected"
	RequestRefused     EventKind = "request.refused"
	OfferRedeemed      EventKind = "offer.redeemed"
	CredentialIssued   EventKind = "credential.issued"
	CredentialReissued EventKind = "credential.reissued"
	WalletConfirmed    EventKind = "wallet.confirmed"
	WalletFailed       EventKind = "wallet.failed"
	WalletDeleted      EventKind = "wallet.deleted"
	OfferCancelled     EventKind = "offer.cancelled"
	OfferExpired       EventKind = "offer.expired"
	OfferFailed        EventKind = "offer.failed"
)

// CallbackStatus is the status a callback endpoint is told. Every offer has exactly one
// of the last three in its life; the database enforces it.
type CallbackStatus string

// The callback statuses that the API promises.
const (
	CallbackCreated CallbackStatus = "OFFER_CREATED"
	CallbackIssued  CallbackStatus = "ISSUED"
	CallbackFailed  CallbackStatus = "FAILED"
	CallbackExpired CallbackStatus = "EXPIRED"
)

// Callback gives the status that the event tells callback endpoints, or "" when the
// event stays on the timeline.
func (k EventKind) Callback() CallbackStatus {
	switch k {
	case OfferCreated:
		return CallbackCreated
	case CredentialIssued:
		return CallbackIssued
	case OfferCancelled, OfferFailed:
		return CallbackFailed
	case OfferExpired:
		return CallbackExpired
	case OfferRetrieved, CodeRevealed, CodeRejected, RequestRefused, OfferRedeemed,
		CredentialReissued, WalletConfirmed, WalletFailed, WalletDeleted:
		return ""
	}
	return ""
}

// Event is something that happened to an offer. Sequence grows by one per offer; Cause
// is a sentence that staff can read, or empty.
type Event struct {
	Offer    OfferID
	Sequence int
	Kind     EventKind
	At       time.Time
	Cause    string
}

// Look is what a wallet merely looked at or was refused: worth an event, not worth a
// durable commit of its own. Looks are buffered and written in groups, or together
// with the next change of their offer.
type Look struct {
	Offer OfferID
	Kind  EventKind
	At    time.Time
	Cause string
}
