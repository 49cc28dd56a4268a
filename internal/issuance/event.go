package issuance

import (
	"fmt"
	"time"
)

// EventKind says what happened to an offer, or to what offers are signed with.
type EventKind string

// What can happen.
const (
	OfferCreated       EventKind = "offer.created"
	ApprovalAsked      EventKind = "approval.asked"
	OfferApproved      EventKind = "offer.approved"
	ClaimsRevealed     EventKind = "claims.revealed"
	OfferCorrected     EventKind = "offer.corrected"
	OfferRetrieved     EventKind = "offer.retrieved"
	CodeRevealed       EventKind = "code.revealed"
	CodeRenewed        EventKind = "code.renewed"
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
	// OfferReplaced is of an offer that had expired or failed: another one has its data now.
	OfferReplaced EventKind = "offer.replaced"
	// CertificateExpiring is about no offer.
	CertificateExpiring EventKind = "certificate.expiring"
)

// EventKinds lists every kind once.
func EventKinds() []EventKind {
	return []EventKind{
		OfferCreated, ApprovalAsked, OfferApproved, ClaimsRevealed, OfferCorrected, OfferRetrieved, CodeRevealed, CodeRenewed, CodeRejected,
		RequestRefused, OfferRedeemed, CredentialIssued, CredentialReissued, WalletConfirmed, WalletFailed, WalletDeleted, OfferCancelled,
		OfferExpired, OfferFailed, OfferReplaced, CertificateExpiring,
	}
}

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

// The callback statuses that an endpoint gets when it asks for them.
const (
	CallbackRetrieved           CallbackStatus = "RETRIEVED"
	CallbackRedeemed            CallbackStatus = "REDEEMED"
	CallbackCodeRejected        CallbackStatus = "CODE_REJECTED"
	CallbackConfirmed           CallbackStatus = "CONFIRMED"
	CallbackWalletFailed        CallbackStatus = "WALLET_FAILED"
	CallbackCertificateExpiring CallbackStatus = "CERTIFICATE_EXPIRING"
	// CallbackPing is sent when somebody tests an endpoint, and to nobody else.
	CallbackPing CallbackStatus = "PING"
)

// Explained tells whether a callback of this status says why, in errorDetails.
func (s CallbackStatus) Explained() bool {
	return s == CallbackFailed || s == CallbackCodeRejected || s == CallbackWalletFailed || s == CallbackCertificateExpiring
}

// StandardCallbacks lists the statuses that every endpoint gets unless it says otherwise.
func StandardCallbacks() []CallbackStatus {
	return []CallbackStatus{CallbackCreated, CallbackIssued, CallbackFailed, CallbackExpired}
}

// CallbackStatuses lists every status that an endpoint may ask for.
func CallbackStatuses() []CallbackStatus {
	return append(StandardCallbacks(), CallbackRetrieved, CallbackRedeemed, CallbackCodeRejected, CallbackConfirmed, CallbackWalletFailed,
		CallbackCertificateExpiring)
}

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
	case OfferRetrieved, CodeRevealed, CodeRenewed, CodeRejected, RequestRefused, OfferRedeemed, ApprovalAsked, OfferApproved, ClaimsRevealed,
		OfferCorrected, CredentialReissued, WalletConfirmed, WalletFailed, WalletDeleted, OfferReplaced, CertificateExpiring:
		return ""
	}
	return ""
}

// Extended gives the status that the event tells callback endpoints which ask for more than the four, or "".
func (k EventKind) Extended() CallbackStatus {
	switch k {
	case OfferRetrieved:
		return CallbackRetrieved
	case OfferRedeemed:
		return CallbackRedeemed
	case CodeRejected:
		return CallbackCodeRejected
	case WalletConfirmed:
		return CallbackConfirmed
	case WalletFailed:
		return CallbackWalletFailed
	case CertificateExpiring:
		return CallbackCertificateExpiring
	case OfferCreated, CredentialIssued, OfferCancelled, OfferFailed, OfferExpired,
		CodeRevealed, CodeRenewed, RequestRefused, CredentialReissued, WalletDeleted, OfferReplaced, ApprovalAsked, OfferApproved,
		ClaimsRevealed, OfferCorrected:
		return ""
	}
	return ""
}

// Told gives the status that the event tells callback endpoints which ask for it, or "" when it stays on the timeline.
func (k EventKind) Told() CallbackStatus {
	if s := k.Callback(); s != "" {
		return s
	}
	return k.Extended()
}

// Event is something that happened to an offer, or to none (then ID names it). Sequence grows by one per offer; Cause
// is a sentence that staff can read, or empty. Code is for programs: of RequestRefused what the wallet was answered, or CodeClock; of
// CodeRejected how many tries are left. Request is the name of the request that it came of, for finding its line in the log; empty when
// it came of none, or by a program from before requests were kept.
type Event struct {
	ID       string
	Offer    OfferID
	Sequence int
	Kind     EventKind
	At       time.Time
	Cause    string
	Code     string
	Request  string
	// Position is the event's place among those of all offers; 0 when it was not asked for.
	Position int64
}

// EventID is what receivers know the event by, together with its status. That of the four statuses that everybody gets is the offer's,
// because each comes once; what may come again has one of its own.
func (e Event) EventID() string {
	switch {
	case e.ID != "":
		return e.ID
	case e.Kind.Callback() != "":
		return string(e.Offer)
	}
	return fmt.Sprintf("%s_%d", e.Offer, e.Sequence)
}

// WebhookID is EventID and status in one, as Standard Webhooks 1.0 has it; empty for an event that callbacks do not tell.
func (e Event) WebhookID() string {
	status := e.Kind.Told()
	if status == "" {
		return ""
	}
	return e.EventID() + "_" + string(status)
}

// ErrorDetails is what a callback says of the cause.
func (e Event) ErrorDetails() string {
	if e.Kind.Told().Explained() {
		return e.Cause
	}
	return ""
}

// Look is what a wallet merely looked at or was refused: worth an event, not worth a
// durable commit of its own. Looks are buffered and written in groups, or together
// with the next change of their offer.
type Look struct {
	Offer   OfferID
	Kind    EventKind
	At      time.Time
	Cause   string
	Code    string
	Request string
}
