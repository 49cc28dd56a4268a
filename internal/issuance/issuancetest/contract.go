package issuancetest

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// Store is what the contract is about.
type Store interface {
	issuance.Offers
	issuance.Gates
	issuance.Grants
	issuance.Record
	issuance.Repairs
	issuance.Approvals
	issuance.Outbox
	issuance.Endpoints
	issuance.Deliveries
	RecordCertificate(ctx context.Context, eventID, details string, at time.Time) error
}

// Racers and rounds of each race.
const (
	racers = 50
	rounds = 20
)

// start is the time the tests begin at; nothing of the contract depends on the real one.
func start() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// suite is one fresh store under test.
type suite struct {
	Store
	ctx context.Context //nolint:containedctx // a test's own
}

// RunStoreTests holds a store to the contract.
func RunStoreTests(t *testing.T, open func(t *testing.T) Store) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, s suite){
		"an offer is what was added":                      added,
		"what does not exist is not found":                notFound,
		"a code is redeemed once":                         redeemedOnce,
		"a wrong code counts and locks":                   wrongCodes,
		"settling issues once and reissues after":         settled,
		"a spent value is refused and changes nothing":    spentOnce,
		"a notification counts once":                      confirmedOnce,
		"ending destroys claims and refuses the rest":     ended,
		"time expires what is open and nothing else":      expired,
		"looks come before the change that follows them":  looked,
		"events keep the request that they came of":       requested,
		"race: looks stand where they happened":           raceLooks,
		"claims are forgotten when the grant is over":     forgotten,
		"claims wait for a second try and no longer":      kept,
		"a transaction code is renewed while it is open":  renewed,
		"an offer is made again once":                     repeated,
		"deliveries go in order and one at a time":        delivered,
		"an idempotency key makes one offer":              idempotent,
		"endpoints are changed under guards":              endpoints,
		"an endpoint gets what it asked for":              filtered,
		"deliveries are replayed":                         replayed,
		"what was missed comes in order":                  missed,
		"one of an offer is out":                          oneOut,
		"an endpoint is resumed":                          resumed,
		"settings are followed once":                      settings,
		"the endpoint of the settings is there again":     revived,
		"an endpoint asks for less":                       narrowed,
		"the feed has every event in order":               fed,
		"offers are listed by what is asked for":          listedOffers,
		"race: the feed misses nothing":                   raceFeed,
		"race: one redemption":                            raceRedeem,
		"race: wrong codes never pass the limit":          raceWrongCodes,
		"race: one settlement for a nonce":                raceSpent,
		"race: one successor":                             raceRepeat,
		"race: repeat against redeem":                     raceRepeatRedeem,
		"race: renew against redeem":                      raceRenewRedeem,
		"race: cancel against redeem":                     raceCancelRedeem,
		"race: expire against redeem":                     raceExpireRedeem,
		"race: one offer for an idempotency key":          raceIdempotency,
		"race: endpoints never pass the limit":            raceEndpoints,
		"a pending offer becomes ready by another person": approved,
		"a pending offer is rejected, ends or expires":    undecided,
		"an offer is replaced by one that is collected":   replaced,
		"an offer has one replacement at a time":          replacedOnce,
		"offers are found by reference and customer":      found,
		"race: one approval":                              raceApprove,
		"race: approve, reject, cancel and expire":        raceDecisions,
		"race: one replacement":                           raceReplace,
		"race: replacing against redeeming":               raceReplaceRedeem,
	} {
		t.Run(name, func(t *testing.T) { test(t, suite{open(t), t.Context()}) })
	}
}

