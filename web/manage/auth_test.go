package manage_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/staff"
	"counterfoil/web/manage"
)

// locked is a house whose door asks for keys.
func locked(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.reopen(manage.ByKey(h.clients))
	return h
}

// client makes a client and gives its key.
func (h *house) client(t *testing.T, n staff.NewClient) (staff.Client, string) {
	t.Helper()
	c, key, err := h.clients.AddClient(t.Context(), n, staff.Trusted("test"))
	if err != nil {
		t.Fatal(err)
	}
	return c, key.Secret.Reveal()
}

// holder makes a client that holds these scopes and gives its key.
func (h *house) holder(t *testing.T, name string, scopes ...staff.Scope) string {
	t.Helper()
	_, key := h.client(t, staff.NewClient{Name: name, Scopes: scopes})
	return key
}

// by sends the request with a key.
func (r request) by(key string) request { return r.with("Authorization", "Bearer "+key) }

// decisions is who may call every route: the scope it needs, or "" for everybody. A route that is not here fails the test.
func decisions() map[string]staff.Scope {
	return map[string]staff.Scope{
		"POST /offers":               staff.ScopeOffersCreate,
		"GET /offers":                staff.ScopeOffersRead,
		"GET /offers/:offer":         staff.ScopeOffersRead,
		"GET /offers/:offer/events":  staff.ScopeOffersRead,
		"GET /offers/:offer/qr.svg":  staff.ScopeOffersRead,
		"GET /offers/:offer/qr.png":  staff.ScopeOffersRead,
		"POST /offers/:offer/cancel": staff.ScopeOffersCancel,

		"GET /events":                             staff.ScopeOffersRead,
		"GET /credentials":                        staff.ScopeOffersRead,
		"GET /credentials/:credential":            staff.ScopeOffersRead,
		"POST /credentials/:credential/revoke":    staff.ScopeCredentialsRevoke,
		"POST /credentials/:credential/suspend":   staff.ScopeCredentialsRevoke,
		"POST /credentials/:credential/reinstate": staff.ScopeCredentialsRevoke,
		"GET /types":                              staff.ScopeOffersRead,
		"POST /types":                             staff.ScopeTypesWrite,
		"GET /types/:type":                        staff.ScopeOffersRead,
		"GET /certificates":                       staff.ScopeOffersRead,
		"GET /metrics":                            staff.ScopeOffersRead,

		"GET /callbacks":                          staff.ScopeCallbacksWrite,
		"POST /callbacks":                         staff.ScopeCallbacksWrite,
		"GET /callbacks/:callback":                staff.ScopeCallbacksWrite,
		"PATCH /callbacks/:callback":              staff.ScopeCallbacksWrite,
		"DELETE /callbacks/:callback":             staff.ScopeCallbacksWrite,
		"POST /callbacks/:callback/pause":         staff.ScopeCallbacksWrite,
		"POST /callbacks/:callback/resume":        staff.ScopeCallbacksWrite,
		"POST /callbacks/:callback/rotate_secret": staff.ScopeCallbacksWrite,
		"POST /callbacks/:callback/ping":          staff.ScopeCallbacksWrite,
		"POST /callbacks/:callback/replay":        staff.ScopeCallbacksWrite,
		"GET /callbacks/:callback/deliveries":     staff.ScopeCallbacksWrite,
		"GET /deliveries/:delivery":               staff.ScopeCallbacksWrite,
		"POST /deliveries/:delivery/replay":       staff.ScopeCallbacksWrite,

		"GET /clients":                           staff.ScopeKeysManage,
		"POST /clients":                          staff.ScopeKeysManage,
		"GET /clients/:client":                   staff.ScopeKeysManage,
		"POST /clients/:client/disable":          staff.ScopeKeysManage,
		"POST /clients/:client/enable":           staff.ScopeKeysManage,
		"POST /clients/:client/keys":             staff.ScopeKeysManage,
		"POST /clients/:client/keys/:key/revoke": staff.ScopeKeysManage,

		"GET /openapi.json": "",
		"GET /docs":         "",
		"GET /static/*":     "",
		"GET /livez":        "",
		"GET /readyz":       "",
	}
}

