package issuancetest

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

func endpoints(t *testing.T, s suite) {
	s.endpoint(t, "a", func(e *issuance.Endpoint) {
		e.Name, e.Types, e.Statuses = "A", []string{"T", "U"}, []issuance.CallbackStatus{issuance.CallbackIssued}
	})
	got, err := s.Endpoint(s.ctx, "a")
	if err != nil || got.Name != "A" || !slices.Equal(got.Types, []string{"T", "U"}) || got.Secret.Reveal() != "whsec_x" ||
		!slices.Equal(got.Statuses, []issuance.CallbackStatus{issuance.CallbackIssued}) || got.State != issuance.EndpointActive || !got.CreatedAt.Equal(start()) {
		t.Errorf("got %+v, %v", got, err)
	}
	wantKind(t, s.AddEndpoint(s.ctx, issuance.Endpoint{ID: "a", State: issuance.EndpointActive}, 10), issuance.Conflict)
	wantKind(t, s.AddEndpoint(s.ctx, issuance.Endpoint{ID: "b", State: issuance.EndpointActive}, 1), issuance.Conflict)
	name, until := "renamed", start().Add(time.Hour)
	got, err = s.ChangeEndpoint(s.ctx, issuance.EndpointChange{ID: "a", Name: &name, Rotate: &issuance.Rotation{Secret: secret.NewText("whsec_y"), OldUntil: until}})
	if err != nil || got.Name != name || got.Secret.Reveal() != "whsec_y" || got.OldSecret.Reveal() != "whsec_x" || !got.OldUntil.Equal(until) || got.URL != "https://a" {
		t.Errorf("after the change: %+v, %v", got, err)
	}
	if err := s.Forget(s.ctx, until); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Endpoint(s.ctx, "a"); err != nil || !got.OldSecret.IsZero() {
		t.Errorf("the old secret outlives its time: %v", err)
	}
	paused := issuance.EndpointPaused
	_, err = s.ChangeEndpoint(s.ctx, issuance.EndpointChange{ID: "a", State: &paused, From: []issuance.EndpointState{issuance.EndpointPaused}})
	wantKind(t, err, issuance.Conflict)
	if err := s.DeleteEndpoint(s.ctx, "a"); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.DeleteEndpoint(s.ctx, "a"), issuance.NotFound)
	_, err = s.Endpoint(s.ctx, "a")
	wantKind(t, err, issuance.NotFound)
	if list, err := s.ListEndpoints(s.ctx); err != nil || len(list) != 0 {
		t.Errorf("%d are left, %v", len(list), err)
	}
}

