package issuance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
)

// locked uses up every attempt.
func (c *customer) locked() error {
	for range attempts {
		if err := c.redeemWrong(); issuance.KindOf(err) == 0 {
			return fmt.Errorf("a wrong code gave %w", err)
		}
	}
	return nil
}

// pending turns the customer's offer into one that waits for approval.
func (c *customer) pending() error {
	got, err := c.strict().CreateOffer(c.t.Context(), request())
	c.id, c.code = got.Offer.ID, got.TxCode.Reveal()
	return err
}

// forgotten lets a day pass in which nobody decided.
func (c *customer) forgotten() error {
	c.clock.pass(issuance.ApprovalTTL)
	return nil
}

// approve is a colleague who approves what is there.
func (c *customer) approve() error {
	o, err := c.Offer(c.t.Context(), c.id)
	if err != nil {
		return err
	}
	d := issuance.Decision{Offer: c.id, By: colleague()}
	if o.Approval != nil {
		d.Content = o.Approval.Content
	}
	_, err = c.ApproveOffer(c.t.Context(), d)
	return err
}

func (c *customer) reject() error {
	_, err := c.RejectOffer(c.t.Context(), issuance.Decision{Offer: c.id, By: colleague(), Reason: "the amount is wrong"})
	return err
}

// ways leads a new offer into each status that it can have. "overdue" means that its time is over and no sweep ran.
func (c *customer) ways() map[string][]func() error {
	return map[string][]func() error{
		"pending":            {c.pending},
		"ready":              {},
		"retrieved":          {c.fetch},
		"redeemed":           {c.redeemRight},
		"issued":             {c.redeemRight, c.collect},
		"confirmed":          {c.redeemRight, c.collect, c.confirm},
		"cancelled":          {c.cancel},
		"failed":             {c.locked},
		"expired":            {c.overdue, c.sweep},
		"redeemed, expired":  {c.redeemRight, c.overdue, c.sweep},
		"ready, approved":    {c.pending, c.approve},
		"pending, overdue":   {c.pending, c.forgotten},
		"ready, overdue":     {c.overdue},
		"retrieved, overdue": {c.fetch, c.overdue},
		"redeemed, overdue":  {c.redeemRight, c.overdue},
		"issued, overdue":    {c.redeemRight, c.collect, c.overdue},
		"confirmed, overdue": {c.redeemRight, c.collect, c.confirm, c.overdue},
	}
}

func (c *customer) actions() map[string]func() error {
	return map[string]func() error{
		"fetch": c.fetch, "reveal": c.reveal, "redeem": c.redeemRight, "wrong code": c.redeemWrong, "collect": c.collect,
		"confirm": c.confirm, "cancel": c.cancel, "sweep": c.sweep, "renew": c.renew, "repeat": c.repeat,
		"approve": c.approve, "reject": c.reject,
	}
}

// outcome is what an action comes to: a refusal, or none, and the status that holds afterwards.
type outcome struct {
	refused issuance.Kind
	to      issuance.Status
}

