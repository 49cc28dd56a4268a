package wallet_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/sdjwt"
)

// credentialRow is a credential request that is good but for what change does to it.
type credentialRow struct {
	name   string
	change func(c *credentialTry)
	status int
	code   string
}

// run sends the spoiled request and then the good one with the same token and nonce: a refusal must spend neither.
func (row credentialRow) run(t *testing.T, f *fixture) {
	t.Helper()
	c := f.credentialTry(t)
	row.change(c)
	a := c.send(t)
	a.want(t, row.status, row.code, c.token, c.nonce)
	if row.status == http.StatusOK {
		return
	}
	if strings.Contains(a.body, "credentials") {
		t.Error("a refusal with credentials")
	}
	if row.status != http.StatusUnauthorized && row.status != http.StatusForbidden && a.header.Get("WWW-Authenticate") != "" {
		t.Errorf("WWW-Authenticate with %d", a.status)
	}
	collected(t, f.tryWith(t, c.offer, c.token, c.nonce).send(t))
}

// member sets a member of the body.
func member(name string, value any) func(*credentialTry) {
	return func(c *credentialTry) { c.body[name] = value }
}

// text sends a body as it is; PROOF stands for a good proof.
func text(t *testing.T, body string) func(*credentialTry) {
	return func(c *credentialTry) { c.request.body = strings.ReplaceAll(body, "PROOF", c.proof(t)) }
}

// authorization sends the Authorization headers that it makes of the token.
func authorization(values func(token string) []string) func(*credentialTry) {
	return func(c *credentialTry) { c.request.set("Authorization", values(c.token)...) }
}

func TestCredential_refuses_without_a_good_token(t *testing.T) {
	f := newFixture(t)
	staging := newFixture(t)
	one := func(value func(token string) string) func(*credentialTry) {
		return authorization(func(token string) []string { return []string{value(token)} })
	}
	const invalid = "invalid_token"
	for _, row := range []credentialRow{
		{"CR-002 no Authorization", authorization(func(string) []string { return nil }), 401, ""},
		{"CR-003 Basic", one(func(string) string { return "Basic d2FsbGV0OnNlY3JldA==" }), 401, ""},
		{"a scheme nobody knows", one(func(token string) string { return "Token " + token }), 401, ""},
		{"the token without a scheme", one(func(token string) string { return token }), 401, ""},
		{"an empty header", one(func(string) string { return "" }), 401, ""},
		{"no token", one(func(string) string { return "Bearer" }), 401, invalid},
		{"two spaces", one(func(token string) string { return "Bearer  " + token }), 401, invalid},
		{"the token twice", one(func(token string) string { return "Bearer " + token + ", Bearer " + token }), 401, invalid},
		{"CR-007 two headers", authorization(func(token string) []string { return []string{"Bearer " + token, "Bearer x"} }), 400, "invalid_request"},
		{"CR-007 one header twice", authorization(func(token string) []string { return []string{"Bearer " + token, "Bearer " + token} }), 400, "invalid_request"},
		{"the token in the URL", func(c *credentialTry) {
			c.request.path += "?access_token=" + c.token
			c.request.header.Del("Authorization")
		}, 400, "invalid_request"},
		{"the token in the URL and in the header", func(c *credentialTry) { c.request.path += "?access%5Ftoken=" + c.token }, 400, "invalid_request"},
		{"CR-009 the token in a form", func(c *credentialTry) {
			c.request.header.Del("Authorization")
			c.request.contentType, c.request.form = formType, url.Values{"access_token": {c.token}}
		}, 401, ""},
		{"CR-010 one byte changed", one(func(token string) string { return "Bearer " + string(token[0]^1) + token[1:] }), 401, invalid},
		{"one byte less", one(func(token string) string { return "Bearer " + token[1:] }), 401, invalid},
		{"another case", one(func(token string) string { return "Bearer " + strings.ToLower(token) + "A" }), 401, invalid},
		{"CR-012 of another installation", one(func(string) string { return "Bearer " + staging.redeem(t, staging.offer(t)) }), 401, invalid},
		{"CR-015 an API key", one(func(string) string { return "Bearer key-0123456789" }), 401, invalid},
		{"CR-016 a JWT without signature", one(func(string) string { return "Bearer " + b64(`{"alg":"none"}`) + "." + b64(`{"sub":"x"}`) + "." }), 401, invalid},
		{"the pre-authorized code", one(func(string) string { return "Bearer " + f.offer(t).code }), 401, invalid},
		{"the c_nonce", one(func(string) string { return "Bearer " + f.cNonce(t) }), 401, invalid},
		{"two thousand bytes", one(func(string) string { return "Bearer " + strings.Repeat("a", 2000) }), 401, invalid},
		{"quotes and a backslash", one(func(string) string { return `Bearer "\"` }), 401, invalid},
		{"bytes that are no text", one(func(string) string { return "Bearer \xff\xfe" }), 401, invalid},
		{"SQL", one(func(string) string { return "Bearer 'OR'1'='1" }), 401, invalid},
		{"DP-104 a bearer token shown as DPoP", one(func(token string) string { return "DPoP " + token }), 401, invalid},
		{"BEARER in upper case is fine", one(func(token string) string { return "BEARER " + token }), 200, ""},
	} {
		t.Run(row.name, func(t *testing.T) { row.run(t, f) })
	}
}

