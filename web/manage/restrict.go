package manage

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
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

// needOwnCallback is need for a callback endpoint: whoever has to do with some types only sees those endpoints that are told of nothing
// else. A secret, a delivery or a new address of another would let it read events that are not there for it.
func (d *door) needOwnCallback() fiber.Handler {
	return d.needOwn(func(c *fiber.Ctx) (issuance.EndpointID, error) { return endpointID(c), nil },
		issuance.Refuse(issuance.NotFound, "callback_not_found", "there is no such callback endpoint"))
}

// needOwnDelivery is likewise for a delivery, by the endpoint it is for.
func (d *door) needOwnDelivery() fiber.Handler {
	return d.needOwn(func(c *fiber.Ctx) (issuance.EndpointID, error) {
		id, err := readDeliveryID(c)
		if err != nil {
			return "", err
		}
		one, _, err := d.Deliveries.Delivery(c.UserContext(), id)
		if err == nil && one.Offer != "" { // the endpoint may have been told of other types before
			_, err = d.Offers.Offer(c.UserContext(), one.Offer)
		}
		return one.Endpoint, err
	}, issuance.Refuse(issuance.NotFound, "delivery_not_found", "there is no such delivery"))
}

// needOwn answers hidden, which is to the letter what is not there gets, for an endpoint that the client has not to do with.
func (d *door) needOwn(id func(c *fiber.Ctx) (issuance.EndpointID, error), hidden error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		client := clientOf(c.UserContext())
		if !client.Has(staff.ScopeCallbacksWrite) {
			return forbidden{code: codeScope, scope: staff.ScopeCallbacksWrite}
		}
		if len(client.Types) == 0 {
			return c.Next()
		}
		endpoint, err := id(c)
		if issuance.KindOf(err) == issuance.NotFound {
			return hidden
		}
		if err != nil {
			return err
		}
		e, err := d.Endpoints.Endpoint(c.UserContext(), endpoint)
		if issuance.KindOf(err) == issuance.NotFound || err == nil && !client.MayUseAll(e.Types) {
			return hidden
		}
		if err != nil {
			return err
		}
		return c.Next()
	}
}
