package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/internal/store"
)

// crowd queues two events of each of many offers to one endpoint.
func crowd(t *testing.T, s *store.Store, now time.Time, offers int) {
	t.Helper()
	ctx := t.Context()
	err := s.AddEndpoint(ctx, issuance.Endpoint{
		ID: "bank", URL: "https://bank", Secret: secret.NewText("whsec_x"), State: issuance.EndpointActive, Statuses: issuance.StandardCallbacks(), CreatedAt: now,
	}, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i := range offers {
		id := fmt.Sprintf("offer %d", i)
		d := issuance.Draft{
			Offer:  issuance.Offer{ID: issuance.OfferID(id), Type: "T", Status: issuance.StatusReady, Version: 1, CreatedAt: now, ExpiresAt: now.Add(time.Hour)},
			Claims: []byte(`{}`), CodeHash: []byte(id),
		}
		if err := s.AddOffer(ctx, d); err != nil {
			t.Fatal(err)
		}
		if _, err := s.EndOffer(ctx, issuance.End{Offer: d.Offer.ID, To: issuance.StatusCancelled, At: now, Cause: "a test"}); err != nil {
			t.Fatal(err)
		}
	}
}

// A database that was just filled knows nothing yet of its tables; what is taken from many must be few, the first of their offers, and
// taken quickly all the same.
func TestLease_takes_a_few_of_many(t *testing.T) {
	const offers, limit = 500, 16
	onBoth(t, func(t *testing.T, s *store.Store) {
		now := time.Now().UTC().Truncate(time.Millisecond)
		crowd(t, s, now, offers)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // a thousand times what it should take
		defer cancel()
		seen := map[issuance.OfferID]bool{}
		for range 10 {
			leased, err := s.Lease(ctx, "bank", now, time.Minute, limit)
			if err != nil || len(leased) != limit {
				t.Fatalf("leased %d, want %d, %v", len(leased), limit, err)
			}
			for _, l := range leased {
				if l.Delivery.Status != issuance.CallbackCreated || seen[l.Delivery.Offer] {
					t.Errorf("leased %+v", l.Delivery)
				}
				seen[l.Delivery.Offer] = true
			}
		}
	})
}
