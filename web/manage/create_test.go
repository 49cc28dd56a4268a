package manage_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/issuance"
)

// extra is a good request with more members.
func extra(members string) request {
	return post(strings.TrimSuffix(goodBody, "}") + "," + members + "}")
}

// claims is a request for an account credential with these claims.
func claims(members string) request { return of(account, members) }

// of is a request for a credential of a type with these claims.
func of(id, claims string) request {
	return post(`{"credential_configuration_id":"` + id + `","claims":` + claims + `}`)
}

// more is good claims of an account and these.
func more(members string) request {
	return claims(strings.TrimSuffix(goodClaims, "}") + "," + members + "}")
}

// iban is good claims with another IBAN.
func iban(value string) request {
	return claims(strings.Replace(goodClaims, "DE89370400440532013000", value, 1))
}

// The first rows of design §8.2 are a contract that other systems speak: these members, in these forms, and no others.
func TestCreateOffer_answers_to_the_letter(t *testing.T) {
	h := newHouse(t)
	cases := []struct {
		name   string
		send   request
		scheme string
		code   string // what tx_code_value looks like, "" for none
	}{
		{"without a transaction code", post(goodBody), "openid-credential-offer", ""},
		{"tx_code null asks for none", extra(`"tx_code":null`), "openid-credential-offer", ""},
		{"an empty tx_code asks for six digits", extra(`"tx_code":{}`), "openid-credential-offer", `^[0-9]{6}$`},
		{"the shortest code", extra(`"tx_code":{"input_mode":"numeric","length":4}`), "openid-credential-offer", `^[0-9]{4}$`},
		{"the longest code, as text", extra(`"tx_code":{"input_mode":"text","length":12,"description":"sent by letter"}`), "openid-credential-offer", `^[A-Z2-9]{12}$`},
		{"the scheme of HAIP", extra(`"scheme":"haip-vci"`), "haip-vci", ""},
		{"the scheme of ETSI", extra(`"scheme":"eu-eaa-offer"`), "eu-eaa-offer", ""},
		{"no customer", extra(`"customer":null`), "openid-credential-offer", ""},
		{"every option at once", extra(`"tx_code":{"length":5},"reference":"K-1","customer":"4711 0815","expires_in":60,` +
			`"grants":["urn:ietf:params:oauth:grant-type:pre-authorized_code"],"scheme":"openid-credential-offer"`), "openid-credential-offer", `^[0-9]{5}$`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := h.call(t, c.send)
			if got.status != http.StatusCreated || got.headers.Get("Content-Type") != "application/json" || got.headers.Get("X-Request-Id") == "" {
				t.Fatalf("got %d %v: %s", got.status, got.headers, got.body)
			}
			var members map[string]any
			if err := json.Unmarshal([]byte(got.body), &members); err != nil {
				t.Fatal(err)
			}
			id, _ := members["offer_id"].(string)
			if !regexp.MustCompile(`^[A-Za-z0-9_-]{22,}$`).MatchString(id) { // 128 bits, as they can stand in a URL
				t.Errorf("offer_id %q", id)
			}
			want := c.scheme + "://?credential_offer_uri=" + url.QueryEscape(issuer+"/oidc4vci/offers/"+id)
			if members["credential_offer_uri"] != want {
				t.Errorf("credential_offer_uri %v, want %s", members["credential_offer_uri"], want)
			}
			names := []string{"credential_offer_uri", "offer_id"}
			if c.code != "" {
				names = append(names, "tx_code_value")
				code, isText := members["tx_code_value"].(string)
				if !isText || !regexp.MustCompile(c.code).MatchString(code) {
					t.Errorf("tx_code_value %#v", members["tx_code_value"])
				}
			}
			if has := sortedNames(members); !slices.Equal(has, names) {
				t.Errorf("members %v, want %v", has, names)
			}
			if got.headers.Get("Location") != "/offers/"+id {
				t.Errorf("Location %q", got.headers.Get("Location"))
			}
		})
	}
}

func sortedNames(m map[string]any) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// A code is text: one that begins with 0 must come out with it, and work with it.
func TestCreateOffer_keeps_leading_zeros_of_the_code(t *testing.T) {
	h := newHouse(t)
	for range 500 { // one code in ten begins with 0
		c, got := h.create(t, extra(`"tx_code":{"length":4}`))
		if c.TxCode == nil || len(*c.TxCode) != 4 || !strings.Contains(got.body, `"tx_code_value":"`) {
			t.Fatalf("got %s", got.body)
		}
		if !strings.HasPrefix(*c.TxCode, "0") {
			continue
		}
		_, err := h.service.RedeemCode(t.Context(), issuance.RedeemCode{Code: h.service.Code(issuance.OfferID(c.OfferID)).Reveal(), TxCode: c.TxCode})
		if err != nil {
			t.Errorf("the code as it was told does not work: %v", err)
		}
		return
	}
	t.Error("no code began with 0")
}

