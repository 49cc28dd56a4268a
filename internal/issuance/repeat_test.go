package issuance_test

import (
	"testing"

	"counterfoil/internal/issuance"
)

func TestRenewTxCode_makes_the_code_before_worthless_and_forgives_nothing(t *testing.T) {
	c := newDesk(t).customer()
	before := c.code
	c.run(c.fetch, func() error { wantKind(t, c.redeemWrong(), issuance.Denied); return nil }, c.renew, c.reveal)
	if c.code == before {
		t.Fatal("the code is the same")
	}
	wantKind(t, c.redeem(&before), issuance.Denied)
	if o, err := c.Offer(t.Context(), c.id); err != nil || o.Attempts != 2 {
		t.Errorf("%d tries are counted, %v", o.Attempts, err)
	}
	c.run(c.redeemRight)
	line, err := c.Timeline(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range line.Events {
		if e.Kind == issuance.CodeRenewed && e.Cause != "made anew for Carla" {
			t.Errorf("the record says %q", e.Cause)
		}
	}
}

func TestRepeatOffer_makes_the_same_offer_again(t *testing.T) {
	d := newDesk(t)
	r := request()
	r.Reference, r.Scheme, r.TxCode = "Account 4711", issuance.SchemeHAIP, &issuance.TxCode{Length: 8, Description: "on your slip"}
	old := d.create(r).Offer
	d.clock.pass(offerTTL)
	again, err := d.RepeatOffer(t.Context(), old.ID, issuance.Actor{Name: "Otto"})
	if err != nil {
		t.Fatal(err)
	}
	if again.ID == old.ID || again.Replaces != old.ID || again.Reference != r.Reference || again.Scheme != r.Scheme || *again.TxCode != *old.TxCode ||
		again.CreatedBy != "Otto" || again.TypeVersion != old.TypeVersion || again.ExpiresAt.Sub(d.clock.read()) != offerTTL {
		t.Errorf("got %+v", again)
	}
	code, err := d.RevealTxCode(t.Context(), again.ID, clerk())
	if err != nil || len(code.Reveal()) != 8 {
		t.Fatalf("its code: %v", err)
	}
	second := &customer{desk: d, id: again.ID, code: code.Reveal(), token: "none", batch: "none"}
	second.run(second.fetch, second.redeemRight, second.collect, second.confirm)
	first := &customer{desk: d, id: old.ID}
	if got := first.told(); got != "OFFER_CREATED, EXPIRED" {
		t.Errorf("of the offer before the back-end is told %s", got)
	}
	if got := second.told(); got != "OFFER_CREATED, ISSUED" {
		t.Errorf("of the new one the back-end is told %s", got)
	}
	if next, err := d.Successor(t.Context(), old.ID); err != nil || next != again.ID {
		t.Errorf("its successor is %s, %v", next, err)
	}
	open := d.customer()
	open.run(open.repeat)
	if got := open.told(); got != "OFFER_CREATED, FAILED (shown again as a new offer by Carla)" {
		t.Errorf("of an open one the back-end is told %s", got)
	}
}

func TestRepeatOffer_does_without_a_type_that_is_gone(t *testing.T) {
	d := newDesk(t)
	c := d.customer()
	d.Types = types(nil)
	_, err := d.RepeatOffer(t.Context(), c.id, clerk())
	wantKind(t, err, issuance.Conflict)
	if c.status() != issuance.StatusReady {
		t.Errorf("the offer is %s", c.status())
	}
}

func TestOffer_tells_that_the_wallet_lost_it(t *testing.T) {
	c := newDesk(t).customer()
	lost := func() bool {
		t.Helper()
		o, err := c.Offer(t.Context(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		return o.Lost()
	}
	c.run(c.redeemRight, c.collect)
	for _, step := range []struct {
		name string
		do   func() error
		want bool
	}{{"says nothing", func() error { return nil }, false}, {"could not store it", c.fail, true}, {"stored it after all", c.confirm, false}, {"deleted it", c.remove, true}} {
		c.run(step.do)
		if lost() != step.want {
			t.Errorf("a wallet that %s: lost is %t", step.name, !step.want)
		}
	}
}