func TestCredential_challenges_name_schemes_and_algorithms(t *testing.T) {
	f := newFixture(t)
	for name, row := range map[string]struct{ header, want string }{
		"CR-002 without a token there is no error": {"", ""},
		"DP-122 a bad token":                       {"Bearer nobody", `error="invalid_token"`},
	} {
		t.Run(name, func(t *testing.T) {
			c := f.credentialTry(t)
			c.request.header.Del("Authorization")
			if row.header != "" {
				c.request.set("Authorization", row.header)
			}
			all := strings.Join(c.send(t).header.Values("WWW-Authenticate"), "\n")
			for _, want := range []string{"Bearer", `DPoP `, `algs="ES256"`, row.want} {
				if !strings.Contains(all, want) {
					t.Errorf("no %s in %s", want, all)
				}
			}
			if row.want == "" && strings.Contains(all, "error") {
				t.Errorf("got %s", all)
			}
		})
	}
}

func TestCredential_refuses_a_token_past_its_time(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	f.clock.move(tokenTTL - time.Second)
	collected(t, f.tryWith(t, c.offer, c.token, f.cNonce(t)).send(t))
	f.clock.move(time.Second)
	f.tryWith(t, c.offer, c.token, f.cNonce(t)).send(t).want(t, 401, "invalid_token", c.token) // CR-011
}

