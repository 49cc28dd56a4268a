package issuancetest

import (
	"slices"
	"testing"
	"time"

	"counterfoil/internal/issuance"
)

// validFor is how long pending offers are good for once they are approved.
const validFor = 2 * time.Minute

// pending makes an offer that waits for a second person; its maker is "maker".
func (s suite) pending(t *testing.T, change ...func(*issuance.Draft)) issuance.Draft {
	t.Helper()
	return s.add(t, append([]func(*issuance.Draft){func(d *issuance.Draft) {
		d.Offer.Status, d.Offer.Version, d.Offer.Maker = issuance.StatusPending, 2, "maker"
		d.Offer.ExpiresAt = start().Add(issuance.ApprovalTTL)
		d.Offer.Approval = &issuance.Approval{Content: []byte("content"), ValidFor: validFor}
		d.Before = []byte(`{"a":"before"}`)
	}}, change...)...)
}

// approval is a colleague's word about a pending offer.
func approval(id issuance.OfferID) issuance.Approve {
	return issuance.Approve{Offer: id, Content: []byte("content"), By: issuance.Actor{ID: "colleague", Name: "Pia"}, At: start().Add(time.Hour)}
}

func approved(t *testing.T, s suite) {
	d := s.pending(t)
	id := d.Offer.ID
	s.want(t, id, issuance.StatusPending, " offer.created approval.asked")
	claims, before, err := s.Claims(s.ctx, id)
	if err != nil || string(claims) != `{"a":"b"}` || string(before) != `{"a":"before"}` {
		t.Errorf("the claims are %s, before %s, %v", claims, before, err)
	}
	for name, change := range map[string]func(*issuance.Approve){
		"the maker":       func(a *issuance.Approve) { a.By.ID = "maker" },
		"another content": func(a *issuance.Approve) { a.Content = []byte("other") },
		"no content":      func(a *issuance.Approve) { a.Content = nil },
		"too late":        func(a *issuance.Approve) { a.At = d.Offer.ExpiresAt },
	} {
		a := approval(id)
		change(&a)
		if _, err := s.Approve(s.ctx, a); issuance.KindOf(err) != issuance.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantKind(t, s.Redeem(s.ctx, redemption(t, id)), issuance.Conflict)
	o, err := s.Approve(s.ctx, approval(id))
	if err != nil || o.Status != issuance.StatusReady || !o.ExpiresAt.Equal(start().Add(time.Hour+validFor)) ||
		o.Approval.Approver != "colleague" || o.Approval.By != "Pia" {
		t.Errorf("got %+v, %v", o, err)
	}
	_, err = s.Approve(s.ctx, approval(id))
	wantKind(t, err, issuance.Conflict)
	s.want(t, id, issuance.StatusReady, " offer.created approval.asked offer.approved")
	r := redemption(t, id)
	r.At = start().Add(time.Hour)
	if err := s.Redeem(s.ctx, r); err != nil {
		t.Error(err)
	}
	for _, missing := range []issuance.OfferID{"none", "\xff", "a\x00b", ""} {
		_, err := s.Approve(s.ctx, approval(missing))
		wantKind(t, err, issuance.NotFound)
		_, _, err = s.Claims(s.ctx, missing)
		wantKind(t, err, issuance.NotFound)
	}
	plain := s.add(t)
	_, err = s.Approve(s.ctx, approval(plain.Offer.ID))
	wantKind(t, err, issuance.Conflict)
}

func undecided(t *testing.T, s suite) {
	rejected, lapsed, waits := s.pending(t), s.pending(t), s.pending(t, func(d *issuance.Draft) {
		d.Offer.CreatedAt, d.Offer.ExpiresAt = start().Add(-time.Minute), start().Add(48*time.Hour)
	})
	end := issuance.End{Offer: rejected.Offer.ID, To: issuance.StatusCancelled, From: []issuance.Status{issuance.StatusPending}, At: start(), Cause: "why"}
	if _, err := s.EndOffer(s.ctx, end); err != nil {
		t.Fatal(err)
	}
	s.want(t, rejected.Offer.ID, issuance.StatusCancelled, " offer.created approval.asked offer.cancelled")
	end.Offer = s.add(t).Offer.ID // which waits for nobody
	_, err := s.EndOffer(s.ctx, end)
	wantKind(t, err, issuance.Conflict)

	list, err := s.ListPending(s.ctx, start(), 10)
	if err != nil || len(list) != 2 || list[0].ID != waits.Offer.ID || list[1].ID != lapsed.Offer.ID {
		t.Errorf("waiting are %+v, %v", list, err)
	}
	if list, err := s.ListPending(s.ctx, lapsed.Offer.ExpiresAt, 10); err != nil || len(list) != 1 {
		t.Errorf("later %d wait, %v", len(list), err)
	}
	if _, err := s.ExpireDue(s.ctx, lapsed.Offer.ExpiresAt, 10); err != nil {
		t.Fatal(err)
	}
	for _, id := range []issuance.OfferID{rejected.Offer.ID, lapsed.Offer.ID} {
		if claims, before, err := s.Claims(s.ctx, id); err != nil || claims != nil || before != nil {
			t.Errorf("claims of an offer that nobody approved are left: %v", err)
		}
		_, err := s.Approve(s.ctx, approval(id))
		wantKind(t, err, issuance.Conflict)
	}
}

// open lists the statuses in which an offer may be replaced that nobody collected.
func open() []issuance.Status {
	return []issuance.Status{issuance.StatusReady, issuance.StatusRetrieved}
}

// replacement is an offer that takes the place of another.
func (s suite) replacement(t *testing.T, old issuance.OfferID, from []issuance.Status) issuance.Draft {
	t.Helper()
	return s.draft(t, func(d *issuance.Draft) { d.Offer.Replaces, d.ReplacedFrom = old, from })
}

func (s suite) collect(t *testing.T, d issuance.Draft) {
	t.Helper()
	c := settlement(t, s.redeem(t, d.Offer.ID))
	c.Replaces = d.Offer.Replaces
	if err := s.Settle(s.ctx, c); err != nil {
		t.Fatal(err)
	}
}

func replaced(t *testing.T, s suite) {
	s.endpoint(t, "e")
	old := s.add(t)
	next := s.replacement(t, old.Offer.ID, open())
	if err := s.AddOffer(s.ctx, next); err != nil {
		t.Fatal(err)
	}
	s.want(t, old.Offer.ID, issuance.StatusReady, " offer.created offer.corrected")
	if o, err := s.LiveReplacement(s.ctx, old.Offer.ID); err != nil || o.ID != next.Offer.ID || o.Replaces != old.Offer.ID {
		t.Errorf("the replacement is %+v, %v", o, err)
	}
	s.collect(t, next)
	s.want(t, old.Offer.ID, issuance.StatusCancelled, " offer.created offer.corrected offer.cancelled")
	wantKind(t, s.Redeem(s.ctx, redemption(t, old.Offer.ID)), issuance.Conflict)
	if told := s.webhooks(t, "e", old.Offer.ID); len(told) != 2 {
		t.Errorf("the back-end is told %v", told)
	}

	busy := s.add(t) // a wallet begins to collect it after it was corrected
	next = s.replacement(t, busy.Offer.ID, open())
	if err := s.AddOffer(s.ctx, next); err != nil {
		t.Fatal(err)
	}
	r := s.redeem(t, busy.Offer.ID)
	s.collect(t, next)
	s.want(t, busy.Offer.ID, issuance.StatusCancelled, " offer.created offer.corrected offer.redeemed offer.cancelled")
	wantKind(t, s.Settle(s.ctx, settlement(t, r)), issuance.Conflict)

	first := s.add(t) // corrections of corrections: whatever is open ends
	second := s.replacement(t, first.Offer.ID, open())
	if err := s.AddOffer(s.ctx, second); err != nil {
		t.Fatal(err)
	}
	third := s.replacement(t, second.Offer.ID, open())
	if err := s.AddOffer(s.ctx, third); err != nil {
		t.Fatal(err)
	}
	s.collect(t, third)
	s.want(t, second.Offer.ID, issuance.StatusCancelled, " offer.created offer.corrected offer.cancelled")
	s.want(t, first.Offer.ID, issuance.StatusCancelled, " offer.created offer.corrected offer.cancelled")
}

func replacedOnce(t *testing.T, s suite) {
	issued := s.add(t)
	s.collect(t, issued)
	tooLate := s.replacement(t, issued.Offer.ID, open())
	if err := s.AddOffer(s.ctx, tooLate); err == nil || err.Error() != issuance.ErrCollected.Error() {
		t.Errorf("a correction of what was collected: %v", err)
	}
	next := s.replacement(t, issued.Offer.ID, []issuance.Status{issuance.StatusIssued})
	if err := s.AddOffer(s.ctx, next); err != nil {
		t.Fatal(err)
	}
	again := s.replacement(t, issued.Offer.ID, []issuance.Status{issuance.StatusIssued})
	if err := s.AddOffer(s.ctx, again); err == nil || err.Error() != issuance.ErrReplaced.Error() {
		t.Errorf("a second correction: %v", err)
	}
	if _, err := s.Offer(s.ctx, again.Offer.ID); issuance.KindOf(err) != issuance.NotFound {
		t.Errorf("the second correction is there: %v", err)
	}
	if _, err := s.EndOffer(s.ctx, issuance.End{Offer: next.Offer.ID, To: issuance.StatusCancelled, At: start()}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LiveReplacement(s.ctx, issued.Offer.ID); issuance.KindOf(err) != issuance.NotFound {
		t.Errorf("a correction that was cancelled counts: %v", err)
	}
	if err := s.AddOffer(s.ctx, again); err != nil {
		t.Errorf("after the first came to nothing: %v", err)
	}
	s.collect(t, again)
	s.want(t, issued.Offer.ID, issuance.StatusIssued, " offer.created offer.redeemed credential.issued offer.corrected offer.corrected")
}

func found(t *testing.T, s suite) {
	ids := map[string]issuance.OfferID{}
	put := func(reference, customer, maker string) {
		ids[reference] = s.add(t, func(d *issuance.Draft) {
			d.Offer.Reference, d.Offer.Maker = reference, maker
			if customer != "" {
				d.Customer = []byte(customer)
			}
		}).Offer.ID
	}
	put("Loan-1", "c1", "m1")
	put("loan-2", "c2", "m1")
	put("LÖWE 3", "c1", "m2")
	put("%", "", "")
	put("_x", "", "")
	corrected := s.replacement(t, ids["loan-2"], open())
	corrected.Offer.Reference = "corrected"
	if err := s.AddOffer(s.ctx, corrected); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		filter issuance.Filter
		want   []string
	}{
		"the beginning in another case": {issuance.Filter{ReferencePrefix: "lOAN"}, []string{"Loan-1", "loan-2"}},
		"the whole":                     {issuance.Filter{ReferencePrefix: "Loan-1"}, []string{"Loan-1"}},
		"letters with dots":             {issuance.Filter{ReferencePrefix: "löwe"}, []string{"LÖWE 3"}},
		"what is not at the beginning":  {issuance.Filter{ReferencePrefix: "oan"}, nil},
		"PF-110 a percent sign":         {issuance.Filter{ReferencePrefix: "%"}, []string{"%"}},
		"PF-110 an underscore":          {issuance.Filter{ReferencePrefix: "_"}, []string{"_x"}},
		"PF-110 a backslash":            {issuance.Filter{ReferencePrefix: `\`}, nil},
		"PF-112 SQL":                    {issuance.Filter{ReferencePrefix: `" OR 1=1 --`}, nil},
		"a customer":                    {issuance.Filter{Customer: []byte("c1")}, []string{"Loan-1", "LÖWE 3"}},
		"a customer of a correction":    {issuance.Filter{Customer: []byte("c2")}, []string{"corrected", "loan-2"}},
		"no customer":                   {issuance.Filter{Customer: []byte("c3")}, nil},
		"a maker":                       {issuance.Filter{Maker: "m1"}, []string{"Loan-1", "loan-2"}},
		"a maker and a customer":        {issuance.Filter{Maker: "m1", Customer: []byte("c1")}, []string{"Loan-1"}},
		"a door":                        {issuance.Filter{Channel: issuance.ChannelPortal}, nil},
	} {
		c.filter.Limit = 10
		list, err := s.ListOffers(s.ctx, c.filter)
		var got []string
		for _, o := range list {
			got = append(got, o.Reference)
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: found %q, %v", name, got, err)
		}
	}
}

// PF-075
func raceApprove(t *testing.T, s suite) {
	for range rounds {
		d := s.pending(t)
		won := race(t, func(int) error {
			_, err := s.Approve(s.ctx, approval(d.Offer.ID))
			return err
		}, issuance.Conflict)
		if got := s.kinds(t, d.Offer.ID); won != 1 || got != " offer.created approval.asked offer.approved" {
			t.Fatalf("%d approvals, the offer went through%s", won, got)
		}
	}
}

// Whoever is first decides, and nothing comes after an end. An approved offer is open, so it may be cancelled afterwards.
func raceDecisions(t *testing.T, s suite) {
	const sorts = 4
	for range rounds {
		d := s.pending(t)
		late := d.Offer.ExpiresAt
		end := issuance.End{Offer: d.Offer.ID, To: issuance.StatusCancelled, At: start()}
		race(t, func(i int) error {
			var err error
			switch i % sorts {
			case 0:
				_, err = s.Approve(s.ctx, approval(d.Offer.ID))
			case 1:
				rejection := end
				rejection.From = []issuance.Status{issuance.StatusPending}
				_, err = s.EndOffer(s.ctx, rejection)
			case 2:
				_, err = s.EndOffer(s.ctx, end)
			default:
				_, err = s.ExpireDue(s.ctx, late, racers)
			}
			return err
		}, issuance.Conflict)
		got := s.kinds(t, d.Offer.ID)
		const begun = " offer.created approval.asked"
		if !slices.Contains([]string{
			begun + " offer.cancelled", begun + " offer.expired", begun + " offer.approved offer.cancelled", begun + " offer.approved offer.expired",
		}, got) {
			t.Fatalf("the offer went through%s", got)
		}
	}
}

func raceReplace(t *testing.T, s suite) {
	for range rounds {
		old := s.add(t)
		drafts := make([]issuance.Draft, racers)
		for i := range drafts {
			drafts[i] = s.replacement(t, old.Offer.ID, open())
		}
		won := race(t, func(i int) error { return s.AddOffer(s.ctx, drafts[i]) }, issuance.Conflict)
		if got := s.kinds(t, old.Offer.ID); won != 1 || got != " offer.created offer.corrected" {
			t.Fatalf("%d replacements, the offer went through%s", won, got)
		}
	}
}

func raceReplaceRedeem(t *testing.T, s suite) {
	for range rounds {
		old := s.add(t)
		drafts := make([]issuance.Draft, racers)
		for i := range drafts {
			drafts[i] = s.replacement(t, old.Offer.ID, open())
		}
		race(t, func(i int) error {
			if i%2 == 0 {
				return s.Redeem(s.ctx, redemption(t, old.Offer.ID))
			}
			return s.AddOffer(s.ctx, drafts[i])
		}, issuance.Conflict)
		switch got := s.kinds(t, old.Offer.ID); got {
		case " offer.created offer.redeemed", " offer.created offer.corrected offer.redeemed":
		default:
			t.Fatalf("the offer went through%s", got)
		}
	}
}
