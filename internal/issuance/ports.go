package issuance

import (
	"context"
	"time"

	"counterfoil/internal/secret"
	"counterfoil/internal/typemeta"
)

// Offers is the durable record of offers. Every change is one guarded update that commits
// together with its event and, where the event has a callback status, one queued
// delivery per active callback endpoint.
type Offers interface {
	// AddOffer records a new offer, its sealed claims and OfferCreated in one commit. When
	// d.Idempotency names a key that is already taken it changes nothing and returns
	// ErrIdempotencyKeyTaken, or ErrIdempotencyInProgress when who took it is not done yet. An offer that is replaced gets OfferCorrected;
	// ErrCollected when it is in none of d.ReplacedFrom, ErrReplaced when it has a replacement that was collected or still may be.
	AddOffer(ctx context.Context, d Draft) error
	// Offer returns an offer; NotFound.
	Offer(ctx context.Context, id OfferID) (Offer, error)
	// ListOffers returns offers, newest first.
	ListOffers(ctx context.Context, f Filter) ([]Offer, error)
	// CountOffers counts offers by the status that they have at f.At; f.Limit and f.After do not matter.
	CountOffers(ctx context.Context, f Filter) (map[Status]int, error)
	// EndOffer moves an open offer to StatusCancelled or StatusFailed and destroys its claims; Conflict when
	// it is no longer in one of Sources(e.To) or its deadline has passed, NotFound.
	EndOffer(ctx context.Context, e End) (Offer, error)
	// Idempotent returns what an idempotency key was first used for; NotFound.
	Idempotent(ctx context.Context, keyHash []byte) (Idempotent, error)
}

// Gates are the single-use doors of an offer's life. Racing callers get exactly one success.
type Gates interface {
	// OfferByCode returns the offer of a pre-authorized code with the MAC of its transaction
	// code (nil when none); NotFound.
	OfferByCode(ctx context.Context, codeHash []byte) (Offer, []byte, error)
	// Redeem moves the offer to StatusRedeemed, records the grant, the spent values and OfferRedeemed;
	// Conflict when the code was redeemed, ended, expired, its attempts are used up or its transaction code was renewed;
	// Conflict with the value's code (CodeReplayed) when a spent value is known.
	Redeem(ctx context.Context, r Redemption) error
	// CountWrongCode counts one wrong transaction code in a commit of its own and records
	// CodeRejected, or OfferFailed when the limit is reached; the claims then wait for Repairs. It returns the attempts left;
	// Conflict when the offer is no longer open; Conflict with the value's code (CodeReplayed) when a spent value is known, and
	// then nothing is counted.
	CountWrongCode(ctx context.Context, w WrongCode) (left int, err error)
	// Settle records what was signed: batch, credentials, spent values; the first settlement of an
	// offer moves it to StatusIssued with CredentialIssued, later ones record CredentialReissued.
	// Conflict when the offer was not redeemed, its time is over or s.Limit credentials would be
	// exceeded; Conflict with the value's code (CodeReplayed) when a spent value is known.
	Settle(ctx context.Context, s Settlement) error
	// Confirm records what the wallet did with a batch; the same notification again changes
	// nothing. NotFound for a notification id that is not of this grant.
	Confirm(ctx context.Context, n Confirmation) error
}

// Grants opens what a grant leads to.
type Grants interface {
	// Grant returns the grant of a token, its offer and the opened claims (a JSON object; nil once
	// destroyed); NotFound.
	Grant(ctx context.Context, tokenHash []byte) (Grant, Offer, []byte, error)
	// TxCode opens the sealed copy of an offer's transaction code; NotFound when there is none or
	// it was destroyed because the offer was redeemed or ended.
	TxCode(ctx context.Context, id OfferID) (secret.Text, error)
}

// Approvals is the record of offers that wait for a second person.
type Approvals interface {
	// Claims opens an offer's claims, and those of the offer that it corrects when they were kept for its approver (JSON objects; nil once
	// destroyed or when there are none).
	Claims(ctx context.Context, id OfferID) (claims, before []byte, err error)
	// ListPending returns offers that wait for approval at a time, oldest first.
	ListPending(ctx context.Context, now time.Time, limit int) ([]Offer, error)
	// Approve moves a pending offer to StatusReady with OfferApproved; its time begins then. Conflict when it is no longer pending, its
	// time is over, its content is another, or the approver is its maker.
	Approve(ctx context.Context, a Approve) (Offer, error)
	// LiveReplacement returns the offer that replaces this one and was collected or still may be; NotFound.
	LiveReplacement(ctx context.Context, id OfferID) (Offer, error)
}

// Approve is a guarded move to StatusReady by a second person.
type Approve struct {
	Offer   OfferID
	Content []byte // what the approver saw
	By      Actor
	At      time.Time
}