// Denied by default: every route of the door, with nothing shown and with each scope alone.
func TestRoutes_each_have_a_decision(t *testing.T) {
	h := locked(t)
	keys := map[staff.Scope]string{}
	for _, scope := range staff.Scopes() {
		keys[scope] = h.holder(t, strings.ReplaceAll(string(scope), ":", "-"), scope)
	}
	seen := 0
	for _, route := range h.app.GetRoutes(true) {
		name := strings.Replace(route.Method, http.MethodHead, http.MethodGet, 1) + " " + route.Path
		need, decided := decisions()[name]
		if !decided {
			t.Errorf("%s %s: nobody has decided who may call it", route.Method, route.Path)
			continue
		}
		seen++
		h.reopen(manage.ByKey(h.clients)) // nobody runs out of tries
		r := request{method: route.Method, path: regexp.MustCompile(`:[a-z]+`).ReplaceAllString(route.Path, "none"), headers: http.Header{}}
		if got := h.call(t, r); (got.status == http.StatusUnauthorized) != (need != "") {
			t.Errorf("%s %s without a key: %d", route.Method, route.Path, got.status)
		}
		for scope, key := range keys {
			got := h.call(t, r.by(key))
			allowed := got.status != http.StatusUnauthorized && got.status != http.StatusForbidden
			if allowed != (need == "" || need == scope) {
				t.Errorf("%s %s with %s: %d %s", route.Method, route.Path, scope, got.status, got.body)
			}
			challenge := got.headers.Get("Www-Authenticate")
			if want := fmt.Sprintf(`Bearer error="insufficient_scope", scope="%s"`, need); !allowed && challenge != want {
				t.Errorf("%s %s with %s: challenge %s", route.Method, route.Path, scope, challenge)
			}
		}
	}
	if seen < len(decisions()) {
		t.Errorf("%d routes were looked at, %d are decided", seen, len(decisions()))
	}
}

// A door that was not told who may call lets nobody in.
func TestDoor_lets_nobody_in_by_default(t *testing.T) {
	h := newHouse(t)
	key := h.holder(t, "core", staff.Scopes()...)
	h.reopen(manage.Access{})
	for _, r := range []request{post(goodBody).by(key), get("/offers").by(key), get("/offers"), get("/clients"), get("/nothing")} {
		refused(t, r, h.call(t, r), http.StatusUnauthorized, "unauthenticated")
	}
	if got := h.call(t, get("/livez")); got.status != http.StatusOK {
		t.Errorf("livez answers %d", got.status)
	}
}

