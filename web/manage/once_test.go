package manage_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/web/manage"
)

// keyed gives a request an Idempotency-Key.
func keyed(r request, key string) request { return r.with("Idempotency-Key", key) }

// Every POST may be sent again after a connection broke: the answer is the first one's to the letter, also a secret that is shown once,
// and nothing is done twice.
func TestOnce_answers_every_POST_again_with_the_first_answer(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	made := h.subscribe(t, b.url, "")
	offer, _ := h.create(t, post(goodBody))
	b.await(t, 1)
	id := h.deliveriesOf(t, made.ID, "")[0].ID
	h.delivery(t, id, func(d delivered) bool { return d.State == "delivered" })
	at := "/callbacks/" + made.ID
	for i, row := range []struct {
		send   request
		status int
		other  string
	}{
		{send("/callbacks", `{"url":"https://bank.example/"}`), 201, `{"url":"https://bank.example/x"}`},
		{send(at+"/pause", ""), 200, " "},
		{send(at+"/resume", ""), 200, " "},
		{send(at+"/rotate_secret", ""), 200, " "},
		{send(at+"/ping", ""), 200, " "},
		{send(at+"/replay", `{"failed_only":true}`), 202, `{"failed_only":true,"from":"2026-11-23T12:00:00Z"}`},
		{send(fmt.Sprintf("/deliveries/%d/replay", id), ""), 202, " "},
		{send("/offers/"+offer.OfferID+"/cancel", ""), 200, " "},
		{post(goodBody), 201, `{"credential_configuration_id":"Facts","claims":{"count":1}}`},
	} {
		t.Run(row.send.path+" "+fmt.Sprint(i), func(t *testing.T) {
			key := fmt.Sprintf("key-%d", i)
			first := h.want(t, keyed(row.send, key), row.status, nil)
			again := h.want(t, keyed(row.send, key), row.status, nil)
			if first.body != again.body || first.headers.Get("Location") != again.headers.Get("Location") || first.headers.Get("Content-Type") != again.headers.Get("Content-Type") {
				t.Errorf("got %s, then %s", first.body, again.body)
			}
			if first.headers.Get("Idempotent-Replayed") != "" || again.headers.Get("Idempotent-Replayed") != "true" {
				t.Errorf("headers %v, then %v", first.headers, again.headers)
			}
			other := row.send
			other.body = row.other
			refused(t, other, h.call(t, keyed(other, key)), http.StatusUnprocessableEntity, "idempotency_key_reused")
			// Another address is another request, and without a key nothing is remembered.
			if row.send.path != "" && row.send.path != "/callbacks" {
				elsewhere := keyed(send(at+"/pause", row.send.body+"\t"), key)
				refused(t, elsewhere, h.call(t, elsewhere), http.StatusUnprocessableEntity, "idempotency_key_reused")
			}
		})
	}
	var list struct{ Callbacks []hook }
	if h.read(t, "/callbacks", &list); len(list.Callbacks) != 2 {
		t.Errorf("%d endpoints", len(list.Callbacks))
	}
	pings := 0
	for _, a := range b.got() {
		if strings.HasPrefix(a.header.Get("Webhook-Id"), "ping_") {
			pings++
		}
	}
	if pings != 1 {
		t.Errorf("%d pings came", pings)
	}
}

// A secret that was answered is kept for its repeat, and lies nowhere in the clear.
func TestOnce_repeats_a_secret_and_keeps_it_sealed(t *testing.T) {
	h := newHouse(t)
	r := keyed(send("/callbacks", `{"url":"https://bank.example/"}`), "one")
	var first, again, rotated, same hook
	h.want(t, r, http.StatusCreated, &first)
	h.want(t, r, http.StatusCreated, &again)
	turn := keyed(send("/callbacks/"+first.ID+"/rotate_secret", ""), "two")
	h.want(t, turn, http.StatusOK, &rotated)
	h.want(t, turn, http.StatusOK, &same)
	if first.Secret == "" || first.Secret != again.Secret || rotated.Secret != same.Secret || rotated.Secret == first.Secret {
		t.Error("the secrets differ where they must not, or do not where they must")
	}
	h.hides(t, first.Secret)
	h.hides(t, rotated.Secret)
	h.passed.Add(int64(24*time.Hour + time.Second)) // a key means something for a day
	if err := h.store.Forget(t.Context(), h.now()); err != nil {
		t.Fatal(err)
	}
	var later hook
	if h.want(t, r, http.StatusCreated, &later); later.ID == first.ID {
		t.Error("the key still means what it meant yesterday")
	}
}

