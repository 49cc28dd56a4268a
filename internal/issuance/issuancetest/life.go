package issuancetest

import (
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

func added(t *testing.T, s suite) {
	d := s.add(t)
	got, err := s.Offer(s.ctx, d.Offer.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.TxCode == nil || *got.TxCode != *d.Offer.TxCode {
		t.Errorf("the transaction code is %+v", got.TxCode)
	}
	got.TxCode, d.Offer.TxCode = nil, nil
	if got != d.Offer {
		t.Errorf("got %+v, want %+v", got, d.Offer)
	}
	byCode, mac, err := s.OfferByCode(s.ctx, d.CodeHash)
	if err != nil || byCode.ID != d.Offer.ID || string(mac) != "mac" {
		t.Errorf("by code: %v %q %v", byCode.ID, mac, err)
	}
	if code, err := s.TxCode(s.ctx, d.Offer.ID); err != nil || code.Reveal() != "012345" {
		t.Errorf("the transaction code does not open: %v", err)
	}
	plain := s.add(t, func(d *issuance.Draft) { d.Offer.TxCode, d.TxCode, d.TxCodeMAC = nil, secret.Text{}, nil })
	if _, mac, err := s.OfferByCode(s.ctx, plain.CodeHash); err != nil || mac != nil {
		t.Errorf("an offer without transaction code has the MAC %x, %v", mac, err)
	}
	list, err := s.ListOffers(s.ctx, issuance.Filter{CreatedBy: "tester", Statuses: issuance.Sources(issuance.StatusExpired), At: start(), Limit: 1})
	if err != nil || len(list) != 1 {
		t.Errorf("the list has %d, %v", len(list), err)
	}
	s.want(t, d.Offer.ID, issuance.StatusReady, " offer.created")
}

func notFound(t *testing.T, s suite) {
	// Names come from URLs and bodies; bytes that a database cannot even hold name nothing either.
	for _, name := range []string{"none", "", "\xff", "a\x00b"} {
		id := issuance.OfferID(name)
		_, err := s.Offer(s.ctx, id)
		wantKind(t, err, issuance.NotFound)
		_, err = s.TxCode(s.ctx, id)
		wantKind(t, err, issuance.NotFound)
		_, err = s.EndOffer(s.ctx, issuance.End{Offer: id, To: issuance.StatusCancelled, At: start()})
		wantKind(t, err, issuance.NotFound)
		wantKind(t, s.Confirm(s.ctx, issuance.Confirmation{Batch: name, Kind: issuance.WalletConfirmed}), issuance.NotFound)
	}
	_, _, err := s.OfferByCode(s.ctx, []byte("none"))
	wantKind(t, err, issuance.NotFound)
	_, _, _, err = s.Grant(s.ctx, []byte("none"))
	wantKind(t, err, issuance.NotFound)
	_, err = s.Idempotent(s.ctx, []byte("none"))
	wantKind(t, err, issuance.NotFound)
}

func redeemedOnce(t *testing.T, s suite) {
	d := s.add(t)
	r := s.redeem(t, d.Offer.ID)
	wantKind(t, s.Redeem(s.ctx, redemption(t, d.Offer.ID)), issuance.Conflict)
	g, o, claims, err := s.Grant(s.ctx, r.Grant.TokenHash)
	if err != nil || string(claims) != `{"a":"b"}` || o.ID != d.Offer.ID || g.Thumbprint != "jkt" || !g.Identifiers || !g.ExpiresAt.Equal(r.Grant.ExpiresAt) {
		t.Errorf("the grant is %+v of %s with %s, %v", g, o.ID, claims, err)
	}
	if _, err := s.TxCode(s.ctx, d.Offer.ID); issuance.KindOf(err) != issuance.NotFound {
		t.Errorf("the transaction code is still there after redemption: %v", err)
	}
	late := s.add(t)
	r = redemption(t, late.Offer.ID)
	r.At = late.Offer.ExpiresAt
	wantKind(t, s.Redeem(s.ctx, r), issuance.Conflict)
	s.want(t, d.Offer.ID, issuance.StatusRedeemed, " offer.created offer.redeemed")
}

func wrongCodes(t *testing.T, s suite) {
	d := s.add(t)
	w := issuance.WrongCode{Offer: d.Offer.ID, At: start(), MaxAttempts: 3}
	for _, want := range []int{2, 1, 0} {
		left, err := s.CountWrongCode(s.ctx, w)
		if err != nil || left != want {
			t.Errorf("%d left, want %d, %v", left, want, err)
		}
	}
	_, err := s.CountWrongCode(s.ctx, w)
	wantKind(t, err, issuance.Conflict)
	wantKind(t, s.Redeem(s.ctx, redemption(t, d.Offer.ID)), issuance.Conflict)
	s.want(t, d.Offer.ID, issuance.StatusFailed, " offer.created code.rejected code.rejected offer.failed")
	if _, err := s.TxCode(s.ctx, d.Offer.ID); issuance.KindOf(err) != issuance.NotFound {
		t.Errorf("the transaction code outlives the offer: %v", err)
	}
}

func settled(t *testing.T, s suite) {
	d := s.add(t)
	r := redemption(t, d.Offer.ID)
	wantKind(t, s.Settle(s.ctx, settlement(t, r)), issuance.Conflict)
	if err := s.Redeem(s.ctx, r); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.Settle(s.ctx, settlement(t, r)); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, s.Settle(s.ctx, settlement(t, r)), issuance.Conflict) // above the limit of 3
	s.want(t, d.Offer.ID, issuance.StatusIssued, " offer.created offer.redeemed credential.issued credential.reissued credential.reissued")
}

func spentOnce(t *testing.T, s suite) {
	spent := issuance.Spent{Hash: []byte(random(t)), ExpiresAt: start().Add(time.Minute)}
	first, second := s.redeem(t, s.add(t).Offer.ID), s.redeem(t, s.add(t).Offer.ID)
	if err := s.Settle(s.ctx, settlement(t, first, spent)); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.Settle(s.ctx, settlement(t, second, spent)), issuance.Conflict)
	s.want(t, second.Offer, issuance.StatusRedeemed, " offer.created offer.redeemed")
}

