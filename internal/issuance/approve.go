package issuance

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"counterfoil/internal/secret"
	"counterfoil/internal/strictjson"
)

// ApprovalTTL is how long an offer waits for its approval; its claims are kept no longer. The time in which it can be redeemed begins
// when it is approved, because nobody can say how long a colleague takes.
const ApprovalTTL = 24 * time.Hour

// maxReason bounds the reason of a rejection, in characters.
const maxReason = 200

// Approval is that a second person has to look at an offer before anybody can collect it, or has.
type Approval struct {
	// Content is a keyed hash of everything that was shown to the approver: what is collected is what was approved, or nothing.
	Content []byte
	// ValidFor is how long the offer can be redeemed once it is approved.
	ValidFor time.Duration
	// Approver is the person who approved, By their name; empty while nobody has.
	Approver, By string
}

// Review is an offer as its approver looks at it.
type Review struct {
	Offer Offer
	// Claims are what the credential will say, Before what the offer said that this one corrects (nil when it corrects none, or none that
	// was kept).
	Claims, Before map[string]any
}

// Decision is an approver's word about an offer: Content is that of the review they saw. Reason is for a rejection.
type Decision struct {
	Offer   OfferID
	Content []byte
	Reason  string
	By      Actor
}

// askApproval makes a new offer wait for a second person.
func (s *Service) askApproval(ctx context.Context, d *Draft) error {
	o := &d.Offer
	o.Approval = &Approval{ValidFor: o.ExpiresAt.Sub(o.CreatedAt)}
	o.Status, o.ExpiresAt = StatusPending, o.CreatedAt.Add(ApprovalTTL)
	o.Version++ // that the offer was made, and that approval was asked for, are two events
	var err error
	if o.Approval.Content, err = s.content(*o, d.Claims); err != nil {
		return err
	}
	if o.Replaces != "" {
		d.Before, _, err = s.Approvals.Claims(ctx, o.Replaces)
	}
	return err
}

// content gives the keyed hash of all that an approver decides about: keyed, because claims are few enough to be guessed.
func (s *Service) content(o Offer, claims []byte) ([]byte, error) {
	var code TxCode
	if o.TxCode != nil {
		code = *o.TxCode
	}
	settings, err := strictjson.Encode([]any{
		o.Type, o.TypeVersion, o.Scheme, o.Channel, o.Maker, o.Reference, o.Replaces, o.Approval.ValidFor.Milliseconds(),
		code.InputMode, code.Length, code.Description,
	})
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	return s.contentKey.MAC([]byte(o.ID), settings, claims), nil
}

// errAltered is a fault: somebody changed the record behind the program's back.
var errAltered = errors.New("the record of the offer is not what was approved or shown for approval")

// checkContent holds what the record says of an offer to the keyed hash that was made with it.
func (s *Service) checkContent(o Offer, claims []byte) error {
	now, err := s.content(o, claims)
	if err == nil && !secret.ConstantTimeEqual(now, o.Approval.Content) {
		err = errAltered
	}
	return err
}

// checkApproved holds what is about to be collected to what a second person approved, where one had to.
func (s *Service) checkApproved(o Offer, claims []byte) error {
	if o.Approval == nil {
		return nil
	}
	if o.Approval.Approver == "" {
		return errAltered
	}
	return s.checkContent(o, claims)
}

// ListPending returns offers that wait for approval, oldest first.
func (s *Service) ListPending(ctx context.Context, limit int) ([]Offer, error) {
	list, err := s.Approvals.ListPending(ctx, s.Clock(), limit)
	if err != nil {
		return nil, fmt.Errorf("list pending offers: %w", err)
	}
	return list, nil
}

