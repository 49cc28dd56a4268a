package issuancetest

import (
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

func renewal(id issuance.OfferID) issuance.RenewedCode {
	return issuance.RenewedCode{Offer: id, At: start(), MAC: []byte("another mac"), Code: secret.NewText("987654"), Cause: "made anew for tester"}
}

func renewed(t *testing.T, s suite) {
	d := s.add(t)
	if _, err := s.CountWrongCode(s.ctx, issuance.WrongCode{Offer: d.Offer.ID, At: start(), MaxAttempts: 5}); err != nil {
		t.Fatal(err)
	}
	if err := s.RenewTxCode(s.ctx, renewal(d.Offer.ID)); err != nil {
		t.Fatal(err)
	}
	if code, err := s.TxCode(s.ctx, d.Offer.ID); err != nil || code.Reveal() != "987654" {
		t.Errorf("the new code does not open: %v", err)
	}
	if o, mac, err := s.OfferByCode(s.ctx, d.CodeHash); err != nil || string(mac) != "another mac" || o.Attempts != 1 {
		t.Errorf("the MAC is %q after %d attempts, %v", mac, o.Attempts, err)
	}
	old := redemption(t, d.Offer.ID) // its code was compared before the new one came
	wantKind(t, s.Redeem(s.ctx, old), issuance.Conflict)
	old.TxCodeMAC = []byte("another mac")
	if err := s.Redeem(s.ctx, old); err != nil {
		t.Error(err)
	}
	wantKind(t, s.RenewTxCode(s.ctx, renewal(d.Offer.ID)), issuance.Conflict)
	s.want(t, d.Offer.ID, issuance.StatusRedeemed, " offer.created code.rejected code.renewed offer.redeemed")

	plain := s.add(t, func(d *issuance.Draft) { d.Offer.TxCode, d.TxCode, d.TxCodeMAC = nil, secret.Text{}, nil })
	wantKind(t, s.RenewTxCode(s.ctx, renewal(plain.Offer.ID)), issuance.Conflict)
	late := renewal(s.add(t).Offer.ID)
	late.At = start().Add(5 * time.Minute)
	wantKind(t, s.RenewTxCode(s.ctx, late), issuance.Conflict)
	wantKind(t, s.RenewTxCode(s.ctx, renewal("none")), issuance.NotFound)
	s.want(t, plain.Offer.ID, issuance.StatusReady, " offer.created")
}

// repetition is a new offer in the place of another one.
func (s suite) repetition(t *testing.T, old issuance.OfferID, at time.Time) issuance.Repeat {
	t.Helper()
	d := s.draft(t, func(d *issuance.Draft) {
		d.Offer.Replaces, d.Claims = old, nil
		d.Offer.CreatedAt, d.Offer.ExpiresAt = at, at.Add(5*time.Minute)
	})
	return issuance.Repeat{Draft: d, At: at, Cause: "shown again by tester"}
}

// repeats makes an offer again and reads what a wallet would get of the new one.
func (s suite) repeats(t *testing.T, old issuance.OfferID, at time.Time) {
	t.Helper()
	r := s.repetition(t, old, at)
	if err := s.RepeatOffer(s.ctx, r); err != nil {
		t.Fatal(err)
	}
	next, err := s.Successor(s.ctx, old)
	if err != nil || next != r.Draft.Offer.ID {
		t.Errorf("the successor is %q, %v", next, err)
	}
	again, err := s.Offer(s.ctx, next)
	if err != nil || again.Replaces != old || again.Status != issuance.StatusReady {
		t.Errorf("got %+v, %v", again, err)
	}
	grant := redemption(t, next)
	grant.At = at
	if err := s.Redeem(s.ctx, grant); err != nil {
		t.Fatal(err)
	}
	if _, _, claims, err := s.Grant(s.ctx, grant.Grant.TokenHash); err != nil || string(claims) != `{"a":"b"}` {
		t.Errorf("the claims are %s, %v", claims, err)
	}
	wantKind(t, s.RepeatOffer(s.ctx, s.repetition(t, old, at)), issuance.Conflict)
	if o, err := s.Offer(s.ctx, old); err != nil || o.Repeatable(at) {
		t.Errorf("the offer before can be made again: %+v, %v", o, err)
	}
}

func repeated(t *testing.T, s suite) {
	ready, expired, locked := s.add(t), s.add(t), s.add(t)
	s.repeats(t, ready.Offer.ID, start())
	s.want(t, ready.Offer.ID, issuance.StatusCancelled, " offer.created offer.cancelled")

	for range 2 {
		if _, err := s.CountWrongCode(s.ctx, issuance.WrongCode{Offer: locked.Offer.ID, At: start(), MaxAttempts: 2}); err != nil {
			t.Fatal(err)
		}
	}
	s.repeats(t, locked.Offer.ID, start().Add(issuance.ClaimsKept-time.Millisecond))
	s.want(t, locked.Offer.ID, issuance.StatusFailed, " offer.created code.rejected offer.failed offer.replaced")

	s.repeats(t, expired.Offer.ID, expired.Offer.ExpiresAt) // though no sweep ran
	s.want(t, expired.Offer.ID, issuance.StatusExpired, " offer.created offer.expired offer.replaced")

	for name, old := range map[string]issuance.OfferID{"redeemed": s.redeem(t, s.add(t).Offer.ID).Offer, "cancelled": s.cancelled(t), "issued": s.issued(t)} {
		if err := s.RepeatOffer(s.ctx, s.repetition(t, old, start())); issuance.KindOf(err) != issuance.Conflict {
			t.Errorf("one that was %s: %v", name, err)
		}
		if _, err := s.Successor(s.ctx, old); issuance.KindOf(err) != issuance.NotFound {
			t.Errorf("one that was %s has a successor: %v", name, err)
		}
	}
	for _, id := range []issuance.OfferID{"none", "\xff", "a\x00b", ""} {
		wantKind(t, s.RepeatOffer(s.ctx, s.repetition(t, id, start())), issuance.NotFound)
		_, err := s.Successor(s.ctx, id)
		wantKind(t, err, issuance.NotFound)
	}
}

func (s suite) cancelled(t *testing.T) issuance.OfferID {
	t.Helper()
	id := s.add(t).Offer.ID
	if _, err := s.EndOffer(s.ctx, issuance.End{Offer: id, To: issuance.StatusCancelled, At: start()}); err != nil {
		t.Fatal(err)
	}
	return id
}

func (s suite) issued(t *testing.T) issuance.OfferID {
	t.Helper()
	r := s.redeem(t, s.add(t).Offer.ID)
	if err := s.Settle(s.ctx, settlement(t, r)); err != nil {
		t.Fatal(err)
	}
	return r.Offer
}

// Claims of offers that came to a bad end wait for a second try, and no longer.
func kept(t *testing.T, s suite) {
	expire := func(change ...func(*issuance.Draft)) issuance.OfferID {
		t.Helper()
		d := s.add(t, change...)
		if _, err := s.ExpireDue(s.ctx, d.Offer.ExpiresAt, racers); err != nil {
			t.Fatal(err)
		}
		return d.Offer.ID
	}
	end := start().Add(5 * time.Minute)
	over := end.Add(issuance.ClaimsKept)
	within, after, unswept := expire(), expire(), expire()
	pending := expire(func(d *issuance.Draft) { d.Offer.Status, d.Offer.Version = issuance.StatusPending, 2 })
	if o, err := s.Offer(s.ctx, within); err != nil || !o.Repeatable(over.Add(-time.Millisecond)) || o.Repeatable(over) {
		t.Errorf("it can be made again until %s, %v", o.ClaimsUntil, err)
	}
	wantKind(t, s.RepeatOffer(s.ctx, s.repetition(t, pending, end)), issuance.Conflict) // nobody approved its claims
	if err := s.Forget(s.ctx, over.Add(-time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	s.repeats(t, within, over.Add(-time.Millisecond))
	wantKind(t, s.RepeatOffer(s.ctx, s.repetition(t, unswept, over)), issuance.Conflict)
	if err := s.Forget(s.ctx, over); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.RepeatOffer(s.ctx, s.repetition(t, after, end)), issuance.Conflict) // whatever the clock says: they are gone
	s.want(t, after, issuance.StatusExpired, " offer.created offer.expired")
}

func raceRepeat(t *testing.T, s suite) {
	for i := range rounds {
		d := s.add(t)
		at := start()
		if i%2 == 0 {
			at = d.Offer.ExpiresAt // open and expired ones in turn
		}
		won := race(t, func(int) error { return s.RepeatOffer(s.ctx, s.repetition(t, d.Offer.ID, at)) }, issuance.Conflict)
		if won != 1 {
			t.Fatalf("%d successors", won)
		}
	}
}

func raceRepeatRedeem(t *testing.T, s suite) {
	for range rounds {
		d := s.add(t)
		won := race(t, func(i int) error {
			if i%2 == 0 {
				return s.Redeem(s.ctx, redemption(t, d.Offer.ID))
			}
			return s.RepeatOffer(s.ctx, s.repetition(t, d.Offer.ID, start()))
		}, issuance.Conflict)
		if won != 1 {
			t.Fatalf("%d outcomes", won)
		}
	}
}

// A code that was compared and then renewed redeems nothing.
func raceRenewRedeem(t *testing.T, s suite) {
	for range rounds {
		d := s.add(t)
		race(t, func(i int) error {
			if i%2 == 0 {
				return s.Redeem(s.ctx, redemption(t, d.Offer.ID))
			}
			return s.RenewTxCode(s.ctx, renewal(d.Offer.ID))
		}, issuance.Conflict)
		kinds := s.kinds(t, d.Offer.ID)
		redeemed, renewed := strings.Contains(kinds, "offer.redeemed"), strings.Contains(kinds, "code.renewed")
		if redeemed == renewed {
			t.Fatalf("the offer went through%s", kinds)
		}
	}
}
