package issuance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"counterfoil/internal/secret"
	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// The grants an offer can carry, and the URI schemes it can be shown with.
const (
	GrantPreAuthorizedCode = "urn:ietf:params:oauth:grant-type:pre-authorized_code"

	SchemeOpenID = "openid-credential-offer" // OpenID4VCI 1.0 §12.1
	SchemeHAIP   = "haip-vci"                // HAIP 1.0 §4.2
	SchemeEUDI   = "eu-eaa-offer"            // ETSI TS 119 472-3 §4.1
)

// Schemes lists the URI schemes.
func Schemes() []string { return []string{SchemeOpenID, SchemeHAIP, SchemeEUDI} }

// Bounds of the transaction code (length in characters) and of free text.
const (
	MinTxCodeLength      = 4
	MaxTxCodeLength      = 12
	DefaultTxCodeLength  = 6
	maxCustomer          = 64
	maxDescription       = 300 // OpenID4VCI 1.0 §4.1.1
	maxReference         = 200
	maxGrants            = 10
	offerIDBytes         = 16
	minIdempotencyKey    = 1
	maxIdempotencyKey    = 255
	codeValidationFailed = "validation_failed"
)

// CreateOffer is a request for a new offer.
type CreateOffer struct {
	Type   string
	Claims map[string]any
	// TxCode, when not nil, asks for a transaction code; zero members take defaults.
	TxCode    *TxCode
	Reference string
	// Customer is the customer's number; only a keyed hash of it is kept, to find the customer's offers again.
	Customer string
	// Replaces is the offer that this one corrects, or empty. Collected tells that it is known to have been collected: then both
	// credentials exist. Otherwise the old offer ends when the new one is collected.
	Replaces  OfferID
	Collected bool
	// ExpiresIn is how long the offer may be redeemed, from its approval when it needs one; zero means the configured time.
	ExpiresIn time.Duration
	Scheme    string   // empty means SchemeOpenID
	Grants    []string // empty means GrantPreAuthorizedCode
	Channel   Channel
	By        Actor
	// DryRun checks everything and stores nothing.
	DryRun bool
	// IdempotencyKey makes a repeat of the same request return the first answer; empty means none.
	// RequestHash is the fingerprint of the request it came with.
	IdempotencyKey string
	RequestHash    []byte
}

// CreatedOffer is a new offer. TxCode is given once, here, and only when one was asked for.
type CreatedOffer struct {
	Offer  Offer
	TxCode secret.Text
	// Replayed tells that an idempotency key led to an earlier offer.
	Replayed bool
}

// CreateOffer makes an offer ready to be collected, or pending when its type's policy wants it approved. Refusals: Invalid with
// CodeUnknownType, CodeInvalidClaims or validation_failed and the faulty members; Conflict with CodeIdempotencyMismatch, CodeCollected
// or CodeReplaced.
func (s *Service) CreateOffer(ctx context.Context, c CreateOffer) (CreatedOffer, error) {
	now := s.Clock()
	claims, t, err := s.checkCreate(c, now)
	if err != nil {
		return CreatedOffer{}, err
	}
	if c.DryRun {
		return CreatedOffer{}, nil
	}
	draft, err := s.draft(c, claims, now)
	if err != nil {
		return CreatedOffer{}, err
	}
	draft.Offer.TypeVersion = t.Version
	if err := s.replace(ctx, c, &draft); err != nil {
		return CreatedOffer{}, err
	}
	if t.Policy.Approval.Needed(claims) {
		if err := s.askApproval(ctx, &draft); err != nil {
			return CreatedOffer{}, err
		}
	}
	err = s.Offers.AddOffer(ctx, draft)
	if errors.Is(err, ErrIdempotencyKeyTaken) {
		return s.replay(ctx, draft.Idempotency)
	}
	if err != nil {
		return CreatedOffer{}, fmt.Errorf("add offer: %w", err)
	}
	return CreatedOffer{Offer: draft.Offer, TxCode: draft.TxCode}, nil
}

// checkCreate reports every fault of a request at once and returns the normalised claims and the type that they fit.
func (s *Service) checkCreate(c CreateOffer, now time.Time) (map[string]any, typemeta.Type, error) {
	t, ok := s.Types.Type(c.Type)
	if !ok {
		return nil, t, Refuse(Invalid, CodeUnknownType, "no credential configuration has this id")
	}
	var fields []Field
	fields = append(fields, checkTxCode(c.TxCode)...)
	fields = append(fields, checkExtras(c)...)
	claims, faults := t.Check(c.Claims, now)
	if len(fields) > 0 {
		return nil, t, faulty(append(fields, claimFields(faults)...))
	}
	if len(faults) > 0 {
		return nil, t, &Error{Kind: Invalid, Code: CodeInvalidClaims, Reason: "the claims do not fit the type", Fields: claimFields(faults)}
	}
	return claims, t, nil
}

func claimFields(faults []typemeta.Fault) []Field {
	fields := make([]Field, 0, len(faults))
	for _, f := range faults {
		fields = append(fields, Field{Pointer: "/claims" + f.Pointer, Code: f.Code, Reason: f.Reason})
	}
	return fields
}

func checkTxCode(t *TxCode) []Field {
	if t == nil {
		return nil
	}
	var fields []Field
	if m := t.InputMode; m != "" && m != secret.Numeric && m != secret.TextMode {
		fields = append(fields, Field{"/tx_code/input_mode", codeValidationFailed, "must be numeric or text"})
	}
	if n := t.Length; n != 0 && (n < MinTxCodeLength || n > MaxTxCodeLength) {
		fields = append(fields, Field{"/tx_code/length", codeValidationFailed, fmt.Sprintf("must be %d to %d", MinTxCodeLength, MaxTxCodeLength)})
	}
	if utf8.RuneCountInString(t.Description) > maxDescription || !printable(t.Description) {
		fields = append(fields, Field{"/tx_code/description", codeValidationFailed, fmt.Sprintf("must be at most %d printable characters", maxDescription)})
	}
	return fields
}