func confirmedOnce(t *testing.T, s suite) {
	r := s.redeem(t, s.add(t).Offer.ID)
	batch := settlement(t, r)
	if err := s.Settle(s.ctx, batch); err != nil {
		t.Fatal(err)
	}
	c := issuance.Confirmation{Batch: batch.Batch, TokenHash: r.Grant.TokenHash, Kind: issuance.WalletConfirmed, At: start()}
	for range 5 {
		if err := s.Confirm(s.ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	foreign := c
	foreign.TokenHash = []byte("another")
	wantKind(t, s.Confirm(s.ctx, foreign), issuance.NotFound)
	c.Kind, c.Cause = issuance.WalletDeleted, "why"
	if err := s.Confirm(s.ctx, c); err != nil {
		t.Fatal(err)
	}
	s.want(t, r.Offer, issuance.StatusConfirmed, " offer.created offer.redeemed credential.issued wallet.confirmed wallet.deleted")
}

func ended(t *testing.T, s suite) {
	d := s.add(t)
	e := issuance.End{Offer: d.Offer.ID, To: issuance.StatusCancelled, At: start(), Cause: "cancelled by tester"}
	o, err := s.EndOffer(s.ctx, e)
	if err != nil || o.Status != issuance.StatusCancelled || o.Cause != e.Cause {
		t.Errorf("got %+v, %v", o, err)
	}
	_, err = s.EndOffer(s.ctx, e)
	wantKind(t, err, issuance.Conflict)
	wantKind(t, s.Redeem(s.ctx, redemption(t, d.Offer.ID)), issuance.Conflict)
	redeemed := s.redeem(t, s.add(t).Offer.ID)
	e.Offer = redeemed.Offer
	_, err = s.EndOffer(s.ctx, e)
	wantKind(t, err, issuance.Conflict)
	s.want(t, d.Offer.ID, issuance.StatusCancelled, " offer.created offer.cancelled")
}

func expired(t *testing.T, s suite) {
	open, redeemed, issued := s.add(t), s.redeem(t, s.add(t).Offer.ID), s.redeem(t, s.add(t).Offer.ID)
	later := s.add(t, func(d *issuance.Draft) { d.Offer.ExpiresAt = start().Add(time.Hour) })
	if err := s.Settle(s.ctx, settlement(t, issued)); err != nil {
		t.Fatal(err)
	}
	at := start().Add(5 * time.Minute)
	if n, err := s.ExpireDue(s.ctx, at.Add(-time.Millisecond), 10); n != 0 || err != nil {
		t.Errorf("too early: %d, %v", n, err)
	}
	for _, want := range []int{1, 1, 0} { // in steps of one
		if n, err := s.ExpireDue(s.ctx, at, 1); n != want || err != nil {
			t.Errorf("got %d, want %d, %v", n, want, err)
		}
	}
	s.want(t, open.Offer.ID, issuance.StatusExpired, " offer.created offer.expired")
	s.want(t, redeemed.Offer, issuance.StatusExpired, " offer.created offer.redeemed offer.expired")
	s.want(t, issued.Offer, issuance.StatusIssued, " offer.created offer.redeemed credential.issued")
	s.want(t, later.Offer.ID, issuance.StatusReady, " offer.created")
	if _, _, claims, err := s.Grant(s.ctx, redeemed.Grant.TokenHash); err != nil || claims != nil {
		t.Errorf("claims of an expired offer: %s, %v", claims, err)
	}
}

func looked(t *testing.T, s suite) {
	d := s.add(t)
	s.Note(issuance.Look{Offer: d.Offer.ID, Kind: issuance.OfferRetrieved, At: start()})
	s.Note(issuance.Look{Offer: d.Offer.ID, Kind: issuance.RequestRefused, At: start(), Cause: "c"})
	s.redeem(t, d.Offer.ID)
	s.want(t, d.Offer.ID, issuance.StatusRedeemed, " offer.created offer.retrieved request.refused offer.redeemed")
	alone := s.add(t)
	s.Note(issuance.Look{Offer: alone.Offer.ID, Kind: issuance.OfferRetrieved, At: start()})
	eventually(t, func() bool { return s.kinds(t, alone.Offer.ID) == " offer.created offer.retrieved" })
	s.want(t, alone.Offer.ID, issuance.StatusRetrieved, " offer.created offer.retrieved")
	for range 10_000 {
		s.Note(issuance.Look{Offer: alone.Offer.ID, Kind: issuance.OfferRetrieved, At: start()})
	}
	s.redeem(t, alone.Offer.ID)
	if events, err := s.Events(s.ctx, alone.Offer.ID); err != nil || len(events) > 600 {
		t.Errorf("a flood of looks left %d events, %v", len(events), err)
	}
}

// Looks that are written with a change came of other requests than the change did, and time comes of none.
func requested(t *testing.T, s suite) {
	at := func(name string) suite { return suite{s.Store, issuance.WithRequest(s.ctx, name)} }
	d := at("created").add(t)
	s.Note(issuance.Look{Offer: d.Offer.ID, Kind: issuance.OfferRetrieved, At: start(), Request: "fetched"})
	s.Note(issuance.Look{Offer: d.Offer.ID, Kind: issuance.CodeRevealed, At: start()})
	redeemed := at("redeemed").redeem(t, d.Offer.ID)
	if err := s.Settle(issuance.WithRequest(s.ctx, "settled"), settlement(t, redeemed)); err != nil {
		t.Fatal(err)
	}
	late := at("late").add(t)
	if n, err := s.ExpireDue(s.ctx, start().Add(time.Hour), 10); n != 1 || err != nil {
		t.Fatalf("%d expired, %v", n, err)
	}
	for id, want := range map[issuance.OfferID]string{
		d.Offer.ID:    " offer.created=created offer.retrieved=fetched code.revealed= offer.redeemed=redeemed credential.issued=settled",
		late.Offer.ID: " offer.created=late offer.expired=",
	} {
		events, err := s.Events(s.ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range events {
			got += " " + string(e.Kind) + "=" + e.Request
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	const patience, step = 30 * time.Second, 20 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not happen in time")
		}
	}
}

func forgotten(t *testing.T, s suite) {
	r := s.redeem(t, s.add(t).Offer.ID)
	spent := issuance.Spent{Hash: []byte(random(t)), ExpiresAt: start().Add(time.Minute)}
	if err := s.Settle(s.ctx, settlement(t, r, spent)); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(s.ctx, start().Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, _, claims, err := s.Grant(s.ctx, r.Grant.TokenHash); err != nil || claims == nil {
		t.Errorf("claims were forgotten while the grant lives: %v", err)
	}
	if err := s.Forget(s.ctx, r.Grant.ExpiresAt); err != nil {
		t.Fatal(err)
	}
	if _, _, claims, err := s.Grant(s.ctx, r.Grant.TokenHash); err != nil || claims != nil {
		t.Errorf("claims after the grant: %s, %v", claims, err)
	}
	other := s.redeem(t, s.add(t).Offer.ID)
	if err := s.Settle(s.ctx, settlement(t, other, spent)); err != nil {
		t.Errorf("a spent value past its time is still known: %v", err)
	}
}
