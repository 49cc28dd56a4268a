package issuance

import (
	"context"
	"fmt"
)

// CancelOffer ends an open offer. Cancelling a cancelled offer again returns it as it is;
// Conflict when it was redeemed or ended otherwise, NotFound.
func (s *Service) CancelOffer(ctx context.Context, id OfferID, by Actor) (Offer, error) {
	o, err := s.Offers.EndOffer(ctx, End{Offer: id, To: StatusCancelled, At: s.Clock(), Cause: "cancelled by " + by.Name})
	if KindOf(err) == Conflict {
		current, readErr := s.Offer(ctx, id)
		if readErr == nil && current.Status == StatusCancelled {
			return current, nil
		}
	}
	if err != nil {
		return Offer{}, fmt.Errorf("cancel offer: %w", err)
	}
	return o, nil
}
