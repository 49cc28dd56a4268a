package callback_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// CB-084: nobody may hear that an offer failed before they heard that there is one.
func TestDeliverer_keeps_the_order_of_an_offer(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		r.do(status(http.StatusInternalServerError))
		o.start(t)
		id, other := o.offer(t), o.offer(t)
		o.cancel(t, id)
		o.issue(t, other)
		created, failed, issued := string(id)+"_OFFER_CREATED", string(id)+"_FAILED", string(other)+"_ISSUED"
		for range 4 { // 0, 5 and 30 s, 2 m
			settle()
			o.later(3 * time.Minute)
		}
		if got := r.ids(); slices.Contains(got, failed) || slices.Contains(got, issued) || len(got) < 6 {
			t.Fatalf("while the first was refused came %v", got)
		}
		r.do(nil)
		o.later(24 * time.Hour)
		got := r.ids()
		if got[len(got)-1] == created || !inOrder(got, created, failed) || !inOrder(got, string(other)+"_OFFER_CREATED", issued) {
			t.Errorf("came %v", got)
		}
	})
}

// inOrder tells whether b came, and never before the last a.
func inOrder(ids []string, a, b string) bool {
	first := slices.Index(ids, b)
	return first > 0 && !slices.Contains(ids[first:], a)
}

// schedule is what design §8.3 promises: when the next attempt comes after each that failed.
func schedule() []time.Duration {
	return []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
		8 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour,
	}
}

// CB-083, CB-088: each attempt comes when it should, is the same event again with a new timestamp, and after the last nothing comes
// until somebody asks for it; what was behind it goes on.
func TestDeliverer_tries_again_as_promised(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		r.do(status(http.StatusServiceUnavailable))
		o.start(t)
		id := o.offer(t)
		settle()
		for i, want := range schedule() {
			d := o.deliveries(t, id, "bank")[0]
			if d.State != issuance.DeliveryQueued || d.Attempts != i+1 || d.LastResult != "HTTP 503" || len(r.got()) != i+1 {
				t.Fatalf("after attempt %d: %+v, %d calls", i+1, d, len(r.got()))
			}
			wait := d.NextAt.Sub(d.LastAt)
			if low, high := want*8/10, want*12/10; wait < low || wait > high {
				t.Errorf("attempt %d comes after %v, want %v to %v", i+2, wait, low, high)
			}
			o.later(d.NextAt.Sub(o.now()) - 2*time.Second)
			if len(r.got()) != i+1 {
				t.Fatalf("attempt %d came before its time", i+2)
			}
			o.later(time.Second)
		}
		d := o.deliveries(t, id, "bank")[0]
		if d.State != issuance.DeliveryExhausted || d.Attempts != 13 {
			t.Errorf("after the last: %+v", d)
		}
		o.later(30 * 24 * time.Hour)
		calls := r.got()
		if len(calls) != 13 {
			t.Fatalf("%d attempts", len(calls))
		}
		for _, c := range calls[1:] {
			if c.body != calls[0].body || c.id() != calls[0].id() || c.header.Get("Webhook-Timestamp") == calls[0].header.Get("Webhook-Timestamp") {
				t.Errorf("came %s %v after %s %v", c.body, c.header, calls[0].body, calls[0].header)
			}
		}
		r.do(nil)
		if err := o.service.Sweep(t.Context()); err != nil { // long expired by now
			t.Fatal(err)
		}
		settle()
		if got := r.ids(); got[len(got)-1] != string(id)+"_EXPIRED" {
			t.Errorf("behind the exhausted came %v", got)
		}
	})
}

