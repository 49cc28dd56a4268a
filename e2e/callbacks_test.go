package e2e_test

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/wallet"
)

func TestCallbacks_tell_an_issuance_in_order_and_signed(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		r := newReceiver(t, always(http.StatusNoContent))
		b := openBank(t, database, r.settings()...)
		offer := b.create(identity(withCode()))
		if _, err := ourWallet(t, b, wallet.Request{Offer: offer.URI, TxCode: offer.TxCode}); err != nil {
			t.Fatal(err)
		}
		want := []string{"OFFER_CREATED", "ISSUED"}
		eventually(t, patience, "both callbacks", func() bool { return len(r.of(offer.OfferID)) == len(want) })
		if got := r.statuses(offer.OfferID); !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
		for i, d := range r.of(offer.OfferID) {
			letter := `{"eventId":"` + offer.OfferID + `","status":"` + want[i] + `","offerId":"` + offer.OfferID + `"}`
			if string(d.Raw) != letter {
				t.Errorf("the body is %s, want %s", d.Raw, letter)
			}
			if id := d.Header.Get("webhook-id"); id != offer.OfferID+"_"+want[i] {
				t.Errorf("webhook-id is %s", id)
			}
			r.verify(t, d)
		}
	})
}

func TestCallbacks_tell_of_expiry_within_five_seconds(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		const ttl, limit = 5 * time.Minute, 5 * time.Second
		r := newReceiver(t, always(http.StatusOK))
		b := openBank(t, database, r.settings()...)
		offer := b.create(identity(nil)) // nobody touches it
		deadline := time.Now()
		b.ahead.Store(int64(ttl)) // the deadline is now
		eventually(t, patience, "EXPIRED", func() bool { return slices.Contains(r.statuses(offer.OfferID), "EXPIRED") })
		got := r.of(offer.OfferID)
		if late := got[len(got)-1].At.Sub(deadline); late > limit {
			t.Errorf("EXPIRED came %s after the deadline", late)
		}
		// The clock's leap may end a lease while OFFER_CREATED is under way: then it comes twice, as at-least-once allows.
		if statuses := slices.Compact(r.statuses(offer.OfferID)); !slices.Equal(statuses, []string{"OFFER_CREATED", "EXPIRED"}) {
			t.Errorf("got %v", statuses)
		}
	})
}

func TestCallbacks_say_why_an_offer_failed(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, always(http.StatusOK))
	b := openBank(t, "", append(r.settings(), "COUNTERFOIL_TX_CODE_ATTEMPTS=1")...)
	locked := b.create(identity(withCode()))
	if status, _, err := b.redeem(b.code(locked), other(locked.TxCode)); err != nil || status != http.StatusBadRequest {
		t.Fatalf("a wrong code answered %d %v", status, err)
	}
	cancelled := b.create(identity(nil))
	if status := b.call(http.MethodPost, b.management+"/offers/"+cancelled.OfferID+"/cancel", nil, nil); status != http.StatusOK {
		t.Fatalf("cancel answered %d", status)
	}
	for id, words := range map[string]string{locked.OfferID: "transaction code", cancelled.OfferID: "cancelled by"} {
		eventually(t, patience, "FAILED", func() bool { return len(r.of(id)) == 2 })
		last := r.of(id)[1]
		if last.Body.Status != "FAILED" || !strings.Contains(last.Body.Details, words) {
			t.Errorf("got %s, want FAILED and %q", last.Raw, words)
		}
		r.verify(t, last)
	}
}

func TestCallbacks_are_tried_again_with_the_same_id(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, func(n int) int {
		if n == 1 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	b := openBank(t, "", r.settings()...)
	offer := b.create(identity(nil))
	if _, err := ourWallet(t, b, wallet.Request{Offer: offer.URI}); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "everything after one refusal", func() bool { return len(r.of(offer.OfferID)) == 3 })
	if got := r.statuses(offer.OfferID); !slices.Equal(got, []string{"OFFER_CREATED", "OFFER_CREATED", "ISSUED"}) {
		t.Errorf("ISSUED overtook OFFER_CREATED: %v", got)
	}
	got := r.of(offer.OfferID)
	if got[0].Header.Get("webhook-id") != got[1].Header.Get("webhook-id") {
		t.Error("the retry has another webhook-id")
	}
}