// What was refused did nothing: the same key may be used for what is right.
func TestOnce_keeps_no_refusal(t *testing.T) {
	h := newHouse(t)
	bad := keyed(send("/callbacks", `{"url":"ftp://bank.example/"}`), "one")
	for range 2 {
		refused(t, bad, h.call(t, bad), http.StatusUnprocessableEntity, "validation_failed")
	}
	h.want(t, keyed(send("/callbacks", `{"url":"https://bank.example/"}`), "one"), http.StatusCreated, nil)
	var rows []refusal
	for name, key := range map[string]string{"OF-113 300 characters": strings.Repeat("k", 300), "OF-113 beyond ASCII": "schlüssel", "a space": "a b", "nothing": ""} {
		rows = append(rows, refusal{name, keyed(send("/callbacks", `{"url":"https://bank.example/"}`), key), http.StatusBadRequest, "invalid_idempotency_key", nil})
	}
	two := send("/callbacks", `{"url":"https://bank.example/"}`).with("Idempotency-Key", "a", "b")
	refuseAll(t, h, append(rows, refusal{"two", two, http.StatusBadRequest, "invalid_idempotency_key", nil}))
}

// OF-116 for what takes its time: while the first is at work the same request is told so, and gets the answer afterwards.
func TestOnce_tells_that_the_first_is_still_at_work(t *testing.T) {
	h := newHouse(t)
	b := newBackend(t)
	release := make(chan struct{})
	b.do(func(w http.ResponseWriter, _ *http.Request) { <-release; w.WriteHeader(http.StatusOK) })
	made := h.subscribe(t, b.url, "")
	ping := keyed(send("/callbacks/"+made.ID+"/ping", ""), "one")
	got := make(chan answer, 1)
	go func() { got <- h.call(t, ping) }()
	b.await(t, 1)
	refused(t, ping, h.call(t, ping), http.StatusConflict, "idempotency_in_progress")
	other := keyed(send("/callbacks/"+made.ID+"/pause", ""), "one")
	refused(t, other, h.call(t, other), http.StatusUnprocessableEntity, "idempotency_key_reused")
	close(release)
	first := <-got
	if again := h.want(t, ping, http.StatusOK, nil); again.body != first.body || len(b.got()) != 1 {
		t.Errorf("got %s, then %s; %d came", first.body, again.body, len(b.got()))
	}
}

// dying is the record of answers of a process that ends before it has written one down.
type dying struct{ manage.Answers }

// FinishAnswer implements manage.Answers.
func (dying) FinishAnswer(context.Context, []byte, issuance.Answered) error {
	return errors.New("gone")
}

// A process that died at its work holds the key for a minute, not for ever.
func TestOnce_works_again_when_the_first_died(t *testing.T) {
	h := newHouse(t)
	h.furnish(func(d *manage.Dependencies) { d.Answers = dying{h.store} })
	r := keyed(send("/callbacks", `{"url":"https://bank.example/"}`), "one")
	refused(t, r, h.call(t, r), http.StatusInternalServerError, "server_error")
	h.furnish(func(*manage.Dependencies) {})
	refused(t, r, h.call(t, r), http.StatusConflict, "idempotency_in_progress")
	h.passed.Add(int64(61 * time.Second))
	other := keyed(send("/callbacks", `{"url":"https://bank.example/x"}`), "one")
	refused(t, other, h.call(t, other), http.StatusUnprocessableEntity, "idempotency_key_reused")
	first, again := h.want(t, r, http.StatusCreated, nil), h.want(t, r, http.StatusCreated, nil)
	if first.body != again.body {
		t.Errorf("got %s, then %s", first.body, again.body)
	}
}

// What types and clients are made and changed by is done once too. Keys are shown once, see TestKeys_are_shown_once_also_to_who_asks_again.
func TestOnce_covers_types_and_clients(t *testing.T) {
	h := newHouse(t)
	var client shownClient
	h.want(t, send("/clients", `{"name":"core","scopes":["offers:read"]}`), http.StatusCreated, &client)
	at := "/clients/" + client.ClientID
	for i, row := range []struct {
		send   request
		status int
		other  string
	}{
		{membership(number), 201, membership(`{"path":["other"],"sd":"always"}`).body},
		{send(at+"/disable", ""), 200, " "},
		{send(at+"/enable", ""), 200, " "},
		{send(at+"/keys/"+client.Keys[0].KeyID+"/revoke", ""), 200, " "},
	} {
		t.Run(row.send.path, func(t *testing.T) {
			key := fmt.Sprintf("key-%d", i)
			first := h.want(t, keyed(row.send, key), row.status, nil)
			h.passed.Add(int64(time.Minute)) // done again, it would show another time or version
			again := h.want(t, keyed(row.send, key), row.status, nil)
			if first.body != again.body || first.headers.Get("Location") != again.headers.Get("Location") || again.headers.Get("Idempotent-Replayed") != "true" {
				t.Errorf("got %s, then %s", first.body, again.body)
			}
			other := row.send
			other.body = row.other
			refused(t, other, h.call(t, keyed(other, key)), http.StatusUnprocessableEntity, "idempotency_key_reused")
		})
	}
	var shown struct{ Version int }
	if h.read(t, "/types/Membership", &shown); shown.Version != 1 {
		t.Errorf("the type has version %d", shown.Version)
	}
}

