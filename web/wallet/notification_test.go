package wallet_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
)

// stored is an offer whose wallet has its credential and may say so.
type stored struct {
	f     *fixture
	offer offer
	token string
	id    string // notification_id
}

func (f *fixture) stored(t *testing.T) stored {
	t.Helper()
	c := f.credentialTry(t)
	a := c.send(t)
	a.want(t, http.StatusOK, "")
	return stored{f, c.offer, c.token, a.member("notification_id")}
}

// request is the good notification.
func (s stored) request(t *testing.T, event string) request {
	t.Helper()
	return s.sends(encode(t, object{"notification_id": s.id, "event": event}))
}

func (s stored) sends(body string) request {
	return request{
		method: http.MethodPost, path: oid4vci.PathNotification, contentType: jsonType, body: body,
		header: http.Header{"Authorization": {"Bearer " + s.token}},
	}
}

func TestNotification_refuses_malformed_requests(t *testing.T) {
	f := newFixture(t)
	const malformed, id = "invalid_notification_request", "invalid_notification_id"
	const accepted = "credential_accepted"
	member := func(name string, value any) func(stored, *request) {
		return func(s stored, r *request) {
			r.body = encode(t, with(object{"notification_id": s.id, "event": accepted}, name, value))
		}
	}
	drop := func(name string) func(stored, *request) {
		return func(s stored, r *request) {
			r.body = encode(t, without(object{"notification_id": s.id, "event": accepted}, name))
		}
	}
	body := func(change func(good string) string) func(stored, *request) {
		return func(_ stored, r *request) { r.body = change(r.body) }
	}
	contentType := func(value string) func(stored, *request) {
		return func(_ stored, r *request) { r.contentType = value }
	}
	other := f.stored(t)
	for name, row := range map[string]struct {
		change func(s stored, r *request)
		status int
		code   string
	}{
		"CR-109 no token":               {func(_ stored, r *request) { r.header.Del("Authorization") }, 401, ""},
		"Basic":                         {func(_ stored, r *request) { r.set("Authorization", "Basic eDp5") }, 401, ""},
		"a token nobody gave out":       {func(_ stored, r *request) { r.set("Authorization", "Bearer nobody") }, 401, "invalid_token"},
		"two Authorization headers":     {func(s stored, r *request) { r.set("Authorization", "Bearer "+s.token, "Bearer x") }, 400, "invalid_request"},
		"the token in the URL":          {func(s stored, r *request) { r.path += "?access_token=" + s.token }, 400, "invalid_request"},
		"no content type":               {contentType(""), 400, malformed},
		"a form":                        {contentType(formType), 400, malformed},
		"a JWT's content type":          {contentType("application/jwt"), 400, malformed},
		"UTF-16":                        {contentType(jsonType + "; charset=utf-16"), 400, malformed},
		"no body":                       {func(_ stored, r *request) { r.body, r.form = "", url.Values{} }, 400, malformed},
		"half of it":                    {body(func(good string) string { return good[:10] }), 400, malformed},
		"an array":                      {body(func(good string) string { return "[" + good + "]" }), 400, malformed},
		"null":                          {body(func(string) string { return "null" }), 400, malformed},
		"more behind it":                {body(func(good string) string { return good + "x" }), 400, malformed},
		"event twice":                   {body(func(good string) string { return `{"event":"credential_deleted",` + good[1:] }), 400, malformed},
		"a thousand levels":             {member("x", deep(1000)), 400, malformed},
		"bytes that are no UTF-8":       {body(func(good string) string { return "{\"x\":\"\xff\"," + good[1:] }), 400, malformed},
		"no id":                         {drop("notification_id"), 400, malformed},
		"id null":                       {member("notification_id", nil), 400, malformed},
		"id empty":                      {member("notification_id", ""), 400, malformed},
		"id a number":                   {member("notification_id", 1), 400, malformed},
		"id with NUL":                   {member("notification_id", "a\x00b"), 400, malformed},
		"id with an accent":             {member("notification_id", "é"), 400, malformed},
		"id of a thousand bytes":        {member("notification_id", strings.Repeat("n", 1000)), 400, malformed},
		"id that nobody gave out":       {member("notification_id", "nobody"), 400, id},
		"id with SQL":                   {member("notification_id", "' OR 1=1; --"), 400, id},
		"CR-111 id of another token":    {member("notification_id", other.id), 400, id},
		"no event":                      {drop("event"), 400, malformed},
		"event empty":                   {member("event", ""), 400, malformed},
		"CR-113 event in upper case":    {member("event", "CREDENTIAL_ACCEPTED"), 400, malformed},
		"event nobody knows":            {member("event", "credential_lost"), 400, malformed},
		"event with a space behind it":  {member("event", accepted+" "), 400, malformed},
		"event an array":                {member("event", []string{accepted}), 400, malformed},
		"description a number":          {member("event_description", 1), 400, malformed},
		"CR-118 description accented":   {member("event_description", "é"), 400, malformed},
		"CR-118 description in quotes":  {member("event_description", `"x"`), 400, malformed},
		"description with a backslash":  {member("event_description", `\`), 400, malformed},
		"description with a line feed":  {member("event_description", "a\nb"), 400, malformed},
		"description with NUL":          {member("event_description", "a\x00b"), 400, malformed},
		"description of ten thousand":   {member("event_description", strings.Repeat("a", 10_000)), 400, malformed},
		"event and id in another case":  {body(func(good string) string { return strings.ReplaceAll(good, `"event"`, `"Event"`) }), 400, malformed},
		"the body has the member names": {body(func(string) string { return `{"notification_id":{"event":1}}` }), 400, malformed},
	} {
		t.Run(name, func(t *testing.T) {
			s := f.stored(t)
			r := s.request(t, accepted)
			row.change(s, &r)
			f.do(t, r).want(t, row.status, row.code, s.token, s.id)
			now, err := f.service.Offer(t.Context(), s.offer.id)
			if err != nil || now.Status != issuance.StatusIssued {
				t.Errorf("the offer is %s, %v", now.Status, err)
			}
			f.wantNoted(t, s.request(t, accepted))
		})
	}
	if now, err := f.service.Offer(t.Context(), other.offer.id); err != nil || now.Status != issuance.StatusIssued {
		t.Errorf("somebody else's notification changed an offer to %s, %v", now.Status, err)
	}
}

// wantNoted sends a notification that is good.
func (f *fixture) wantNoted(t *testing.T, r request) {
	t.Helper()
	a := f.do(t, r)
	a.want(t, http.StatusNoContent, "")
	if a.body != "" {
		t.Errorf("204 with a body: %s", a.body)
	}
}

func TestNotification_the_same_again_changes_nothing(t *testing.T) {
	f := newFixture(t)
	s := f.stored(t)
	for range 5 { // CR-115
		f.wantNoted(t, s.request(t, "credential_accepted"))
	}
	f.wantNoted(t, s.request(t, "credential_failure")) // CR-116
	f.wantNoted(t, s.request(t, "credential_deleted"))
	now, err := f.service.Offer(t.Context(), s.offer.id)
	if err != nil || now.Status != issuance.StatusConfirmed {
		t.Errorf("the offer is %s, %v", now.Status, err)
	}
	kinds := f.kinds(t, s.offer.id)
	for _, kind := range []issuance.EventKind{issuance.WalletConfirmed, issuance.WalletFailed, issuance.WalletDeleted, issuance.CredentialIssued} {
		if count(kinds, kind) != 1 {
			t.Errorf("%d of %s in %v", count(kinds, kind), kind, kinds)
		}
	}
}

func TestNotification_at_once_counts_once(t *testing.T) {
	f := newFixture(t)
	s := f.stored(t)
	for _, a := range together(20, func(int) answer { return f.do(t, s.request(t, "credential_accepted")) }) {
		a.want(t, http.StatusNoContent, "")
	}
	if kinds := f.kinds(t, s.offer.id); count(kinds, issuance.WalletConfirmed) != 1 {
		t.Errorf("got %v", kinds)
	}
}

// What a wallet describes is kept as the text it is: pages escape it (CR-120).
func TestNotification_keeps_a_description_as_text(t *testing.T) {
	f := newFixture(t)
	s := f.stored(t)
	const description = "<img src=x onerror=alert(1)>"
	f.wantNoted(t, s.sends(encode(t, object{"notification_id": s.id, "event": "credential_failure", "event_description": description, "x": 1})))
	found := false
	for _, e := range f.events(t, s.offer.id) {
		found = found || e.Kind == issuance.WalletFailed && e.Cause == description
	}
	if !found {
		t.Error("the description is not on the timeline")
	}
}

func TestNotification_ends_with_the_token(t *testing.T) {
	f := newFixture(t)
	s := f.stored(t)
	f.clock.move(tokenTTL)
	f.do(t, s.request(t, "credential_accepted")).want(t, 401, "invalid_token", s.token, s.id) // CR-121
}

func TestNotification_with_a_bound_token(t *testing.T) {
	f := newFixture(t)
	o, key := f.offer(t), f.dpop(t)
	token := f.redeemBound(t, o, key)
	c := f.tryWith(t, o, token, f.cNonce(t))
	c.request.set("Authorization", "DPoP "+token)
	c.request.set("Dpop", key.proof(t, f, oid4vci.PathCredential, token))
	s := stored{f, o, token, c.send(t).member("notification_id")}
	r := s.request(t, "credential_accepted")
	r.set("Authorization", "DPoP "+token)
	f.do(t, r).want(t, 401, badProof, token)
	r.set("Dpop", key.proof(t, f, oid4vci.PathCredential, token))
	f.do(t, r).want(t, 401, badProof, token)
	r.set("Dpop", key.proof(t, f, oid4vci.PathNotification, token))
	f.wantNoted(t, r)
	f.do(t, r).want(t, 401, badProof, token) // the proof was used before
	r.set("Dpop", key.proof(t, f, oid4vci.PathNotification, token))
	f.wantNoted(t, r)
}
