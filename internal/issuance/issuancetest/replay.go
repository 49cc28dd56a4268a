package issuancetest

import (
	"slices"
	"testing"
	"time"

	"counterfoil/internal/issuance"
)

// deliverAll lets every due delivery of an endpoint end in a state.
func (s suite) deliverAll(t *testing.T, id issuance.EndpointID, at time.Time, state issuance.DeliveryState) {
	t.Helper()
	for {
		leased, err := s.Lease(s.ctx, id, at, time.Minute, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(leased) == 0 {
			return
		}
		var ended []issuance.Attempt
		for _, l := range leased {
			ended = append(ended, issuance.Attempt{Delivery: l.Delivery.ID, Lease: l.Lease, At: at, Took: time.Second, State: state, NextAt: at, Result: "HTTP 500", HTTPStatus: 500, Response: []byte("why")})
		}
		if err := s.Finish(s.ctx, ended); err != nil {
			t.Fatal(err)
		}
	}
}

func replayed(t *testing.T, s suite) {
	early := s.add(t) // before the endpoint is there
	s.endpoint(t, "a")
	d := s.add(t)
	now := start().Add(time.Minute)
	s.deliverAll(t, "a", now, issuance.DeliveryExhausted)
	list, err := s.ListDeliveries(s.ctx, "a", issuance.DeliveryFilter{
		States: []issuance.DeliveryState{issuance.DeliveryExhausted}, Statuses: []issuance.CallbackStatus{issuance.CallbackCreated}, Limit: 10,
	})
	if err != nil || len(list) != 1 || list[0].Offer != d.Offer.ID {
		t.Fatalf("got %+v, %v", list, err)
	}
	id := list[0].ID
	got, attempts, err := s.Delivery(s.ctx, id)
	if err != nil || len(attempts) != 1 || attempts[0].HTTPStatus != 500 || string(attempts[0].Response) != "why" || attempts[0].Took != time.Second || got.Attempts != 1 {
		t.Errorf("got %+v %+v, %v", got, attempts, err)
	}
	if err := s.ReplayDelivery(s.ctx, id, now); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Lease(s.ctx, "a", now, time.Minute, 10); err != nil || len(l) != 1 || l[0].Delivery.Attempts != 1 {
		t.Errorf("replayed came %+v, %v", l, err)
	}
	wantKind(t, s.ReplayDelivery(s.ctx, id, now), issuance.Conflict) // it is out
	wantKind(t, s.ReplayDelivery(s.ctx, 999_999, now), issuance.NotFound)
	later := now.Add(time.Hour)
	s.deliverAll(t, "a", later, issuance.DeliveryExhausted)
	for _, row := range []struct {
		replay issuance.Replay
		want   int
	}{
		{issuance.Replay{FailedOnly: true}, 1},
		{issuance.Replay{From: later}, 0},
		{issuance.Replay{}, 2}, // and what happened before the endpoint was there
		{issuance.Replay{FailedOnly: true}, 0},
	} {
		row.replay.Endpoint, row.replay.At = "a", later
		if n, err := s.Replay(s.ctx, row.replay); err != nil || n != row.want {
			t.Errorf("%+v: %d, want %d, %v", row.replay, n, row.want, err)
		}
		s.deliverAll(t, "a", later, issuance.DeliveryDelivered)
	}
	if got := s.webhooks(t, "a", early.Offer.ID); !slices.Equal(got, []string{"_OFFER_CREATED"}) {
		t.Errorf("of the earlier offer it got %v", got)
	}
	ping, err := s.AddPing(s.ctx, "a", "ping_1", later, later.Add(time.Minute))
	if err != nil || ping.Delivery.Status != issuance.CallbackPing || ping.Endpoint.URL != "https://a" {
		t.Errorf("got %+v, %v", ping, err)
	}
	second, err := s.AddPing(s.ctx, "a", "ping_2", later, later.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	ended := issuance.Attempt{Delivery: second.Delivery.ID, Lease: second.Lease, At: later, State: issuance.DeliveryDelivered, NextAt: later, Result: "HTTP 204"}
	if err := s.Finish(s.ctx, []issuance.Attempt{ended}); err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.Delivery(s.ctx, second.Delivery.ID); err != nil || got.State != issuance.DeliveryDelivered || got.LastResult != "HTTP 204" {
		t.Errorf("a delivery that is about no offer ended as %+v, %v", got, err)
	}
	if err := s.DeleteEndpoint(s.ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.Delivery(s.ctx, ping.Delivery.ID); err != nil || got.State != issuance.DeliveryCancelled {
		t.Errorf("what waited when its endpoint was deleted is %s, %v", got.State, err)
	}
}

// missed asks for events of before the endpoint was there: they come in the order in which they happened, also before what was queued
// earlier, with the ids that they would have had.
func missed(t *testing.T, s suite) {
	d := s.add(t)
	if _, err := s.CountWrongCode(s.ctx, issuance.WrongCode{Offer: d.Offer.ID, At: start(), MaxAttempts: 5}); err != nil {
		t.Fatal(err)
	}
	const ends = "certificate_sd-jwt-vc_1_30"
	if err := s.RecordCertificate(s.ctx, ends, "it ends", start()); err != nil {
		t.Fatal(err)
	}
	s.endpoint(t, "late", func(e *issuance.Endpoint) { e.Statuses, e.Types = issuance.CallbackStatuses(), []string{"T"} })
	s.endpoint(t, "other", func(e *issuance.Endpoint) { e.Statuses, e.Types = issuance.CallbackStatuses(), []string{"U"} })
	now := start().Add(time.Minute)
	if _, err := s.EndOffer(s.ctx, issuance.End{Offer: d.Offer.ID, To: issuance.StatusCancelled, At: start(), Cause: "why"}); err != nil {
		t.Fatal(err)
	}
	for endpoint, want := range map[issuance.EndpointID]int{"late": 3, "other": 1} {
		if n, err := s.Replay(s.ctx, issuance.Replay{Endpoint: endpoint, From: start(), At: now}); err != nil || n != want {
			t.Errorf("%s: %d were missed, want %d, %v", endpoint, n, want, err)
		}
	}
	var got []string
	for {
		leased, err := s.Lease(s.ctx, "late", now, time.Minute, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(leased) == 0 {
			break
		}
		var ended []issuance.Attempt
		for _, l := range leased {
			got = append(got, l.Delivery.EventID+" "+l.Delivery.WebhookID+" "+l.Delivery.ErrorDetails)
			ended = append(ended, issuance.Attempt{Delivery: l.Delivery.ID, Lease: l.Lease, At: now, State: issuance.DeliveryDelivered, NextAt: now})
		}
		if err := s.Finish(s.ctx, ended); err != nil {
			t.Fatal(err)
		}
	}
	events, err := s.Feed(s.ctx, issuance.Feed{CallbacksOnly: true, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, e := range events {
		want = append(want, e.EventID()+" "+e.WebhookID()+" "+e.ErrorDetails())
	}
	id := string(d.Offer.ID)
	if !slices.Contains(want, ends+" "+ends+"_CERTIFICATE_EXPIRING it ends") || !slices.Contains(want, id+"_2 "+id+"_2_CODE_REJECTED wrong transaction code, 4 more tries") || len(want) != 4 {
		t.Errorf("the record has %q", want)
	}
	own := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(one string) bool { return one[:len(id)] != id })
	}
	if !slices.Equal(own(got), own(want)) || len(got) != len(want) {
		t.Errorf("it was told %q, the record has %q", got, want)
	}
	if err := s.RecordCertificate(s.ctx, ends, "it ends", now); err != nil {
		t.Fatal(err)
	}
	if due, err := s.Due(s.ctx, now); err != nil || slices.Contains(due, "late") {
		t.Errorf("the same certificate again makes %v due, %v", due, err)
	}
	if none, err := s.Feed(s.ctx, issuance.Feed{Types: []string{"U"}, Limit: 10}); err != nil || len(none) != 0 {
		t.Errorf("who reads one type gets %+v, %v", none, err)
	}
}

// oneOut queues an earlier event while a later one of the same offer is out: they are never out together.
func oneOut(t *testing.T, s suite) {
	d := s.add(t)
	s.endpoint(t, "a")
	if _, err := s.EndOffer(s.ctx, issuance.End{Offer: d.Offer.ID, To: issuance.StatusCancelled, At: start(), Cause: "c"}); err != nil {
		t.Fatal(err)
	}
	lease := func(at time.Time) []issuance.Leased {
		t.Helper()
		leased, err := s.Lease(s.ctx, "a", at, time.Minute, 10)
		if err != nil {
			t.Fatal(err)
		}
		return leased
	}
	if out := lease(start()); len(out) != 1 || out[0].Delivery.Status != issuance.CallbackFailed {
		t.Fatalf("out are %+v", out)
	}
	if n, err := s.Replay(s.ctx, issuance.Replay{Endpoint: "a", From: start(), At: start()}); err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	if out := lease(start()); len(out) != 0 {
		t.Errorf("beside it went %+v", out)
	}
	if out := lease(start().Add(time.Minute)); len(out) != 1 || out[0].Delivery.Status != issuance.CallbackCreated {
		t.Errorf("after its lease went %+v", out)
	}
}
