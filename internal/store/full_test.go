package store

// This test is inside the package because a disk is full only if somebody says so to the database.

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// NO-112: a full disk is a fault that passes. What did not fit is not there in part, and there is nothing to start again.
func TestStore_a_full_disk_passes(t *testing.T) {
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{
		DataDir: t.TempDir(), Migrate: true, Master: master, Watch: &issuance.Watch{},
		Clock: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Now().UTC()
	add := func(id string) error {
		return s.AddOffer(t.Context(), issuance.Draft{
			Offer: issuance.Offer{
				ID: issuance.OfferID(id), Type: "Note", Status: issuance.StatusReady, Version: 1, CreatedAt: now, ExpiresAt: now.Add(time.Hour),
				Channel: issuance.ChannelManagement, CreatedBy: "a test", Scheme: issuance.SchemeOpenID,
			},
			Claims:   []byte(`{"note":"` + strings.Repeat("a", 1<<20) + `"}`), // more than the pages that are free
			CodeHash: secret.Hash(id),
		})
	}
	limit := func(pages int) {
		t.Helper()
		if err := s.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Error; err != nil {
			t.Fatal(err)
		}
	}
	if err := add("before"); err != nil {
		t.Fatal(err)
	}
	limit(1) // which means: not one more than there are
	for range 3 {
		if err := add("meanwhile"); !errors.Is(err, issuance.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	}
	if o, err := s.Offer(t.Context(), "before"); err != nil || o.Status != issuance.StatusReady {
		t.Errorf("what was there reads as %v, %v", o.Status, err)
	}
	events, err := s.Events(t.Context(), "meanwhile")
	if _, offerErr := s.Offer(t.Context(), "meanwhile"); issuance.KindOf(offerErr) != issuance.NotFound || err != nil || len(events) > 0 {
		t.Errorf("what did not fit left %v, %v, %v", offerErr, events, err)
	}
	limit(1 << 30)
	if err := add("meanwhile"); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