func TestKeys_that_open_nothing(t *testing.T) {
	h := locked(t)
	good := h.holder(t, "core", staff.Scopes()...)
	disabled, disabledKey := h.client(t, staff.NewClient{Name: "disabled", Scopes: staff.Scopes()})
	revoked, revokedKey := h.client(t, staff.NewClient{Name: "revoked", Scopes: staff.Scopes()})
	_, expiredKey := h.client(t, staff.NewClient{Name: "expired", Scopes: staff.Scopes(), KeyLife: time.Minute})
	if err := h.clients.DisableClient(t.Context(), disabled.ID, staff.WayAny); err != nil {
		t.Fatal(err)
	}
	if err := h.clients.RevokeKey(t.Context(), revoked.ID, revoked.Keys[0].ID, staff.WayAny); err != nil {
		t.Fatal(err)
	}
	h.passed.Store(int64(time.Minute))
	other := map[bool]string{true: "B", false: "A"}[strings.HasSuffix(good, "A")]
	bodies := map[string]bool{}
	for name, headers := range map[string]http.Header{
		"OF-001 no Authorization header":         {},
		"OF-006 the last character changed":      {"Authorization": {"Bearer " + good[:len(good)-1] + other}},
		"OF-007 cut by a byte":                   {"Authorization": {"Bearer " + good[:len(good)-1]}},
		"OF-010 revoked":                         {"Authorization": {"Bearer " + revokedKey}},
		"OF-011 expired":                         {"Authorization": {"Bearer " + expiredKey}},
		"OF-012 of a disabled client":            {"Authorization": {"Bearer " + disabledKey}},
		"OF-017 a JWT with alg none":             {"Authorization": {"Bearer eyJhbGciOiJub25lIn0.e30."}},
		"OF-022 something like a wallet's token": {"Authorization": {"Bearer " + good[4:]}},
		"OF-023 a cookie of the portal":          {"Cookie": {"__Host-counterfoil=" + good}},
		"OF-023 a cookie with the key":           {"Cookie": {"Authorization=Bearer " + good}},
		"OF-028 a certificate in a header":       {"X-Forwarded-Client-Cert": {`Hash=aa;Subject="CN=core";DNS=core`}},
		"a certificate in other headers":         {"X-Ssl-Client-Cert": {"x"}, "X-Client-Verify": {"SUCCESS"}, "Ssl-Client-S-Dn": {"CN=core"}},
		"a key in another header":                {"X-Api-Key": {good}},
		"an empty header":                        {"Authorization": {""}},
		"no key":                                 {"Authorization": {"Bearer "}},
		"no scheme":                              {"Authorization": {good}},
		"another scheme":                         {"Authorization": {"Basic " + good}},
		"DPoP":                                   {"Authorization": {"DPoP " + good}},
		"two keys in one header":                 {"Authorization": {"Bearer " + good + ", Bearer " + good}},
		"two headers":                            {"Authorization": {"Bearer " + good, "Bearer " + good}},
		"two spaces":                             {"Authorization": {"Bearer  " + good}},
		"quotes":                                 {"Authorization": {`Bearer "` + good + `"`}},
		"another alphabet":                       {"Authorization": {"Bearer \xc3\xa9"}},
		"a very long one":                        {"Authorization": {"Bearer " + strings.Repeat("a", 20_000)}},
	} {
		t.Run(name, func(t *testing.T) {
			h.reopen(manage.ByKey(h.clients)) // nobody runs out of tries
			r := request{headers: headers, body: goodBody}
			got := h.call(t, r)
			p := refused(t, r, got, http.StatusUnauthorized, "unauthenticated")
			if challenge := got.headers["Www-Authenticate"]; !slices.Equal(challenge, []string{"Bearer"}) {
				t.Errorf("WWW-Authenticate %q", challenge)
			}
			bodies[strings.ReplaceAll(got.body, p.RequestID, "")] = true
		})
	}
	if len(bodies) != 1 {
		t.Errorf("the refusals are told apart: %v", bodies)
	}
	for name, r := range map[string]request{
		"as it is": post(goodBody).by(good), "scheme in small letters": post(goodBody).with("Authorization", "bearer "+good),
		"with a cookie beside it": post(goodBody).by(good).with("Cookie", "__Host-counterfoil=x"),
	} {
		if got := h.call(t, r); got.status != http.StatusCreated {
			t.Errorf("the right key %s: %d %s", name, got.status, got.body)
		}
	}
	if log := h.log.String(); strings.Contains(log, good) || strings.Contains(log, revokedKey) || strings.Contains(log, good[4:]) || strings.Contains(log, canary) {
		t.Errorf("the log has a key: %s", log)
	}
	if h.offers(t) != 3 {
		t.Errorf("%d offers were made", h.offers(t))
	}
}

// OF-005: a key in the URL is in every log on the way, so it is refused by name, right or wrong, and not written down here.
func TestKeys_do_not_belong_in_a_URL(t *testing.T) {
	h := locked(t)
	key := h.holder(t, "core", staff.Scopes()...)
	for _, path := range []string{"/offers?api_key=", "/offers?access_token=", "/clients?api_key=", "/offers/none/cancel?api_key=", "/nothing?api_key=", "/livez?api_key="} {
		for name, r := range map[string]request{"alone": get(path + key), "beside the header": get(path + key).by(key)} {
			p := refused(t, r, h.call(t, r), http.StatusBadRequest, "credentials_in_url")
			if strings.Contains(fmt.Sprint(p), key) {
				t.Errorf("%s %s: the answer repeats the key", path, name)
			}
		}
	}
	if strings.Contains(h.log.String(), key) {
		t.Error("the log has the key")
	}
}