// moves is the whole state machine: every status with every action.
func moves() map[string]map[string]outcome {
	const (
		ok     = issuance.Kind(0)
		absent = issuance.NotFound
		spent  = issuance.Conflict
		late   = issuance.Expired
		denied = issuance.Denied
	)
	closed := func(s issuance.Status) map[string]outcome { // without a token that is still good
		return map[string]outcome{
			"fetch": {late, s}, "reveal": {absent, s}, "redeem": {spent, s}, "wrong code": {spent, s},
			"collect": {denied, s}, "confirm": {denied, s}, "cancel": {spent, s}, "sweep": {ok, s},
			"renew": {absent, s}, "repeat": {spent, s},
			"approve": {spent, s}, "reject": {spent, s},
		}
	}
	with := func(base map[string]outcome, changes map[string]outcome) map[string]outcome {
		for action, o := range changes {
			base[action] = o
		}
		return base
	}
	open := func(s issuance.Status) map[string]outcome {
		return with(closed(s), map[string]outcome{
			"fetch": {ok, issuance.StatusRetrieved}, "reveal": {ok, s}, "redeem": {ok, issuance.StatusRedeemed},
			"wrong code": {denied, s}, "cancel": {ok, issuance.StatusCancelled},
			"renew": {ok, s}, "repeat": {ok, issuance.StatusCancelled},
		})
	}
	overdue := func() map[string]outcome {
		return with(closed(issuance.StatusExpired), map[string]outcome{
			"redeem": {late, issuance.StatusExpired}, "wrong code": {late, issuance.StatusExpired}, "repeat": {ok, issuance.StatusExpired},
		})
	}
	collected := func(s issuance.Status) map[string]outcome {
		return with(closed(s), map[string]outcome{"collect": {ok, s}, "confirm": {ok, issuance.StatusConfirmed}})
	}
	return map[string]map[string]outcome{
		"pending": with(closed(issuance.StatusPending), map[string]outcome{
			"fetch": {spent, issuance.StatusPending}, "cancel": {ok, issuance.StatusCancelled},
			"approve": {ok, issuance.StatusReady}, "reject": {ok, issuance.StatusCancelled},
		}),
		"ready, approved": with(open(issuance.StatusReady), map[string]outcome{"approve": {ok, issuance.StatusReady}}), // once more makes no difference
		"ready":           open(issuance.StatusReady),
		"retrieved":       open(issuance.StatusRetrieved),
		"redeemed": with(closed(issuance.StatusRedeemed), map[string]outcome{
			"collect": {ok, issuance.StatusIssued}, "confirm": {absent, issuance.StatusRedeemed},
		}),
		"issued":             collected(issuance.StatusIssued),
		"confirmed":          collected(issuance.StatusConfirmed),
		"cancelled":          with(closed(issuance.StatusCancelled), map[string]outcome{"cancel": {ok, issuance.StatusCancelled}}),
		"failed":             with(closed(issuance.StatusFailed), map[string]outcome{"repeat": {ok, issuance.StatusFailed}}),
		"expired":            overdue(), // time and sweep say the same
		"redeemed, expired":  overdue(),
		"pending, overdue":   with(overdue(), map[string]outcome{"repeat": {spent, issuance.StatusExpired}}), // nobody approved its claims
		"ready, overdue":     overdue(),
		"retrieved, overdue": overdue(),
		"redeemed, overdue":  overdue(),
		"issued, overdue":    closed(issuance.StatusIssued),
		"confirmed, overdue": closed(issuance.StatusConfirmed),
	}
}

func TestService_every_action_in_every_status(t *testing.T) {
	table := moves()
	probe := newDesk(t).customer()
	if len(table) != len(probe.ways()) {
		t.Errorf("the table has %d statuses, %d can be reached", len(table), len(probe.ways()))
	}
	for from, row := range table {
		if len(row) != len(probe.actions()) {
			t.Errorf("the table has %d actions for %s, there are %d", len(row), from, len(probe.actions()))
		}
		for action, want := range row {
			verdict := "leads to " + string(want.to)
			if want.refused != 0 {
				verdict = "is refused and leaves it " + string(want.to)
			}
			t.Run(from+": "+action+" "+verdict, func(t *testing.T) {
				c := newDesk(t).customer()
				c.run(c.ways()[from]...)
				if before := string(c.status()); !strings.HasPrefix(from, before) && before != string(issuance.StatusExpired) {
					t.Fatalf("the way there led to %s", before)
				}
				history := c.events()
				wantKind(t, c.actions()[action](), want.refused)
				if got := c.status(); got != want.to {
					t.Errorf("the offer is %s, want %s", got, want.to)
				}
				if after := c.events(); !strings.HasPrefix(after, history) {
					t.Errorf("the past was changed from %q to %q", history, after)
				}
				oneEnd(t, c)
			})
		}
	}
}