func TestCallbacks_to_a_receiver_that_hangs_hold_up_no_wallet(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() // nothing was sent
	b := openBank(t, "", "COUNTERFOIL_CALLBACK_URL=http://"+silent.Addr().String(),
		"COUNTERFOIL_CALLBACK_SECRET=whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
	const offers, hangs = 30, 15 * time.Second // a hanging receiver is given this long for each callback
	for range offers {
		start := time.Now()
		offer := b.create(identity(nil))
		if _, err := ourWallet(t, b, wallet.Request{Offer: offer.URI}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took >= hangs {
			t.Errorf("an issuance waited %s for a receiver that hangs", took)
		}
	}
}

// What somebody did to the endpoint of the settings stays done when the program is started again, until the settings say something new.
func TestCallbacks_of_the_settings_stay_as_somebody_left_them(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		first, moved, third := newReceiver(t, always(http.StatusNoContent)), newReceiver(t, always(http.StatusNoContent)), newReceiver(t, always(http.StatusNoContent))
		settings := append(first.settings(), "COUNTERFOIL_DATA_DIR="+t.TempDir())
		type endpoint struct{ URL, State, Secret string }
		change := func(b *bank, method, path string, body any) (e endpoint) {
			t.Helper()
			if status := b.call(method, b.management+"/callbacks/default"+path, body, &e); status != http.StatusOK {
				t.Fatalf("%s %s: %d", method, path, status)
			}
			return e
		}
		var rotated endpoint
		t.Run("changed", func(t *testing.T) {
			b := openBank(t, database, settings...)
			change(b, http.MethodPatch, "", map[string]string{"url": moved.server.URL})
			rotated = change(b, http.MethodPost, "/rotate_secret", nil)
			change(b, http.MethodPost, "/pause", nil)
		})
		t.Run("started again", func(t *testing.T) {
			b := openBank(t, database, settings...)
			offer := b.create(identity(nil))
			if e := change(b, http.MethodGet, "", nil); e.URL != moved.server.URL || e.State != "paused" || !strings.Contains(b.log.String(), "is paused") {
				t.Errorf("it is %+v", e)
			}
			change(b, http.MethodPost, "/resume", nil)
			eventually(t, patience, "what waited, at the new address", func() bool { return len(moved.of(offer.OfferID)) == 1 })
			for _, secret := range []string{rotated.Secret, first.secret} { // the one before signs beside the new one
				moved.secret = secret
				moved.verify(t, moved.of(offer.OfferID)[0])
			}
			if got := first.of(offer.OfferID); len(got) > 0 {
				t.Errorf("%d calls came to the old address", len(got))
			}
		})
		t.Run("started with other settings", func(t *testing.T) {
			b := openBank(t, database, append(settings, "COUNTERFOIL_CALLBACK_URL="+third.server.URL)...)
			offer := b.create(identity(nil))
			eventually(t, patience, "an event at the newest address", func() bool { return len(third.of(offer.OfferID)) == 1 })
		})
	})
}

// Somebody may delete the endpoint of the settings; the program starts all the same, says so, and calls nobody.
func TestCallbacks_of_the_settings_may_be_deleted(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		m := newMailbox(t, answering(http.StatusNoContent))
		settings := []string{"COUNTERFOIL_DATA_DIR=" + t.TempDir(), "COUNTERFOIL_CALLBACK_URL=" + m.server.URL, "COUNTERFOIL_CALLBACK_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
		t.Run("deleted", func(t *testing.T) {
			b := openBank(t, database, settings...)
			if status := b.call(http.MethodDelete, b.management+"/callbacks/default", nil, nil); status != http.StatusNoContent {
				t.Errorf("got %d", status)
			}
		})
		t.Run("started again", func(t *testing.T) {
			b := openBank(t, database, settings...)
			b.create(identity(nil))
			var list struct{ Callbacks []any }
			b.call(http.MethodGet, b.management+"/callbacks", nil, &list)
			if len(list.Callbacks) > 0 || m.came() > 0 || !strings.Contains(b.log.String(), "COUNTERFOIL_CALLBACK_URL is not called") {
				t.Errorf("there are %v, %d calls came", list.Callbacks, m.came())
			}
		})
	})
}