func TestFailures_are_counted_by_address(t *testing.T) {
	h := locked(t)
	key := h.holder(t, "core", staff.Scopes()...)
	bad := get("/offers").by("cfk_wrong")
	for i := range 20 {
		refused(t, bad, h.call(t, bad), http.StatusUnauthorized, "unauthenticated")
		if got := h.call(t, get("/offers").by(key)); i%5 == 0 && got.status != http.StatusOK {
			t.Fatalf("a right key counts: %d", got.status)
		}
	}
	for _, r := range []request{bad, get("/offers"), get("/nothing")} {
		got := h.call(t, r)
		refused(t, r, got, http.StatusTooManyRequests, "too_many_requests")
		if got.headers.Get("Retry-After") != "60" || got.headers.Get("Www-Authenticate") != "" {
			t.Errorf("headers %v", got.headers)
		}
	}
	if got := h.call(t, get("/offers").by(key)); got.status != http.StatusOK {
		t.Errorf("one who is right is held up by one who is not: %d", got.status)
	}
	if got := h.call(t, get("/livez")); got.status != http.StatusOK {
		t.Errorf("livez: %d", got.status)
	}
	h.passed.Store(int64(59 * time.Second))
	refused(t, bad, h.call(t, bad), http.StatusTooManyRequests, "too_many_requests")
	h.passed.Store(int64(time.Minute))
	refused(t, bad, h.call(t, bad), http.StatusUnauthorized, "unauthenticated")
}

func TestClients_call_from_their_networks_only(t *testing.T) {
	h := locked(t)
	// Calls in this test come from 0.0.0.0.
	for network, status := range map[string]int{"0.0.0.0/32": http.StatusOK, "0.0.0.0/0": http.StatusOK, "10.0.0.0/8": http.StatusForbidden, "::/0": http.StatusForbidden} {
		name := "net-" + strings.NewReplacer("/", "-", ":", "-").Replace(network)
		_, key := h.client(t, staff.NewClient{Name: name, Scopes: staff.Scopes(), Networks: []netip.Prefix{netip.MustParsePrefix(network)}})
		r := get("/offers").by(key)
		r = r.with("X-Forwarded-For", "10.0.0.1") // no proxy is trusted
		got := h.call(t, r)
		if got.status != status {
			t.Errorf("%s: %d %s", network, got.status, got.body)
		}
		if status == http.StatusForbidden {
			refused(t, r, got, status, "network_not_allowed")
		}
	}
}

func TestClients_have_to_do_with_their_types_only(t *testing.T) {
	h := locked(t)
	_, key := h.client(t, staff.NewClient{Name: "facts", Scopes: staff.Scopes(), Types: []string{"Facts", "IdentityCredential"}})
	all := h.holder(t, "all", staff.Scopes()...)
	other, _ := h.create(t, post(goodBody).by(all))
	const facts = `{"credential_configuration_id":"Facts","claims":{"address":{"town":"Bonn"}}}`
	own, _ := h.create(t, post(facts).by(key))

	for name, r := range map[string]request{
		"OF-015 another type":       post(goodBody).by(key),
		"another type, dry":         post(goodBody).by(key).at("/offers?dry_run=true"),
		"OF-068 an unknown type":    post(strings.Replace(goodBody, account, "Nothing", 1)).by(key),
		"its type in other letters": post(strings.Replace(facts, "Facts", "facts", 1)).by(key),
	} {
		t.Run(name, func(t *testing.T) { refused(t, r, h.call(t, r), http.StatusForbidden, "configuration_not_allowed") })
	}
	// OF-121: what belongs to others is, to the letter, not there.
	for _, path := range []string{"/offers/%s", "/offers/%s/events", "/offers/%s/cancel"} {
		send := func(id string) (request, answer) {
			r := get(fmt.Sprintf(path, id)).by(key)
			if strings.HasSuffix(path, "cancel") {
				r.method = http.MethodPost
			}
			return r, h.call(t, r)
		}
		r, hidden := send(other.OfferID)
		p := refused(t, r, hidden, http.StatusNotFound, "offer_not_found")
		_, missing := send("AAAAAAAAAAAAAAAAAAAAAA")
		q := refused(t, r, missing, http.StatusNotFound, "offer_not_found")
		if strings.ReplaceAll(hidden.body, p.RequestID, "") != strings.ReplaceAll(missing.body, q.RequestID, "") {
			t.Errorf("%s: %s, and for what does not exist %s", path, hidden.body, missing.body)
		}
		if _, got := send(own.OfferID); got.status != http.StatusOK {
			t.Errorf("%s: its own offer %d %s", path, got.status, got.body)
		}
	}
	for k, want := range map[string][]string{key: {own.OfferID}, all: {own.OfferID, other.OfferID}} {
		var list struct {
			Offers []struct {
				OfferID string `json:"offer_id"`
				Status  string `json:"status"`
			} `json:"offers"`
		}
		got := h.call(t, get("/offers").by(k))
		if err := json.Unmarshal([]byte(got.body), &list); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, o := range list.Offers {
			ids = append(ids, o.OfferID)
			if o.OfferID == other.OfferID && o.Status != "ready" {
				t.Errorf("an offer that is not there was cancelled: %s", o.Status)
			}
		}
		slices.Sort(ids)
		slices.Sort(want)
		if !slices.Equal(ids, want) {
			t.Errorf("the list has %v, want %v", ids, want)
		}
	}
}

