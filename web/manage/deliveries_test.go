package manage_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// delivered is a delivery as a caller reads it.
type delivered struct {
	ID         int    `json:"delivery_id"`
	Callback   string `json:"callback_id"`
	OfferID    string `json:"offer_id"`
	WebhookID  string `json:"webhook_id"`
	Status     string `json:"status"`
	State      string `json:"state"`
	Attempts   int    `json:"attempts"`
	LastAt     string `json:"last_at"`
	LastResult string `json:"last_result"`
	NextAt     string `json:"next_at"`
	Request    struct {
		Method string         `json:"method"`
		Body   map[string]any `json:"body"`
	} `json:"request"`
	History []struct {
		At         string `json:"at"`
		TookMS     int    `json:"took_ms"`
		Result     string `json:"result"`
		HTTPStatus int    `json:"http_status"`
		Response   string `json:"response"`
	} `json:"history"`
}

// deliveriesOf gives the newest deliveries of an endpoint.
func (h *house) deliveriesOf(t *testing.T, id, query string) []delivered {
	t.Helper()
	var page struct{ Deliveries []delivered }
	h.read(t, "/callbacks/"+id+"/deliveries"+query, &page)
	return page.Deliveries
}

// delivery waits until a delivery is as wanted, and gives it with its history.
func (h *house) delivery(t *testing.T, id int, want func(d delivered) bool) delivered {
	t.Helper()
	var d delivered
	until(t, fmt.Sprintf("delivery %d", id), func() bool {
		d = delivered{}
		h.read(t, fmt.Sprintf("/deliveries/%d", id), &d)
		return want(d)
	})
	return d
}

func TestPingCallback_tells_how_it_went(t *testing.T) {
	h := newHouse(t)
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
		want   string // state, result, status and response
	}{
		{"success", says(http.StatusOK, "thanks"), "delivered|HTTP 200|200|thanks"},
		{"a fault of the receiver's", says(http.StatusInternalServerError, "out of order"), "exhausted|HTTP 500|500|out of order"},
		{"CB-041 a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://169.254.169.254/", http.StatusFound)
		}, "exhausted|HTTP 302, redirects are not followed|302|"},
		{"a connection that breaks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "exhausted|connection broken|0|"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := newBackend(t)
			b.do(row.answer)
			made := h.subscribe(t, b.url, "")
			h.passed.Add(int64(time.Minute)) // so that no row uses up the next one's pings
			var d delivered
			h.want(t, send("/callbacks/"+made.ID+"/ping", ""), http.StatusOK, &d)
			if len(d.History) != 1 || d.Attempts != 1 || d.Status != "PING" || d.OfferID != "" || d.Callback != made.ID || d.NextAt != "" {
				t.Fatalf("got %+v", d)
			}
			if got := fmt.Sprintf("%s|%s|%d|%s", d.State, d.LastResult, d.History[0].HTTPStatus, d.History[0].Response); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			came := b.got()
			if len(came) != 1 || !verified(t, made.Secret, came[0]) || came[0].header.Get("Webhook-Id") != d.WebhookID+"" || !strings.Contains(came[0].body, `"status":"PING"`) || strings.Contains(came[0].body, "offerId") {
				t.Errorf("came %v", came)
			}
		})
	}
}

// A test event is for somebody who tries an address out: also before it is switched on.
func TestPingCallback_reaches_a_paused_endpoint(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	made := h.subscribe(t, b.url, "")
	h.want(t, send("/callbacks/"+made.ID+"/pause", ""), http.StatusOK, nil)
	var d delivered
	if h.want(t, send("/callbacks/"+made.ID+"/ping", ""), http.StatusOK, &d); d.State != "delivered" || len(b.got()) != 1 {
		t.Errorf("got %+v, %d came", d, len(b.got()))
	}
	if shown := h.hook(t, made.ID); shown.State != "paused" {
		t.Errorf("it is %s", shown.State)
	}
}

