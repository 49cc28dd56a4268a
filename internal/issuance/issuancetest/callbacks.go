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

// revived deletes the endpoint of the settings: it stays deleted until they say something else.
func revived(t *testing.T, s suite) {
	old := issuance.Configured{URL: "https://a", SecretHash: "1"}
	add := func(c issuance.Configured) error {
		e := anEndpoint("a")
		e.Configured, e.URL = c, "https://again"
		return s.AddEndpoint(s.ctx, e, 1)
	}
	s.endpoint(t, "a", func(e *issuance.Endpoint) { e.Configured = old })
	wantKind(t, add(issuance.Configured{URL: "https://b", SecretHash: "1"}), issuance.Conflict) // it is there
	if err := s.DeleteEndpoint(s.ctx, "a"); err != nil {
		t.Fatal(err)
	}
	wantKind(t, add(old), issuance.Conflict)
	wantKind(t, add(issuance.Configured{}), issuance.Conflict)
	if err := add(issuance.Configured{URL: "https://b", SecretHash: "1"}); err != nil {
		t.Fatal(err)
	}
	if e, err := s.Endpoint(s.ctx, "a"); err != nil || e.URL != "https://again" || e.State != issuance.EndpointActive {
		t.Errorf("got %+v, %v", e, err)
	}
}

// narrowed changes what an endpoint asks for: what waits and is asked for no more is not sent, now or when a range is sent again.
func narrowed(t *testing.T, s suite) {
	s.endpoint(t, "a")
	d := s.add(t)
	s.add(t, func(d *issuance.Draft) { d.Offer.Type = "U" })
	types := []string{"T"}
	if _, err := s.ChangeEndpoint(s.ctx, issuance.EndpointChange{ID: "a", Types: &types}); err != nil {
		t.Fatal(err)
	}
	if out, err := s.Lease(s.ctx, "a", start(), time.Minute, 10); err != nil || len(out) != 1 || out[0].Delivery.Offer != d.Offer.ID {
		t.Errorf("sent are %+v, %v", out, err)
	}
	statuses := []issuance.CallbackStatus{issuance.CallbackIssued}
	if _, err := s.ChangeEndpoint(s.ctx, issuance.EndpointChange{ID: "a", Statuses: &statuses}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Replay(s.ctx, issuance.Replay{Endpoint: "a", From: start(), At: start()}); err != nil || n != 0 {
		t.Errorf("%d are sent again, %v", n, err)
	}
	own, err := s.ListDeliveries(s.ctx, "a", issuance.DeliveryFilter{Types: []string{"U"}, Limit: 10})
	if err != nil || len(own) != 1 || own[0].State != issuance.DeliveryCancelled {
		t.Errorf("of one type are %+v, %v", own, err)
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
