package issuance_test

import (
	cryptorand "crypto/rand"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/store/storetest"
)

// race does both steps at once.
func race(one, other func() error) (first, second error) {
	var wg sync.WaitGroup
	wg.Go(func() { first = one() })
	wg.Go(func() { second = other() })
	wg.Wait()
	return first, second
}

// An offer whose time ends while the wallet acts has one end: whoever came first. SS-066.
func TestService_a_deadline_in_the_middle_of_a_step_has_one_winner(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": func(testing.TB) string { return "" }, "PostgreSQL": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			d := newDeskOn(t, url(t), cryptorand.Reader)
			const rounds = 20
			for range rounds {
				d.redeemedOrExpired()
				d.issuedOrExpired()
			}
		})
	}
}

// deadline gives a sweep of another process, whose clock is a millisecond ahead: the offer's last, which is left here.
func (c *customer) deadline() func() error {
	c.t.Helper()
	o, err := c.Offer(c.t.Context(), c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	c.clock.pass(o.ExpiresAt.Sub(c.clock.read()) - time.Millisecond)
	return func() error {
		_, err := c.store.ExpireDue(c.t.Context(), o.ExpiresAt, 1)
		return err
	}
}

func (d *desk) redeemedOrExpired() {
	d.t.Helper()
	c := d.customer()
	c.run(c.fetch)
	redeemed, swept := race(c.redeemRight, c.deadline())
	if swept != nil {
		d.t.Fatal(swept)
	}
	if redeemed == nil {
		c.run(c.collect)
	}
	c.ended(redeemed == nil)
}

func (d *desk) issuedOrExpired() {
	d.t.Helper()
	c := d.customer()
	c.run(c.fetch, c.redeemRight)
	collected, swept := race(c.collect, c.deadline())
	if swept != nil {
		d.t.Fatal(swept)
	}
	c.ended(collected == nil)
}

// ended holds status and callbacks to what the wallet was told. A sweep passes over what a wallet holds at that moment, and takes it next time.
func (c *customer) ended(issued bool) {
	c.t.Helper()
	c.run(c.overdue, c.sweep)
	status, told := issuance.StatusExpired, "OFFER_CREATED, EXPIRED"
	if issued {
		status, told = issuance.StatusIssued, "OFFER_CREATED, ISSUED"
	}
	if c.status() != status || c.told() != told {
		c.t.Errorf("is %s, told %q; the wallet was told that issued is %v", c.status(), c.told(), issued)
	}
}
