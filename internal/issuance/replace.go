package issuance

import (
	"context"
	"fmt"
	"slices"
)

// statusesReplaced is what an offer may be in when it is corrected: while somebody may still collect it or its time ran out, or once it was
// collected. In between a wallet is collecting it at this very moment.
func statusesReplaced(collected bool) []Status {
	if collected {
		return []Status{StatusIssued, StatusConfirmed}
	}
	return []Status{StatusPending, StatusReady, StatusRetrieved, StatusExpired, StatusFailed}
}

// replace readies a draft to take the place of another offer of its type. Whether that may be replaced is decided when the offer is added.
func (s *Service) replace(ctx context.Context, c CreateOffer, d *Draft) error {
	if c.Replaces == "" {
		return nil
	}
	old, err := s.Offer(ctx, c.Replaces)
	if err != nil {
		return err
	}
	if old.Type != c.Type {
		return faulty([]Field{{"/replaces", codeValidationFailed, "must be an offer of the same type"}})
	}
	d.ReplacedFrom = statusesReplaced(c.Collected)
	return nil
}

// ErrCollected is returned by Offers.AddOffer when the offer that was to be replaced is in none of the statuses named.
var ErrCollected = Refuse(Conflict, CodeCollected, "the offer was collected or has ended in the meantime")

// ErrReplaced is returned by Offers.AddOffer when the offer has a replacement that was collected or still may be.
var ErrReplaced = Refuse(Conflict, CodeReplaced, "there is a corrected offer already")

// CauseReplaced is on the record of an offer that ended because its correction was collected.
const CauseReplaced = "replaced by a corrected offer"

// Correctable tells whether an offer of this status can be corrected: not while a wallet is collecting it, and not once it was cancelled.
func Correctable(s Status) bool {
	return slices.Contains(statusesReplaced(false), s) || slices.Contains(statusesReplaced(true), s)
}

// Original is an offer that is to be corrected.
type Original struct {
	Offer Offer
	// Claims are nil when they are gone.
	Claims map[string]any
	// Collected tells that a credential was issued from it.
	Collected bool
}

// OpenOriginal opens an offer for its correction, and records that its claims were shown. Conflict with CodeCollected when a wallet is
// just collecting it or it was cancelled, with CodeReplaced when a correction of it may still be collected or was; NotFound.
func (s *Service) OpenOriginal(ctx context.Context, id OfferID, by Actor) (Original, error) {
	o, err := s.Offer(ctx, id)
	if err != nil {
		return Original{}, err
	}
	if _, err := s.Approvals.LiveReplacement(ctx, id); err == nil {
		return Original{}, ErrReplaced
	} else if KindOf(err) != NotFound {
		return Original{}, fmt.Errorf("find replacement: %w", err)
	}
	original := Original{Offer: o, Collected: slices.Contains(statusesReplaced(true), o.Status)}
	if !Correctable(o.Status) {
		return Original{}, ErrCollected
	}
	if original.Collected { // for a moment they are kept for a wallet that asks again
		return original, nil
	}
	claims, _, err := s.Approvals.Claims(ctx, id)
	if err == nil {
		original.Claims, err = readClaims(claims)
	}
	if err != nil {
		return Original{}, fmt.Errorf("open claims: %w", err)
	}
	if original.Claims != nil {
		s.noteRevealed(ctx, id, by)
	}
	return original, nil
}

// Replacement returns the offer that takes the place of this one and was collected or still may be; NotFound.
func (s *Service) Replacement(ctx context.Context, id OfferID) (Offer, error) {
	o, err := s.Approvals.LiveReplacement(ctx, id)
	if err != nil {
		return Offer{}, fmt.Errorf("find replacement: %w", err)
	}
	o.Status = o.StatusAt(s.Clock())
	return o, nil
}