// The types themselves: what a client has not to do with is not there, and it cannot give it to others.
func TestClients_see_their_types_only(t *testing.T) {
	h := locked(t)
	_, key := h.client(t, staff.NewClient{Name: "facts", Scopes: staff.Scopes(), Types: []string{"Facts"}})
	var list struct {
		Types []struct {
			ID string `json:"credential_configuration_id"`
		}
	}
	h.as(t, get("/types").by(key), http.StatusOK, &list)
	if len(list.Types) != 1 || list.Types[0].ID != "Facts" {
		t.Errorf("it sees %v", list.Types)
	}
	if got := h.call(t, get("/types/Facts").by(key)); got.status != http.StatusOK {
		t.Errorf("its own: %d", got.status)
	}
	for _, id := range []string{account, "Nothing"} {
		r := get("/types/" + id).by(key)
		refused(t, r, h.call(t, r), http.StatusNotFound, "type_not_found")
	}
}

// Whoever has to do with some types only must not come to the events of others by way of callbacks, and change no other type.
func TestClients_have_to_do_with_their_callbacks_only(t *testing.T) {
	h := locked(t)
	_, facts := h.client(t, staff.NewClient{Name: "facts", Scopes: staff.Scopes(), Types: []string{"Facts"}})
	all := h.holder(t, "all", staff.Scopes()...)
	callback := func(key, types string) (string, int) {
		var made struct {
			ID string `json:"callback_id"`
		}
		got := h.call(t, to("/callbacks", `{"url":"https://bank.example/hook"`+types+`}`).by(key))
		if got.status == http.StatusCreated && json.Unmarshal([]byte(got.body), &made) != nil {
			t.Fatal(got.body)
		}
		return made.ID, got.status
	}
	own, status := callback(facts, `,"types":["Facts"]`)
	if status != http.StatusCreated {
		t.Fatalf("its own: %d", status)
	}
	for _, types := range []string{``, `,"types":[]`, `,"types":["` + account + `"]`, `,"types":["Facts","` + account + `"]`} {
		if _, status := callback(facts, types); status != http.StatusForbidden {
			t.Errorf("POST with%s: %d", types, status)
		}
	}
	for _, types := range []string{`[]`, `["` + account + `"]`} {
		r := to("/callbacks/"+own, `{"types":`+types+`}`).by(facts)
		r.method = http.MethodPatch
		refused(t, r, h.call(t, r), http.StatusForbidden, "configuration_not_allowed")
	}
	// An endpoint that was told of other types before it was given this one: what it was told stays hidden, and is not sent again.
	narrowed, _ := callback(all, ``)
	h.create(t, post(goodBody).by(all))
	var told struct {
		Deliveries []struct {
			ID    json.Number `json:"delivery_id"`
			State string
		} `json:"deliveries"`
	}
	narrow := to("/callbacks/"+narrowed, `{"types":["Facts"]}`).by(all)
	narrow.method = http.MethodPatch
	if got := h.call(t, narrow); got.status != http.StatusOK {
		t.Fatal(got.body)
	}
	h.as(t, get("/callbacks/"+narrowed+"/deliveries").by(all), http.StatusOK, &told)
	if len(told.Deliveries) != 1 || told.Deliveries[0].State != "cancelled" {
		t.Fatalf("what is no longer asked for is %+v", told)
	}
	earlier := "/deliveries/" + told.Deliveries[0].ID.String()
	for _, r := range []request{get(earlier).by(facts), bare(earlier + "/replay").by(facts)} {
		refused(t, r, h.call(t, r), http.StatusNotFound, "delivery_not_found")
	}
	h.as(t, get("/callbacks/"+narrowed+"/deliveries").by(facts), http.StatusOK, &told)
	if len(told.Deliveries) != 0 {
		t.Errorf("it reads %+v", told)
	}
	var again struct{ Queued int }
	h.as(t, to("/callbacks/"+narrowed+"/replay", `{"from":"2020-01-01T00:00:00Z"}`).by(facts), http.StatusAccepted, &again)
	if again.Queued != 0 {
		t.Errorf("%d are sent again", again.Queued)
	}
	others, _ := callback(all, ``)
	h.create(t, post(goodBody).by(all))
	var log struct {
		Deliveries []struct {
			ID json.Number `json:"delivery_id"`
		} `json:"deliveries"`
	}
	h.as(t, get("/callbacks/"+others+"/deliveries").by(all), http.StatusOK, &log)
	if len(log.Deliveries) == 0 {
		t.Fatal("nothing was queued")
	}
	patch := to("/callbacks/"+others, `{"url":"https://evil.example/"}`).by(facts)
	patch.method = http.MethodPatch
	end := bare("/callbacks/" + others).by(facts)
	end.method = http.MethodDelete
	delivery := "/deliveries/" + log.Deliveries[0].ID.String()
	for _, r := range []request{
		get("/callbacks/" + others).by(facts), patch, end, bare("/callbacks/" + others + "/pause").by(facts), bare("/callbacks/" + others + "/resume").by(facts),
		bare("/callbacks/" + others + "/rotate_secret").by(facts), bare("/callbacks/" + others + "/ping").by(facts),
		to("/callbacks/"+others+"/replay", `{"failed_only":true}`).by(facts), get("/callbacks/" + others + "/deliveries").by(facts),
		get("/callbacks/none").by(facts),
	} {
		refused(t, r, h.call(t, r), http.StatusNotFound, "callback_not_found")
	}
	for _, r := range []request{get(delivery).by(facts), bare(delivery + "/replay").by(facts), get("/deliveries/999999").by(facts)} {
		refused(t, r, h.call(t, r), http.StatusNotFound, "delivery_not_found")
	}
	if got := h.call(t, get("/callbacks").by(facts)); !strings.Contains(got.body, own) || strings.Contains(got.body, others) {
		t.Errorf("the list is %s", got.body)
	}
	for _, r := range []request{get("/callbacks/" + own).by(facts), get("/callbacks/" + own + "/deliveries").by(facts), get(delivery).by(all)} {
		if got := h.call(t, r); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", r.path, got.status, got.body)
		}
	}
	r := to("/types?dry_run=true", `{"credential_configuration_id":"`+account+`","type_metadata":{"vct":"urn:x"}}`).by(facts)
	refused(t, r, h.call(t, r), http.StatusForbidden, "configuration_not_allowed")
}

