package manage_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// told is the answer of GET /events.
type told struct {
	Events []struct {
		Cursor       string `json:"cursor"`
		OfferID      string `json:"offer_id"`
		Sequence     int    `json:"sequence"`
		Kind         string `json:"kind"`
		At           string `json:"at"`
		Status       string `json:"status"`
		ErrorDetails string `json:"error_details"`
		EventID      string `json:"event_id"`
		WebhookID    string `json:"webhook_id"`
		Cause        string `json:"cause"`
	} `json:"events"`
	Next string `json:"next_after"`
}

// A back-end that remembers where it stopped reads everything once, in order, whatever happens meanwhile.
func TestListEvents_is_read_from_where_one_stopped(t *testing.T) {
	h := newHouse(t)
	last, after, seen := map[string]int{}, "", 0
	readOn := func(limit int) int {
		t.Helper()
		path := fmt.Sprintf("/events?limit=%d", limit)
		if after != "" {
			path += "&after=" + after
		}
		var got told
		h.read(t, path, &got)
		for _, e := range got.Events {
			if e.Sequence != last[e.OfferID]+1 {
				t.Errorf("event %d of %s came after %d", e.Sequence, e.OfferID, last[e.OfferID])
			}
			last[e.OfferID] = e.Sequence
		}
		if n := len(got.Events); n > 0 && got.Events[n-1].Cursor != got.Next {
			t.Errorf("next_after is %s, the last event's cursor %s", got.Next, got.Events[n-1].Cursor)
		}
		after, seen = got.Next, seen+len(got.Events)
		return len(got.Events)
	}
	if n := readOn(10); n != 0 || after == "" {
		t.Fatalf("%d events, next %q", n, after)
	}
	for range 8 {
		made, _ := h.create(t, post(goodBody))
		readOn(1)
		h.want(t, cancel(made.OfferID), http.StatusOK, nil)
	}
	for n := readOn(3); n > 0; n = readOn(3) {
		t.Logf("%d more", n)
	}
	if seen != 16 || len(last) != 8 {
		t.Errorf("%d events of %d offers", seen, len(last))
	}
	stopped := after
	if readOn(10); after != stopped {
		t.Errorf("nothing new, and yet next_after moved from %s to %s", stopped, after)
	}
}

func TestListEvents_tells_what_callbacks_tell(t *testing.T) {
	h := newHouse(t)
	made, _ := h.create(t, post(goodBody))
	h.passed.Add(int64(time.Minute))
	h.redeem(t, made.OfferID)
	ended, _ := h.create(t, post(goodBody))
	h.want(t, cancel(ended.OfferID), http.StatusOK, nil)
	for query, want := range map[string]string{
		"?limit=200": "[1 offer.created OFFER_CREATED  2026-11-23T12:00:00Z 2 offer.redeemed REDEEMED  2026-11-23T12:01:00Z " +
			"1 offer.created OFFER_CREATED  2026-11-23T12:01:00Z 2 offer.cancelled FAILED cancelled by management API 2026-11-23T12:01:00Z]",
		"?callbacks_only=true": "[1 offer.created OFFER_CREATED  2026-11-23T12:00:00Z 2 offer.redeemed REDEEMED  2026-11-23T12:01:00Z " +
			"1 offer.created OFFER_CREATED  2026-11-23T12:01:00Z 2 offer.cancelled FAILED cancelled by management API 2026-11-23T12:01:00Z]",
	} {
		var got told
		h.read(t, "/events"+query, &got)
		var lines []string
		for _, e := range got.Events {
			lines = append(lines, fmt.Sprintf("%d %s %s %s %s", e.Sequence, e.Kind, e.Status, e.ErrorDetails, e.At))
		}
		if fmt.Sprint(lines) != want {
			t.Errorf("%s: got %v, want %s", query, lines, want)
		}
	}
	refuseList(t, h, "/events", "after", map[string]string{
		"neither yes nor no": "callbacks_only=1", "empty": "callbacks_only=",
	})
}

// What a back-end reads is what its endpoint is told, to the ids: also what it asked for beside the four, and what is about no offer.
func TestListEvents_has_the_ids_of_callbacks(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	h.subscribe(t, b.url, `,"statuses":["OFFER_CREATED","FAILED","REDEEMED","CERTIFICATE_EXPIRING"]`)
	made, _ := h.create(t, post(goodBody))
	h.redeem(t, made.OfferID)
	ended, _ := h.create(t, post(goodBody))
	h.want(t, cancel(ended.OfferID), http.StatusOK, nil)
	if err := h.store.RecordCertificate(t.Context(), "certificate_x", "it ends", h.now()); err != nil {
		t.Fatal(err)
	}
	var got told
	h.read(t, "/events?callbacks_only=true", &got)
	const events = 5
	arrived := map[string]string{}
	for _, a := range b.await(t, events) {
		arrived[a.header.Get("Webhook-Id")] = a.body
	}
	for _, e := range got.Events {
		var body struct{ EventID, Status, OfferID, ErrorDetails string }
		if err := json.Unmarshal([]byte(arrived[e.WebhookID]), &body); err != nil || body.EventID != e.EventID || body.Status != e.Status || body.OfferID != e.OfferID ||
			body.ErrorDetails != e.ErrorDetails {
			t.Errorf("the record has %+v, the endpoint was told %q", e, arrived[e.WebhookID])
		}
	}
	if len(got.Events) != events {
		t.Errorf("%d events", len(got.Events))
	}
}
