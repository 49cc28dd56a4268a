package issuance

import (
	"context"
	"fmt"
	"io"
	"time"

	"counterfoil/internal/secret"
)

// Settings are the numbers and names that rule the use cases.
type Settings struct {
	// OfferTTL is how long an offer may be redeemed unless the caller asks otherwise.
	OfferTTL time.Duration
	// TokenTTL is how long a grant may collect; OpenID4VCI 1.0 §13.10 allows a bearer token five minutes.
	TokenTTL time.Duration
	// MaxAttempts is how many wrong transaction codes end an offer (OpenID4VCI 1.0 §13.6).
	MaxAttempts int
}

// The bounds of what a caller may ask for.
const (
	// MinOfferTTL and MaxOfferTTL bound expires_in.
	MinOfferTTL = 30 * time.Second
	MaxOfferTTL = 24 * time.Hour
	// idempotencyTTL is how long an Idempotency-Key keeps its meaning.
	idempotencyTTL = 24 * time.Hour
	// collectionsPerOffer bounds how often a grant may collect a full batch: a lost answer or
	// two, not a credential press.
	collectionsPerOffer = 5
	// sweepSize is how many offers one sweep step expires.
	sweepSize = 200
)

// Dependencies is what a Service is made from.
type Dependencies struct {
	Offers    Offers
	Gates     Gates
	Grants    Grants
	Record    Record
	Repairs   Repairs
	Approvals Approvals
	Types     Types
	Minter    Minter
	Master    secret.Master
	Clock     func() time.Time
	Random    io.Reader
}

// Service is the use cases of issuance. It holds no state of its own: any number of
// processes may run one against the same store.
type Service struct {
	Dependencies
	settings Settings
	codeKey  secret.Key
	txKey    secret.Key
	// customerKey and contentKey hash customer numbers and what an approver saw: whoever has the database must not find either by trying.
	customerKey secret.Key
	contentKey  secret.Key
}

// NewService makes the use cases.
func NewService(d Dependencies, s Settings) *Service {
	return &Service{
		Dependencies: d,
		settings:     s,
		codeKey:      d.Master.Derive("pre-authorized_code"),
		txKey:        d.Master.Derive("tx_code"),
		customerKey:  d.Master.Derive("customer"),
		contentKey:   d.Master.Derive("approved content"),
	}
}

// Offer returns an offer with the status that holds now; NotFound.
func (s *Service) Offer(ctx context.Context, id OfferID) (Offer, error) {
	o, err := s.Offers.Offer(ctx, id)
	if err != nil {
		return Offer{}, fmt.Errorf("read offer: %w", err)
	}
	o.Status = o.StatusAt(s.Clock())
	return o, nil
}

// CountOffers counts offers by the status that holds now.
func (s *Service) CountOffers(ctx context.Context, f Filter) (map[Status]int, error) {
	f.At, f.After = s.Clock(), Place{}
	counts, err := s.Offers.CountOffers(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("count offers: %w", err)
	}
	return counts, nil
}

// ListOffers returns offers, newest first, with the statuses that hold now.
func (s *Service) ListOffers(ctx context.Context, f Filter) ([]Offer, error) {
	list, err := s.Offers.ListOffers(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	now := s.Clock()
	for i := range list {
		list[i].Status = list[i].StatusAt(now)
	}
	return list, nil
}

// Feed returns events of all offers, in an order that never changes: what a back-end that lost callbacks reads.
func (s *Service) Feed(ctx context.Context, f Feed) ([]Event, error) {
	events, err := s.Record.Feed(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

// Timeline is everything that happened to an offer, and what callback endpoints were told of it.
type Timeline struct {
	Events     []Event
	Deliveries []Delivery
}

// Timeline returns the events and deliveries of an offer in order.
func (s *Service) Timeline(ctx context.Context, id OfferID) (Timeline, error) {
	events, err := s.Record.Events(ctx, id)
	if err != nil {
		return Timeline{}, fmt.Errorf("read events: %w", err)
	}
	deliveries, err := s.Record.Deliveries(ctx, id)
	if err != nil {
		return Timeline{}, fmt.Errorf("read deliveries: %w", err)
	}
	return Timeline{Events: events, Deliveries: deliveries}, nil
}

// token makes a random value of 256 bits, base64url.
func (s *Service) token() (string, error) {
	const bytes = 32
	t, err := secret.Token(s.Random, bytes)
	if err != nil {
		return "", fmt.Errorf("draw randomness: %w", err)
	}
	return t, nil
}