// Credentials cannot be revoked yet: that is a refusal, and a refusal leaves the key free.
func TestOnce_leaves_the_key_of_a_refused_revocation_free(t *testing.T) {
	h := newHouse(t)
	for _, what := range []string{"revoke", "suspend", "reinstate"} {
		r := keyed(send("/credentials/none/"+what, ""), "one")
		for range 2 {
			refused(t, r, h.call(t, r), http.StatusNotFound, "credential_not_found")
		}
	}
}

// Every POST of the document takes an Idempotency-Key.
func TestOnce_is_for_every_POST_of_the_document(t *testing.T) {
	posts := 0
	for path, item := range readDocument(t).doc.Paths.Map() {
		if item.Post == nil {
			continue
		}
		posts++
		if item.Post.Parameters.GetByInAndName("header", "Idempotency-Key") == nil {
			t.Errorf("POST %s takes none", path)
		}
	}
	const known = 18 // a row of the tests above and of the clients' own
	if posts != known {
		t.Errorf("there are %d POSTs", posts)
	}
}

// A caller has one space of keys: a key that made an offer cannot make a callback endpoint, and the other way round.
func TestOnce_has_one_space_of_keys(t *testing.T) {
	h := newHouse(t)
	offer, endpoint := keyed(post(goodBody), "offer"), keyed(send("/callbacks", `{"url":"https://bank.example/"}`), "endpoint")
	h.want(t, offer, http.StatusCreated, nil)
	h.want(t, endpoint, http.StatusCreated, nil)
	for _, r := range []request{keyed(endpoint, "offer"), keyed(offer, "endpoint"), keyed(cancel("none"), "offer")} {
		refused(t, r, h.call(t, r), http.StatusUnprocessableEntity, "idempotency_key_reused")
	}
	for _, r := range []request{offer, endpoint} {
		if again := h.want(t, r, http.StatusCreated, nil); again.headers.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: got %v", r.path, again.headers)
		}
	}
}

// A rehearsal spends no key, of types as of offers.
func TestOnce_leaves_the_key_of_a_dry_run_free(t *testing.T) {
	h := newHouse(t)
	dry := keyed(membership(number).at("/types?dry_run=true"), "one")
	h.want(t, dry, http.StatusOK, nil)
	h.want(t, keyed(membership(number), "one"), http.StatusCreated, nil)
	if again := h.want(t, dry, http.StatusOK, nil); again.headers.Get("Idempotent-Replayed") != "" {
		t.Error("a dry run was answered out of the record")
	}
	bad := membership(number).at("/types?dry_run=true").with("Idempotency-Key", "")
	refused(t, bad, h.call(t, bad), http.StatusBadRequest, "invalid_idempotency_key")
}

// What is said to a POST that takes no body is refused, not passed over, and nothing is done.
func TestOnce_refuses_bodies_where_there_is_nothing_to_say(t *testing.T) {
	h := newHouse(t)
	made := h.subscribe(t, "https://bank.example/", "")
	offer, _ := h.create(t, post(goodBody))
	var client shownClient
	h.want(t, send("/clients", `{"name":"core","scopes":["offers:read"]}`), http.StatusCreated, &client)
	ids := strings.NewReplacer("{offer}", offer.OfferID, "{callback}", made.ID, "{delivery}", "1", "{client}", client.ClientID, "{key}", client.Keys[0].KeyID, "{credential}", "none")
	bodiless := 0
	for path, item := range readDocument(t).doc.Paths.Map() {
		if item.Post == nil || item.Post.RequestBody != nil {
			continue
		}
		bodiless++
		path = ids.Replace(path)
		refuseAll(t, h, []refusal{
			{path + " with a member", send(path, `{"reason":"x"}`), http.StatusBadRequest, "unknown_field", []string{"/reason unknown_field"}},
			{path + " with garbage", send(path, "garbage"), http.StatusBadRequest, "malformed_json", nil},
			{path + " with text", send(path, "garbage").with("Content-Type", "text/plain"), http.StatusUnsupportedMediaType, "unsupported_media_type", nil},
		})
	}
	const known = 12
	if bodiless != known {
		t.Errorf("%d POSTs take no body", bodiless)
	}
	h.want(t, cancel(offer.OfferID).with("Content-Type", "application/json"), http.StatusOK, nil) // nothing of the above ended it
	h.want(t, send("/callbacks/"+made.ID+"/pause", "{}"), http.StatusOK, nil)
}