// CB-059, at the door: who asks for a test of a receiver that hangs gets an answer after 15 s, and nothing is tried again.
func TestPingCallback_of_a_receiver_that_hangs_is_bounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := newBackend(t)
	b.do(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	made := h.subscribe(t, b.url, "")
	began := time.Now()
	var d delivered
	h.want(t, send("/callbacks/"+made.ID+"/ping", ""), http.StatusOK, &d)
	if took := time.Since(began); took > 30*time.Second || d.State != "exhausted" || d.LastResult != "no answer in time" {
		t.Errorf("after %s: %+v", took, d)
	}
}

func TestPingCallback_refuses_a_flood(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	made := h.subscribe(t, b.url, "")
	ping := send("/callbacks/"+made.ID+"/ping", "")
	for range 10 {
		h.want(t, ping, http.StatusOK, nil)
	}
	got := h.call(t, ping)
	refused(t, ping, got, http.StatusTooManyRequests, "too_many_requests") // CB-109
	if got.headers.Get("Retry-After") == "" || len(b.got()) != 10 {
		t.Errorf("headers %v, %d came", got.headers, len(b.got()))
	}
	h.passed.Add(int64(time.Minute))
	h.want(t, ping, http.StatusOK, nil)
}

// CB-110, CB-111: what a receiver answered is kept as text, a little of it, and shown as text.
func TestShowDelivery_tells_what_came_back_as_far_as_it_is_text(t *testing.T) {
	h := newHouse(t)
	for _, row := range []struct{ name, answer, want string }{
		{"CB-110 more than is kept", strings.Repeat("x", 5000), strings.Repeat("x", 2048)},
		{"CB-110 cut within a character", strings.Repeat("x", 2047) + "ü", strings.Repeat("x", 2047)},
		{"CB-111 HTML", `<script>alert("1")</script>`, `<script>alert("1")</script>`},
		{"bytes that are no text", "\x00\x01\xff\xfePNG\r\n\x1b[31m", "PNG\n[31m"},
		{"nothing", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := newBackend(t)
			b.do(says(http.StatusOK, row.answer))
			made := h.subscribe(t, b.url, "")
			h.passed.Add(int64(time.Minute))
			var d delivered
			h.want(t, send("/callbacks/"+made.ID+"/ping", ""), http.StatusOK, &d)
			got := h.read(t, fmt.Sprintf("/deliveries/%d", d.ID), &d)
			if response := d.History[0].Response; response != row.want || len(response) > 2<<10 || !utf8.ValidString(response) {
				t.Errorf("got %d bytes: %.60q", len(response), response)
			}
			if got.headers.Get("X-Content-Type-Options") != "nosniff" || strings.ContainsRune(h.log.String(), 'ÿ') {
				t.Errorf("headers %v", got.headers)
			}
		})
	}
}

func TestShowDelivery_has_the_history(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	b.do(says(http.StatusServiceUnavailable, "later"))
	made := h.subscribe(t, b.url, "")
	offer, _ := h.create(t, post(goodBody))
	id := h.deliveriesOf(t, made.ID, "")[0].ID
	once := h.delivery(t, id, func(d delivered) bool { return len(d.History) == 1 })
	if once.State != "queued" || once.NextAt == "" || once.Attempts != 1 {
		t.Errorf("got %+v", once)
	}
	b.do(nil)
	h.passed.Add(int64(10 * time.Second))
	h.hurry(t, made.ID)
	d := h.delivery(t, id, func(d delivered) bool { return d.State == "delivered" })
	if len(d.History) != 2 || d.History[0].Result != "HTTP 503" || d.History[0].Response != "later" || d.History[0].At != "2026-11-23T12:00:00Z" ||
		d.History[1].HTTPStatus != http.StatusNoContent || d.History[1].At != "2026-11-23T12:00:10Z" || d.NextAt != "" {
		t.Errorf("got %+v", d)
	}
	if d.Request.Method != http.MethodPost || fmt.Sprint(d.Request.Body) != fmt.Sprint(map[string]any{"eventId": offer.OfferID, "status": "OFFER_CREATED", "offerId": offer.OfferID}) {
		t.Errorf("the request is said to be %+v", d.Request)
	}
	if log := h.log.String(); strings.Contains(log, made.Secret) || strings.Contains(log, canary) {
		t.Error("the log has the secret or a claim")
	}
}

