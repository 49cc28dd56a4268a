package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/internal/store/storetest"
)

// The claims of an offer that expired wait, sealed, for a second try; a wrong clock or a lost sweep aside, nothing of them is left in the
// database a quarter of an hour later, and at once when the offer was made again.
func TestStore_destroys_claims_when_no_second_try_came(t *testing.T) {
	for name, engine := range map[string]struct {
		driver string
		url    func(testing.TB) string
	}{"SQLite": {"sqlite", func(testing.TB) string { return "" }}, "PostgreSQL": {"pgx", storetest.PostgreSQL}} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			o.URL = engine.url(t)
			s := open(t, o)
			at := o.URL
			if at == "" {
				at = "file:" + filepath.Join(o.DataDir, "counterfoil.db")
			}
			db, err := sql.Open(engine.driver, at)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			start := time.Now()
			end := start.Add(time.Minute)
			draft := func(id issuance.OfferID) issuance.Draft {
				return issuance.Draft{
					Offer: issuance.Offer{ID: id, Type: "T", Status: issuance.StatusReady, Version: 1, CreatedAt: start, ExpiresAt: end,
						TxCode: &issuance.TxCode{InputMode: secret.Numeric, Length: 6}},
					Claims: []byte(`{"a":"b"}`), CodeHash: []byte(id), TxCodeMAC: []byte("m"), TxCode: secret.NewText("123456"),
				}
			}
			for _, id := range []issuance.OfferID{"waits", "again"} {
				if err := s.AddOffer(t.Context(), draft(id)); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := s.ExpireDue(t.Context(), end, 10); n != 2 || err != nil {
				t.Fatalf("%d expired, %v", n, err)
			}
			sealed := func(id, when string, claims, codes bool) {
				t.Helper()
				var key, body, code, mac []byte
				if err := db.QueryRowContext(t.Context(), "SELECT data_key, claims, tx_code, tx_mac FROM offers WHERE id = '"+id+"'").Scan(&key, &body, &code, &mac); err != nil {
					t.Fatal(err)
				}
				if (key != nil) != claims || (body != nil) != claims || (code != nil) != codes || (mac != nil) != codes {
					t.Errorf("%s, %s: key %t, claims %t, code %t, MAC %t", id, when, key != nil, body != nil, code != nil, mac != nil)
				}
			}
			sealed("waits", "just expired", true, false)
			next := draft("next")
			next.Claims, next.Offer.Replaces, next.Offer.ExpiresAt = nil, "again", end.Add(time.Hour)
			if err := s.RepeatOffer(t.Context(), issuance.Repeat{Draft: next, At: end}); err != nil {
				t.Fatal(err)
			}
			sealed("again", "made again", false, false)
			sealed("next", "in its place", true, true)
			if err := s.Forget(t.Context(), end.Add(issuance.ClaimsKept-time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			sealed("waits", "within the time", true, false)
			if err := s.Forget(t.Context(), end.Add(issuance.ClaimsKept)); err != nil {
				t.Fatal(err)
			}
			sealed("waits", "after the time", false, false)
			sealed("next", "open", true, true)
		})
	}
}
