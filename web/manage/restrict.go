package manage

import (
	"context"
	"slices"

	"counterfoil/internal/issuance"
)

// restricted is the offers as a client sees them that has to do with some types only: the others are not there. It stands between
// every handler and the domain, so that no handler can forget to ask.
type restricted struct{ offers Offers }

// CreateOffer implements Offers.
func (r restricted) CreateOffer(ctx context.Context, c issuance.CreateOffer) (issuance.CreatedOffer, error) {
	if !clientOf(ctx).MayUse(c.Type) {
		return issuance.CreatedOffer{}, forbidden{code: codeType}
	}
	return r.offers.CreateOffer(ctx, c)
}

// Offer implements Offers.
func (r restricted) Offer(ctx context.Context, id issuance.OfferID) (issuance.Offer, error) {
	o, err := r.offers.Offer(ctx, id)
	if err != nil {
		return issuance.Offer{}, err
	}
	if !clientOf(ctx).MayUse(o.Type) {
		// To the letter what an offer that does not exist gets, or ids could be told apart.
		return issuance.Offer{}, issuance.Refuse(issuance.NotFound, "offer_not_found", "there is no such offer")
	}
	return o, nil
}

// ownTypes narrows the types that are asked for to those that the client has to do with; false when that leaves none. Empty means all.
func ownTypes(ctx context.Context, wanted []string) ([]string, bool) {
	own := clientOf(ctx).Types
	if len(own) == 0 {
		return wanted, true
	}
	left := slices.DeleteFunc(slices.Clone(own), func(t string) bool { return len(wanted) > 0 && !slices.Contains(wanted, t) })
	return left, len(left) > 0
}

// ListOffers implements Offers.
func (r restricted) ListOffers(ctx context.Context, f issuance.Filter) (list []issuance.Offer, err error) {
	var some bool
	if f.Types, some = ownTypes(ctx, f.Types); !some {
		return nil, nil
	}
	return r.offers.ListOffers(ctx, f)
}

// Feed implements Offers.
func (r restricted) Feed(ctx context.Context, f issuance.Feed) (events []issuance.Event, err error) {
	var some bool
	if f.Types, some = ownTypes(ctx, f.Types); !some {
		return nil, nil
	}
	return r.offers.Feed(ctx, f)
}

// restrictedCredentials is likewise the credentials.
type restrictedCredentials struct{ credentials issuance.Credentials }

// ListCredentials implements issuance.Credentials.
func (r restrictedCredentials) ListCredentials(ctx context.Context, f issuance.CredentialFilter) (list []issuance.Credential, err error) {
	var some bool
	if f.Types, some = ownTypes(ctx, f.Types); !some {
		return nil, nil
	}
	return r.credentials.ListCredentials(ctx, f)
}

// CancelOffer implements Offers. The type of an offer never changes, so what was asked first still holds.
func (r restricted) CancelOffer(ctx context.Context, id issuance.OfferID, by issuance.Actor) (issuance.Offer, error) {
	if _, err := r.Offer(ctx, id); err != nil {
		return issuance.Offer{}, err
	}
	return r.offers.CancelOffer(ctx, id, by)
}

// Timeline implements Offers.
func (r restricted) Timeline(ctx context.Context, id issuance.OfferID) (issuance.Timeline, error) {
	if _, err := r.Offer(ctx, id); err != nil {
		return issuance.Timeline{}, err
	}
	return r.offers.Timeline(ctx, id)
}
