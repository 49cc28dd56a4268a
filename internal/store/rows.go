package store

import (
	"database/sql/driver"
	"time"

	"counterfoil/internal/issuance"
)

// offerRow is a row of offers, without what is sealed.
type offerRow struct {
	ID            string
	Type          string
	TypeVersion   int
	Status        string
	Version       int
	CreatedAt     int64
	ExpiresAt     int64
	Channel       string
	CreatedBy     string
	Reference     string
	Scheme        string
	TxMode        string
	TxLength      int
	TxDescription string
	Attempts      int
	Cause         string
	Replaces      string
	ClaimsUntil   int64
	WalletSaid    string
	Maker         string
	ValidFor      int64
	Content       []byte
	Approver      string
	ApprovedBy    string
}

// offerColumns are the columns of an offerRow.
const offerColumns = "id, type, type_version, status, version, created_at, expires_at, channel, created_by, reference, scheme, " +
	"tx_mode, tx_length, tx_description, attempts, cause, COALESCE(replaces, '') AS replaces, claims_until, wallet_said, " +
	"maker, valid_for, content, approver, approved_by"

func (r offerRow) offer() issuance.Offer {
	o := issuance.Offer{
		ID: issuance.OfferID(r.ID), Type: r.Type, TypeVersion: r.TypeVersion, Status: issuance.Status(r.Status), Version: r.Version,
		CreatedAt: moment(r.CreatedAt), ExpiresAt: moment(r.ExpiresAt), Channel: issuance.Channel(r.Channel),
		CreatedBy: r.CreatedBy, Reference: r.Reference, Scheme: r.Scheme, Attempts: r.Attempts, Cause: r.Cause,
		Replaces: issuance.OfferID(r.Replaces), ClaimsUntil: moment(r.ClaimsUntil), WalletSaid: issuance.EventKind(r.WalletSaid),
		Maker: r.Maker,
	}
	if r.Content != nil {
		o.Approval = &issuance.Approval{
			Content: r.Content, ValidFor: time.Duration(r.ValidFor) * time.Millisecond, Approver: r.Approver, By: r.ApprovedBy,
		}
	}
	if r.TxMode != "" {
		o.TxCode = &issuance.TxCode{InputMode: issuance.InputMode(r.TxMode), Length: r.TxLength, Description: r.TxDescription}
	}
	return o
}

func offersOf(rows []offerRow) []issuance.Offer {
	out := make([]issuance.Offer, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.offer())
	}
	return out
}

// sealedRow is what is sealed of an offer.
type sealedRow struct {
	DataKey []byte
	Claims  []byte
	TxCode  []byte
	Before  []byte `gorm:"column:claims_before"`
}

// blob is bytes as one value: gorm spreads a plain slice after a parenthesis into a list.
type blob []byte

// Value implements driver.Valuer.
func (b blob) Value() (driver.Value, error) { return []byte(b), nil }