func TestCreateOffer_refuses_what_is_no_JSON_object(t *testing.T) {
	const bad = http.StatusBadRequest
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	refuseAll(t, newHouse(t), []refusal{
		{"OF-040 an empty body", post(""), bad, "malformed_json", nil},
		{"OF-041 null", post("null"), bad, "malformed_json", nil},
		{"OF-041 null with space around it", post(" null\n"), bad, "malformed_json", nil},
		{"OF-042 an array", post("[]"), bad, "malformed_json", nil},
		{"OF-042 an array of a good body", post("[" + goodBody + "]"), bad, "malformed_json", nil},
		{"OF-042 a text", post(`"Canary"`), bad, "malformed_json", nil},
		{"OF-042 a number", post("4711"), bad, "malformed_json", nil},
		{"OF-044 a truncated body", post(goodBody[:len(goodBody)-1]), bad, "malformed_json", nil},
		{"OF-044 cut within a text", post(goodBody[:len(goodBody)-5]), bad, "malformed_json", []string{"/claims/bankName malformed_json"}},
		{"OF-045 two documents", post(goodBody + goodBody), bad, "malformed_json", nil},
		{"OF-045 a document and a word", post(goodBody + "x"), bad, "malformed_json", nil},
		{"OF-046 a trailing comma", post(strings.TrimSuffix(goodBody, "}") + ",}"), bad, "malformed_json", nil},
		{"a comment", post("/* */" + goodBody), bad, "malformed_json", nil},
		{"single quotes", post("{'claims':{}}"), bad, "malformed_json", nil},
		{"NaN", more(`"bic":NaN`), bad, "malformed_json", []string{"/claims/bic malformed_json"}},
		{"OF-048 a byte order mark", post("\ufeff" + goodBody), bad, "malformed_json", nil},
		{"UTF-16", post("{\x00}\x00"), bad, "malformed_json", nil},
		{"invalid UTF-8 in a claim", more("\"bic\":\"Canary\xff\""), bad, "malformed_json", []string{"/claims/bic malformed_json"}},
		{"invalid UTF-8 in a name", more("\"\xff\xfe\":1"), bad, "malformed_json", []string{"/claims malformed_json"}},
		{"half a surrogate pair", more(`"bic":"\ud800"`), bad, "malformed_json", []string{"/claims/bic malformed_json"}},
		{"a raw control character", more("\"bic\":\"a\x01b\""), bad, "malformed_json", []string{"/claims/bic malformed_json"}},
		{"CR-030 nested 5000 deep", more(`"bic":` + deep), bad, "malformed_json", nil},
		{"OF-052 claims twice", extra(`"claims":{}`), bad, "duplicate_key", []string{"/claims duplicate_key"}},
		{"OF-052 claims twice, once escaped", extra(`"cl\u0061ims":{}`), bad, "duplicate_key", []string{"/claims duplicate_key"}},
		{"OF-052 a claim twice", more(`"iban":"Canary"`), bad, "duplicate_key", []string{"/claims/iban duplicate_key"}},
		{"OF-052 a member of tx_code twice", extra(`"tx_code":{"length":6,"length":4}`), bad, "duplicate_key", []string{"/tx_code/length duplicate_key"}},
		{"OF-053 a member in another case", post(strings.Replace(goodBody, `"claims"`, `"Claims"`, 1)), bad, "unknown_field", []string{"/Claims unknown_field"}},
		{"OF-054 a member nobody knows", extra(`"statuss":1`), bad, "unknown_field", []string{"/statuss unknown_field"}},
		{"OF-054 a member with a slash in its name", extra(`"a/b":1`), bad, "unknown_field", []string{"/a~1b unknown_field"}},
		{"OF-108 a code chosen by the caller", extra(`"tx_code":{"value":"000000"}`), bad, "unknown_field", []string{"/tx_code/value unknown_field"}},
		{"OF-109 a callback address", extra(`"callback_url":"http://169.254.169.254/"`), bad, "unknown_field", []string{"/callback_url unknown_field"}},
		{"OF-110 metadata", extra(`"metadata":{"k":"v"}`), bad, "unknown_field", []string{"/metadata unknown_field"}},
		{"an offer_id chosen by the caller", extra(`"offer_id":"mine"`), bad, "unknown_field", []string{"/offer_id unknown_field"}},
	})
}