// CB-050, CB-052, CB-055: a receiver may ask for more time than the schedule gives, up to a day, and never for less.
func TestDeliverer_honours_Retry_After(t *testing.T) {
	const low, high = 4 * time.Second, 6 * time.Second // the first step of the schedule with its jitter
	day := 24 * time.Hour
	cases := map[string]struct {
		value     string
		low, high time.Duration
	}{
		"two minutes":             {"120", 2 * time.Minute, 2 * time.Minute},
		"longer than a day":       {"1000000000", day, day},
		"longer than an integer":  {"99999999999999999999", low, high},
		"less than the schedule":  {"1", low, high},
		"no time":                 {"0", low, high},
		"time gone by":            {"-120", low, high},
		"a fraction":              {"120.5", low, high},
		"words":                   {"soon", low, high},
		"nothing":                 {"", low, high},
		"a date":                  {"Sat, 01 Jan 2000 00:10:00 GMT", 9 * time.Minute, 10 * time.Minute},
		"a date in the past":      {"Fri, 31 Dec 1999 23:00:00 GMT", low, high},
		"a date in ten years":     {"Fri, 01 Jan 2010 00:00:00 GMT", day, day},
		"a date that is none":     {"Sat, 32 Jan 2000 00:10:00 GMT", low, high},
		"two minutes with spaces": {" 120 ", 2 * time.Minute, 2 * time.Minute},
	}
	for _, code := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		inTime(t, func(t *testing.T, o *office) {
			names := map[issuance.OfferID]string{}
			for name := range cases {
				names[o.offerTo(t, "bank")] = name
			}
			o.receive(t, "bank").do(func(_ int, w http.ResponseWriter, r *http.Request) {
				id, _, _ := strings.Cut(r.Header.Get("Webhook-Id"), "_OFFER_CREATED")
				w.Header().Set("Retry-After", cases[names[issuance.OfferID(id)]].value)
				w.WriteHeader(code)
			})
			o.start(t)
			settle()
			for id, name := range names {
				d, c := o.deliveries(t, id, "bank")[0], cases[name]
				if wait := d.NextAt.Sub(d.LastAt); d.Attempts != 1 || wait < c.low || wait > c.high {
					t.Errorf("%d, %s: comes again after %v, want %v to %v", code, name, wait, c.low, c.high)
				}
			}
		})
	}
}

// CB-059: who hangs is given up after 15 s and holds up neither another offer nor another endpoint.
func TestDeliverer_a_receiver_that_hangs_holds_up_nobody(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		slow, well := o.receive(t, "slow"), o.receive(t, "well")
		o.start(t)
		stuck := o.offer(t)
		// Only the first is never answered: the endpoint has the rest of its share for the others.
		slow.do(func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				hang(n, w, r)
			}
		})
		settle()
		for range 20 {
			o.offer(t)
		}
		settle()
		if n := len(well.got()); n != 21 {
			t.Errorf("the other endpoint got %d of 21 calls", n)
		}
		if n := len(slow.got()); n != 21 {
			t.Errorf("the other offers brought %d of 21 calls", n)
		}
		if d := o.deliveries(t, stuck, "slow")[0]; attempted(d) {
			t.Errorf("it does not hang: %+v", d)
		}
		<-time.After(15 * time.Second)
		synctest.Wait()
		if d := o.deliveries(t, stuck, "slow")[0]; d.LastResult != "no answer in time" || d.State != issuance.DeliveryQueued {
			t.Errorf("after 15 s: %+v", d)
		}
	})
}

// CB-086, R-13: many endpoints that hang at once must not take the workers of one that does not.
func TestDeliverer_many_endpoints_that_hang_hold_up_nobody(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		for i := range 8 {
			o.receive(t, fmt.Sprintf("slow%d", i)).do(hang)
		}
		o.start(t)
		for range 20 { // more than an endpoint's share
			o.offer(t)
		}
		settle()
		well := o.receive(t, "well")
		begin := time.Now()
		o.offer(t)
		settle()
		calls := well.got()
		if len(calls) != 1 || calls[0].at.Sub(begin) > time.Second {
			t.Errorf("the endpoint that is well got %d calls: %v", len(calls), calls)
		}
	})
}

// CB-049: 410 ends calls to that endpoint, and to no other; switched on again, what was left goes in order.
func TestDeliverer_410_switches_an_endpoint_off(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		gone, well := o.receive(t, "gone"), o.receive(t, "well")
		gone.do(status(http.StatusGone))
		o.start(t)
		id := o.offer(t)
		o.cancel(t, id)
		settle()
		meanwhile := o.offer(t)
		settle()
		o.later(80 * time.Hour)
		if len(gone.got()) != 1 || len(well.got()) != 3 {
			t.Errorf("the endpoint that is gone got %d calls, the other %v", len(gone.got()), well.ids())
		}
		if d := o.deliveries(t, id, "gone")[0]; d.LastResult != "HTTP 410, endpoint switched off" {
			t.Errorf("got %+v", d)
		}
		gone.do(nil) // CB-105
		o.endpoint(t, "gone", "http://gone/callbacks")
		settle()
		got := gone.ids()
		own := slices.DeleteFunc(slices.Clone(got), func(webhook string) bool { return !strings.HasPrefix(webhook, string(id)) })
		want := []string{string(id) + "_OFFER_CREATED", string(id) + "_OFFER_CREATED", string(id) + "_FAILED"}
		if !slices.Equal(own, want) || !slices.Contains(got, string(meanwhile)+"_OFFER_CREATED") {
			t.Errorf("switched on again it got %v, want %v and what happened meanwhile", got, want)
		}
	})
}