func TestDeliveries_that_do_not_exist_are_not_found(t *testing.T) {
	h := newHouse(t)
	made := h.subscribe(t, "https://bank.example/", "")
	var rows []refusal
	for _, id := range []string{"0", "-1", "1", "x", "1.0", "0x1", "9223372036854775808", "9223372036854775807", "%00", "%2e%2e", "1%20"} {
		rows = append(rows, refusal{"GET " + id, get("/deliveries/" + id), http.StatusNotFound, "delivery_not_found", nil},
			refusal{"replay " + id, send("/deliveries/"+id+"/replay", ""), http.StatusNotFound, "delivery_not_found", nil})
	}
	for _, id := range []string{"none", "%00", "%ff", "%2e%2e%2fetc", strings.Repeat("A", 4000), swapCase(made.ID)} {
		rows = append(rows, refusal{"callback " + id[:min(len(id), 20)], get("/callbacks/" + id), http.StatusNotFound, "callback_not_found", nil},
			refusal{"deliveries of " + id[:min(len(id), 20)], get("/callbacks/" + id + "/deliveries"), http.StatusNotFound, "callback_not_found", nil})
	}
	refuseAll(t, h, rows)
}

func TestListDeliveries_filters_and_pages(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	made := h.subscribe(t, b.url, "")
	h.want(t, send("/callbacks/"+made.ID+"/pause", ""), http.StatusOK, nil)
	var offers []string
	for range 7 {
		offer, _ := h.create(t, post(goodBody))
		offers = append(offers, offer.OfferID)
	}
	h.want(t, cancel(offers[0]), http.StatusOK, nil)
	h.want(t, send("/callbacks/"+made.ID+"/ping", ""), http.StatusOK, nil)
	for query, want := range map[string]int{
		"": 9, "?state=queued": 8, "?state=delivered": 1, "?state=exhausted": 0, "?status=FAILED": 1, "?status=PING": 1, "?status=OFFER_CREATED": 7,
		"?state=queued,delivered": 9, "?status=FAILED,PING": 2, "?status=FAILED,PING&state=delivered": 1,
		"?offer_id=" + offers[0]: 2, "?offer_id=" + offers[0] + "&status=FAILED": 1, "?offer_id=none": 0, "?state=delivered&status=FAILED": 0,
	} {
		if got := h.deliveriesOf(t, made.ID, query); len(got) != want {
			t.Errorf("%s: %d, want %d", query, len(got), want)
		}
	}
	all := h.deliveriesOf(t, made.ID, "")
	var paged []delivered
	for query := "?limit=2"; ; {
		var page struct {
			Deliveries []delivered
			Next       string `json:"next_cursor"`
		}
		h.read(t, "/callbacks/"+made.ID+"/deliveries"+query, &page)
		paged = append(paged, page.Deliveries...)
		if page.Next == "" {
			break
		}
		query = "?limit=2&cursor=" + page.Next
		h.create(t, post(goodBody)) // what comes meanwhile is newer than what is read
	}
	if fmt.Sprint(paged) != fmt.Sprint(all) || !slices.IsSortedFunc(all, func(a, b delivered) int { return b.ID - a.ID }) {
		t.Errorf("page by page %v, want %v", paged, all)
	}
	refuseList(t, h, "/callbacks/"+made.ID+"/deliveries", "cursor", map[string]string{
		"a state that is none": "state=done", "one state of two that is none": "state=queued,done", "no state": "state=", "an empty offer": "offer_id=",
		"a status that is none": "status=DONE", "an offer that is no text": "offer_id=%ff", "an offer with NUL": "offer_id=%00",
	})
}

