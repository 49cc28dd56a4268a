package wallet_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
)

// tokenRow is a token request that is good but for what change does to it.
type tokenRow struct {
	name   string
	txCode bool
	change func(r *request, o offer)
	status int
	code   string
}

// run sends the spoiled request and then the good one: a refusal must leave the code and its tries as they were.
func (row tokenRow) run(t *testing.T, f *fixture) {
	t.Helper()
	var o offer
	if row.txCode {
		o = f.offer(t, withTxCode)
	} else {
		o = f.offer(t)
	}
	r := tokenRequest(o)
	row.change(&r, o)
	a := f.do(t, r)
	a.want(t, row.status, row.code, o.code, o.txCode)
	if row.status == http.StatusOK {
		return
	}
	if strings.Contains(a.body, "access_token") {
		t.Error("a refusal with an access token")
	}
	f.redeem(t, o)
}

// set changes parameters; no value takes the parameter away.
func set(name string, values ...string) func(*request, offer) {
	return func(r *request, _ offer) {
		if len(values) == 0 {
			r.form.Del(name)
			return
		}
		r.form[name] = values
	}
}

func TestToken_refuses_malformed_requests(t *testing.T) {
	f := newFixture(t)
	const invalid = "invalid_request"
	for _, row := range []tokenRow{
		{"TK-003 parameters in the URL only", false, func(r *request, _ offer) {
			r.path, r.form = r.path+"?"+r.form.Encode(), nil
		}, 400, invalid},
		{"TK-004 a parameter in the URL and in the body", false, func(r *request, _ offer) {
			r.path += "?grant_type=" + url.QueryEscape(grantType)
		}, 400, invalid},
		{"TK-005 a JSON body", false, func(r *request, o offer) {
			r.contentType, r.body = jsonType, `{"grant_type":"`+grantType+`","pre-authorized_code":"`+o.code+`"}`
		}, 400, invalid},
		{"TK-006 a multipart body", false, func(r *request, o offer) {
			r.contentType = "multipart/form-data; boundary=x"
			r.body = "--x\r\nContent-Disposition: form-data; name=\"pre-authorized_code\"\r\n\r\n" + o.code + "\r\n--x--\r\n"
		}, 400, invalid},
		{"no content type", false, func(r *request, _ offer) { r.contentType = "" }, 400, invalid},
		{"a content type that is none", false, func(r *request, _ offer) { r.contentType = ";;=" }, 400, invalid},
		{"TK-008 a charset that is not UTF-8", false, func(r *request, _ offer) { r.contentType = formType + "; charset=utf-16" }, 400, invalid},
		{"TK-010 a body above 64 KiB", false, func(r *request, _ offer) { r.form.Set("x", strings.Repeat("x", 65<<10)) }, 413, invalid},
		{"TK-011 ten thousand parameters", false, func(r *request, _ offer) {
			r.body = r.form.Encode() + strings.Repeat("&a=b", 10_000)
		}, 400, invalid},
		{"TK-014 NUL in a parameter", false, func(r *request, o offer) {
			r.form.Set("pre-authorized_code", o.code+"\x00")
		}, 400, invalid},
		{"a percent sign that encodes nothing", false, func(r *request, _ offer) { r.body = r.form.Encode() + "&x=%zz" }, 400, invalid},
		{"bytes that are no UTF-8", false, set("x", "\xff\xfe"), 400, invalid},
		{"grant_type missing", false, set("grant_type"), 400, invalid},
		{"grant_type empty", false, set("grant_type", ""), 400, invalid},
		{"TK-023 grant_type twice with one value", false, set("grant_type", grantType, grantType), 400, invalid},
		{"TK-024 grant_type twice with two values", false, set("grant_type", grantType, "password"), 400, invalid},
		{"grant_type twice in two encodings", false, func(r *request, _ offer) {
			r.body = r.form.Encode() + "&grant%5Ftype=" + url.QueryEscape(grantType)
		}, 400, invalid},
		{"the code twice", false, func(r *request, o offer) { r.form.Add("pre-authorized_code", o.code) }, 400, invalid},
		{"the transaction code twice", true, func(r *request, _ offer) { r.form.Add("tx_code", "000000") }, 400, invalid},
		{"an unknown parameter twice", false, set("x", "1", "2"), 400, invalid},
		{"the code missing", false, set("pre-authorized_code"), 400, invalid},
		{"TK-026 the code empty", false, set("pre-authorized_code", ""), 400, invalid},
		{"TK-028 the code under its name with underscores", false, func(r *request, o offer) {
			r.form.Del("pre-authorized_code")
			r.form.Set("pre_authorized_code", o.code)
		}, 400, invalid},
		{"TK-029 user_pin instead of tx_code", true, func(r *request, o offer) {
			r.form.Del("tx_code")
			r.form.Set("user_pin", o.txCode)
		}, 400, invalid},
		{"a transaction code missing", true, set("tx_code"), 400, invalid},
		{"a transaction code empty", true, set("tx_code", ""), 400, invalid},
		{"TK-048 a transaction code that nobody asked for", false, set("tx_code", "123987"), 400, invalid},
		{"no body at all", false, func(r *request, _ offer) { r.form = nil }, 400, invalid},
	} {
		t.Run(row.name, func(t *testing.T) { row.run(t, f) })
	}
}

