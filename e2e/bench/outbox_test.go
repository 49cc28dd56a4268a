//go:build bench

package bench_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The outbox with five million deliveries in it, of which ten thousand wait: how long it takes to look for what is due, to lease it, and to
// forget what is too old (CB-116).
func TestBench_outbox_of_five_million(t *testing.T) {
	const rows = 5_000_000
	d := newDesk(t, waiting)
	db, err := pgx.Connect(t.Context(), d.url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context()) // the database is dropped with the test
	began := time.Now()
	// A month of them: a tenth is older than what is kept.
	_, err = db.Exec(t.Context(), `INSERT INTO deliveries
			(endpoint_id, offer_id, sequence, event_id, webhook_id, status, error_details, state, attempts, created_at, next_at, lease_until, last_at, last_result)
		SELECT $1, NULL, 0, 'e' || n, 'e' || n || '_ISSUED', 'ISSUED', '', 'delivered', 1, $2 - n * 576, $2 - n * 576, 0, $2 - n * 576, 'HTTP 204'
		FROM generate_series(1, $3::bigint) n`, endpoint, d.now().UnixMilli(), rows)
	if err == nil {
		_, err = db.Exec(t.Context(), "VACUUM (ANALYZE) deliveries") // which the server does by itself, later
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %s", time.Since(began))
	for i := range waiting {
		d.offer(t, i, false)
	}
	const asked = 200
	var due, lease []time.Duration
	for range asked {
		began := time.Now()
		if ids, err := d.store.Due(t.Context(), d.now()); err != nil || len(ids) != 1 {
			t.Fatalf("due are %v, %v", ids, err)
		}
		due = append(due, time.Since(began))
		began = time.Now()
		leased, err := d.store.Lease(t.Context(), endpoint, d.now(), time.Hour, 10)
		if err != nil || len(leased) != 10 {
			t.Fatalf("%d, %v", len(leased), err)
		}
		lease = append(lease, time.Since(began))
	}
	report("look for what is due among 5,000,000, median", "ms", []float64{percentile(due, 50)}, "≤ 10 ms")
	report("… p95", "ms", []float64{percentile(due, 95)}, "≤ 10 ms")
	report("lease ten, median", "ms", []float64{percentile(lease, 50)}, "≤ 10 ms")
	report("… p95", "ms", []float64{percentile(lease, 95)}, "≤ 10 ms")
	var forget []float64
	for range 5 {
		began := time.Now()
		if err := d.store.Forget(t.Context(), d.now()); err != nil {
			t.Fatal(err)
		}
		forget = append(forget, float64(time.Since(began).Microseconds())/1000)
	}
	var left int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM deliveries").Scan(&left); err != nil || left != rows+waiting-5*10_000 {
		t.Errorf("%d are left, %v", left, err)
	}
	report("forget ten thousand that are too old", "ms", forget, "within the second between two sweeps")
}