// webhooks gives what an endpoint is to be told of an offer, in order.
func (s suite) webhooks(t *testing.T, endpoint issuance.EndpointID, offer issuance.OfferID) []string {
	t.Helper()
	list, err := s.ListDeliveries(s.ctx, endpoint, issuance.DeliveryFilter{Offer: offer, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range slices.Backward(list) {
		out = append(out, d.WebhookID[len(offer):])
	}
	return out
}

func filtered(t *testing.T, s suite) {
	s.endpoint(t, "all")
	s.endpoint(t, "other", func(e *issuance.Endpoint) { e.Types = []string{"U"} })
	s.endpoint(t, "own", func(e *issuance.Endpoint) { e.Types = []string{"U", "T"} })
	s.endpoint(t, "ends", func(e *issuance.Endpoint) {
		e.Statuses = []issuance.CallbackStatus{issuance.CallbackIssued, issuance.CallbackFailed, issuance.CallbackExpired}
	})
	s.endpoint(t, "more", func(e *issuance.Endpoint) {
		e.Statuses = []issuance.CallbackStatus{issuance.CallbackRedeemed, issuance.CallbackRetrieved, issuance.CallbackCodeRejected}
	})
	s.endpoint(t, "paused", func(e *issuance.Endpoint) { e.State = issuance.EndpointPaused })
	d := s.add(t)
	if _, err := s.CountWrongCode(s.ctx, issuance.WrongCode{Offer: d.Offer.ID, At: start(), MaxAttempts: 5}); err != nil {
		t.Fatal(err)
	}
	s.Note(issuance.Look{Offer: d.Offer.ID, Kind: issuance.OfferRetrieved, At: start()})
	r := s.redeem(t, d.Offer.ID)
	if err := s.Settle(s.ctx, settlement(t, r)); err != nil {
		t.Fatal(err)
	}
	for endpoint, want := range map[issuance.EndpointID][]string{
		"all": {"_OFFER_CREATED", "_ISSUED"}, "other": nil, "own": {"_OFFER_CREATED", "_ISSUED"}, "ends": {"_ISSUED"},
		"more": {"_2_CODE_REJECTED", "_3_RETRIEVED", "_4_REDEEMED"}, "paused": {"_OFFER_CREATED", "_ISSUED"},
	} {
		if got := s.webhooks(t, endpoint, d.Offer.ID); !slices.Equal(got, want) {
			t.Errorf("%s gets %v, want %v", endpoint, got, want)
		}
	}
	if due, err := s.Due(s.ctx, start().Add(time.Hour)); err != nil || slices.Contains(due, "paused") || len(due) != 4 {
		t.Errorf("due are %v, %v", due, err)
	}
	if l, err := s.Lease(s.ctx, "paused", start().Add(time.Hour), time.Second, 10); err != nil || len(l) != 0 {
		t.Errorf("a paused endpoint gets %v, %v", l, err)
	}
	if list, err := s.Deliveries(s.ctx, d.Offer.ID); err != nil || !slices.ContainsFunc(list, func(d issuance.Delivery) bool { return d.Held && d.Endpoint == "paused" }) {
		t.Errorf("nothing is held, %v", err)
	}
}

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

// resumed holds the state of an endpoint: what waits goes at once, and what was known of the trouble counts no more.
func resumed(t *testing.T, s suite) {
	s.endpoint(t, "a")
	s.add(t)
	leased, err := s.Lease(s.ctx, "a", start(), time.Minute, 10)
	if err != nil || len(leased) != 1 {
		t.Fatalf("%d, %v", len(leased), err)
	}
	later := start().Add(time.Hour)
	if err := s.Finish(s.ctx, []issuance.Attempt{{Delivery: leased[0].Delivery.ID, Lease: leased[0].Lease, At: start(), State: issuance.DeliveryQueued, NextAt: later, Result: "HTTP 410"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Judge(s.ctx, issuance.Verdict{Endpoint: "a", Health: issuance.HealthStopped, At: start(), Result: "HTTP 410"}); err != nil {
		t.Fatal(err)
	}
	change := func(to issuance.EndpointState, from ...issuance.EndpointState) (issuance.Endpoint, error) {
		return s.ChangeEndpoint(s.ctx, issuance.EndpointChange{ID: "a", State: &to, From: from, At: start()})
	}
	_, err = change(issuance.EndpointPaused, issuance.EndpointActive)
	wantKind(t, err, issuance.Conflict)
	for range 2 { // the second time it is so already
		e, err := change(issuance.EndpointActive, issuance.EndpointPaused, issuance.EndpointDisabled)
		if err != nil || e.State != issuance.EndpointActive || e.LastResult != "" || e.Health() != issuance.Healthy {
			t.Errorf("resumed it is %+v, %v", e, err)
		}
	}
	if leased, err = s.Lease(s.ctx, "a", start(), time.Minute, 10); err != nil || len(leased) != 1 {
		t.Errorf("at once went %d, %v", len(leased), err)
	}
}

// settings guards what the settings say: of two processes that start with new settings one changes the endpoint.
func settings(t *testing.T, s suite) {
	old, now := issuance.Configured{URL: "https://a", SecretHash: "1"}, issuance.Configured{URL: "https://b", SecretHash: "2"}
	s.endpoint(t, "a", func(e *issuance.Endpoint) { e.Configured = old })
	change := func() (issuance.Endpoint, error) {
		return s.ChangeEndpoint(s.ctx, issuance.EndpointChange{
			ID: "a", URL: &now.URL, Settings: &issuance.SettingsChange{From: old, To: now},
			Rotate: &issuance.Rotation{Secret: secret.NewText("whsec_new"), OldUntil: start()},
		})
	}
	if e, err := change(); err != nil || e.Configured != now || e.URL != now.URL {
		t.Errorf("got %+v, %v", e, err)
	}
	e, err := change()
	wantKind(t, err, issuance.Conflict)
	if e.OldSecret.Reveal() != "whsec_x" {
		t.Errorf("the secret before is lost: %v", err)
	}
}

// feed gives the events of all offers as their kinds, from a position on.
func fed(t *testing.T, s suite) {
	one, two := s.add(t), s.add(t)
	s.redeem(t, one.Offer.ID)
	all, err := s.Feed(s.ctx, issuance.Feed{Limit: 10})
	if err != nil || len(all) != 3 || all[0].Offer != one.Offer.ID || all[2].Kind != issuance.OfferRedeemed {
		t.Fatalf("got %+v, %v", all, err)
	}
	s.redeem(t, two.Offer.ID)
	next, err := s.Feed(s.ctx, issuance.Feed{After: all[1].Position, Limit: 10})
	if err != nil || len(next) != 2 || next[0].Position != all[2].Position || next[1].Offer != two.Offer.ID {
		t.Errorf("got %+v, %v", next, err)
	}
	if some, err := s.Feed(s.ctx, issuance.Feed{CallbacksOnly: true, Types: []string{"T"}, Limit: 1}); err != nil || len(some) != 1 || some[0].Kind != issuance.OfferCreated {
		t.Errorf("got %+v, %v", some, err)
	}
	if none, err := s.Feed(s.ctx, issuance.Feed{Types: []string{"U"}, Limit: 10}); err != nil || len(none) != 0 {
		t.Errorf("got %+v, %v", none, err)
	}
}

// raceFeed reads while others write: nobody who goes by positions may miss an event, or see one offer's out of order.
func raceFeed(t *testing.T, s suite) {
	const writers, each = 8, 15
	var writing sync.WaitGroup
	for w := range writers {
		var drafts []issuance.Draft
		for range each {
			drafts = append(drafts, s.draft(t))
		}
		writing.Go(func() {
			for _, d := range drafts {
				if err := s.AddOffer(s.ctx, d); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				if _, err := s.EndOffer(s.ctx, issuance.End{Offer: d.Offer.ID, To: issuance.StatusCancelled, At: start(), Cause: strconv.Itoa(w)}); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		writing.Wait()
	}()
	seen, last, after := map[string]bool{}, map[issuance.OfferID]int{}, int64(0)
	for finished := false; ; {
		select {
		case <-done:
			finished = true
		default:
		}
		page, err := s.Feed(s.ctx, issuance.Feed{After: after, Limit: 7})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			key := fmt.Sprintf("%s %d", e.Offer, e.Sequence)
			if seen[key] || e.Sequence != last[e.Offer]+1 || e.Position <= after {
				t.Errorf("%s at %d came after sequence %d, position %d", key, e.Position, last[e.Offer], after)
			}
			seen[key], last[e.Offer], after = true, e.Sequence, e.Position
		}
		if finished && len(page) == 0 {
			break
		}
	}
	if want := writers * each * 2; len(seen) != want {
		t.Errorf("%d events were read, %d were written", len(seen), want)
	}
}

func listedOffers(t *testing.T, s suite) {
	var ids []issuance.OfferID
	for i := range 5 {
		d := s.add(t, func(d *issuance.Draft) {
			d.Offer.CreatedAt, d.Offer.Reference, d.Offer.Type = start().Add(time.Duration(i/2)*time.Second), "ref "+strconv.Itoa(i), []string{"T", "U"}[i%2]
		})
		ids = append(ids, d.Offer.ID)
	}
	if _, err := s.EndOffer(s.ctx, issuance.End{Offer: ids[0], To: issuance.StatusCancelled, At: start(), Cause: "c"}); err != nil {
		t.Fatal(err)
	}
	list := func(f issuance.Filter) []issuance.OfferID {
		t.Helper()
		f.At = start()
		if f.Limit == 0 {
			f.Limit = 10
		}
		page, err := s.ListOffers(s.ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		var out []issuance.OfferID
		for _, o := range page {
			out = append(out, o.ID)
		}
		return out
	}
	all := list(issuance.Filter{})
	var paged []issuance.OfferID
	for after := (issuance.Place{}); ; {
		page, err := s.ListOffers(s.ctx, issuance.Filter{After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, o := range page {
			paged, after = append(paged, o.ID), issuance.Place{CreatedAt: o.CreatedAt, ID: o.ID}
		}
	}
	if len(all) != 5 || !slices.Equal(all, paged) || all[0] != ids[4] {
		t.Errorf("all are %v, page by page %v", all, paged)
	}
	for name, row := range map[string]struct {
		filter issuance.Filter
		want   int
	}{
		"cancelled": {issuance.Filter{Statuses: []issuance.Status{issuance.StatusCancelled}}, 1},
		"ready":     {issuance.Filter{Statuses: []issuance.Status{issuance.StatusReady}}, 4},
		"both":      {issuance.Filter{Statuses: []issuance.Status{issuance.StatusReady, issuance.StatusCancelled}}, 5},
		"expired":   {issuance.Filter{Statuses: []issuance.Status{issuance.StatusExpired}}, 0},
		"a type":    {issuance.Filter{Types: []string{"U"}}, 2},
		"reference": {issuance.Filter{Reference: "ref 3"}, 1},
		"from":      {issuance.Filter{CreatedFrom: start().Add(time.Second)}, 3},
		"until":     {issuance.Filter{CreatedUntil: start()}, 2},
		"nobody":    {issuance.Filter{CreatedBy: "nobody"}, 0},
	} {
		if got := list(row.filter); len(got) != row.want {
			t.Errorf("%s: %d, want %d", name, len(got), row.want)
		}
	}
	late, err := s.ListOffers(s.ctx, issuance.Filter{Statuses: []issuance.Status{issuance.StatusExpired}, At: start().Add(time.Hour), Limit: 10})
	if err != nil || len(late) != 4 {
		t.Errorf("an hour later %d have expired, %v", len(late), err)
	}
}