// ReviewOffer opens a pending offer for an approver, and records that its claims were shown. Conflict when it is no longer pending, NotFound.
func (s *Service) ReviewOffer(ctx context.Context, id OfferID, by Actor) (Review, error) {
	o, err := s.Offer(ctx, id)
	if err != nil {
		return Review{}, err
	}
	if o.Status != StatusPending {
		return Review{}, notPending()
	}
	r := Review{Offer: o}
	claims, before, err := s.Approvals.Claims(ctx, id)
	if err == nil {
		r.Claims, err = readClaims(claims)
	}
	if err == nil {
		r.Before, err = readClaims(before)
	}
	if err != nil {
		return Review{}, fmt.Errorf("open claims: %w", err)
	}
	s.noteRevealed(ctx, id, by)
	return r, nil
}

func notPending() error {
	return Refuse(Conflict, "offer_not_pending", "the offer no longer waits for approval")
}

// noteRevealed records who saw the claims of an offer.
func (s *Service) noteRevealed(ctx context.Context, id OfferID, by Actor) {
	s.note(ctx, Look{Offer: id, Kind: ClaimsRevealed, Cause: "shown to " + by.Name})
}

// readClaims reads stored claims; nil when there are none.
func readClaims(stored []byte) (map[string]any, error) {
	if stored == nil {
		return nil, nil
	}
	var claims map[string]any
	if err := strictjson.Decode(stored, &claims); err != nil {
		return nil, fmt.Errorf("read stored claims: %w", err)
	}
	return claims, nil
}

// ApproveOffer makes a pending offer ready, if it is what the approver saw and somebody else made it. Approving what was approved already
// returns it as it is. Conflict with CodeOwnOffer or CodeContentChanged, or when the offer no longer waits; NotFound.
func (s *Service) ApproveOffer(ctx context.Context, d Decision) (Offer, error) {
	o, err := s.Offer(ctx, d.Offer)
	if err != nil {
		return Offer{}, err
	}
	switch {
	case o.Approval == nil:
		return Offer{}, notPending()
	case !secret.ConstantTimeEqual(o.Approval.Content, d.Content):
		return Offer{}, Refuse(Conflict, CodeContentChanged, "the offer is not what was shown, look at it again")
	case o.Maker != "" && o.Maker == d.By.ID:
		return Offer{}, Refuse(Conflict, CodeOwnOffer, "nobody approves their own offer")
	case o.Approval.Approver != "" && !o.Status.Ended():
		return o, nil
	case o.Status != StatusPending:
		return Offer{}, notPending()
	}
	claims, _, err := s.Approvals.Claims(ctx, o.ID)
	if err != nil {
		return Offer{}, fmt.Errorf("open claims: %w", err)
	}
	if err := s.checkContent(o, claims); err != nil {
		return Offer{}, fmt.Errorf("approve offer: %w", err)
	}
	o, err = s.Approvals.Approve(ctx, Approve{Offer: o.ID, Content: d.Content, By: d.By, At: s.Clock()})
	if err != nil {
		return Offer{}, fmt.Errorf("approve offer: %w", err)
	}
	return o, nil
}

// RejectOffer ends a pending offer for a reason that the record and the back-end are told. Invalid without a reason of one line; Conflict
// when the offer no longer waits; NotFound.
func (s *Service) RejectOffer(ctx context.Context, d Decision) (Offer, error) {
	if n := utf8.RuneCountInString(d.Reason); n == 0 || n > maxReason || !printable(d.Reason) {
		return Offer{}, faulty([]Field{{"/reason", codeValidationFailed, fmt.Sprintf("must be 1 to %d printable characters", maxReason)}})
	}
	o, err := s.Offers.EndOffer(ctx, End{
		Offer: d.Offer, To: StatusCancelled, From: []Status{StatusPending}, At: s.Clock(), Cause: "rejected by " + d.By.Name + ": " + d.Reason,
	})
	switch KindOf(err) {
	case 0:
	case Conflict:
		return Offer{}, notPending()
	case Invalid, NotFound, Expired, Denied, Locked:
		return Offer{}, err
	}
	if err != nil {
		return Offer{}, fmt.Errorf("reject offer: %w", err)
	}
	return o, nil
}
