package e2e_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A back-end that asked for it is told in time that a certificate ends, each step once, also when the program starts again.
func TestCallbacks_tell_of_certificates_that_end(t *testing.T) {
	t.Parallel()
	const soon = 390 * 24 * time.Hour // the demo's certificates last 397 days
	r := newReceiver(t, always(http.StatusNoContent))
	dir := "COUNTERFOIL_DATA_DIR=" + t.TempDir()
	t.Run("nothing ends yet", func(t *testing.T) {
		b := openBank(t, "", dir)
		body := map[string]any{"url": r.server.URL, "statuses": []string{"CERTIFICATE_EXPIRING", "OFFER_CREATED"}}
		if status := b.call(http.MethodPost, b.management+"/callbacks", body, nil); status != http.StatusCreated {
			t.Fatalf("POST /callbacks answered %d", status)
		}
		b.create(identity(nil))
		eventually(t, patience, "the offer's", func() bool { return len(r.all()) == 1 })
	})
	for _, when := range []string{"they end soon", "and it starts again"} {
		t.Run(when, func(t *testing.T) {
			b := openBankAhead(t, soon, "", dir)
			offer := b.create(identity(nil)) // what was queued before it goes no later
			eventually(t, patience, "the offer's and both certificates'", func() bool { return len(r.of(offer.OfferID)) > 0 && len(r.of("")) >= 2 })
		})
	}
	got := slices.DeleteFunc(r.all(), func(d delivery) bool { return d.Body.Status == "OFFER_CREATED" })
	slices.SortFunc(got, func(a, c delivery) int { return strings.Compare(string(a.Raw), string(c.Raw)) })
	if len(got) != 2 {
		t.Fatalf("%d events", len(got))
	}
	for i, purpose := range []string{"access", "issuer"} {
		if text := string(got[i].Raw); !strings.Contains(text, `"status":"CERTIFICATE_EXPIRING"`) || !strings.Contains(text, "the "+purpose+" certificate") || strings.Contains(text, "offerId") {
			t.Errorf("got %s", text)
		}
		if id := got[i].Header.Get("webhook-id"); !strings.HasPrefix(id, "certificate_"+purpose+"_") || strings.Contains(id, ".") {
			t.Errorf("webhook-id is %s", id)
		}
	}
}
