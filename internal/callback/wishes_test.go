package callback_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// freshSecret is what the secret of an endpoint is changed to: 32 bytes.
const freshSecret = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="

// change changes an endpoint.
func (o *office) change(t *testing.T, c issuance.EndpointChange) {
	t.Helper()
	if c.State != nil {
		c.From = []issuance.EndpointState{issuance.EndpointActive, issuance.EndpointPaused, issuance.EndpointDisabled}
	}
	if _, err := o.store.ChangeEndpoint(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// ask makes an endpoint ask for these statuses.
func (o *office) ask(t *testing.T, id issuance.EndpointID, statuses ...issuance.CallbackStatus) {
	t.Helper()
	o.change(t, issuance.EndpointChange{ID: id, Statuses: &statuses})
}

// switchTo pauses an endpoint or switches it on.
func (o *office) switchTo(t *testing.T, id issuance.EndpointID, state issuance.EndpointState) {
	t.Helper()
	o.change(t, issuance.EndpointChange{ID: id, State: &state})
}

// signs tells whether a secret verifies a call.
func signs(t *testing.T, text string, c call) bool {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(text)
	if err != nil {
		t.Fatal(err)
	}
	return w.VerifyIgnoringTimestamp([]byte(c.body), c.header) == nil
}

// While secrets are changed both sign everything, also what was queued before and what is tried again, until the day is over.
func TestDeliverer_signs_with_both_secrets_while_they_are_changed(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		r.do(status(http.StatusInternalServerError))
		o.start(t)
		o.offer(t)
		settle()
		o.change(t, issuance.EndpointChange{ID: "bank", Rotate: &issuance.Rotation{Secret: secret.NewText(freshSecret), OldUntil: o.now().Add(24 * time.Hour)}})
		for _, step := range []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour} {
			o.later(step)
		}
		calls := r.got()
		if len(calls) < 4 || !signs(t, secretText, calls[0]) || signs(t, freshSecret, calls[0]) {
			t.Fatalf("%d calls", len(calls))
		}
		for i, c := range calls[1:] {
			if !signs(t, secretText, c) || !signs(t, freshSecret, c) || len(strings.Fields(c.header.Get("Webhook-Signature"))) != 2 {
				t.Errorf("call %d: %s", i+2, c.header.Get("Webhook-Signature"))
			}
		}
		n := len(calls)
		o.later(24 * time.Hour)
		o.later(24 * time.Hour)
		if calls = r.got()[n:]; len(calls) == 0 {
			t.Fatal("it is not tried again")
		}
		if last := calls[len(calls)-1]; signs(t, secretText, last) || !signs(t, freshSecret, last) {
			t.Errorf("after a day: %s", last.header.Get("Webhook-Signature"))
		}
	})
}

// wallet plays what a wallet does to an offer: it looks, guesses twice, redeems, collects, and says that it could not store.
func (o *office) wallet(t *testing.T, id issuance.OfferID) {
	t.Helper()
	o.store.Note(issuance.Look{Offer: id, Kind: issuance.OfferRetrieved, At: o.now()})
	for range 2 {
		if _, err := o.store.CountWrongCode(t.Context(), issuance.WrongCode{Offer: id, At: o.now(), MaxAttempts: 5}); err != nil {
			t.Fatal(err)
		}
	}
	o.issue(t, id)
	for _, kind := range []issuance.EventKind{issuance.WalletConfirmed, issuance.WalletFailed} {
		err := o.store.Confirm(t.Context(), issuance.Confirmation{
			Batch: "batch of " + string(id), TokenHash: secret.Hash("token of " + string(id)), Kind: kind, At: o.now(), Cause: "no room",
		})
		if err != nil && issuance.KindOf(err) == issuance.NotFound {
			t.Fatal(err)
		}
	}
}

// What comes more than once has an id of its own each time, and everything of an offer comes as it happened.
func TestDeliverer_tells_more_to_who_asks_for_it(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		all, four := o.receive(t, "all"), o.receive(t, "four")
		o.ask(t, "all", issuance.CallbackStatuses()...)
		o.start(t)
		ids := []issuance.OfferID{o.offer(t), o.offer(t)}
		for _, id := range ids {
			o.wallet(t, id)
		}
		for range 4 {
			settle()
		}
		for _, id := range ids {
			got := slices.DeleteFunc(all.ids(), func(webhook string) bool { return !strings.HasPrefix(webhook, string(id)) })
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], string(id))
			}
			want := []string{"_OFFER_CREATED", "_2_RETRIEVED", "_3_CODE_REJECTED", "_4_CODE_REJECTED", "_5_REDEEMED", "_ISSUED", "_7_CONFIRMED"}
			if len(got) > len(want) { // a second notification is an event too, where the record takes it
				want = append(want, "_8_WALLET_FAILED")
			}
			if !slices.Equal(got, want) {
				t.Errorf("of %s came %v, want %v", id, got, want)
			}
		}
		for _, c := range all.got() {
			if strings.Contains(c.id(), ".") || !signs(t, secretText, c) {
				t.Errorf("%s: %v", c.body, c.header)
			}
		}
		if n := len(four.got()); n != 4 {
			t.Errorf("who asked for no more got %d calls: %v", n, four.ids())
		}
	})
}

