package issuancetest

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

func delivered(t *testing.T, s suite) {
	for _, e := range []issuance.EndpointID{"a", "b"} {
		s.endpoint(t, e)
	}
	d := s.add(t)
	if _, err := s.EndOffer(s.ctx, issuance.End{Offer: d.Offer.ID, To: issuance.StatusCancelled, At: start(), Cause: "why"}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Queued():
	default:
		t.Error("nobody was told that deliveries wait")
	}
	now := start().Add(time.Second)
	lease := func(at time.Time) []issuance.Leased {
		t.Helper()
		due, err := s.Due(s.ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		var all []issuance.Leased
		for _, id := range slices.Sorted(slices.Values(due)) {
			l, err := s.Lease(s.ctx, id, at, 30*time.Second, 10)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, l...)
		}
		return all
	}
	first := lease(now)
	if len(first) != 2 || first[0].Delivery.Status != issuance.CallbackCreated || first[1].Delivery.Status != issuance.CallbackCreated {
		t.Fatalf("first came %+v", first)
	}
	if first[0].Endpoint.Secret.Reveal() != "whsec_x" || first[0].Delivery.Attempts != 1 {
		t.Errorf("got %+v", first[0])
	}
	if again := lease(now); len(again) != 0 {
		t.Errorf("what is out was given out again: %+v", again)
	}
	finish := func(l issuance.Leased, state issuance.DeliveryState, next time.Time) {
		t.Helper()
		if err := s.Finish(s.ctx, []issuance.Attempt{{Delivery: l.Delivery.ID, Lease: l.Lease, At: now, State: state, NextAt: next, Result: "r"}}); err != nil {
			t.Fatal(err)
		}
	}
	finish(first[0], issuance.DeliveryDelivered, now)
	finish(first[1], issuance.DeliveryQueued, now.Add(time.Hour))
	second := lease(now)
	if len(second) != 1 || second[0].Delivery.Status != issuance.CallbackFailed || second[0].Delivery.ErrorDetails != "why" || second[0].Endpoint.ID != first[0].Endpoint.ID {
		t.Fatalf("second came %+v", second)
	}
	stale := second[0]
	over := lease(now.Add(31 * time.Second)) // the lease ran out: somebody else takes it
	if len(over) != 1 || over[0].Delivery.ID != stale.Delivery.ID {
		t.Fatalf("after the lease came %+v", over)
	}
	finish(stale, issuance.DeliveryDelivered, now) // too late: changes nothing
	finish(over[0], issuance.DeliveryQueued, now)
	for id, health := range map[issuance.EndpointID]issuance.Health{first[1].Endpoint.ID: issuance.Healthy, first[0].Endpoint.ID: issuance.HealthStopped} {
		if err := s.Judge(s.ctx, issuance.Verdict{Endpoint: id, Health: health, At: now}); err != nil {
			t.Fatal(err)
		}
	}
	last := lease(now.Add(time.Second))
	if len(last) != 1 || last[0].Endpoint.ID != first[1].Endpoint.ID || last[0].Delivery.Attempts != 2 {
		t.Errorf("after hastening and disabling came %+v", last)
	}
}