func TestCreateOffer_refuses_members_that_do_not_fit(t *testing.T) {
	const invalid, unfit = http.StatusUnprocessableEntity, "validation_failed"
	at := func(pointers ...string) []string {
		for i := range pointers {
			pointers[i] += " " + unfit
		}
		return pointers
	}
	refuseAll(t, newHouse(t), []refusal{
		{"an empty object", post("{}"), invalid, unfit, at("/credential_configuration_id", "/claims")},
		{"every wrong type at once", post(`{"credential_configuration_id":1,"claims":[],"reference":2,"expires_in":"60","tx_code":{"length":1.5,"input_mode":7},"grants":["urn:x",3]}`),
			invalid, unfit, at("/credential_configuration_id", "/claims", "/expires_in", "/grants/1", "/reference", "/tx_code/input_mode", "/tx_code/length")},
		{"every misfit at once, also of the claims", post(`{"credential_configuration_id":"` + account + `","claims":{},"expires_in":1,"tx_code":{"length":3}}`), invalid, unfit,
			[]string{"/tx_code/length " + unfit, "/expires_in " + unfit, "/claims/accountHolder missing_claim", "/claims/bankName missing_claim", "/claims/iban missing_claim"}},
		{"no type", post(`{"claims":` + goodClaims + `}`), invalid, unfit, at("/credential_configuration_id")},
		{"an empty type", of("", goodClaims), invalid, unfit, at("/credential_configuration_id")},
		{"the type a number", post(`{"credential_configuration_id":1,"claims":{}}`), invalid, unfit, at("/credential_configuration_id")},
		{"the type a list", post(`{"credential_configuration_id":["` + account + `"],"claims":{}}`), invalid, unfit, at("/credential_configuration_id")},
		{"no claims", post(`{"credential_configuration_id":"` + account + `"}`), invalid, unfit, at("/claims")},
		{"claims null", claims("null"), invalid, unfit, at("/claims")},
		{"claims a list", claims("[]"), invalid, unfit, at("/claims")},
		{"claims a text", claims(`"Canary"`), invalid, unfit, at("/claims")},
		{"OF-061 a number nobody can hold", more(`"bic":1e400`), invalid, unfit, at("/claims/bic")},
		{"OF-051 NUL in reference", extra(`"reference":"a\u0000b"`), invalid, unfit, at("/reference")},
		{"OF-111 CRLF in reference", extra(`"reference":"a\r\nb"`), invalid, unfit, at("/reference")},
		{"a right-to-left override in reference", extra(`"reference":"a\u202eb"`), invalid, unfit, at("/reference")},
		{"reference of 201 characters", extra(`"reference":"` + strings.Repeat("é", 201) + `"`), invalid, unfit, at("/reference")},
		{"a customer of 65 characters", extra(`"customer":"` + strings.Repeat("1", 65) + `"`), invalid, unfit, at("/customer")},
		{"a customer of spaces", extra(`"customer":"  "`), invalid, unfit, at("/customer")},
		{"NUL in customer", extra(`"customer":"1\u0000"`), invalid, unfit, at("/customer")},
		{"CRLF in customer", extra(`"customer":"1\r\n2"`), invalid, unfit, at("/customer")},
		{"customer a number", extra(`"customer":4711`), invalid, unfit, at("/customer")},
		{"reference a number", extra(`"reference":4711`), invalid, unfit, at("/reference")},
		{"OF-101 expires_in 0", extra(`"expires_in":0`), invalid, unfit, at("/expires_in")},
		{"OF-102 expires_in -1", extra(`"expires_in":-1`), invalid, unfit, at("/expires_in")},
		{"expires_in one second too short", extra(`"expires_in":29`), invalid, unfit, at("/expires_in")},
		{"expires_in one second too long", extra(`"expires_in":86401`), invalid, unfit, at("/expires_in")},
		{"expires_in that would wrap around in nanoseconds", extra(`"expires_in":18446744074`), invalid, unfit, at("/expires_in")},
		{"expires_in the largest integer", extra(`"expires_in":9223372036854775807`), invalid, unfit, at("/expires_in")},
		{"expires_in the smallest integer", extra(`"expires_in":-9223372036854775808`), invalid, unfit, at("/expires_in")},
		{"expires_in beyond 64 bits", extra(`"expires_in":9223372036854775808`), invalid, unfit, at("/expires_in")},
		{"expires_in a fraction that looks whole", extra(`"expires_in":60.00000000000001`), invalid, unfit, at("/expires_in")},
		{"expires_in a fraction", extra(`"expires_in":60.5`), invalid, unfit, at("/expires_in")},
		{"expires_in a power of ten", extra(`"expires_in":1e400`), invalid, unfit, at("/expires_in")},
		{"expires_in a text", extra(`"expires_in":"60"`), invalid, unfit, at("/expires_in")},
		{"OF-104 a code of 3 characters", extra(`"tx_code":{"length":3}`), invalid, unfit, at("/tx_code/length")},
		{"a code of 0 characters", extra(`"tx_code":{"length":0}`), invalid, unfit, at("/tx_code/length")},
		{"a code of -1 characters", extra(`"tx_code":{"length":-1}`), invalid, unfit, at("/tx_code/length")},
		{"a code of 13 characters", extra(`"tx_code":{"length":13}`), invalid, unfit, at("/tx_code/length")},
		{"a code of 2 billion characters", extra(`"tx_code":{"length":2147483648}`), invalid, unfit, at("/tx_code/length")},
		{"the length of a code a text", extra(`"tx_code":{"length":"6"}`), invalid, unfit, at("/tx_code/length")},
		{"tx_code true", extra(`"tx_code":true`), invalid, unfit, at("/tx_code")},
		{"tx_code a list", extra(`"tx_code":[]`), invalid, unfit, at("/tx_code")},
		{"OF-106 a description of 301 characters", extra(`"tx_code":{"description":"` + strings.Repeat("é", 301) + `"}`), invalid, unfit, at("/tx_code/description")},
		{"a description of two lines", extra(`"tx_code":{"description":"a\nb"}`), invalid, unfit, at("/tx_code/description")},
		{"OF-107 input_mode emoji", extra(`"tx_code":{"input_mode":"emoji"}`), invalid, unfit, at("/tx_code/input_mode")},
		{"input_mode in another case", extra(`"tx_code":{"input_mode":"Numeric"}`), invalid, unfit, at("/tx_code/input_mode")},
		{"a grant that is not offered", extra(`"grants":["authorization_code"]`), invalid, unfit, at("/grants/0")},
		{"a good grant and a strange one", extra(`"grants":["urn:ietf:params:oauth:grant-type:pre-authorized_code","x"]`), invalid, unfit, at("/grants/1")},
		{"OF-065 the same grant twice", extra(`"grants":["urn:ietf:params:oauth:grant-type:pre-authorized_code","urn:ietf:params:oauth:grant-type:pre-authorized_code"]`),
			invalid, unfit, at("/grants/1")},
		{"no grant", extra(`"grants":[]`), invalid, unfit, at("/grants")},
		{"grants a text", extra(`"grants":"authorization_code"`), invalid, unfit, at("/grants")},
		{"a scheme that runs a program", extra(`"scheme":"javascript"`), invalid, unfit, at("/scheme")},
		{"a scheme with more behind it", extra(`"scheme":"openid-credential-offer://x?a="`), invalid, unfit, at("/scheme")},
		{"several faults are told at once", extra(`"reference":"\n","expires_in":1,"scheme":"http","tx_code":{"length":1,"input_mode":"x"}`),
			invalid, unfit, at("/tx_code/input_mode", "/tx_code/length", "/reference", "/expires_in", "/scheme")},
	})
}