// An endpoint that somebody resumed is judged anew: when nothing gets through, the record says so again.
func TestDeliverer_judges_a_resumed_endpoint_anew(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		o.start(t)
		outage(t, o, r, 2)
		failing := func() bool {
			t.Helper()
			e, err := o.store.Endpoint(t.Context(), "bank")
			if err != nil {
				t.Fatal(err)
			}
			return !e.FailingSince.IsZero()
		}
		change := func(to issuance.EndpointState) {
			t.Helper()
			from := []issuance.EndpointState{issuance.EndpointActive, issuance.EndpointPaused}
			if _, err := o.store.ChangeEndpoint(t.Context(), issuance.EndpointChange{ID: "bank", State: &to, From: from, At: o.now()}); err != nil {
				t.Fatal(err)
			}
		}
		if !failing() {
			t.Fatal("an hour of refusals is not told")
		}
		change(issuance.EndpointPaused)
		change(issuance.EndpointActive)
		if failing() {
			t.Error("what was known before it was resumed is still told")
		}
		for range 5 {
			o.later(10 * time.Minute)
		}
		if !failing() {
			t.Error("nothing gets through, and nobody is told")
		}
	})
}

// outage makes offers while the receiver is down for an hour.
func outage(t *testing.T, o *office, r *receiver, offers int) []issuance.OfferID {
	t.Helper()
	r.do(status(http.StatusBadGateway))
	var ids []issuance.OfferID
	for range offers {
		id := o.offer(t)
		o.cancel(t, id)
		ids = append(ids, id)
	}
	for range 8 {
		o.later(9 * time.Minute)
	}
	return ids
}

// drained sees that both callbacks of every offer came, in order, after the first n calls.
func drained(t *testing.T, r *receiver, ids []issuance.OfferID, n int) {
	t.Helper()
	came := r.ids()[n:]
	for _, id := range ids {
		if !inOrder(append([]string{""}, came...), string(id)+"_OFFER_CREATED", string(id)+"_FAILED") {
			t.Fatalf("of %s came %v", id, slices.DeleteFunc(slices.Clone(came), func(s string) bool { return !strings.HasPrefix(s, string(id)) }))
		}
	}
}

// CB-087, R-12: the first success after an outage brings the whole backlog, though its next attempts were an hour away.
func TestDeliverer_drains_the_backlog_when_an_endpoint_is_back(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		o.start(t)
		ids := outage(t, o, r, 50)
		n := len(r.got())
		r.do(nil)
		o.offer(t) // what tells that it is back
		for range 5 {
			settle()
		}
		drained(t, r, ids, n)
	})
}

// A process that was started during the outage, or another one on the same database, has not seen the failures.
func TestDeliverer_drains_the_backlog_of_an_outage_it_did_not_see(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		stop := o.start(t)
		ids := outage(t, o, r, 20)
		stop()
		n := len(r.got())
		r.do(nil)
		o.start(t)
		o.offer(t)
		for range 3 {
			settle()
		}
		drained(t, r, ids, n)
	})
}

// What was out while the endpoint came back, and failed, is part of the backlog too.
func TestDeliverer_does_not_forget_what_was_out_when_an_endpoint_came_back(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		o.start(t)
		id := outage(t, o, r, 1)[0]
		r.do(hang)
		o.later(3 * time.Hour) // its next attempt is out, and hangs
		n := len(r.got())
		r.do(nil)
		o.offer(t)
		settle() // the endpoint is back
		for range 30 {
			settle()
		}
		drained(t, r, []issuance.OfferID{id}, n)
	})
}

// One event that a receiver cannot digest, among many that it can, is no outage: its attempts must last as long as promised, and
// the time the receiver asked for must be kept.
func TestDeliverer_does_not_hurry_an_event_that_is_refused_among_others(t *testing.T) {
	for name, after := range map[string]string{"as the schedule says": "", "as the receiver asked": "3600"} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, o *office) {
				r := o.receive(t, "bank")
				o.start(t)
				o.offer(t)
				settle()
				bad := map[issuance.OfferID]bool{}
				for range 3 {
					bad[o.offerRefused(t, r, after)] = true
				}
				settle()
				for range 20 {
					o.offer(t)
					settle()
				}
				allowed := 3 // in 25 s: at once, after 5 s, and a little slack for the one that a success may bring
				if after != "" {
					allowed = 1
				}
				for id := range bad {
					if n := o.deliveries(t, id, "bank")[0].Attempts; n > allowed {
						t.Errorf("%d attempts within half a minute", n)
					}
				}
			})
		})
	}
}