func idempotent(t *testing.T, s suite) {
	key := &issuance.Idempotency{KeyHash: []byte(random(t)), RequestHash: []byte("r"), ExpiresAt: start().Add(time.Hour)}
	d := s.add(t, func(d *issuance.Draft) { d.Idempotency = key })
	got, err := s.Idempotent(s.ctx, key.KeyHash)
	if err != nil || got.Offer.ID != d.Offer.ID || got.TxCode.Reveal() != "012345" || string(got.RequestHash) != "r" {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := s.Forget(s.ctx, key.ExpiresAt); err != nil {
		t.Fatal(err)
	}
	_, err = s.Idempotent(s.ctx, key.KeyHash)
	wantKind(t, err, issuance.NotFound)
}

func raceRedeem(t *testing.T, s suite) {
	for range rounds {
		d := s.add(t)
		won := race(t, func(int) error { return s.Redeem(s.ctx, redemption(t, d.Offer.ID)) }, issuance.Conflict)
		if won != 1 {
			t.Fatalf("%d redemptions of one code", won)
		}
	}
}

func raceWrongCodes(t *testing.T, s suite) {
	for range rounds {
		d := s.add(t)
		won := race(t, func(int) error {
			_, err := s.CountWrongCode(s.ctx, issuance.WrongCode{Offer: d.Offer.ID, At: start(), MaxAttempts: 5})
			return err
		}, issuance.Conflict)
		o, err := s.Offer(s.ctx, d.Offer.ID)
		if won != 5 || err != nil || o.Attempts != 5 || o.Status != issuance.StatusFailed {
			t.Fatalf("%d counted, attempts %d, %s, %v", won, o.Attempts, o.Status, err)
		}
	}
}

func raceSpent(t *testing.T, s suite) {
	for range rounds {
		r := s.redeem(t, s.add(t).Offer.ID)
		spent := issuance.Spent{Hash: []byte(random(t)), ExpiresAt: start().Add(time.Minute)}
		won := race(t, func(int) error {
			c := settlement(t, r, spent)
			c.Limit = 1000
			return s.Settle(s.ctx, c)
		}, issuance.Conflict)
		if won != 1 {
			t.Fatalf("%d settlements for one nonce", won)
		}
	}
}

func raceCancelRedeem(t *testing.T, s suite) {
	for range rounds {
		d := s.add(t)
		won := race(t, func(i int) error {
			if i%2 == 0 {
				return s.Redeem(s.ctx, redemption(t, d.Offer.ID))
			}
			_, err := s.EndOffer(s.ctx, issuance.End{Offer: d.Offer.ID, To: issuance.StatusCancelled, At: start()})
			return err
		}, issuance.Conflict)
		if won != 1 {
			t.Fatalf("%d outcomes", won)
		}
	}
}

func raceExpireRedeem(t *testing.T, s suite) {
	for range rounds {
		d := s.add(t)
		race(t, func(i int) error {
			if i%2 == 0 {
				return s.Redeem(s.ctx, redemption(t, d.Offer.ID))
			}
			_, err := s.ExpireDue(s.ctx, d.Offer.ExpiresAt, racers)
			return err
		}, issuance.Conflict)
		// A redemption that wins may be expired after it, because its own time is over as well.
		switch kinds := s.kinds(t, d.Offer.ID); kinds {
		case " offer.created offer.expired", " offer.created offer.redeemed", " offer.created offer.redeemed offer.expired":
		default:
			t.Fatalf("the offer went through%s", kinds)
		}
	}
}

func raceIdempotency(t *testing.T, s suite) {
	for range rounds {
		key := []byte(random(t))
		var drafts []issuance.Draft
		for range racers {
			id := random(t)
			drafts = append(drafts, issuance.Draft{
				Offer: issuance.Offer{ID: issuance.OfferID(id), Type: "T", Status: issuance.StatusReady, Version: 1, CreatedAt: start(),
					ExpiresAt: start().Add(time.Minute), CreatedBy: string(key)},
				Claims: []byte(`{}`), CodeHash: secret.Hash(id),
				Idempotency: &issuance.Idempotency{KeyHash: key, RequestHash: []byte("r"), ExpiresAt: start().Add(time.Hour)},
			})
		}
		won := race(t, func(i int) error { return s.AddOffer(s.ctx, drafts[i]) }, issuance.Conflict)
		list, err := s.ListOffers(s.ctx, issuance.Filter{CreatedBy: string(key), Limit: 10})
		if won != 1 || err != nil || len(list) != 1 {
			t.Fatalf("%d succeeded, %d offers, %v", won, len(list), err)
		}
	}
}

// CB-103, with many at once.
func raceEndpoints(t *testing.T, s suite) {
	limit := 0
	for range rounds {
		limit += 3
		won := race(t, func(int) error { return s.AddEndpoint(s.ctx, anEndpoint(issuance.EndpointID(random(t))), limit) }, issuance.Conflict)
		list, err := s.ListEndpoints(s.ctx)
		if won != 3 || err != nil || len(list) != limit {
			t.Fatalf("%d added, there are %d of %d, %v", won, len(list), limit, err)
		}
	}
}

// raceLooks lets changes come while looks are being written in groups: a fetch that came before the redemption stands before it.
func raceLooks(t *testing.T, s suite) {
	const clerks, lives = 8, 25
	for i := range clerks {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			for range lives {
				d := s.add(t)
				s.Note(issuance.Look{Offer: d.Offer.ID, Kind: issuance.OfferRetrieved, At: start()})
				<-time.After(rand.N(60 * time.Millisecond)) //nolint:gosec // no secret: somewhere in the time in which a group is written
				s.redeem(t, d.Offer.ID)
				if got := s.kinds(t, d.Offer.ID); got != " offer.created offer.retrieved offer.redeemed" {
					t.Errorf("the events are%s", got)
				}
			}
		})
	}
}
