package issuance

import (
	"time"

	"counterfoil/internal/secret"
)

// OfferID names an offer: at least 128 random bits in base64url, so that an offer URI
// cannot be guessed (OpenID4VCI 1.0 §4.1.3).
type OfferID string

// Offer is the record of one offer. Claims are not part of it: they are sealed at rest
// and opened only for signing.
type Offer struct {
	ID   OfferID
	Type string // credential configuration id
	// TypeVersion is the version of the type that the claims were held to.
	TypeVersion int
	Status      Status
	Version     int // grows with every event; the last event's sequence
	CreatedAt   time.Time
	// ExpiresAt is the deadline for redeeming; once redeemed, for collecting.
	ExpiresAt time.Time
	Channel   Channel
	CreatedBy string
	// Maker is the person who made the offer at the portal; empty when a client of the management door did.
	Maker     string
	Reference string
	Scheme    string
	TxCode    *TxCode
	// Attempts counts wrong transaction codes.
	Attempts int
	// Cause says in a sentence why a failed or cancelled offer ended.
	Cause string
	// Replaces is the offer that this one takes the place of, with the same data or corrected; empty for most.
	Replaces OfferID
	// ClaimsUntil is until when an offer that expired or failed can be made again with the same data; zero when it cannot.
	ClaimsUntil time.Time
	// WalletSaid is the last of WalletConfirmed, WalletFailed and WalletDeleted; empty when the wallet said nothing.
	WalletSaid EventKind
	// Approval is nil when nobody has to approve the offer.
	Approval *Approval
}

// Lost tells that the customer does not have the credential although it was issued: the wallet said so.
func (o Offer) Lost() bool { return o.WalletSaid == WalletFailed || o.WalletSaid == WalletDeleted }

// StatusAt gives the status that holds at the time now: an open offer whose deadline
// has passed is expired, whether or not the sweep has written it down yet.
func (o Offer) StatusAt(now time.Time) Status {
	if !o.Status.Ended() && !now.Before(o.ExpiresAt) {
		return StatusExpired
	}
	return o.Status
}

// Channel is the door an offer was created through.
type Channel string

// The doors that create offers.
const (
	ChannelPortal     Channel = "portal"
	ChannelManagement Channel = "management"
)

// InputMode says what a transaction code is made of (OpenID4VCI 1.0 §4.1.1).
type InputMode = secret.InputMode

// TxCode describes the transaction code that the wallet must ask for; the code
// itself is not in it. Length is in characters, Description at most 300 (OpenID4VCI 1.0 §4.1.1).
type TxCode struct {
	InputMode   InputMode
	Length      int
	Description string
}

// Actor is who did something: a person's or client's name, for the record. ID is a person's, which no other has; empty for a client.
type Actor struct {
	ID   string
	Name string
}

// Grant is what an access token allows: collecting the credential of one offer.
type Grant struct {
	TokenHash []byte
	Offer     OfferID
	Type      string
	// Thumbprint is the RFC 7638 thumbprint of the DPoP key the token is bound to; empty for a bearer token.
	Thumbprint string
	// Identifiers tells that the wallet was told credential identifiers and must ask by them (OpenID4VCI 1.0 §8.2).
	Identifiers bool
	ExpiresAt   time.Time
}

// HolderKey is the public key of a wallet as its minimal JWK members (kty, crv, x, y)
// and RFC 7638 thumbprint, already validated by the bridge that read it.
type HolderKey struct {
	JWK        map[string]string
	Thumbprint string
}

// Spent is a single-use value (c_nonce, DPoP jti) to be recorded together with the
// change it paid for. Hash is what is stored; after ExpiresAt the value is refused by its age anyway.
type Spent struct {
	Hash      []byte
	ExpiresAt time.Time
	// Code is what a refusal is called when the value is known; empty means CodeReplayed.
	Code string
}

// Credential is the record of one signed credential; never the credential itself
// (OpenID4VCI 1.0 §15.3, RFC 9901 §10.2).
type Credential struct {
	ID         string
	Offer      OfferID
	Type       string // credential configuration id; in what is read
	Batch      string // the notification_id of the answer it was part of
	Format     string
	Thumbprint string // of the holder key
	Digest     []byte // SHA-256 of the credential
	IssuedAt   time.Time
	ExpiresAt  time.Time
}