func checkExtras(c CreateOffer) []Field {
	var fields []Field
	if utf8.RuneCountInString(c.Reference) > maxReference || !printable(c.Reference) {
		fields = append(fields, Field{"/reference", codeValidationFailed, fmt.Sprintf("must be at most %d printable characters", maxReference)})
	}
	if c.Customer != "" && !goodCustomer(c.Customer) {
		fields = append(fields, Field{"/customer", codeValidationFailed, fmt.Sprintf("must be at most %d printable characters and not only spaces", maxCustomer)})
	}
	if c.ExpiresIn != 0 && (c.ExpiresIn < MinOfferTTL || c.ExpiresIn > MaxOfferTTL) {
		fields = append(fields, Field{"/expires_in", codeValidationFailed,
			fmt.Sprintf("must be %d to %d seconds", int(MinOfferTTL.Seconds()), int(MaxOfferTTL.Seconds()))})
	}
	if c.Scheme != "" && !slices.Contains(Schemes(), c.Scheme) {
		fields = append(fields, Field{"/scheme", codeValidationFailed, "must be openid-credential-offer, haip-vci or eu-eaa-offer"})
	}
	if len(c.Grants) > maxGrants {
		return append(fields, Field{"/grants", codeValidationFailed, fmt.Sprintf("must be at most %d", maxGrants)})
	}
	for i, g := range c.Grants {
		if g != GrantPreAuthorizedCode {
			fields = append(fields, Field{fmt.Sprintf("/grants/%d", i), codeValidationFailed, "must be " + GrantPreAuthorizedCode})
		} else if slices.Contains(c.Grants[:i], g) {
			fields = append(fields, Field{fmt.Sprintf("/grants/%d", i), codeValidationFailed, "must not be there twice"})
		}
	}
	return fields
}

// printable tells whether text has only characters a person could read on one line.
func printable(text string) bool {
	return utf8.ValidString(text) && !slices.ContainsFunc([]rune(text), func(r rune) bool { return !unicode.IsPrint(r) })
}

// draft draws the random parts of a new offer.
func (s *Service) draft(c CreateOffer, claims map[string]any, now time.Time) (Draft, error) {
	id, err := secret.ID(s.Random, offerIDBytes)
	if err != nil {
		return Draft{}, fmt.Errorf("draw offer id: %w", err)
	}
	sealed, err := strictjson.Encode(claims)
	if err != nil {
		return Draft{}, fmt.Errorf("encode claims: %w", err)
	}
	ttl := c.ExpiresIn
	if ttl == 0 {
		ttl = s.settings.OfferTTL
	}
	d := Draft{
		Offer: Offer{
			ID: OfferID(id), Type: c.Type, Status: StatusReady, Version: 1,
			CreatedAt: now, ExpiresAt: now.Add(ttl),
			Channel: c.Channel, CreatedBy: c.By.Name, Maker: c.By.ID, Reference: c.Reference, Scheme: c.Scheme, Replaces: c.Replaces,
		},
		Claims: sealed,
	}
	if c.Customer != "" {
		d.Customer = s.CustomerHash(c.Customer)
	}
	if d.Offer.Scheme == "" {
		d.Offer.Scheme = SchemeOpenID
	}
	d.CodeHash = secret.Hash(s.Code(d.Offer.ID).Reveal())
	if c.TxCode != nil {
		if err := s.addTxCode(&d, *c.TxCode); err != nil {
			return Draft{}, err
		}
	}
	if c.IdempotencyKey != "" {
		d.Idempotency = &Idempotency{
			KeyHash:     KeyHash(c.Channel, c.By, c.IdempotencyKey),
			RequestHash: c.RequestHash,
			ExpiresAt:   now.Add(idempotencyTTL),
		}
	}
	return d, nil
}

func (s *Service) addTxCode(d *Draft, t TxCode) error {
	if t.InputMode == "" {
		t.InputMode = secret.Numeric
	}
	if t.Length == 0 {
		t.Length = DefaultTxCodeLength
	}
	code, err := secret.TxCode(s.Random, t.InputMode, t.Length)
	if err != nil {
		return fmt.Errorf("draw transaction code: %w", err)
	}
	d.Offer.TxCode = &t
	d.TxCode = code
	d.TxCodeMAC = s.txCodeMAC(d.Offer.ID, code.Reveal())
	return nil
}

// txCodeMAC is what is stored of a transaction code: keyed, because a plain hash of a million
// values protects nothing, and bound to its offer.
func (s *Service) txCodeMAC(id OfferID, code string) []byte {
	return s.txKey.MAC([]byte(id), []byte(code))
}

func (s *Service) replay(ctx context.Context, key *Idempotency) (CreatedOffer, error) {
	first, err := s.Offers.Idempotent(ctx, key.KeyHash)
	if err != nil {
		return CreatedOffer{}, fmt.Errorf("read idempotency key: %w", err)
	}
	if !secret.ConstantTimeEqual(first.RequestHash, key.RequestHash) {
		return CreatedOffer{}, ErrIdempotencyMismatch
	}
	return CreatedOffer{Offer: first.Offer, TxCode: first.TxCode, Replayed: true}, nil
}
