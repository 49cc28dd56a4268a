package issuance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
)

// waits makes an offer that waits for approval.
func (d *desk) waits() *customer {
	d.t.Helper()
	c := &customer{desk: d, token: "no token yet", batch: "no batch yet"}
	c.run(c.pending)
	return c
}

func (c *customer) review() issuance.Review {
	c.t.Helper()
	r, err := c.ReviewOffer(c.t.Context(), c.id, colleague())
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// wantCode holds a refusal to its code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var refusal *issuance.Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestApproval_is_asked_for_where_the_policy_says(t *testing.T) {
	d := newDesk(t)
	for policy, status := range map[string]issuance.Status{
		`{"approval":"never"}`:  issuance.StatusReady,
		`{"approval":"always"}`: issuance.StatusPending,
		`{"approval":{"when":[{"path":"accountNumber","over":1000}]}}`: issuance.StatusPending,
		`{"approval":{"when":[{"path":"accountNumber","over":5000}]}}`: issuance.StatusReady,
	} {
		c := request()
		c.Claims["accountNumber"] = json.Number("2000")
		got, err := d.under(policy).CreateOffer(t.Context(), c)
		if err != nil || got.Offer.Status != status {
			t.Errorf("%s: %s, %v", policy, got.Offer.Status, err)
		}
		if got.TxCode.IsZero() {
			t.Errorf("%s: no transaction code was given", policy)
		}
	}
}

func TestApproval_lets_the_wallet_in_and_its_time_begins_then(t *testing.T) {
	c := newDesk(t).waits()
	wantCode(t, func() error { _, _, err := c.RetrieveOffer(t.Context(), c.id, false); return err }(), issuance.CodeNotReady)
	wantCode(t, c.redeemRight(), issuance.CodeNotReady)
	c.clock.pass(issuance.ApprovalTTL - time.Second)
	c.run(c.approve)
	o, err := c.Offer(t.Context(), c.id)
	if err != nil || !o.ExpiresAt.Equal(c.clock.read().Add(offerTTL)) || o.Approval.By != "Pia" {
		t.Errorf("got %+v, %v", o, err)
	}
	c.run(c.redeemRight, c.collect, c.confirm)
	want := "offer.created approval.asked request.refused offer.approved offer.redeemed credential.issued wallet.confirmed"
	if got := c.events(); got != want {
		t.Errorf("the events are %s", got)
	}
	if told := c.told(); told != "OFFER_CREATED, ISSUED" {
		t.Errorf("the back-end is told %s", told)
	}
}

// PF-073
func TestApproval_is_never_ones_own(t *testing.T) {
	c := newDesk(t).waits()
	own := issuance.Decision{Offer: c.id, Content: c.review().Offer.Approval.Content, By: clerk()}
	_, err := c.ApproveOffer(t.Context(), own)
	wantCode(t, err, issuance.CodeOwnOffer)
	own.By.Name = "Somebody Else" // whoever they say they are
	_, err = c.ApproveOffer(t.Context(), own)
	wantCode(t, err, issuance.CodeOwnOffer)
	own.By = issuance.Actor{ID: "p3", Name: clerk().Name} // a colleague of the same name
	if _, err := c.ApproveOffer(t.Context(), own); err != nil {
		t.Error(err)
	}
}

