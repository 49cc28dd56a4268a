package manage_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// refuseList holds what every list refuses, and what one refuses beside.
func refuseList(t *testing.T, h *house, path, cursor string, unfit map[string]string) {
	t.Helper()
	const bad, status, code = http.StatusBadRequest, http.StatusUnprocessableEntity, "validation_failed"
	rows := []refusal{
		{"OF-124 limit 100000", get(path + "?limit=100000"), status, code, []string{"/limit validation_failed"}},
		{"limit 0", get(path + "?limit=0"), status, code, []string{"/limit validation_failed"}},
		{"limit -1", get(path + "?limit=-1"), status, code, []string{"/limit validation_failed"}},
		{"limit without a value", get(path + "?limit="), status, code, []string{"/limit validation_failed"}},
		{"OF-127 sort", get(path + "?sort=claims"), bad, "unknown_parameter", nil},
		{"a parameter twice", get(path + "?limit=1&limit=1"), bad, "unknown_parameter", nil},
		{"OF-005 a key", get(path + "?api_key=Canary"), bad, "credentials_in_url", nil},
	}
	for name, text := range map[string]string{
		"nothing": "", "words": "newest", "7 bytes": "AAAAAAAAAA", "padding": "AAAAAAAAAAA%3D", "another alphabet": "%2B%2B%2B%2B%2B%2B%2B%2B%2B%2B%2B", "a number": "1",
		"zeros": "AAAAAAAAAAA", "a number below zero": "_____w______", "NUL": "%00", "no text": "%ff%fe", "SQL": "'%20OR%201=1--", "8 kB": strings.Repeat("A", 8<<10),
	} {
		rows = append(rows, refusal{"OF-125 " + name, get(path + "?" + cursor + "=" + text), bad, "invalid_cursor", nil})
	}
	for name, query := range unfit {
		place, _, _ := strings.Cut(query, "=")
		rows = append(rows, refusal{name, get(path + "?" + query), status, code, []string{"/" + place + " validation_failed"}})
	}
	refuseAll(t, h, rows)
}

// page is a page of GET /offers.
type page struct {
	Offers []struct {
		OfferID   string `json:"offer_id"`
		Status    string `json:"status"`
		Reference string `json:"reference"`
	} `json:"offers"`
	Next string `json:"next_cursor"`
}

func (p page) ids() []string {
	out := []string{}
	for _, o := range p.Offers {
		out = append(out, o.OfferID)
	}
	return out
}

func TestListOffers_filters(t *testing.T) {
	h := newHouse(t)
	var ids []string
	for i := range 6 {
		h.passed.Store(int64(i) * int64(time.Minute))
		body := extra(fmt.Sprintf(`"reference":"K-%d","expires_in":3600`, i%2))
		if i == 5 {
			body = post(`{"credential_configuration_id":"Facts","claims":{"count":1}}`)
		}
		made, _ := h.create(t, body)
		ids = append(ids, made.OfferID)
	}
	h.want(t, cancel(ids[0]), http.StatusOK, nil)
	h.redeem(t, ids[1])                              // from now on there are five minutes to collect
	h.passed.Store(int64(time.Hour + 2*time.Minute)) // the third has just expired, and so has the last, after five minutes
	for query, want := range map[string][]int{
		"":                                       {5, 4, 3, 2, 1, 0},
		"status=cancelled":                       {0},
		"status=ready":                           {4, 3},
		"status=expired":                         {5, 2, 1},
		"status=cancelled,expired":               {5, 2, 1, 0},
		"status=ready,ready":                     {4, 3},
		"type=Facts":                             {5},
		"type=" + account + "&status=expired":    {2, 1},
		"type=Nothing":                           {},
		"reference=K-1":                          {3, 1},
		"reference=K-1&status=ready":             {3},
		"reference=k-1":                          {},
		"reference=%25":                          {},
		"created_by=management+API":              {5, 4, 3, 2, 1, 0},
		"created_by=somebody":                    {},
		"created_from=2026-11-23T12:04:00Z":      {5, 4},
		"created_to=2026-11-23T12:01:00Z":        {1, 0},
		"created_to=2026-11-23T12:00:59Z":        {0},
		"created_to=2026-11-23T12:00:59.9996Z":   {0},
		"created_to=2026-11-23T13:01:00%2B01:00": {1, 0},
		"created_from=2026-11-23T12:02:00Z&created_to=2026-11-23T12:03:00Z": {3, 2},
		"created_from=2026-11-23T12:02:00Z&created_to=2026-11-23T12:01:00Z": {},
	} {
		var got page
		h.read(t, "/offers?"+query, &got)
		expected := []string{}
		for _, i := range want {
			expected = append(expected, ids[i])
		}
		if !slices.Equal(got.ids(), expected) {
			t.Errorf("%s: got %v, want %v of %v", query, got.ids(), want, ids)
		}
	}
	refuseList(t, h, "/offers", "cursor", map[string]string{
		"a status that is none": "status=done", "a status in capitals": "status=READY", "no status": "status=", "a list that ends in a comma": "status=ready,",
		"a time without a zone": "created_from=2026-11-23T12:00:00", "a date": "created_to=2026-11-23", "no time": "created_from=", "a time in words": "created_to=now",
		"a reference that is no text": "reference=%ff", "a reference with NUL": "reference=a%00", "a creator with NUL": "created_by=%00", "a type with NUL": "type=%00", "a type that is no text": "type=%c3%28",
		"an empty reference": "reference=", "an empty creator": "created_by=", "an empty type": "type=", "a reference without a value": "reference",
	})
}