// oneEnd holds what back-ends are told to OFFER_CREATED first and at most one terminal status, FAILED always with a reason.
func oneEnd(t *testing.T, c *customer) {
	t.Helper()
	line, err := c.Timeline(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range line.Deliveries {
		if (i == 0) != (d.Status == issuance.CallbackCreated) || i > 1 {
			t.Errorf("delivery %d is %s", i+1, d.Status)
		}
		if (d.Status == issuance.CallbackFailed) != (d.ErrorDetails != "") {
			t.Errorf("%s has the errorDetails %q", d.Status, d.ErrorDetails)
		}
	}
}

func TestService_each_life_has_its_events_and_callbacks(t *testing.T) {
	const wrongCodes = " code.rejected code.rejected code.rejected code.rejected"
	for name, life := range map[string]struct {
		steps  func(c *customer) []func() error
		events string
		told   string
	}{
		"a new offer": {
			func(*customer) []func() error { return nil },
			"offer.created", "OFFER_CREATED",
		},
		"a good life": {
			func(c *customer) []func() error {
				return []func() error{c.fetch, c.reveal, c.redeemRight, c.collect, c.confirm}
			},
			"offer.created offer.retrieved code.revealed offer.redeemed credential.issued wallet.confirmed", "OFFER_CREATED, ISSUED",
		},
		"a wallet that fetches twice and never confirms": {
			func(c *customer) []func() error {
				return []func() error{c.fetch, c.fetch, c.redeemRight, c.collect, c.overdue, c.sweep}
			},
			"offer.created offer.retrieved offer.retrieved offer.redeemed credential.issued", "OFFER_CREATED, ISSUED",
		},
		"collecting again tells ISSUED once": {
			func(c *customer) []func() error {
				return []func() error{c.redeemRight, c.collect, c.collect, c.confirm, c.collect}
			},
			"offer.created offer.redeemed credential.issued credential.reissued wallet.confirmed credential.reissued", "OFFER_CREATED, ISSUED",
		},
		"the same notification twice is one event": {
			func(c *customer) []func() error {
				return []func() error{c.redeemRight, c.collect, c.confirm, c.confirm}
			},
			"offer.created offer.redeemed credential.issued wallet.confirmed", "OFFER_CREATED, ISSUED",
		},
		"what a wallet fails at or deletes stays on the timeline": {
			func(c *customer) []func() error {
				return []func() error{c.redeemRight, c.collect, c.fail, c.remove}
			},
			"offer.created offer.redeemed credential.issued wallet.failed wallet.deleted", "OFFER_CREATED, ISSUED",
		},
		"cancelled": {
			func(c *customer) []func() error {
				return []func() error{c.fetch, c.cancel, c.cancel, c.overdue, c.sweep}
			},
			"offer.created offer.retrieved offer.cancelled", "OFFER_CREATED, FAILED (cancelled by Carla)",
		},
		"locked": {
			func(c *customer) []func() error { return []func() error{c.locked, c.overdue, c.sweep} },
			"offer.created" + wrongCodes + " offer.failed", "OFFER_CREATED, FAILED (too many wrong transaction codes)",
		},
		"expired before anybody came": {
			func(c *customer) []func() error { return []func() error{c.overdue, c.sweep, c.sweep} },
			"offer.created offer.expired", "OFFER_CREATED, EXPIRED",
		},
		"expired after the code was redeemed": {
			func(c *customer) []func() error { return []func() error{c.fetch, c.redeemRight, c.overdue, c.sweep} },
			"offer.created offer.retrieved offer.redeemed offer.expired", "OFFER_CREATED, EXPIRED",
		},
		"time alone tells nobody": {
			func(c *customer) []func() error { return []func() error{c.overdue} },
			"offer.created", "OFFER_CREATED",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newDesk(t).customer()
			c.run(life.steps(c)...)
			if got := c.eventually(life.events); got != life.events {
				t.Errorf("events are %q, want %q", got, life.events)
			}
			if got := c.told(); got != life.told {
				t.Errorf("the back-end was told %q, want %q", got, life.told)
			}
		})
	}
}

// eventually gives the events once they are the wanted ones, or those after a while: looks are written in groups.
func (c *customer) eventually(want string) string {
	c.t.Helper()
	changed, end := c.watch.Subscribe(c.id)
	defer end()
	patience := time.After(30 * time.Second)
	for {
		got := c.events()
		if got == want {
			return got
		}
		select {
		case <-changed:
		case <-patience:
			return c.events()
		}
	}
}

func TestOffer_StatusAt_expires_what_is_open_when_its_time_comes(t *testing.T) {
	for _, s := range issuance.Statuses() {
		open := s == issuance.StatusPending || s == issuance.StatusReady || s == issuance.StatusRetrieved || s == issuance.StatusRedeemed
		o := issuance.Offer{Status: s, ExpiresAt: start()}
		if got := o.StatusAt(start().Add(-time.Millisecond)); got != s {
			t.Errorf("%s is %s a moment before its time", s, got)
		}
		for _, after := range []time.Duration{0, time.Millisecond, 24 * time.Hour} {
			want := s
			if open {
				want = issuance.StatusExpired
			}
			if got := o.StatusAt(start().Add(after)); got != want {
				t.Errorf("%s is %s %s after its time, want %s", s, got, after, want)
			}
		}
		if s.Ended() == open {
			t.Errorf("%s ended: %v", s, s.Ended())
		}
	}
}