// failAll lets an endpoint fail until everything that waits for it is given up.
func (h *house) failAll(t *testing.T, id string) {
	t.Helper()
	until(t, "given up", func() bool {
		before := h.deliveriesOf(t, id, "?limit=200")
		h.passed.Add(int64(30 * time.Hour))
		h.hurry(t, id)
		until(t, "one more attempt", func() bool {
			h.passed.Add(int64(time.Second)) // an endpoint that is failing is tried once a second
			now := h.deliveriesOf(t, id, "?limit=200")
			return !slices.ContainsFunc(now, func(d delivered) bool {
				i := slices.IndexFunc(before, func(b delivered) bool { return b.ID == d.ID })
				return d.State == "queued" && d.LastAt == before[i].LastAt && !waitsFor(now, d)
			})
		})
		return len(h.deliveriesOf(t, id, "?state=queued")) == 0
	})
	h.passed.Add(int64(time.Second)) // so that it is tried again at once
}

// waitsFor tells whether an earlier delivery of the same offer must go first.
func waitsFor(all []delivered, d delivered) bool {
	return slices.ContainsFunc(all, func(p delivered) bool { return p.OfferID == d.OfferID && p.ID < d.ID && p.State == "queued" })
}

// CB-088: what was given up can be sent by hand: one, a range, or all of it.
func TestReplay_sends_again_what_was_given_up_or_delivered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := newBackend(t)
	made := h.subscribe(t, b.url, "")
	first, _ := h.create(t, post(goodBody))
	until(t, "the first is delivered", func() bool { return h.hook(t, made.ID).Queued == 0 })
	b.do(says(http.StatusInternalServerError, ""))
	second, _ := h.create(t, post(goodBody))
	third, _ := h.create(t, post(goodBody))
	h.failAll(t, made.ID)
	b.do(nil)
	failed := h.deliveriesOf(t, made.ID, "?state=exhausted&status=OFFER_CREATED")
	if len(failed) < 2 {
		t.Fatalf("given up are %+v", failed)
	}
	replay := func(body string, want int) {
		t.Helper()
		var out struct{ Queued int }
		h.want(t, send("/callbacks/"+made.ID+"/replay", body), http.StatusAccepted, &out)
		if out.Queued != want {
			t.Errorf("%s: %d, want %d", body, out.Queued, want)
		}
		until(t, "everything went", func() bool { return h.hook(t, made.ID).Queued == 0 })
	}
	// One.
	n := len(b.got())
	one := failed[slices.IndexFunc(failed, func(d delivered) bool { return d.OfferID == third.OfferID })]
	var queued delivered
	h.want(t, send(fmt.Sprintf("/deliveries/%d/replay", one.ID), ""), http.StatusAccepted, &queued)
	d := h.delivery(t, one.ID, func(d delivered) bool { return d.State == "delivered" })
	if came := b.ids()[n:]; len(came) == 0 || came[0] != one.WebhookID || len(d.History) != 14 || d.Attempts != 1 {
		t.Errorf("came %v; %d attempts, %d of them kept", came, d.Attempts, len(d.History))
	}
	// All that failed.
	n = len(b.got())
	replay(`{"failed_only":true}`, len(h.deliveriesOf(t, made.ID, "?state=exhausted")))
	if came := b.ids()[n:]; !slices.Contains(came, second.OfferID+"_OFFER_CREATED") || slices.Contains(came, first.OfferID+"_OFFER_CREATED") {
		t.Errorf("came %v", came)
	}
	replay(`{"failed_only":true}`, 0)
	// A range: everything of the first moment, delivered or not.
	n = len(b.got())
	replay(`{"from":"2026-11-23T12:00:00Z","until":"2026-11-23T12:00:00Z"}`, 3)
	for _, o := range []created{first, second, third} {
		if !slices.Contains(b.ids()[n:], o.OfferID+"_OFFER_CREATED") {
			t.Errorf("%s is missing in %v", o.OfferID, b.ids()[n:])
		}
	}
}