func TestToken_refuses_other_grants_and_clients(t *testing.T) {
	f := newFixture(t)
	const unsupported, client = "unsupported_grant_type", "invalid_client"
	for _, row := range []tokenRow{
		{"TK-017 password", false, set("grant_type", "password"), 400, unsupported},
		{"TK-018 implicit", false, set("grant_type", "implicit"), 400, unsupported},
		{"TK-019 client_credentials", false, set("grant_type", "client_credentials"), 400, unsupported},
		{"TK-020 device_code", false, set("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), 400, unsupported},
		{"authorization_code", false, set("grant_type", "authorization_code"), 400, unsupported},
		{"refresh_token", false, set("grant_type", "refresh_token"), 400, unsupported},
		{"TK-021 the grant type in upper case", false, set("grant_type", strings.ToUpper(grantType)), 400, unsupported},
		{"TK-022 the grant type with a space behind it", false, set("grant_type", grantType+" "), 400, unsupported},
		{"the grant type with a quote in it", false, set("grant_type", `"\`+"\x01é"), 400, unsupported},
		{"client authentication by header", false, func(r *request, _ offer) { r.set("Authorization", "Basic d2FsbGV0OnNlY3JldA==") }, 401, client},
		{"client authentication by secret", false, set("client_secret", "hush"), 401, client},
		{"TK-070 an assertion of an unsupported type", false, func(r *request, _ offer) {
			r.form.Set("client_assertion", "a.b.c")
			r.form.Set("client_assertion_type", "urn:x")
		}, 401, client},
		// RFC 6749 §2.3: a client must not use more than one method; §5.2 calls that invalid_request.
		{"TK-069 two methods of client authentication", false, func(r *request, _ offer) {
			r.set("Authorization", "Basic d2FsbGV0OnNlY3JldA==")
			r.form.Set("client_secret", "hush")
		}, 400, "invalid_request"},
		{"TK-069 secret and assertion", false, func(r *request, _ offer) {
			r.form.Set("client_secret", "hush")
			r.form.Set("client_assertion", "a.b.c")
		}, 400, "invalid_request"},
		{"two Authorization headers", false, func(r *request, _ offer) { r.set("Authorization", "Basic YTpi", "Basic YTpj") }, 400, "invalid_request"},
		{"TK-120 the resource of another issuer", false, set("resource", "https://other.example"), 400, "invalid_target"},
		{"TK-120 the resource with a slash more", false, set("resource", issuer+"/"), 400, "invalid_target"},
	} {
		t.Run(row.name, func(t *testing.T) { row.run(t, f) })
	}
}

func TestToken_refuses_codes_that_are_not_good(t *testing.T) {
	f := newFixture(t)
	other := newFixture(t)
	flip := func(s string) string { return string(s[0]^1) + s[1:] }
	const grant = "invalid_grant"
	code := func(change func(o offer) string) func(*request, offer) {
		return func(r *request, o offer) { r.form.Set("pre-authorized_code", change(o)) }
	}
	for _, row := range []tokenRow{
		{"TK-030 a code nobody gave out", false, code(func(offer) string { return "nobody" }), 400, grant},
		{"TK-031 a code with one bit changed", false, code(func(o offer) string { return flip(o.code) }), 400, grant},
		{"TK-032 a code with a line feed behind it", false, code(func(o offer) string { return o.code + "\n" }), 400, grant},
		{"a code with a space before it", false, code(func(o offer) string { return " " + o.code }), 400, grant},
		{"a code in lower case", false, code(func(o offer) string { return strings.ToLower(o.code) + "x" }), 400, grant},
		{"TK-033 a code of 60 kB", false, code(func(offer) string { return strings.Repeat("a", 60_000) }), 400, grant},
		{"TK-033 a code of 100 kB", false, code(func(offer) string { return strings.Repeat("a", 100_000) }), 413, "invalid_request"},
		{"TK-034 a code of another issuer", false, code(func(offer) string { return other.offer(t).code }), 400, grant},
		{"TK-035 the code of a cancelled offer", false, code(func(offer) string {
			o := f.offer(t)
			if _, err := f.service.CancelOffer(t.Context(), o.id, issuance.Actor{Name: "test"}); err != nil {
				t.Fatal(err)
			}
			return o.code
		}), 400, grant},
		{"the code of a redeemed offer", false, code(func(offer) string {
			o := f.offer(t)
			f.redeem(t, o)
			return o.code
		}), 400, grant},
		{"TK-044 the offer id as the code", false, code(func(o offer) string { return string(o.id) }), 400, grant},
		{"TK-045 SQL as the code", false, code(func(offer) string { return "' OR 1=1; DROP TABLE offers; --" }), 400, grant},
		{"an access token as the code", false, code(func(offer) string { return f.redeem(t, f.offer(t)) }), 400, grant},
		{"a code in Cyrillic", false, code(func(offer) string { return "код" }), 400, grant},
	} {
		t.Run(row.name, func(t *testing.T) { row.run(t, f) })
	}
}

func TestToken_refuses_an_expired_code(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t)
	f.clock.move(offerTTL)
	f.do(t, tokenRequest(o)).want(t, 400, "invalid_grant", o.code)
}

func TestToken_authorization_details(t *testing.T) {
	f := newFixture(t)
	const invalid = "invalid_authorization_details"
	const good = `[{"type":"openid_credential","credential_configuration_id":"` + identity + `"}]`
	details := func(text string) func(*request, offer) { return set("authorization_details", text) }
	for _, row := range []tokenRow{
		{"what is offered", false, details(good), 200, ""},
		{"TK-115 an object instead of an array", false, details(good[1 : len(good)-1]), 400, invalid},
		{"no JSON", false, details("openid_credential"), 400, invalid},
		{"an empty array", false, details("[]"), 400, invalid},
		{"null", false, details("null"), 400, invalid},
		{"an array of texts", false, details(`["openid_credential"]`), 400, invalid},
		{"no type", false, details(`[{"credential_configuration_id":"` + identity + `"}]`), 400, invalid},
		{"another type", false, details(strings.Replace(good, "openid_credential", "payment", 1)), 400, invalid},
		{"an unknown configuration", false, details(strings.Replace(good, identity, "Nothing", 1)), 400, invalid},
		{"a configuration that is not offered", false, details(strings.Replace(good, identity, account, 1)), 400, invalid},
		{"a member twice", false, details(strings.Replace(good, `{`, `{"type":"x",`, 1)), 400, invalid},
		{"nested a thousand deep", false, details(strings.Repeat("[", 1000) + strings.Repeat("]", 1000)), 400, invalid},
	} {
		t.Run(row.name, func(t *testing.T) { row.run(t, f) })
	}
	t.Run("the answer names what to ask for", func(t *testing.T) {
		r := tokenRequest(f.offer(t))
		r.form.Set("authorization_details", good)
		a := f.do(t, r)
		const want = `"authorization_details":[{"type":"openid_credential","credential_configuration_id":"` + identity + `","credential_identifiers":["` + identity + `"]}]`
		if !strings.Contains(a.body, want) {
			t.Errorf("got %s", a.body)
		}
	})
}

func TestToken_ignores_what_it_does_not_know(t *testing.T) {
	f := newFixture(t)
	for _, row := range []tokenRow{
		{"user_pin beside tx_code, as every wallet sends it", true, func(r *request, o offer) { r.form.Set("user_pin", o.txCode) }, 200, ""},
		{"resource of this issuer, as most wallets send it", false, set("resource", issuer), 200, ""},
		// There are no registered clients, so a name without authentication says nothing: it is a parameter nobody needs.
		{"TK-064 a client_id without authentication", false, set("client_id", "wallet"), 200, ""},
		// As in the authorization request, scopes that nobody knows are ignored.
		{"TK-111 an unknown scope", false, set("scope", "nothing"), 200, ""},
		{"TK-112 a scope with control characters", false, set("scope", "a\x01\n\"b"), 200, ""},
		{"a parameter from nowhere", false, set("x-y", `"\`), 200, ""},
		{"a parameter from nowhere, empty and twice its length", false, set("", strings.Repeat("é", 1000)), 200, ""},
		{"UTF-8 as charset", false, func(r *request, _ offer) { r.contentType = formType + "; charset=UTF-8" }, 200, ""},
		{"TK-122 another origin", false, func(r *request, _ offer) { r.set("Origin", "https://evil.example") }, 200, ""},
	} {
		t.Run(row.name, func(t *testing.T) { row.run(t, f) })
	}
}

func TestToken_answer_has_no_more_than_it_should(t *testing.T) {
	f := newFixture(t)
	a := f.do(t, tokenRequest(f.offer(t)))
	a.want(t, 200, "")
	// TK-10 of the requirements: c_nonce left the token answer before 1.0.
	if strings.Contains(a.body, "c_nonce") || strings.Contains(a.body, "refresh_token") || !strings.Contains(a.body, `"expires_in":300`) {
		t.Errorf("got %s", a.body)
	}
	if a.header.Get("DPoP-Nonce") == "" {
		t.Error("no DPoP-Nonce: a wallet forgets the one it had")
	}
}

// wrong gives a transaction code of the same form that is not the right one.
func wrong(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

func TestToken_wrong_transaction_codes_count(t *testing.T) {
	f := newFixture(t)
	for name, guess := range map[string]func(code string) string{
		"TK-049 a wrong digit":           wrong,
		"a letter behind it":             func(code string) string { return code + "x" },
		"a space behind it":              func(code string) string { return code + " " },
		"a digit too many":               func(code string) string { return code + "0" },
		"a digit too few":                func(code string) string { return code[1:] },
		"full-width digits":              func(string) string { return "１２３４５６" },
		"a code of fifty thousand bytes": func(string) string { return strings.Repeat("1", 50_000) },
		"a number with a sign":           func(code string) string { return "+" + code },
		"SQL":                            func(string) string { return "' OR ''='" },
	} {
		t.Run(name, func(t *testing.T) {
			o := f.offer(t, withTxCode)
			r := tokenRequest(o)
			r.form.Set("tx_code", guess(o.txCode))
			f.do(t, r).want(t, 400, "invalid_grant", o.code, o.txCode)
			now, err := f.service.Offer(t.Context(), o.id)
			if err != nil || now.Attempts != 1 {
				t.Errorf("got %d attempts, %v", now.Attempts, err)
			}
			f.redeem(t, o)
		})
	}
}

// TK-056: leading zeros belong to the code (OpenID4VCI 1.0 §6.1), so offers are drawn until one has them.
func TestToken_leading_zeros_are_part_of_the_code(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t, withTxCode)
	for tries := 0; o.txCode[0] != '0'; tries++ {
		if tries == 500 {
			t.Fatal("no code of five hundred begins with a zero")
		}
		o = f.offer(t, withTxCode)
	}
	r := tokenRequest(o)
	r.form.Set("tx_code", strings.TrimLeft(o.txCode, "0"))
	f.do(t, r).want(t, 400, "invalid_grant", o.code, o.txCode)
	f.redeem(t, o)
}

// TK-062.
func TestToken_the_case_of_a_text_code_counts(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t, func(c *issuance.CreateOffer) { c.TxCode = &issuance.TxCode{InputMode: "text", Length: 12} })
	r := tokenRequest(o)
	r.form.Set("tx_code", strings.ToLower(o.txCode))
	if strings.ToLower(o.txCode) == o.txCode {
		t.Fatalf("a text code without letters: %d characters", len(o.txCode))
	}
	f.do(t, r).want(t, 400, "invalid_grant", o.code, o.txCode)
	f.redeem(t, o)
}

// TK-050, TK-051: the limit ends the offer, and the right code comes too late.
func TestToken_locks_at_the_last_wrong_code(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t, withTxCode)
	r := tokenRequest(o)
	for try := range maxTries {
		// Requests that are refused for another reason between the guesses must not count.
		f.do(t, request{method: http.MethodPost, path: oid4vci.PathToken, contentType: formType, body: "grant_type=x"}).
			want(t, 400, "unsupported_grant_type")
		r.form.Set("tx_code", wrong(o.txCode))
		f.do(t, r).want(t, 400, "invalid_grant", o.code, o.txCode)
		now, err := f.service.Offer(t.Context(), o.id)
		if err != nil || now.Attempts != try+1 {
			t.Fatalf("after try %d: %d attempts, %v", try+1, now.Attempts, err)
		}
	}
	f.do(t, tokenRequest(o)).want(t, 400, "invalid_grant", o.code, o.txCode) // TK-051
	f.do(t, request{method: http.MethodGet, path: oid4vci.PathOffers + string(o.id)}).want(t, 410, "offer_gone", o.code)
	kinds := f.kinds(t, o.id)
	if count(kinds, issuance.CodeRejected) != maxTries-1 || count(kinds, issuance.OfferFailed) != 1 || count(kinds, issuance.OfferRedeemed) != 0 {
		t.Errorf("got %v", kinds)
	}
}

// TK-040: one of fifty gets the token. TK-042: the code stays spent when the process dies before the answer arrives.
func TestToken_a_code_is_good_once_for_fifty_at_once(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t)
	won := 0
	for _, a := range together(50, func(int) answer { return f.do(t, tokenRequest(o)) }) {
		if a.status == http.StatusOK {
			won++
			continue
		}
		a.want(t, 400, "invalid_grant", o.code)
	}
	if kinds := f.kinds(t, o.id); won != 1 || count(kinds, issuance.OfferRedeemed) != 1 {
		t.Errorf("%d clients got a token: %v", won, kinds)
	}
	f.do(t, tokenRequest(o)).want(t, 400, "invalid_grant", o.code) // events restarted the server
}

// TK-052, TK-053: guesses that race get no more tries than guesses that queue.
func TestToken_fifty_guesses_at_once_get_no_more_than_five(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t, withTxCode)
	answers := together(50, func(i int) answer {
		r := tokenRequest(o)
		if i != 25 { // TK-053: one of them is right
			r.form.Set("tx_code", wrong(o.txCode))
		}
		return f.do(t, r)
	})
	won := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			won++
			continue
		}
		a.want(t, 400, "invalid_grant", o.code, o.txCode)
	}
	now, err := f.service.Offer(t.Context(), o.id)
	if err != nil || now.Attempts > maxTries || won > 1 || won == 1 && now.Attempts >= maxTries {
		t.Errorf("%d attempts, %d got a token, %v", now.Attempts, won, err)
	}
	// Whoever came first, the next guess is refused.
	f.do(t, tokenRequest(o)).want(t, 400, "invalid_grant", o.code, o.txCode)
	if kinds := f.kinds(t, o.id); slices.Contains(kinds, issuance.OfferFailed) == slices.Contains(kinds, issuance.OfferRedeemed) {
		t.Errorf("got %v", kinds)
	}
}