// Record is the timeline of offers.
type Record interface {
	// Note buffers a look; it never blocks and never fails.
	Note(l Look)
	// Events returns the events of an offer in order.
	Events(ctx context.Context, id OfferID) ([]Event, error)
	// Feed returns events of all offers.
	Feed(ctx context.Context, f Feed) ([]Event, error)
	// Deliveries returns the deliveries of an offer in order.
	Deliveries(ctx context.Context, id OfferID) ([]Delivery, error)
	// ExpireDue moves at most limit open offers whose deadline has passed to StatusExpired, with OfferExpired, and
	// returns how many. Their claims wait for Repairs, but for those of offers that nobody approved, which are destroyed.
	ExpireDue(ctx context.Context, now time.Time, limit int) (int, error)
	// Forget destroys the claims of issued offers whose grants have run out and of offers that expired or failed ClaimsKept ago, and spent values and
	// idempotency keys past their time.
	Forget(ctx context.Context, now time.Time) error
}

// Types finds credential types by credential configuration id: the newest version, or the one that an offer was made with.
type Types interface {
	Type(id string) (typemeta.Type, bool)
	Version(id string, version int) (typemeta.Type, bool)
}

// Minter turns what was prepared into the bytes of a credential and checks that
// they say what was prepared. It must not be called inside a transaction.
type Minter interface {
	Mint(ctx context.Context, p Prepared) (Minted, error)
}

// Prepared is everything a credential will say, decided before anything is signed.
type Prepared struct {
	Type   typemeta.Type
	Claims map[string]any
	Holder HolderKey
	// At is the moment of issuance; the minter rounds what becomes public
	// (RFC 9901 §10.1).
	At time.Time
}

// Minted is a signed credential, ready to be handed to the wallet, with the times it states.
type Minted struct {
	Credential string
	Format     string
	IssuedAt   time.Time
	ExpiresAt  time.Time
}

// Draft is a new offer as the store takes it.
type Draft struct {
	Offer     Offer
	Claims    []byte // JSON object, to be sealed
	CodeHash  []byte
	TxCodeMAC []byte      // nil without transaction code
	TxCode    secret.Text // to be sealed while reveal is allowed
	// Idempotency is nil when the caller sent no key.
	Idempotency *Idempotency
	// Customer is the keyed hash of the customer's number; nil when none was given.
	Customer []byte
	// Before is the claims of the offer that a correction which must be approved replaces, to be sealed with its own.
	Before []byte
	// ReplacedFrom is the statuses that the offer which is replaced may be in.
	ReplacedFrom []Status
}

// Idempotency is a caller's key and the fingerprint of the request it came with.
type Idempotency struct {
	KeyHash     []byte
	RequestHash []byte
	ExpiresAt   time.Time
}

// Idempotent is what an idempotency key was first used for: an offer, or another request (then Offer is zero).
type Idempotent struct {
	RequestHash []byte
	Offer       Offer
	TxCode      secret.Text
}

// Filter selects offers for a list. Zero values do not restrict; Limit is required.
type Filter struct {
	CreatedBy string
	// Maker is the person who made them at the portal.
	Maker   string
	Channel Channel
	// Statuses are those that hold at At.
	Statuses []Status
	At       time.Time
	// Types are credential configuration ids.
	Types     []string
	Reference string
	// ReferencePrefix is the beginning of references, in any case of letters.
	ReferencePrefix string
	// Customer is the keyed hash of a customer's number.
	Customer []byte
	// CreatedFrom is the first moment, CreatedUntil the last.
	CreatedFrom, CreatedUntil time.Time
	// After is the offer that the page before ended with.
	After Place
	Limit int
}

// Place is where an offer stands in the list: newest first, and by id where two were made in the same millisecond.
type Place struct {
	CreatedAt time.Time
	ID        OfferID
}

// Feed selects events of all offers, in an order that never changes and in which those of one offer stand as they happened. Zero
// values do not restrict; Limit is required.
type Feed struct {
	// After is the position of the last event that was read.
	After int64
	// Types are credential configuration ids.
	Types []string
	// CallbacksOnly keeps events that have a callback status.
	CallbacksOnly bool
	Limit         int
}

// End is a guarded move to StatusCancelled or StatusFailed, from any of Sources(To) or, when there are some, from those of From only.
type End struct {
	Offer OfferID
	To    Status
	From  []Status
	At    time.Time
	Cause string
}

// Redemption is a correct code about to be spent. MaxAttempts guards against a
// correct guess that comes after too many wrong ones, TxCodeMAC (nil when there is none) against a code that was
// renewed after it was compared.
type Redemption struct {
	Offer       OfferID
	At          time.Time
	MaxAttempts int
	TxCodeMAC   []byte
	Grant       Grant
	Spent       []Spent
}

// WrongCode is one wrong transaction code.
type WrongCode struct {
	Offer       OfferID
	At          time.Time
	MaxAttempts int
	Spent       []Spent
}

// Settlement is what was signed for one request. Limit bounds the credentials of one offer in total.
type Settlement struct {
	Offer       OfferID
	TokenHash   []byte
	At          time.Time
	Batch       string // notification_id
	Credentials []Credential
	Spent       []Spent
	Limit       int
	// Replaces is the offer that ends, if it is still open, with the first settlement of this one.
	Replaces OfferID
}

// Confirmation is a wallet's notification. Kind is WalletConfirmed, WalletFailed or WalletDeleted.
type Confirmation struct {
	Batch     string
	TokenHash []byte
	Kind      EventKind
	At        time.Time
	Cause     string
	Spent     []Spent
}