// random gives a fresh random text.
func random(t *testing.T) string {
	t.Helper()
	const bytes = 16
	s, err := secret.Token(rand.Reader, bytes)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s suite) add(t *testing.T, change ...func(*issuance.Draft)) issuance.Draft {
	t.Helper()
	d := s.draft(t, change...)
	if err := s.AddOffer(s.ctx, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// draft is an offer that was not added yet.
func (suite) draft(t *testing.T, change ...func(*issuance.Draft)) issuance.Draft {
	t.Helper()
	id := random(t)
	d := issuance.Draft{
		Offer: issuance.Offer{
			ID: issuance.OfferID(id), Type: "T", Status: issuance.StatusReady, Version: 1, CreatedAt: start(),
			ExpiresAt: start().Add(5 * time.Minute), Channel: issuance.ChannelManagement, CreatedBy: "tester",
			Reference: "ref", Scheme: issuance.SchemeOpenID,
			TxCode: &issuance.TxCode{InputMode: secret.Numeric, Length: 6, Description: "d"},
		},
		Claims: []byte(`{"a":"b"}`), CodeHash: secret.Hash("code" + id), TxCodeMAC: []byte("mac"), TxCode: secret.NewText("012345"),
	}
	for _, c := range change {
		c(&d)
	}
	return d
}

func redemption(t *testing.T, id issuance.OfferID) issuance.Redemption {
	t.Helper()
	return issuance.Redemption{
		Offer: id, At: start(), MaxAttempts: 5, TxCodeMAC: []byte("mac"),
		Grant: issuance.Grant{TokenHash: secret.Hash(random(t)), Offer: id, Type: "T", Thumbprint: "jkt", Identifiers: true, ExpiresAt: start().Add(5 * time.Minute)},
	}
}

func (s suite) redeem(t *testing.T, id issuance.OfferID) issuance.Redemption {
	t.Helper()
	r := redemption(t, id)
	if err := s.Redeem(s.ctx, r); err != nil {
		t.Fatal(err)
	}
	return r
}

func settlement(t *testing.T, r issuance.Redemption, spent ...issuance.Spent) issuance.Settlement {
	t.Helper()
	batch := random(t)
	return issuance.Settlement{
		Offer: r.Offer, TokenHash: r.Grant.TokenHash, At: start().Add(time.Second), Batch: batch, Limit: 3, Spent: spent,
		Credentials: []issuance.Credential{{
			ID: random(t), Offer: r.Offer, Batch: batch, Format: "f", Thumbprint: "k", Digest: []byte("d"),
			IssuedAt: start(), ExpiresAt: start().Add(time.Hour),
		}},
	}
}

// kinds gives the kinds of an offer's events, which must be numbered without a gap.
func (s suite) kinds(t *testing.T, id issuance.OfferID) string {
	t.Helper()
	events, err := s.Events(s.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for i, e := range events {
		if e.Sequence != i+1 {
			t.Errorf("event %d has sequence %d", i+1, e.Sequence)
		}
		out += " " + string(e.Kind)
	}
	return out
}

// endpoint adds an endpoint that is called.
func (s suite) endpoint(t *testing.T, id issuance.EndpointID, change ...func(*issuance.Endpoint)) {
	t.Helper()
	const limit = 10
	e := anEndpoint(id)
	for _, c := range change {
		c(&e)
	}
	if err := s.AddEndpoint(s.ctx, e, limit); err != nil {
		t.Fatal(err)
	}
}

func anEndpoint(id issuance.EndpointID) issuance.Endpoint {
	return issuance.Endpoint{
		ID: id, URL: "https://" + string(id), Secret: secret.NewText("whsec_x"), State: issuance.EndpointActive, Statuses: issuance.StandardCallbacks(),
		CreatedAt: start(), CreatedBy: "tester",
	}
}

func (s suite) want(t *testing.T, id issuance.OfferID, status issuance.Status, kinds string) {
	t.Helper()
	o, err := s.Offer(s.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if o.Status != status {
		t.Errorf("the offer is %s, want %s", o.Status, status)
	}
	if got := s.kinds(t, id); got != kinds {
		t.Errorf("events are%s, want%s", got, kinds)
	}
}

func wantKind(t *testing.T, err error, kind issuance.Kind) {
	t.Helper()
	if issuance.KindOf(err) != kind {
		t.Errorf("got %v, want kind %d", err, kind)
	}
}

// race lets racers call do at once and gives how many succeeded; every failure must be of an expected kind.
func race(t *testing.T, do func(i int) error, kinds ...issuance.Kind) int {
	t.Helper()
	var won int
	var mu sync.Mutex
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	ready.Add(racers)
	for i := range racers {
		done.Go(func() {
			ready.Done()
			<-gate
			err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
				return
			}
			for _, k := range kinds {
				if issuance.KindOf(err) == k {
					return
				}
			}
			t.Errorf("racer %d: %v", i, err)
		})
	}
	ready.Wait()
	close(gate)
	done.Wait()
	return won
}