// offerRefused makes an offer of which the receiver will refuse every callback.
func (o *office) offerRefused(t *testing.T, r *receiver, after string) issuance.OfferID {
	t.Helper()
	id := o.offer(t)
	before := r.answer
	r.do(func(n int, w http.ResponseWriter, req *http.Request) {
		switch {
		case strings.HasPrefix(req.Header.Get("Webhook-Id"), string(id)):
			w.Header().Set("Retry-After", after)
			w.WriteHeader(http.StatusInternalServerError)
		case before != nil:
			before(n, w, req)
		}
	})
	return id
}

// CB-093, R-16: two processes on one database send nothing twice.
func TestDeliverer_two_of_them_send_each_event_once(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		r.do(func(_ int, _ http.ResponseWriter, _ *http.Request) { <-time.After(100 * time.Millisecond) })
		o.start(t)
		o.start(t)
		var want []string
		for range 50 {
			id := o.offer(t)
			o.cancel(t, id)
			want = append(want, string(id)+"_FAILED", string(id)+"_OFFER_CREATED")
		}
		for range 5 {
			settle()
		}
		got := r.ids()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%d calls, want %d", len(got), len(want))
		}
	})
}

// CB-091, CB-092, CB-094: what a process had taken when it died is sent by another once its lease is over, under the same id, and
// nothing behind it goes first.
func TestDeliverer_takes_over_from_one_that_died(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		id := o.offer(t)
		o.cancel(t, id)
		dead, err := o.store.Lease(t.Context(), "bank", o.now(), 30*time.Second, 16)
		if err != nil || len(dead) != 1 {
			t.Fatalf("leased %v, %v", dead, err)
		}
		o.start(t)
		settle()
		if len(r.got()) != 0 {
			t.Fatalf("what another holds was sent: %v", r.ids())
		}
		<-time.After(31 * time.Second)
		synctest.Wait()
		if got := r.ids(); !slices.Equal(got, []string{string(id) + "_OFFER_CREATED", string(id) + "_FAILED"}) {
			t.Errorf("came %v", got)
		}
		// The one that was thought dead comes back late: its word changes nothing.
		late := issuance.Attempt{Delivery: dead[0].Delivery.ID, Lease: dead[0].Lease, At: o.now(), State: issuance.DeliveryQueued, NextAt: o.now()}
		if err := o.store.Finish(t.Context(), []issuance.Attempt{late}); err != nil {
			t.Fatal(err)
		}
		settle()
		if n := len(r.got()); n != 2 {
			t.Errorf("%d calls after a late word", n)
		}
	})
}

// CB-119: told to stop, it lets what is out come to its end and writes it down.
func TestDeliverer_stops_when_what_is_out_is_done(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		r.do(func(_ int, _ http.ResponseWriter, _ *http.Request) { <-time.After(2 * time.Second) })
		stop := o.start(t)
		id := o.offer(t)
		o.cancel(t, id)
		settle()
		stop()
		got := o.deliveries(t, id, "bank")
		if got[0].State != issuance.DeliveryDelivered || got[1].State != issuance.DeliveryQueued || got[1].Attempts != 0 || len(r.got()) != 1 {
			t.Errorf("after stopping: %+v", got)
		}
	})
}

// A receiver that hangs keeps nobody from stopping: what was out is tried again by whoever runs next, and the attempt does not count.
func TestDeliverer_stops_beside_a_receiver_that_hangs(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		r.do(hang)
		stop := o.start(t)
		id := o.offer(t)
		settle()
		began := time.Now()
		stop()
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("stopping took %s", took)
		}
		if d := o.deliveries(t, id, "bank")[0]; d.State != issuance.DeliveryQueued || d.Attempts != 0 || d.LastResult != "" {
			t.Errorf("got %+v", d)
		}
		r.do(nil)
		o.start(t)
		settle()
		if n := len(r.got()); n != 2 {
			t.Errorf("%d calls after starting again", n)
		}
	})
}

// An endpoint whose secret is none holds up nobody, and its events wait: what is not signed must not be sent.
func TestDeliverer_without_a_good_secret_sends_nothing(t *testing.T) {
	for _, text := range []string{"", "whsec_not base64"} {
		inTime(t, func(t *testing.T, o *office) {
			r, well := o.receive(t, "bank"), o.receive(t, "well")
			o.put(t, issuance.Endpoint{ID: "bank", URL: "http://bank/", Secret: secret.NewText(text)})
			o.start(t)
			id := o.offer(t)
			settle()
			if d := o.deliveries(t, id, "bank")[0]; d.State != issuance.DeliveryQueued || d.LastResult != "cannot be sent" || len(r.got()) != 0 {
				t.Errorf("%q: got %+v, %d calls", text, d, len(r.got()))
			}
			if len(well.got()) != 1 {
				t.Errorf("the other endpoint got %d calls", len(well.got()))
			}
		})
	}
}