// A wallet that cannot store says so, and who asked is told why.
func TestDeliverer_tells_why_a_wallet_failed(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		o.ask(t, "bank", issuance.CallbackWalletFailed, issuance.CallbackCodeRejected)
		o.start(t)
		id := o.offer(t)
		if _, err := o.store.CountWrongCode(t.Context(), issuance.WrongCode{Offer: id, At: o.now(), MaxAttempts: 5}); err != nil {
			t.Fatal(err)
		}
		o.issue(t, id)
		err := o.store.Confirm(t.Context(), issuance.Confirmation{
			Batch: "batch of " + string(id), TokenHash: secret.Hash("token of " + string(id)), Kind: issuance.WalletFailed, At: o.now(), Cause: "no room",
		})
		if err != nil {
			t.Fatal(err)
		}
		settle()
		settle()
		got := r.got()
		if len(got) != 2 || !strings.Contains(got[0].body, `"status":"CODE_REJECTED"`) || !strings.Contains(got[1].body, `"status":"WALLET_FAILED"`) {
			t.Fatalf("came %v", r.ids())
		}
		if !strings.Contains(got[1].body, `"errorDetails":"no room"`) || !strings.Contains(got[1].body, `"offerId":"`+string(id)+`"`) || strings.Contains(got[1].body, `"eventId":"`+string(id)+`"`) {
			t.Errorf("got %s", got[1].body)
		}
	})
}

// An endpoint may leave out what comes first: what it asked for does not wait for what it never gets.
func TestDeliverer_keeps_to_what_an_endpoint_asked_for(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		ends, none := o.receive(t, "ends"), o.receive(t, "none")
		o.ask(t, "ends", issuance.CallbackIssued, issuance.CallbackFailed)
		other := []string{"Another"}
		o.change(t, issuance.EndpointChange{ID: "none", Types: &other})
		o.start(t)
		issued, cancelled := o.offer(t), o.offer(t)
		o.issue(t, issued)
		o.cancel(t, cancelled)
		settle()
		settle()
		got := ends.ids()
		slices.Sort(got)
		want := []string{string(issued) + "_ISSUED", string(cancelled) + "_FAILED"}
		slices.Sort(want)
		if !slices.Equal(got, want) || len(none.got()) != 0 {
			t.Errorf("came %v, want %v; to the other type's %v", got, want, none.ids())
		}
	})
}

// CB-105: a pause holds everything back, however long it lasts; what is out when it begins comes to its end; afterwards everything goes
// at once and in order.
func TestDeliverer_holds_back_while_an_endpoint_is_paused(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r, other := o.receive(t, "bank"), o.receive(t, "other")
		r.do(func(_ int, _ http.ResponseWriter, _ *http.Request) { <-time.After(3 * time.Second) })
		o.start(t)
		out := o.offer(t)
		settle() // it is out
		o.switchTo(t, "bank", issuance.EndpointPaused)
		o.cancel(t, out)
		var ids []issuance.OfferID
		for range 5 {
			id := o.offer(t)
			o.cancel(t, id)
			ids = append(ids, id)
		}
		for range 5 {
			settle()
		}
		if d := o.deliveries(t, out, "bank"); d[0].State != issuance.DeliveryDelivered || d[1].State != issuance.DeliveryQueued || !d[1].Held {
			t.Errorf("what was out when the pause began: %+v", d)
		}
		o.later(30 * 24 * time.Hour)
		if n := len(r.got()); n != 1 {
			t.Fatalf("%d calls while it is paused: %v", n, r.ids())
		}
		if n := len(other.got()); n != 12 {
			t.Errorf("the other endpoint got %d of 12 calls", n)
		}
		r.do(nil)
		began := o.now()
		o.switchTo(t, "bank", issuance.EndpointActive)
		for range 3 {
			settle()
		}
		drained(t, r, ids, 1)
		if got := r.got(); len(got) != 12 || got[len(got)-1].at.Sub(began) > 3*time.Second {
			t.Errorf("%d calls, the last %s after it was switched on", len(got), got[len(got)-1].at.Sub(began))
		}
	})
}

// A pause does not count as an attempt, and a failing endpoint that was paused is not failing when it is switched on.
func TestDeliverer_starts_anew_with_an_endpoint_that_was_paused(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		r.do(status(http.StatusBadGateway))
		o.start(t)
		id := o.offer(t)
		for range 3 {
			settle()
			o.later(time.Minute)
		}
		if e, err := o.store.Endpoint(t.Context(), "bank"); err != nil || e.Health() != issuance.Failing {
			t.Fatalf("it is %s, %v", e.Health(), err)
		}
		before := o.deliveries(t, id, "bank")[0].Attempts
		o.switchTo(t, "bank", issuance.EndpointPaused)
		o.later(24 * time.Hour)
		if d := o.deliveries(t, id, "bank")[0]; d.Attempts != before {
			t.Errorf("%d attempts, before the pause %d", d.Attempts, before)
		}
		r.do(nil)
		o.switchTo(t, "bank", issuance.EndpointActive)
		settle()
		synctest.Wait()
		e, err := o.store.Endpoint(t.Context(), "bank")
		if err != nil || e.Health() != issuance.Healthy || o.deliveries(t, id, "bank")[0].State != issuance.DeliveryDelivered {
			t.Errorf("it is %s, %v: %+v", e.Health(), err, o.deliveries(t, id, "bank")[0])
		}
	})
}
