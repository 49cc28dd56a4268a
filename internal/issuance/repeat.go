package issuance

import (
	"context"
	"fmt"
	"time"

	"counterfoil/internal/secret"
)

// ClaimsKept is how long the claims of an offer that expired or failed are kept, sealed, so that the clerk who still has the customer
// before them need not type them again. Nothing else can be done with them.
const ClaimsKept = 15 * time.Minute

// Repairs is the record of what staff do to an offer that does not work out at once.
type Repairs interface {
	// RenewTxCode puts another transaction code in the place of an open offer's and records CodeRenewed; Conflict when the offer has
	// none, was redeemed or has ended.
	RenewTxCode(ctx context.Context, r RenewedCode) error
	// RepeatOffer adds an offer with the claims of another one, which ends with it, in one commit: an open one is cancelled, one that has
	// ended gets OfferReplaced. Conflict when the other one was redeemed, its claims are destroyed or somebody was quicker; NotFound.
	RepeatOffer(ctx context.Context, r Repeat) error
	// Successor returns the offer that took the place of another; NotFound.
	Successor(ctx context.Context, id OfferID) (OfferID, error)
}

// RenewedCode is another transaction code for an open offer.
type RenewedCode struct {
	Offer OfferID
	At    time.Time
	MAC   []byte
	Code  secret.Text // to be sealed
	Cause string
}

// Repeat is a new offer that takes the place of the one that Draft.Offer.Replaces names, and gets its claims.
type Repeat struct {
	Draft Draft // without claims
	At    time.Time
	Cause string
}

// Repeatable tells whether the offer can be made again with the same data at the time now: while a wallet could still redeem it, and for
// ClaimsKept after it expired or failed.
func (o Offer) Repeatable(now time.Time) bool {
	return o.StatusAt(now).Fetchable() || now.Before(o.ClaimsUntil)
}

// RenewTxCode gives an open offer another transaction code and opens it for the person at the counter, on the record. The code before works
// no more. Wrong tries stay counted: whoever holds the offer has five in all. NotFound when the offer has no code or needs none any more,
// Conflict when it was redeemed or ended meanwhile.
func (s *Service) RenewTxCode(ctx context.Context, id OfferID, by Actor) (secret.Text, error) {
	o, err := s.Offer(ctx, id)
	if err != nil {
		return secret.Text{}, err
	}
	if o.TxCode == nil || !o.Status.Fetchable() {
		return secret.Text{}, Refuse(NotFound, "no_tx_code", "the transaction code is no longer needed")
	}
	code, err := secret.TxCode(s.Random, o.TxCode.InputMode, o.TxCode.Length)
	if err != nil {
		return secret.Text{}, fmt.Errorf("draw transaction code: %w", err)
	}
	err = s.Repairs.RenewTxCode(ctx, RenewedCode{
		Offer: id, At: s.Clock(), MAC: s.txCodeMAC(id, code.Reveal()), Code: code, Cause: "made anew for " + by.Name,
	})
	if err != nil {
		return secret.Text{}, fmt.Errorf("renew transaction code: %w", err)
	}
	return code, nil
}

// RepeatOffer makes an offer again with the same data and ends the one before, in one step: its QR code was seen by somebody else, its
// tries are used up, its time ran out. The claims were checked when the offer before was made and are not opened outside the record.
// NotFound; Conflict when it was redeemed, cancelled or repeated already, or its claims are destroyed.
func (s *Service) RepeatOffer(ctx context.Context, id OfferID, by Actor) (Offer, error) {
	o, err := s.Offer(ctx, id)
	if err != nil {
		return Offer{}, err
	}
	if _, known := s.Types.Version(o.Type, o.TypeVersion); !known {
		return Offer{}, Refuse(Conflict, "type_gone", reasonTypeGone)
	}
	now := s.Clock()
	draft, err := s.draft(CreateOffer{
		Type: o.Type, TxCode: o.TxCode, Reference: o.Reference, Scheme: o.Scheme, Channel: ChannelPortal, By: by,
	}, nil, now)
	if err != nil {
		return Offer{}, err
	}
	draft.Offer.TypeVersion, draft.Offer.Replaces = o.TypeVersion, id
	if err := s.Repairs.RepeatOffer(ctx, Repeat{Draft: draft, At: now, Cause: "shown again as a new offer by " + by.Name}); err != nil {
		return Offer{}, fmt.Errorf("repeat offer: %w", err)
	}
	return draft.Offer, nil
}

// Successor returns the offer that took the place of another; NotFound.
func (s *Service) Successor(ctx context.Context, id OfferID) (OfferID, error) {
	next, err := s.Repairs.Successor(ctx, id)
	if err != nil {
		return "", fmt.Errorf("find successor: %w", err)
	}
	return next, nil
}
