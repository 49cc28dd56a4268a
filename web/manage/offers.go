package manage

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
)

// offerRequest is the body of POST /offers.
type offerRequest struct {
	Type      string         `json:"credential_configuration_id"`
	Claims    map[string]any `json:"claims"`
	TxCode    *txCode        `json:"tx_code"`
	Reference string         `json:"reference"`
	Customer  string         `json:"customer"`
	ExpiresIn *int           `json:"expires_in"` // seconds
	Grants    []string       `json:"grants"`
	Scheme    string         `json:"scheme"`
}

type txCode struct {
	InputMode   string `json:"input_mode"`
	Length      *int   `json:"length"`
	Description string `json:"description"`
}

// offerCreated is the answer of POST /offers: these members and no others.
type offerCreated struct {
	OfferID string `json:"offer_id"`
	URI     string `json:"credential_offer_uri"`
	TxCode  string `json:"tx_code_value,omitzero"`
}

// offerShown is an offer as it is read: no claims, no codes.
type offerShown struct {
	OfferID   string          `json:"offer_id"`
	Type      string          `json:"credential_configuration_id"`
	Status    issuance.Status `json:"status"`
	CreatedAt string          `json:"created_at"`
	ExpiresAt string          `json:"expires_at"`
	CreatedBy string          `json:"created_by"`
	Reference string          `json:"reference,omitzero"`
	Attempts  int             `json:"tx_code_attempts"`
	Cause     string          `json:"cause,omitzero"`
	Replaces  string          `json:"replaces,omitzero"`
}

func show(o issuance.Offer) offerShown {
	return offerShown{
		OfferID: string(o.ID), Type: o.Type, Status: o.Status, CreatedAt: stamp(o.CreatedAt), ExpiresAt: stamp(o.ExpiresAt),
		CreatedBy: o.CreatedBy, Reference: o.Reference, Attempts: o.Attempts, Cause: o.Cause, Replaces: string(o.Replaces),
	}
}

func (d *door) createOffer(c *fiber.Ctx) error {
	dryRun, err := readDryRun(c)
	if err != nil {
		return err
	}
	key, err := readIdempotencyKey(c)
	if err != nil {
		return err
	}
	var req offerRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	create, err := req.create()
	if err != nil {
		return err
	}
	create.By, create.DryRun, create.IdempotencyKey = caller(c.UserContext()), dryRun, key
	create.RequestHash = fingerprint(c)
	got, err := d.Offers.CreateOffer(c.UserContext(), create)
	if err != nil {
		return err
	}
	if dryRun {
		return answer(c, fiber.StatusOK, map[string]bool{"valid": true})
	}
	if got.Replayed {
		c.Set("Idempotent-Replayed", "true")
	}
	c.Set(fiber.HeaderLocation, "/offers/"+string(got.Offer.ID))
	return answer(c, fiber.StatusCreated, offerCreated{
		OfferID: string(got.Offer.ID), URI: d.URLs.OfferURI(got.Offer.Scheme, got.Offer.ID), TxCode: got.TxCode.Reveal(),
	})
}

// create turns the body into the domain's request. A number that is there but 0 is a fault, not a wish for the default.
func (r offerRequest) create() (issuance.CreateOffer, error) {
	c := issuance.CreateOffer{
		Type: r.Type, Claims: r.Claims, Reference: r.Reference, Customer: r.Customer, Scheme: r.Scheme, Grants: r.Grants,
		Channel: issuance.ChannelManagement,
	}
	if r.ExpiresIn != nil {
		c.ExpiresIn = time.Duration(min(max(*r.ExpiresIn, -1), int(issuance.MaxOfferTTL.Seconds())+1)) * time.Second
		if c.ExpiresIn == 0 {
			c.ExpiresIn = -time.Second
		}
	}
	if r.TxCode != nil {
		c.TxCode = &issuance.TxCode{InputMode: issuance.InputMode(r.TxCode.InputMode), Description: r.TxCode.Description}
		if r.TxCode.Length != nil {
			c.TxCode.Length = *r.TxCode.Length
			if c.TxCode.Length == 0 {
				c.TxCode.Length = -1
			}
		}
	}
	var missing []string
	if r.Type == "" {
		missing = append(missing, "/credential_configuration_id")
	}
	if r.Claims == nil {
		missing = append(missing, "/claims")
	}
	if len(missing) > 0 {
		return c, invalidAt("is missing", missing...)
	}
	if r.Grants != nil && len(r.Grants) == 0 {
		return c, invalid("/grants", "must name a grant")
	}
	return c, nil
}

func (d *door) cancelOffer(c *fiber.Ctx) error {
	o, err := d.Offers.CancelOffer(c.UserContext(), issuance.OfferID(c.Params("offer")), caller(c.UserContext()))
	if err != nil {
		return err
	}
	return answer(c, fiber.StatusOK, show(o))
}