// While somebody reads page by page, others make offers, also in the very same millisecond: no row comes twice, and none is missing.
func TestListOffers_pages_while_offers_are_added(t *testing.T) {
	for name, step := range map[string]time.Duration{"at different times": time.Millisecond, "in the same millisecond": 0} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			var before []string
			for range 23 {
				h.passed.Add(int64(step))
				made, _ := h.create(t, post(goodBody))
				before = append(before, made.OfferID)
			}
			seen := map[string]int{}
			for query := "/offers?limit=5"; ; {
				var got page
				h.read(t, query, &got)
				for _, id := range got.ids() {
					seen[id]++
				}
				if got.Next == "" {
					break
				}
				if len(got.Offers) != 5 {
					t.Fatalf("a page of %d that is not the last", len(got.Offers))
				}
				query = "/offers?limit=5&cursor=" + got.Next
				h.passed.Add(int64(step))
				h.create(t, post(goodBody))
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%s came %d times", id, n)
				}
			}
			for _, id := range before {
				if seen[id] == 0 {
					t.Errorf("%s is missing", id)
				}
			}
		})
	}
}

// The last page has no cursor, also when it is full.
func TestListOffers_ends_without_a_cursor(t *testing.T) {
	h := newHouse(t)
	for range 4 {
		h.passed.Add(int64(time.Second))
		h.create(t, post(goodBody))
	}
	for limit, next := range map[int]bool{1: true, 3: true, 4: false, 5: false, 200: false} {
		var got page
		if h.read(t, fmt.Sprintf("/offers?limit=%d", limit), &got); (got.Next != "") != next || len(got.Offers) != min(limit, 4) {
			t.Errorf("limit %d: %d offers, next %q", limit, len(got.Offers), got.Next)
		}
	}
}

// OF-125: a cursor of which one character was changed must not lead somewhere else without a word.
func TestLists_refuse_a_cursor_that_was_tampered_with(t *testing.T) {
	h := newHouse(t)
	made := h.subscribe(t, "https://bank.example/", "")
	h.want(t, send("/callbacks/"+made.ID+"/pause", ""), http.StatusOK, nil)
	for range 3 {
		h.passed.Add(int64(time.Second))
		h.create(t, post(goodBody))
	}
	cursors := map[string]string{}
	for path, member := range map[string]string{"/offers": "cursor", "/callbacks/" + made.ID + "/deliveries": "cursor", "/events": "after"} {
		var got struct {
			Next  string `json:"next_cursor"`
			After string `json:"next_after"`
		}
		h.read(t, path+"?limit=1", &got)
		cursors[path+"?"+member+"="] = got.Next + got.After
	}
	for path, good := range cursors {
		if got := h.call(t, get(path+good)); got.status != http.StatusOK || good == "" {
			t.Fatalf("%s%s: got %d %s", path, good, got.status, got.body)
		}
		var rows []refusal
		for i, c := range good {
			other := "A"
			if c == 'A' {
				other = "B"
			}
			rows = append(rows, refusal{fmt.Sprintf("OF-125 character %d of %s", i, path), get(path + good[:i] + other + good[i+1:]), http.StatusBadRequest, "invalid_cursor", nil})
		}
		rows = append(rows, refusal{"OF-125 cut " + path, get(path + good[:len(good)-1]), http.StatusBadRequest, "invalid_cursor", nil},
			refusal{"OF-125 longer " + path, get(path + good + "A"), http.StatusBadRequest, "invalid_cursor", nil})
		for elsewhere := range cursors {
			if elsewhere != path {
				rows = append(rows, refusal{"OF-125 that of " + path + " at " + elsewhere, get(elsewhere + good), http.StatusBadRequest, "invalid_cursor", nil})
			}
		}
		refuseAll(t, h, rows)
	}
}

// Times are answered in whole seconds; the offers of the second that a filter names are among what it names.
func TestListOffers_takes_the_whole_second_that_is_named(t *testing.T) {
	h := newHouse(t)
	h.passed.Add(int64(700 * time.Millisecond))
	made, _ := h.create(t, post(goodBody))
	var shown struct {
		CreatedAt string `json:"created_at"`
	}
	h.read(t, "/offers/"+made.OfferID, &shown)
	for query, want := range map[string]int{
		"created_to=" + shown.CreatedAt: 1, "created_from=" + shown.CreatedAt + "&created_to=" + shown.CreatedAt: 1,
		"created_to=2026-11-23T12:00:00.7Z": 1, "created_to=2026-11-23T12:00:00.699Z": 0, "created_to=2026-11-23T11:59:59Z": 0,
	} {
		var got page
		if h.read(t, "/offers?"+query, &got); len(got.ids()) != want {
			t.Errorf("%s: %d, want %d", query, len(got.ids()), want)
		}
	}
}