func TestApproval_of_what_a_program_made_is_anybodys(t *testing.T) {
	d := newDesk(t)
	r := request()
	r.Channel, r.By = issuance.ChannelManagement, issuance.Actor{Name: "core banking"}
	got, err := d.strict().CreateOffer(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	c := &customer{desk: d, id: got.Offer.ID}
	c.run(c.approve)
}

func TestApproval_is_bound_to_what_was_shown(t *testing.T) {
	d := newDesk(t)
	c, other := d.waits(), d.waits()
	shown := other.review().Offer.Approval.Content
	if bytes.Equal(shown, c.review().Offer.Approval.Content) {
		t.Fatal("two offers have the same content")
	}
	for name, content := range map[string][]byte{"another offer's": shown, "none": nil, "a shorter one": c.review().Offer.Approval.Content[:31]} {
		_, err := c.ApproveOffer(t.Context(), issuance.Decision{Offer: c.id, Content: content, By: colleague()})
		if name != "none" {
			wantCode(t, err, issuance.CodeContentChanged)
		} else if issuance.KindOf(err) != issuance.Conflict {
			t.Errorf("none: %v", err)
		}
	}
	if got := c.status(); got != issuance.StatusPending {
		t.Errorf("the offer is %s", got)
	}
}

func TestReview_opens_the_claims_and_records_who_saw_them(t *testing.T) {
	c := newDesk(t).waits()
	if r := c.review(); r.Claims["accountHolder"] != "Erika Mustermann" || r.Before != nil {
		t.Errorf("got %v", r)
	}
	c.run(c.approve)
	line, err := c.Timeline(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, e := range line.Events {
		seen = append(seen, string(e.Kind)+": "+e.Cause)
		if strings.Contains(e.Cause, "Mustermann") {
			t.Error("the record holds a claim")
		}
	}
	if got := strings.Join(seen, ", "); got != "offer.created: , approval.asked: , claims.revealed: shown to Pia, offer.approved: approved by Pia" {
		t.Errorf("the record says %s", got)
	}
	_, err = c.ReviewOffer(t.Context(), c.id, colleague())
	wantKind(t, err, issuance.Conflict)
	_, err = c.ReviewOffer(t.Context(), "none", colleague())
	wantKind(t, err, issuance.NotFound)
}

func TestReject_needs_a_reason_and_tells_the_back_end(t *testing.T) {
	c := newDesk(t).waits()
	for name, reason := range map[string]string{"none": "", "too long": strings.Repeat("r", 201), "two lines": "a\nb", "bytes": "\xff"} {
		_, err := c.RejectOffer(t.Context(), issuance.Decision{Offer: c.id, By: colleague(), Reason: reason})
		if issuance.KindOf(err) != issuance.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.run(c.reject)
	if told := c.told(); told != "OFFER_CREATED, FAILED (rejected by Pia: the amount is wrong)" {
		t.Errorf("the back-end is told %s", told)
	}
	_, err := c.RejectOffer(t.Context(), issuance.Decision{Offer: "none", By: colleague(), Reason: "r"})
	wantKind(t, err, issuance.NotFound)
}

// An approved offer whose record was changed behind the program's back is not collected.
func TestCollect_refuses_what_is_not_what_was_approved(t *testing.T) {
	c := newDesk(t).waits()
	c.run(c.approve, c.redeemRight)
	access, err := c.Authorize(t.Context(), c.token)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*issuance.Access){
		"another type version": func(a *issuance.Access) { a.Offer.TypeVersion++ },
		"another content":      func(a *issuance.Access) { a.Offer.Approval = &issuance.Approval{Content: []byte("x"), Approver: "p2"} },
		"nobody's approval": func(a *issuance.Access) {
			before := *a.Offer.Approval
			before.Approver = ""
			a.Offer.Approval = &before
		},
	} {
		altered := access
		change(&altered)
		_, err := c.Collect(t.Context(), issuance.Collect{Access: altered, Keys: []issuance.HolderKey{holderKey(t)}})
		if err == nil || issuance.KindOf(err) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.run(c.collect)
}

func TestCorrection_shows_the_approver_what_changed_and_ends_the_old_offer(t *testing.T) {
	d := newDesk(t)
	old := d.customer()
	original, err := d.OpenOriginal(t.Context(), old.id, clerk())
	if err != nil || original.Collected || original.Claims["accountHolder"] != "Erika Mustermann" {
		t.Fatalf("got %+v, %v", original, err)
	}
	r := request()
	r.Claims["accountHolder"], r.Replaces = "Erik Mustermann", old.id
	got, err := d.strict().CreateOffer(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	old.run(old.overdue, old.sweep) // what it said is still there for the approver
	next := &customer{desk: d, id: got.Offer.ID, code: got.TxCode.Reveal()}
	if r := next.review(); r.Before["accountHolder"] != "Erika Mustermann" || r.Claims["accountHolder"] != "Erik Mustermann" {
		t.Errorf("got %v", r)
	}
	next.run(next.approve, next.redeemRight, next.collect)
	if got := old.status(); got != issuance.StatusExpired {
		t.Errorf("the old offer is %s", got)
	}
	d.clock.pass(issuance.ClaimsKept)
	old.run(old.sweep)
	if claims, before, err := d.store.Claims(t.Context(), old.id); err != nil || claims != nil || before != nil {
		t.Errorf("claims are left, %v", err)
	}
}

func TestCorrection_is_refused_when_it_comes_too_late_or_twice(t *testing.T) {
	d := newDesk(t)
	correct := func(id issuance.OfferID, collected bool) error {
		r := request()
		r.Replaces, r.Collected = id, collected
		_, err := d.CreateOffer(t.Context(), r)
		return err
	}
	busy, issued, cancelled, twice := d.customer(), d.customer(), d.customer(), d.customer()
	busy.run(busy.redeemRight)
	issued.run(issued.redeemRight, issued.collect)
	cancelled.run(cancelled.cancel)
	wantCode(t, correct(busy.id, false), issuance.CodeCollected)
	wantCode(t, correct(issued.id, false), issuance.CodeCollected)
	wantCode(t, correct(twice.id, true), issuance.CodeCollected)
	wantCode(t, correct(cancelled.id, false), issuance.CodeCollected)
	wantKind(t, correct("none", false), issuance.NotFound)
	for _, c := range []*customer{busy, cancelled} {
		_, err := d.OpenOriginal(t.Context(), c.id, clerk())
		wantCode(t, err, issuance.CodeCollected)
	}
	if o, err := d.OpenOriginal(t.Context(), issued.id, clerk()); err != nil || !o.Collected || o.Claims != nil {
		t.Errorf("what was collected opens as %+v, %v", o, err)
	}
	if err := errors.Join(correct(issued.id, true), correct(twice.id, false)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, correct(twice.id, false), issuance.CodeReplaced)
	_, err := d.OpenOriginal(t.Context(), twice.id, clerk())
	wantCode(t, err, issuance.CodeReplaced)
	if next, err := d.Replacement(t.Context(), twice.id); err != nil || next.Replaces != twice.id {
		t.Errorf("got %+v, %v", next, err)
	}
	diploma := request()
	diploma.Type, diploma.Replaces = "DiplomaCredential", cancelled.id
	_, err = d.CreateOffer(t.Context(), diploma)
	wantKind(t, err, issuance.Invalid)
}

func TestCustomer_is_kept_as_a_keyed_hash_and_found_by_the_number(t *testing.T) {
	d := newDesk(t)
	for _, number := range []string{"", " ", "\t", strings.Repeat("1", 65), "1\n2", "\xff", "1\x00"} {
		r := request()
		r.Customer = number
		_, err := d.CreateOffer(t.Context(), r)
		if (err == nil) != (number == "") {
			t.Errorf("%q: %v", number, err)
		}
	}
	r := request()
	r.Customer = "ab 12 34"
	offer := d.create(r).Offer
	for number, want := range map[string]int{"ab 12 34": 1, "AB1234": 1, " ab1234\t": 1, "ab123": 0, "ab12345": 0} {
		list, err := d.ListOffers(t.Context(), issuance.Filter{Customer: d.CustomerHash(number), Limit: 10})
		if err != nil || len(list) != want || want == 1 && list[0].ID != offer.ID {
			t.Errorf("%q finds %d, %v", number, len(list), err)
		}
	}
	if bytes.Contains(d.CustomerHash("AB1234"), []byte("AB1234")) || bytes.Equal(newDesk(t).CustomerHash("1"), d.CustomerHash("2")) {
		t.Error("the hash tells the number")
	}
}