func TestReplayCallback_refuses_what_is_seldom_meant(t *testing.T) {
	h := newHouse(t)
	made := h.subscribe(t, "https://bank.example/", "")
	at := func(body string) request { return send("/callbacks/"+made.ID+"/replay", body) }
	const unfit, code = http.StatusUnprocessableEntity, "validation_failed"
	refuseAll(t, h, []refusal{
		{"everything", at(`{}`), unfit, code, []string{"/from validation_failed"}},
		{"everything, said so", at(`{"failed_only":false}`), unfit, code, []string{"/from validation_failed"}},
		{"an end before the beginning", at(`{"from":"2026-11-23T12:00:00Z","until":"2026-11-23T11:00:00Z"}`), unfit, code, []string{"/until validation_failed"}},
		{"a time that is none", at(`{"from":"yesterday"}`), unfit, code, []string{"/from validation_failed"}},
		{"another member", at(`{"failed_only":true,"all":true}`), http.StatusBadRequest, "unknown_field", []string{"/all unknown_field"}},
		{"no body", at(``), http.StatusBadRequest, "malformed_json", nil},
	})
}

// How an endpoint fares is told: failing after an event failed twice, healthy when one gets through, disabled after 410.
func TestShowCallback_tells_how_it_fares(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	b.do(says(http.StatusInternalServerError, ""))
	made := h.subscribe(t, b.url, "")
	h.create(t, post(goodBody))
	b.await(t, 1)
	id := h.deliveriesOf(t, made.ID, "")[0].ID
	h.delivery(t, id, func(d delivered) bool { return d.Attempts == 1 && d.LastResult != "" })
	h.passed.Add(int64(10 * time.Second))
	h.hurry(t, made.ID)
	health := func(want string) hook {
		t.Helper()
		var shown hook
		until(t, want, func() bool { shown = h.hook(t, made.ID); return shown.Health == want })
		h.passed.Add(int64(time.Second)) // an endpoint that is failing is tried once a second
		return shown
	}
	if got := health("failing"); got.FailingSince != "2026-11-23T12:00:10Z" || got.LastResult != "HTTP 500" || got.State != "active" || got.Queued != 1 {
		t.Errorf("got %+v", got)
	}
	b.do(nil)
	h.create(t, post(goodBody))
	if got := health("healthy"); got.FailingSince != "" || got.State != "active" {
		t.Errorf("got %+v", got)
	}
	until(t, "the backlog goes", func() bool { return h.hook(t, made.ID).Queued == 0 })
	b.do(says(http.StatusGone, ""))
	h.create(t, post(goodBody))
	if got := health("disabled"); got.State != "disabled" || got.LastResult != "HTTP 410, endpoint switched off" {
		t.Errorf("got %+v", got)
	}
	pause := send("/callbacks/"+made.ID+"/pause", "")
	refused(t, pause, h.call(t, pause), http.StatusConflict, "callback_state") // the 410 is not forgotten
	b.do(nil)
	var resumed hook
	h.want(t, send("/callbacks/"+made.ID+"/resume", ""), http.StatusOK, &resumed)
	if resumed.State != "active" || resumed.Health != "healthy" || resumed.LastResult != "" {
		t.Errorf("resumed it is %+v", resumed)
	}
	until(t, "what was held goes at once", func() bool { return h.hook(t, made.ID).Queued == 0 })
	if got := h.hook(t, made.ID); got.LastResult == "HTTP 410, endpoint switched off" {
		t.Errorf("got %+v", got)
	}
}