// OF-117, and who made an offer and ended it is on its record by name.
func TestClients_are_on_the_record_and_share_no_idempotency_key(t *testing.T) {
	h := locked(t)
	made := map[string]bool{}
	for _, name := range []string{"core", "batch"} {
		key := h.holder(t, name, staff.Scopes()...)
		r := post(goodBody).by(key).with("Idempotency-Key", "the-same")
		first, _ := h.create(t, r)
		again, got := h.create(t, r)
		if again.OfferID != first.OfferID || got.headers.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: the repeat is another offer", name)
		}
		made[first.OfferID] = true
		if shown := h.call(t, get("/offers/"+first.OfferID).by(key)); !strings.Contains(shown.body, `"created_by":"`+name+`"`) {
			t.Errorf("got %s", shown.body)
		}
		h.call(t, request{path: "/offers/" + first.OfferID + "/cancel"}.by(key))
		if events := h.call(t, get("/offers/"+first.OfferID+"/events").by(key)); !strings.Contains(events.body, "cancelled by "+name) {
			t.Errorf("got %s", events.body)
		}
	}
	if len(made) != 2 {
		t.Errorf("two clients made %d offers", len(made))
	}
}

// A database that is away says nothing about a key: 503, not 401, and nobody's tries are counted.
func TestKeys_are_not_wrong_because_the_database_is_away(t *testing.T) {
	h := locked(t)
	key := h.holder(t, "core", staff.Scopes()...)
	h.closeDatabase(t)
	for range 30 {
		r := get("/offers").by(key)
		if got := h.call(t, r); got.status != http.StatusInternalServerError && got.status != http.StatusServiceUnavailable {
			t.Fatalf("got %d %s", got.status, got.body)
		}
	}
}