func TestService_lists_the_status_that_holds_now(t *testing.T) {
	d := newDesk(t)
	c := d.customer()
	d.clock.pass(offerTTL - time.Millisecond)
	for _, want := range []issuance.Status{issuance.StatusReady, issuance.StatusExpired} {
		list, err := d.ListOffers(t.Context(), issuance.Filter{Limit: 10})
		if err != nil || len(list) != 1 || list[0].Status != want || c.status() != want {
			t.Errorf("got %+v, %v, want %s", list, err, want)
		}
		open, err := d.ListOffers(t.Context(), issuance.Filter{Statuses: issuance.Sources(issuance.StatusExpired), At: d.clock.read(), Limit: 10})
		if err != nil || len(open) == 1 != (want == issuance.StatusReady) {
			t.Errorf("%d offers are open while the offer is %s, %v", len(open), want, err)
		}
		d.clock.pass(time.Millisecond)
	}
}

func TestService_redeeming_starts_the_time_for_collecting(t *testing.T) {
	c := newDesk(t).customer()
	c.clock.pass(offerTTL - time.Millisecond)
	c.run(c.redeemRight)
	c.clock.pass(tokenTTL - time.Millisecond)
	if got := c.status(); got != issuance.StatusRedeemed {
		t.Errorf("a moment before the token ends the offer is %s", got)
	}
	c.run(c.collect)
	c.clock.pass(time.Millisecond)
	wantKind(t, c.collect(), issuance.Denied)
}

func TestService_sweep_expires_more_than_one_step_takes(t *testing.T) {
	d := newDesk(t)
	var all []*customer
	for range 450 {
		got := d.create(request())
		all = append(all, &customer{desk: d, id: got.Offer.ID})
	}
	d.clock.pass(offerTTL)
	if err := d.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if got := c.told(); got != "OFFER_CREATED, EXPIRED" {
			t.Fatalf("after one sweep the back-end was told %q", got)
		}
	}
}

func TestSources_has_one_beginning_and_no_way_out_of_an_end(t *testing.T) {
	ends := []issuance.Status{issuance.StatusCancelled, issuance.StatusExpired, issuance.StatusFailed}
	for _, to := range issuance.Statuses() {
		from := issuance.Sources(to)
		if (to == issuance.StatusPending) != (len(from) == 0) {
			t.Errorf("%s comes from %v", to, from)
		}
		for _, end := range ends {
			for _, s := range from {
				if s == end {
					t.Errorf("%s leads out of %s", to, end)
				}
			}
		}
	}
	if got := issuance.Sources("no status"); got != nil {
		t.Errorf("a status nobody knows comes from %v", got)
	}
}

func TestEventKind_Callback_tells_four_statuses(t *testing.T) {
	for kind, want := range map[issuance.EventKind]issuance.CallbackStatus{
		issuance.OfferCreated: "OFFER_CREATED", issuance.CredentialIssued: "ISSUED",
		issuance.OfferCancelled: "FAILED", issuance.OfferFailed: "FAILED", issuance.OfferExpired: "EXPIRED",
		issuance.OfferRetrieved: "", issuance.CodeRevealed: "", issuance.CodeRejected: "", issuance.RequestRefused: "",
		issuance.OfferRedeemed: "", issuance.CredentialReissued: "", issuance.WalletConfirmed: "", issuance.WalletFailed: "",
		issuance.WalletDeleted: "", "no kind": "",
	} {
		if got := kind.Callback(); got != want {
			t.Errorf("%s tells %q, want %q", kind, got, want)
		}
	}
}

func TestWatch_wakes_who_looks_at_the_offer(t *testing.T) {
	w := &issuance.Watch{}
	one, endOne := w.Subscribe("a")
	two, endTwo := w.Subscribe("a")
	other, endOther := w.Subscribe("b")
	defer endOther()
	woken := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	w.Wake("a")
	w.Wake("a") // who is slow misses a hint and blocks nobody
	if !woken(one) || woken(one) || !woken(two) || woken(other) {
		t.Error("the hint did not reach those who look at the offer, once, and nobody else")
	}
	endTwo()
	w.WakeAll()
	if !woken(one) || woken(two) || !woken(other) {
		t.Error("a hint to everybody missed somebody, or reached who had left")
	}
	endOne()
	endOne() // ending twice is harmless
	w.Wake("a")
}