func TestCredential_refuses_malformed_requests(t *testing.T) {
	f := newFixture(t)
	const request, encryption = "invalid_credential_request", "invalid_encryption_parameters"
	const good = `{"credential_configuration_id":"` + identity + `","proofs":{"jwt":["PROOF"]}}`
	contentType := func(value string) func(*credentialTry) {
		return func(c *credentialTry) { c.request.contentType = value }
	}
	for _, row := range []credentialRow{
		{"CR-023 no content type", contentType(""), 400, request},
		{"a form", contentType(formType), 400, request},
		{"text", contentType("text/plain"), 400, request},
		{"a content type like JSON's", contentType("application/json+x"), 400, request},
		{"UTF-16", contentType(jsonType + "; charset=utf-16"), 400, request},
		{"UTF-8 is fine", contentType(jsonType + "; charset=utf-8"), 200, ""},
		{"UTF-8 in mixed case is fine", contentType(`Application/JSON; Charset="Utf-8"`), 200, ""},
		{"CR-024 a JWT's content type", contentType("application/jwt"), 400, encryption},
		{"CR-025 no body", func(c *credentialTry) { c.request.form = url.Values{} }, 400, request},
		{"white space", text(t, "  "), 400, request},
		{"half of it", text(t, good[:30]), 400, request},
		{"more behind it", text(t, good+"{}"), 400, request},
		{"an array", text(t, "["+good+"]"), 400, request},
		{"null", text(t, "null"), 400, request},
		{"a text", text(t, `"credential"`), 400, request},
		{"a byte order mark", text(t, "\ufeff"+good), 400, request},
		{"bytes that are no UTF-8", text(t, strings.Replace(good, "{", "{\"x\":\"\xff\",", 1)), 400, request},
		{"half a surrogate pair", text(t, strings.Replace(good, "{", `{"x":"\ud800",`, 1)), 400, request},
		{"CR-028 proofs twice", text(t, strings.Replace(good, "{", `{"proofs":{},`, 1)), 400, request},
		{"an unknown member twice", text(t, strings.Replace(good, "{", `{"x":1,"x":2,`, 1)), 400, request},
		{"CR-030 nested a thousand deep", text(t, strings.Replace(good, "{", `{"x":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+",", 1)), 400, request},
		{"a number that no program can hold", text(t, strings.Replace(good, "{", `{"proof":1e999,`, 1)), 400, request},
		{"CR-033 identifier and configuration", member("credential_identifier", identity), 400, request},
		{"neither identifier nor configuration", func(c *credentialTry) { delete(c.body, "credential_configuration_id") }, 400, request},
		{"the configuration is null", member("credential_configuration_id", nil), 400, request},
		{"the configuration is an array", member("credential_configuration_id", []string{identity}), 400, request},
		{"the configuration is a number", member("credential_configuration_id", 7), 400, request},
		{"CR-042 the identifier is an object", func(c *credentialTry) { c.body = object{"credential_identifier": object{"id": identity}} }, 400, request},
		{"CR-043 format of an older draft only", func(c *credentialTry) { c.body = object{"format": "dc+sd-jwt", "vct": "urn:counterfoil:identity:1"} }, 400, request},
		{"proof of an older draft", func(c *credentialTry) {
			c.body["proofs"] = object{"jwt": []string{c.proof(t)}}
			c.body["proof"] = object{"proof_type": "jwt", "jwt": c.proof(t)}
		}, 400, request},
		{"proof of an older draft instead of proofs", func(c *credentialTry) {
			c.request.body = encode(t, with(c.body, "proof", object{"proof_type": "jwt", "jwt": c.proof(t)}))
		}, 400, request},
		{"CR-073 encryption of the answer in a plain request", member("credential_response_encryption", object{"enc": "A128GCM", "jwk": object{"kty": "EC"}}), 400, encryption},
		{"CR-071 encryption without anything", member("credential_response_encryption", object{}), 400, encryption},
		{"encryption is a text", member("credential_response_encryption", "A128GCM"), 400, encryption},
		{"CR-063 an unknown member is ignored", member("x", object{"y": []any{nil, 1.5, "é"}}), 200, ""},
		{"format beside the configuration is ignored", member("format", "dc+sd-jwt"), 200, ""},
		{"claims of an older draft are ignored", member("claims", object{"given_name": object{}}), 200, ""},
	} {
		t.Run(row.name, func(t *testing.T) { row.run(t, f) })
	}
}

func TestCredential_refuses_what_the_token_is_not_for(t *testing.T) {
	f := newFixture(t)
	const unknown, identifier = "unknown_credential_configuration", "unknown_credential_identifier"
	only := func(name, value string) func(*credentialTry) {
		return func(c *credentialTry) { c.body = object{name: value} }
	}
	for _, row := range []credentialRow{
		{"CR-019 a known configuration that was not offered", member("credential_configuration_id", account), 403, "insufficient_scope"},
		{"CR-038 an empty configuration", member("credential_configuration_id", ""), 400, unknown},
		{"CR-039 another case", member("credential_configuration_id", strings.ToLower(identity)), 400, unknown},
		{"a space behind it", member("credential_configuration_id", identity+" "), 400, unknown},
		{"NUL behind it", member("credential_configuration_id", identity+"\x00"), 400, unknown},
		{"a path", member("credential_configuration_id", "../"+identity), 400, unknown},
		{"fifty thousand bytes", member("credential_configuration_id", strings.Repeat("a", 50_000)), 400, unknown},
		{"unknown is said before the proofs are looked at", text(t, `{"credential_configuration_id":"x","proofs":7}`), 400, unknown},
		{"CR-040 an unknown identifier", only("credential_identifier", "nobody"), 400, identifier},
		{"CR-041 an identifier of another type", only("credential_identifier", account), 400, identifier},
		{"an empty identifier", only("credential_identifier", ""), 400, identifier},
		// The identifier exists but was not handed out with this token: the requirements leave both codes open.
		{"CR-035 the identifier though none was returned", only("credential_identifier", identity), 400, identifier},
	} {
		t.Run(row.name, func(t *testing.T) { row.run(t, f) })
	}
}

// What the token answer returned decides which member a wallet must send (OpenID4VCI 1.0 §8.2).
func TestCredential_wants_the_identifier_when_one_was_returned(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t)
	r := tokenRequest(o)
	r.form.Set("authorization_details", `[{"type":"openid_credential","credential_configuration_id":"`+identity+`"}]`)
	token := f.do(t, r).member("access_token")
	nonce := f.cNonce(t)
	f.tryWith(t, o, token, nonce).send(t).want(t, 400, "invalid_credential_request", token, nonce) // CR-034
	c := f.tryWith(t, o, token, nonce)
	c.body = object{"credential_identifier": "nobody"}
	c.send(t).want(t, 400, "unknown_credential_identifier", token, nonce)
	c = f.tryWith(t, o, token, nonce)
	c.body = object{"credential_identifier": identity}
	collected(t, c.send(t))
}

func TestCredential_refuses_malformed_proofs_members(t *testing.T) {
	f := newFixture(t)
	const invalid = "invalid_proof"
	proofs := func(value any) func(*credentialTry) { return member("proofs", value) }
	for _, row := range []credentialRow{
		{"CR-045 none", func(c *credentialTry) { c.request.body = encode(t, c.body) }, 400, invalid},
		{"CR-046 null", proofs(nil), 400, invalid},
		{"a text", proofs("x"), 400, invalid},
		{"an array", proofs([]any{}), 400, invalid},
		{"CR-048 an empty object", proofs(object{}), 400, invalid},
		{"CR-050 a type nobody knows", proofs(object{"cwt": []string{"x"}}), 400, invalid},
		{"JWT in upper case", func(c *credentialTry) { c.body["proofs"] = object{"JWT": []string{c.proof(t)}} }, 400, invalid},
		{"attestation", proofs(object{"attestation": []string{"x"}}), 400, invalid},
		{"two types", func(c *credentialTry) { c.body["proofs"] = object{"jwt": []string{c.proof(t)}, "cwt": []string{"x"}} }, 400, invalid},
		{"jwt is a text", func(c *credentialTry) { c.body["proofs"] = object{"jwt": c.proof(t)} }, 400, invalid},
		{"jwt is null", proofs(object{"jwt": nil}), 400, invalid},
		{"jwt is empty", proofs(object{"jwt": []string{}}), 400, invalid},
		{"jwt holds a number", proofs(object{"jwt": []any{1}}), 400, invalid},
		{"jwt holds null", func(c *credentialTry) { c.body["proofs"] = object{"jwt": []any{c.proof(t), nil}} }, 400, invalid},
		{"jwt holds an empty text", proofs(object{"jwt": []string{""}}), 400, invalid},
		{"CR-054 a thousand", proofs(object{"jwt": strings.Split(strings.Repeat("a.b.c,", 999)+"a.b.c", ",")}), 400, invalid},
		{"one more than the batch size", func(c *credentialTry) { c.proofs = several(t, c, 11) }, 400, invalid},
		{"CR-057 the same proof twice", func(c *credentialTry) {
			p := c.proof(t)
			c.proofs = []string{p, p}
		}, 400, invalid},
		{"two proofs of one key", func(c *credentialTry) { c.proofs = []string{c.proof(t), c.proof(t)} }, 400, invalid},
		{"one bad proof among good ones", func(c *credentialTry) { c.proofs = append(several(t, c, 3), "a.b.c") }, 400, invalid},
		{"NO-075 one stale nonce among good ones", func(c *credentialTry) {
			c.proofs = several(t, c, 2)
			c.claims["nonce"] = "stale"
			c.proofs = append(c.proofs, c.proof(t))
		}, 400, "invalid_nonce"},
	} {
		t.Run(row.name, func(t *testing.T) { row.run(t, f) })
	}
}

// several gives good proofs of as many keys with one nonce (NO-073).
func several(t *testing.T, c *credentialTry, n int) []string {
	t.Helper()
	var out []string
	for range n {
		key := newHolder(t)
		out = append(out, key.sign(t, with(c.header, "jwk", key.jwk(t)), c.claims))
	}
	return out
}

func TestCredential_a_batch_is_bound_key_by_key(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	c.proofs = several(t, c, 10)
	got := collected(t, c.send(t))
	if len(got) != 10 {
		t.Fatalf("got %d", len(got))
	}
	for i, credential := range got {
		sd, err := sdjwt.Parse(credential)
		if err != nil {
			t.Fatal(err)
		}
		var said struct {
			Confirming struct {
				JWK object `json:"jwk"`
			} `json:"cnf"`
		}
		read(t, sd.JWT, 1, &said)
		var header struct {
			JWK object `json:"jwk"`
		}
		read(t, c.proofs[i], 0, &header)
		if fmt.Sprint(said.Confirming.JWK) != fmt.Sprint(header.JWK) {
			t.Errorf("credential %d is bound to another key than proof %d", i, i)
		}
	}
}

// read reads a part of a JWT without caring for its signature.
func read(t *testing.T, jwt string, part int, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(unb64(t, strings.Split(jwt, ".")[part])), v); err != nil {
		t.Fatal(err)
	}
}

// The metadata has one batch_size for the whole issuer, so a wallet may fill it for every type; it gets as many as the type gives.
func TestCredential_a_full_batch_is_taken_for_every_type(t *testing.T) {
	f := newFixture(t)
	const advertised = 10
	for id, want := range map[string]int{solo: 1, account: 5} {
		claims := map[string]object{
			solo:    {"name": canaries()[0]},
			account: {"bankName": "Bank", "accountHolder": canaries()[0], "iban": "DE89370400440532013000"},
		}[id]
		o := f.offer(t, ofType(id, claims))
		c := f.tryWith(t, o, f.redeem(t, o), f.cNonce(t))
		c.body["credential_configuration_id"] = id
		c.proofs = several(t, c, advertised)
		if got := collected(t, c.send(t)); len(got) != want {
			t.Errorf("%s: %d credentials for %d proofs, the type gives %d", id, len(got), advertised, want)
		}
	}
}

func TestCredential_one_proof_where_no_batch_is_advertised(t *testing.T) {
	f := newFixture(t)
	one, _ := f.types.Type(solo)
	f.types = typeList{one}
	f.restart(t)
	o := f.offer(t, ofType(solo, object{"name": canaries()[0]}))
	token, nonce := f.redeem(t, o), f.cNonce(t)
	c := f.tryWith(t, o, token, nonce)
	c.body["credential_configuration_id"] = solo
	c.proofs = several(t, c, 2)
	c.send(t).want(t, 400, "invalid_proof", token, nonce) // CR-056
	c = f.tryWith(t, o, token, nonce)
	c.body["credential_configuration_id"] = solo
	collected(t, c.send(t))
}

// Proofs may share a nonce and need not (OpenID4VCI 1.0 §8.2); each nonce is spent.
func TestCredential_proofs_may_have_a_nonce_each(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	other := f.cNonce(t)
	c.proofs = several(t, c, 1)
	c.claims["nonce"] = other
	c.proofs = append(c.proofs, c.proof(t))
	if got := collected(t, c.send(t)); len(got) != 2 {
		t.Errorf("%d credentials", len(got))
	}
	for _, nonce := range []string{c.nonce, other} {
		f.tryWith(t, c.offer, c.token, nonce).send(t).want(t, 400, "invalid_nonce", c.token)
	}
}

func TestCredential_a_replayed_request_gets_nothing(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	r := c.built(t)
	collected(t, f.do(t, r))
	f.do(t, r).want(t, 400, "invalid_nonce", c.token, c.nonce) // CR-087
	if kinds := f.kinds(t, c.offer.id); count(kinds, issuance.CredentialIssued) != 1 || count(kinds, issuance.CredentialReissued) != 0 {
		t.Errorf("got %v", kinds)
	}
}

// CR-089 wants the second request refused; the requirements (RS-8) and the design let it through.
// A lost answer may be collected again while the token lives (OpenID4VCI 1.0 §14.3), but the offer is no press (CR-090).
func TestCredential_may_be_collected_again_but_not_without_end(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	for range 5 {
		again := f.tryWith(t, c.offer, c.token, f.cNonce(t))
		again.proofs = several(t, again, 10)
		collected(t, again.send(t))
	}
	f.tryWith(t, c.offer, c.token, c.nonce).send(t).want(t, 400, "credential_request_denied", c.token, c.nonce)
}

func TestCredential_parallel_requests_stay_within_the_limit(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	tries := make([]*credentialTry, 20)
	for i := range tries {
		tries[i] = f.tryWith(t, c.offer, c.token, f.cNonce(t))
		tries[i].proofs = several(t, tries[i], 5)
	}
	got := 0
	for _, a := range together(len(tries), func(i int) answer { return tries[i].send(t) }) {
		if a.status == http.StatusOK {
			got += len(collected(t, a))
			continue
		}
		a.want(t, 400, "credential_request_denied", c.token)
	}
	if got != 50 {
		t.Errorf("%d credentials, the limit is 50", got)
	}
}

func TestCredential_refuses_the_token_of_an_offer_that_ended(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	_, err := f.store.EndOffer(t.Context(), issuance.End{Offer: c.offer.id, To: issuance.StatusFailed, At: f.clock.Now(), Cause: "blocked"})
	if err != nil {
		t.Fatal(err)
	}
	c.send(t).want(t, 400, "credential_request_denied", c.token, c.nonce) // CR-020
}

// Staff must never know less than the wallet, and never a value that the wallet sent.
func TestCredential_refusals_are_on_the_timeline_without_what_was_sent(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	c.request.body = `{"` + c.nonce + `":1,"` + c.nonce + `":2}`
	c.send(t).want(t, 400, "invalid_credential_request", c.token, c.nonce)
	r := request{method: http.MethodPost, path: oid4vci.PathNotification, contentType: jsonType, header: c.request.header}
	r.body = c.request.body
	f.do(t, r).want(t, 400, "invalid_notification_request", c.token, c.nonce)
	refused := 0
	for _, e := range f.events(t, c.offer.id) {
		if e.Kind == issuance.RequestRefused {
			refused++
		}
		if strings.Contains(e.Cause, c.nonce) || len(e.Cause) > 300 {
			t.Errorf("%s: %.400s", e.Kind, e.Cause)
		}
	}
	if refused != 2 {
		t.Errorf("%d refusals on the timeline", refused)
	}
}