func TestCreateOffer_refuses_types_it_does_not_know(t *testing.T) {
	const bad, code = http.StatusBadRequest, "unknown_credential_configuration"
	refuseAll(t, newHouse(t), []refusal{
		{"OF-066 an unknown id", of("NoSuchCredential", goodClaims), bad, code, nil},
		{"an id in another case", of(strings.ToLower(account), goodClaims), bad, code, nil},
		{"an id with a space behind it", of(account+" ", goodClaims), bad, code, nil},
		{"an id with NUL", of(account+`\u0000`, goodClaims), bad, code, nil},
		{"a path instead of an id", of("../samples/"+account, goodClaims), bad, code, nil},
		{"an id of 100 kB", of(strings.Repeat("A", 100_000), goodClaims), bad, code, nil},
		{"it is told before other faults", post(`{"credential_configuration_id":"x","claims":{},"expires_in":1}`), bad, code, nil},
	})
}

func TestCreateOffer_refuses_claims_that_do_not_fit(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"c%d":"Canary",`, i)
		}
		return "{" + strings.TrimSuffix(b.String(), ",") + "}"
	}
	identity := func(members string) request {
		return of("IdentityCredential", `{"given_name":"Canary","family_name":"Canary","document_number":"Canary","issuing_country":"DE"`+members+`}`)
	}
	rows := []struct {
		name   string
		send   request
		places []string
	}{
		{"OF-071 everything is missing", claims("{}"), []string{"/claims/accountHolder missing_claim", "/claims/bankName missing_claim", "/claims/iban missing_claim"}},
		{"OF-071 a mandatory claim is empty", iban(""), []string{"/claims/iban missing_claim"}},
		{"OF-071 a mandatory claim is null", claims(strings.Replace(goodClaims, `"DE89370400440532013000"`, "null", 1)), []string{"/claims/iban wrong_type"}},
		{"OF-071 a mandatory claim below another", of("Facts", `{"address":{}}`), []string{"/claims/address/town missing_claim"}},
		{"OF-074 claims of the issuer", more(`"iat":1,"exp":2,"nbf":3,"cnf":{},"status":{},"vct":"Canary","iss":"Canary"`), []string{
			"/claims/cnf reserved_claim", "/claims/exp reserved_claim", "/claims/iat reserved_claim", "/claims/iss reserved_claim",
			"/claims/nbf reserved_claim", "/claims/status reserved_claim", "/claims/vct reserved_claim",
		}},
		{"OF-074 what selective disclosure is made of", more(`"_sd":["Canary"],"...":"Canary","_sd_alg":"none"`), []string{
			"/claims/... reserved_claim", "/claims/_sd reserved_claim", "/claims/_sd_alg reserved_claim",
		}},
		{"a claim the type does not have", more(`"balance":"Canary"`), []string{"/claims/balance unknown_claim"}},
		{"a claim with a slash and a tilde in its name", more(`"a/~b":"Canary"`), []string{"/claims/a~1~0b unknown_claim"}},
		{"a claim in another case", more(`"IBAN":"Canary"`), []string{"/claims/IBAN unknown_claim"}},
		{"OF-056 ten thousand claims", claims(many(10_000)), []string{"/claims validation_failed"}},
		{"OF-056 one claim more than 200", claims(many(201)), []string{"/claims validation_failed"}},
		{"claims longer than 64 KiB", of("Facts", `{"note":"`+strings.Repeat("Canary", 12_000)+`"}`), []string{"/claims validation_failed"}},
		{"a text longer than its maximum", claims(strings.Replace(goodClaims, "Canary Holder", strings.Repeat("é", 101), 1)), []string{"/claims/accountHolder validation_failed"}},
		{"OF-077 an IBAN with wrong check digits", iban("DE88370400440532013000"), []string{"/claims/iban invalid_iban"}},
		{"OF-079 an IBAN of the wrong length", iban("DE8937040044053201300"), []string{"/claims/iban invalid_iban"}},
		{"an IBAN of a country without", iban("US89370400440532013000"), []string{"/claims/iban invalid_iban"}},
		{"an IBAN of other digits", iban("DE٨٩370400440532013000"), []string{"/claims/iban invalid_iban"}},
		{"OF-083 the currency EURO", more(`"currency":"EURO"`), []string{"/claims/currency invalid_currency"}},
		{"a BIC of 9 characters", more(`"bic":"DEUTDEFFX"`), []string{"/claims/bic invalid_bic"}},
		{"OF-084 29 February 2025", identity(`,"birth_date":"2025-02-29"`), []string{"/claims/birth_date invalid_date"}},
		{"a date in another order", identity(`,"birth_date":"24.12.1990"`), []string{"/claims/birth_date invalid_date"}},
		{"a date with a time", identity(`,"birth_date":"1990-12-24T00:00:00Z"`), []string{"/claims/birth_date invalid_date"}},
		{"OF-086 born tomorrow", identity(`,"birth_date":"2026-11-24"`), []string{"/claims/birth_date date_out_of_range"}},
		{"a country of three letters", identity(`,"nationalities":["DEU"]`), []string{"/claims/nationalities/0 invalid_country"}},
		{"a list with one wrong element", identity(`,"nationalities":["DE","Atlantis","FR"]`), []string{"/claims/nationalities/1 invalid_country"}},
		{"a text instead of a list", identity(`,"nationalities":"DE"`), []string{"/claims/nationalities wrong_type"}},
		{"a list of 51", identity(`,"nationalities":[` + strings.TrimSuffix(strings.Repeat(`"DE",`, 51), ",") + `]`), []string{"/claims/nationalities validation_failed"}},
		{"a text instead of an object", identity(`,"address":"Canary"`), []string{"/claims/address wrong_type"}},
		{"a list instead of an object", identity(`,"address":["Canary"]`), []string{"/claims/address wrong_type"}},
		{"an object instead of a text", identity(`,"birth_date":{"Canary":1}`), []string{"/claims/birth_date wrong_type"}},
		{"OF-071 a mandatory claim is an empty list", claims(strings.Replace(goodClaims, `"DE89370400440532013000"`, "[]", 1)), []string{"/claims/iban missing_claim"}},
		{"OF-091 only zero-width characters", claims(strings.Replace(goodClaims, "Canary Holder", `\u200b\u200d`, 1)), []string{"/claims/accountHolder validation_failed"}},
		{"OF-091 a bidi override", claims(strings.Replace(goodClaims, "Canary Holder", `Canary\u202eredloH`, 1)), []string{"/claims/accountHolder validation_failed"}},
		{"NUL in a claim", claims(strings.Replace(goodClaims, "Canary Holder", `Canary\u0000`, 1)), []string{"/claims/accountHolder validation_failed"}},
		{"OF-062 an integer with a fraction", of("Facts", `{"count":1.5}`), []string{"/claims/count wrong_type"}},
		{"OF-062 an integer as a power of ten", of("Facts", `{"count":1e3}`), []string{"/claims/count wrong_type"}},
		{"an integer as a text", of("Facts", `{"count":"Canary"}`), []string{"/claims/count wrong_type"}},
		{"a boolean as a text", of("Facts", `{"adult":"Canary"}`), []string{"/claims/adult wrong_type"}},
		{"a value that is not listed", of("Facts", `{"level":"Canary"}`), []string{"/claims/level validation_failed"}},
	}
	var table []refusal
	for _, r := range rows {
		table = append(table, refusal{r.name, r.send, http.StatusUnprocessableEntity, "invalid_claims", r.places})
	}
	refuseAll(t, newHouse(t), table)
}

// What looks strange but is right must get through, and come out as it went in.
func TestCreateOffer_takes_what_only_looks_strange(t *testing.T) {
	h := newHouse(t)
	cases := []struct {
		name string
		send request
		want string // part of the claims as they will be signed
	}{
		{"OF-062 an integer beyond 2^53 stays exact", of("Facts", `{"count":9007199254740993}`), `"count":9007199254740993`},
		{"OF-062 an integer beyond 64 bits stays exact", of("Facts", `{"count":123456789012345678901}`), `"count":123456789012345678901`},
		{"a number keeps its trailing zero", of("Facts", `{"ratio":1.50}`), `"ratio":1.50`},
		{"OF-082 a country in lower case", of("IdentityCredential",
			`{"given_name":"C","family_name":"C","document_number":"C","issuing_country":"de"}`), `"issuing_country":"DE"`},
		{"OF-093 markup is text", of("Facts", `{"note":"<script>alert(1)</script>"}`), `"note":"<script>alert(1)</script>"`},
		{"an IBAN with spaces in lower case", iban("de89 3704 0044 0532 0130 00"), `"iban":"DE89370400440532013000"`},
		{"a character beyond the first plane", of("Facts", `{"note":"\ud83d\ude00 Zoë"}`), `"note":"😀 Zoë"`},
		{"born today", of("IdentityCredential",
			`{"given_name":"C","family_name":"C","document_number":"C","issuing_country":"DE","birth_date":"2026-11-23"}`), `"birth_date":"2026-11-23"`},
		{"a type with no mandatory claim, and none", of("Facts", "{}"), "{}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, _ := h.create(t, c.send)
			if signed := h.redeem(t, got.OfferID); !strings.Contains(signed, c.want) {
				t.Errorf("claims %s, want %s", signed, c.want)
			}
		})
	}
}

// The content type is in other words here, which mean the same.
func TestCreateOffer_takes_options_up_to_their_bounds(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		name, members string
		lasts         time.Duration
	}{
		{"the shortest time", `"expires_in":30`, 30 * time.Second},
		{"the longest time", `"expires_in":86400`, 24 * time.Hour},
		{"no time", `"expires_in":null`, 5 * time.Minute},
		{"a time with a fraction of zero", `"expires_in":60.0`, time.Minute},
		{"a time with an exponent", `"expires_in":6e1`, time.Minute},
		{"the longest reference", `"reference":"` + strings.Repeat("é", 200) + `"`, 5 * time.Minute},
		{"the longest description", `"tx_code":{"description":"` + strings.Repeat("é", 300) + `"}`, 5 * time.Minute},
		{"empty texts", `"scheme":"","reference":""`, 5 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := h.create(t, extra(c.members).with("Content-Type", `Application/JSON; Charset="UTF-8"`))
			o, err := h.service.Offer(t.Context(), issuance.OfferID(got.OfferID))
			if err != nil || o.ExpiresAt.Sub(o.CreatedAt) != c.lasts {
				t.Errorf("lasts %v, %v", o.ExpiresAt.Sub(o.CreatedAt), err)
			}
		})
	}
}

func TestCreateOffer_dry_run_checks_everything_and_stores_nothing(t *testing.T) {
	h := newHouse(t)
	const path = "/offers?dry_run=true"
	const bad, invalid = http.StatusBadRequest, http.StatusUnprocessableEntity
	refuseAll(t, h, []refusal{
		{"an unknown type", of("x", "{}").at(path), bad, "unknown_credential_configuration", nil},
		{"claims that do not fit", iban("DE00").at(path), invalid, "invalid_claims", []string{"/claims/iban invalid_iban"}},
		{"an option that does not fit", extra(`"expires_in":1`).at(path), invalid, "validation_failed", []string{"/expires_in validation_failed"}},
		{"dry_run in another spelling", post(goodBody).at("/offers?dry_run=1"), bad, "unknown_parameter", nil},
		{"dry_run without a value", post(goodBody).at("/offers?dry_run"), bad, "unknown_parameter", nil},
		{"dry_run in capitals", post(goodBody).at("/offers?DRY_RUN=true"), bad, "unknown_parameter", nil},
		{"dry_run twice", post(goodBody).at("/offers?dry_run=true&dry_run=false"), bad, "unknown_parameter", nil},
		{"a parameter nobody knows", post(goodBody).at("/offers?dryrun=true"), bad, "unknown_parameter", nil},
	})
	got := h.call(t, extra(`"tx_code":{}`).at(path).with("Idempotency-Key", "dry"))
	if got.status != http.StatusOK || strings.Contains(got.body, "offer_id") || strings.Contains(got.body, "tx_code_value") || h.offers(t) != 0 {
		t.Errorf("got %d %s with %d offers", got.status, got.body, h.offers(t))
	}
	// The key was not spent on a rehearsal.
	if _, answer := h.create(t, post(goodBody).at("/offers?dry_run=false").with("Idempotency-Key", "dry")); answer.headers.Get("Idempotent-Replayed") != "" {
		t.Error("a dry run spent the Idempotency-Key")
	}
}

// Lists as long as a body can hold are refused at once, and the answer does not name each of a hundred thousand faults.
func TestDoor_answers_long_lists_in_short(t *testing.T) {
	h := newHouse(t)
	list := func(one string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(one+",", 900_000/(len(one)+1)), ",") + "]"
	}
	const most = 100
	for name, r := range map[string]request{
		"grants": extra(`"grants":` + list(`"a"`)), "grants twice": extra(`"grants":` + list(`"`+issuance.GrantPreAuthorizedCode+`"`)), "numbers for grants": extra(`"grants":` + list(`1`)),
		"types": send("/callbacks", `{"url":"https://bank.example/","types":`+list(`"a"`)+`}`), "statuses": send("/callbacks", `{"url":"https://bank.example/","statuses":`+list(`"a"`)+`}`),
		"scopes": send("/clients", `{"name":"a","scopes":`+list(`"a"`)+`}`), "types of a client": send("/clients", `{"name":"a","scopes":["offers:read"],"types":`+list(`"a"`)+`}`),
		"networks": send("/clients", `{"name":"a","scopes":["offers:read"],"networks":`+list(`"a"`)+`}`), "identities": send("/clients", `{"name":"a","scopes":["offers:read"],"identities":`+list(`"a"`)+`}`),
		"claims of a type": membership(strings.Trim(list(`1`), "[]")),
	} {
		t.Run(name, func(t *testing.T) {
			got := h.call(t, r)
			if p := refused(t, r, got, http.StatusUnprocessableEntity, "validation_failed"); len(p.Errors) == 0 || len(p.Errors) > most || len(got.body) > 64<<10 {
				t.Errorf("%d faults in %d bytes", len(p.Errors), len(got.body))
			}
		})
	}
}

func TestCreateOffer_refuses_idempotency_keys_it_cannot_keep(t *testing.T) {
	const bad, code = http.StatusBadRequest, "invalid_idempotency_key"
	refuseAll(t, newHouse(t), []refusal{
		{"OF-113 300 characters", post(goodBody).with("Idempotency-Key", strings.Repeat("k", 300)), bad, code, nil},
		{"OF-113 256 characters", post(goodBody).with("Idempotency-Key", strings.Repeat("k", 256)), bad, code, nil},
		{"OF-113 letters outside ASCII", post(goodBody).with("Idempotency-Key", "schlüssel"), bad, code, nil},
		{"a space inside", post(goodBody).with("Idempotency-Key", "a b"), bad, code, nil},
		{"an empty key", post(goodBody).with("Idempotency-Key", ""), bad, code, nil},
		{"two keys", post(goodBody).with("Idempotency-Key", "a", "b"), bad, code, nil},
		{"the same key in two headers", post(goodBody).with("Idempotency-Key", "a", "a"), bad, code, nil},
	})
}

func TestCreateOffer_makes_one_offer_for_an_idempotency_key(t *testing.T) {
	h := newHouse(t)
	send := extra(`"tx_code":{}`).with("Idempotency-Key", strings.Repeat("k", 255))
	first, one := h.create(t, send)
	again, two := h.create(t, send)
	if one.body != two.body || h.offers(t) != 1 { // OF-114
		t.Errorf("first %v, again %v, %d offers", first, again, h.offers(t))
	}
	if one.headers.Get("Idempotent-Replayed") != "" || two.headers.Get("Idempotent-Replayed") != "true" || two.headers.Get("Location") != one.headers.Get("Location") {
		t.Errorf("headers %v and %v", one.headers, two.headers)
	}
	key := send.headers.Get("Idempotency-Key")
	refuseAll(t, h, []refusal{
		{"OF-115 the same key with another body", post(goodBody).with("Idempotency-Key", key), http.StatusUnprocessableEntity, "idempotency_key_reused", nil},
		{"OF-115 the same key with another spelling of the body", post(send.body+" ").with("Idempotency-Key", key), http.StatusUnprocessableEntity, "idempotency_key_reused", nil},
		{"a repeat that does not fit is refused for what it is", of("x", "{}").with("Idempotency-Key", key), http.StatusBadRequest, "unknown_credential_configuration", nil},
	})
	if _, cased := h.create(t, extra(`"tx_code":{}`).with("Idempotency-Key", strings.Repeat("K", 255))); cased.body == one.body {
		t.Error("keys are not told apart by case")
	}
	// A key is kept for a day; after that it is a new wish.
	h.passed.Store(int64(25 * time.Hour))
	if err := h.service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if late, _ := h.create(t, send); late.OfferID == first.OfferID {
		t.Error("the key still means the first offer after a day")
	}
}

// A refused request must not spend the key: the caller corrects the body and sends it again under the same key.
func TestCreateOffer_does_not_spend_an_idempotency_key_on_a_refusal(t *testing.T) {
	h := newHouse(t)
	bad := iban("DE00").with("Idempotency-Key", "k")
	refused(t, bad, h.call(t, bad), http.StatusUnprocessableEntity, "invalid_claims")
	h.create(t, post(goodBody).with("Idempotency-Key", "k"))
}

func TestCreateOffer_makes_one_offer_of_many_racing_repeats(t *testing.T) {
	h := newHouse(t)
	const callers = 50 // OF-116
	answers := make([]answer, callers)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range callers {
		all.Go(func() {
			<-start
			answers[i] = h.call(t, extra(`"tx_code":{}`).with("Idempotency-Key", "race"))
		})
	}
	close(start)
	all.Wait()
	fresh, body := 0, h.call(t, extra(`"tx_code":{}`).with("Idempotency-Key", "race")).body
	for _, a := range answers {
		if a.status == http.StatusConflict && strings.Contains(a.body, `"idempotency_in_progress"`) {
			continue // came while the first was being worked on
		}
		if a.status != http.StatusCreated || a.body != body {
			t.Errorf("got %d %.200s, another got %.200s", a.status, a.body, body)
		}
		if a.headers.Get("Idempotent-Replayed") == "" {
			fresh++
		}
	}
	if fresh != 1 || h.offers(t) != 1 {
		t.Errorf("%d fresh answers, %d offers", fresh, h.offers(t))
	}
}
