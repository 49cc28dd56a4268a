package typemeta_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func samples(t testing.TB) map[string]typemeta.Type {
	t.Helper()
	list, err := typemeta.Load(typemeta.Samples())
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]typemeta.Type{}
	for _, typ := range list {
		byID[typ.ID] = typ
	}
	return byID
}

func decode(t testing.TB, s string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := strictjson.Decode([]byte(s), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSamples_take_the_four_claims_of_the_first_offer(t *testing.T) {
	typ := samples(t)["IdentityCredential"]
	_, faults := typ.Check(decode(t, `{"given_name":"Erika","family_name":"Mustermann","document_number":"T22000129","issuing_country":"DE"}`), now)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
}

func TestLoad_names_file_place_and_fault(t *testing.T) {
	cases := map[string]struct{ file, content, want string }{
		"no JSON":               {"A.json", "{\n\"vct\": \"x\",\n}", "A.json: line 2: not JSON"},
		"a doubled member":      {"A.json", `{"vct":"x","vct":"y"}`, "A.json: /vct: a member appears twice"},
		"a path that is none":   {"A.json", `{"vct":"x","claims":[{"path":[]}]}`, "A.json: /claims/0/path: path must be a non-empty array"},
		"a wrong sd":            {"A.json", `{"vct":"x","claims":[{"path":["a"],"sd":"maybe"}]}`, "A.json: /claims/0/sd: must be always, allowed or never"},
		"a reserved claim":      {"A.json", `{"vct":"x","claims":[{"path":["iss"]}]}`, "A.json: /claims/0: the issuer sets this claim"},
		"a claim twice":         {"A.json", `{"vct":"x","claims":[{"path":["a"]},{"path":["a"]}]}`, "A.json: /claims/1: is described twice"},
		"null and an index":     {"A.json", `{"vct":"x","claims":[{"path":["a",null]},{"path":["a",0]}]}`, "null and an index"},
		"array and object":      {"A.json", `{"vct":"x","claims":[{"path":["a",null]},{"path":["a","b"]}]}`, "an array and an object"},
		"a language twice":      {"A.json", `{"vct":"x","display":[{"locale":"en","name":"A"},{"locale":"en","name":"B"}]}`, "A.json: /display/1/locale: appears twice"},
		"no language":           {"A.json", `{"vct":"x","display":[{"locale":"?","name":"A"}]}`, "A.json: /display/0/locale: must be a language tag"},
		"mandatory not a bool":  {"A.json", `{"vct":"x","claims":{"a":{"mandatory":"yes"}}}`, "A.json: /claims/a/mandatory: must be true or false"},
		"an http picture":       {"A.json", `{"vct":"x","display":[{"name":"A","logo":{"uri":"http://x"}}]}`, "/display/0/logo/uri: must be an https or data URI"},
		"another type's claims": {"A.json", `{"vct":"x","extends":"y"}`, "A.json: /extends: is not supported"},
		"a policy without type": {"B.config.json", `{}`, "B.config.json: there is no B.json"},
		"a bad id":              {"A B.json", `{}`, "A B.json: a credential configuration id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := typemeta.Load(fstest.MapFS{c.file: {Data: []byte(c.content)}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestLoad_names_faults_of_a_policy(t *testing.T) {
	_, err := typemeta.Load(fstest.MapFS{
		"A.json":        {Data: []byte(`{"vct":"x","claims":[{"path":["a"]}]}`)},
		"A.config.json": {Data: []byte(`{"batch_size":0,"validity":"1s","form":{"b":{"type":"iban"},"a":{"type":"enum"}}}`)},
	})
	for _, want := range []string{"A.config.json: /batch_size", "A.config.json: /validity", "A.config.json: /form/b", "A.config.json: /form/a/enum"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}

// What is said of a value beyond a bound is a whole sentence, so that it can be in a catalogue; here it is held to the bound.
func TestLoad_says_the_bounds_that_hold(t *testing.T) {
	load := func(config string) error {
		_, err := typemeta.Load(fstest.MapFS{"A.json": {Data: []byte(`{"vct":"x","claims":[{"path":["a"]}]}`)}, "A.config.json": {Data: []byte(config)}})
		return err
	}
	digits := strings.Repeat("9", 40)
	for _, c := range []struct{ config, least, most, below, above, said string }{
		{`{"batch_size":%s}`, "1", "100", "0", "101", "must be 1 to 100"},
		{`{"tx_code":{"length":%s}}`, "4", "12", "3", "13", "must be 4 to 12"},
		{`{"validity":"%s"}`, "24h", "87600h", "23h59m", "87600h1s", "must be hours from 24h to 87600h, for example 8760h"},
		{`{"approval":{"when":[{"path":"a","over":%s}]}}`, "0", digits, "1e1", digits + "9", "must be a number of at most 40 characters without an exponent"},
	} {
		for _, good := range []string{c.least, c.most} {
			if err := load(fmt.Sprintf(c.config, good)); err != nil {
				t.Errorf(c.config+": %v", good, err)
			}
		}
		for _, bad := range []string{c.below, c.above} {
			if err := load(fmt.Sprintf(c.config, bad)); err == nil || !strings.HasSuffix(err.Error(), c.said) {
				t.Errorf(c.config+" is answered with %v, not with %q", bad, err, c.said)
			}
		}
	}
	err := load(`{"form":{"a":{"type":"money"}}}`)
	for _, kind := range typemeta.Kinds() {
		if err == nil || !strings.Contains(err.Error(), string(kind)) {
			t.Errorf("%v does not say %s", err, kind)
		}
	}
}

func TestParse_takes_both_forms_to_the_same_document(t *testing.T) {
	array, err := typemeta.Parse("A", []byte(`{"vct":"A","display":[{"lang":"en","name":"N"}],"claims":[{"path":["a"],"sd":"always","mandatory":true,"display":[{"locale":"en","label":"L"}]},{"path":["b"]},{"path":["b","c"],"sd":"never"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	older, err := typemeta.Parse("A", []byte(`{"display":{"name":"N"},"claims":{"a":{"sd":"always","mandatory":true,"display":{"name":"L"}},"b":{"claims":{"c":{"sd":"never"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if string(array.Document()) != string(older.Document()) {
		t.Errorf("the forms differ:\n%s\n%s", array.Document(), older.Document())
	}
	var doc struct {
		VCT    string `json:"vct"`
		Claims []struct {
			Path    []any `json:"path"`
			Display []struct{ Locale, Label string }
		} `json:"claims"`
	}
	if err := json.Unmarshal(array.Document(), &doc); err != nil || doc.VCT != "A" || len(doc.Claims) != 3 || doc.Claims[0].Display[0].Label != "L" {
		t.Errorf("got %+v, %v", doc, err)
	}
}

func TestType_Check(t *testing.T) {
	types := samples(t)
	identity := func(extra string) string {
		return `{"given_name":"E","family_name":"M","document_number":"1","issuing_country":"DE"` + extra + `}`
	}
	account := func(extra string) string { return `{"accountHolder":"E","bankName":"B"` + extra + `}` }
	const goodIBAN = `,"iban":"DE89 3704-0044 0532 0130 00"`
	cases := map[string]struct {
		typ, claims string
		at, code    string
		normal      string // a part of the normal form
	}{
		"OF-071 mandatory missing":     {"IdentityCredential", `{"given_name":"E"}`, "/document_number", "missing_claim", ""},
		"mandatory empty":              {"IdentityCredential", strings.Replace(identity(""), `"E"`, `""`, 1), "/given_name", "missing_claim", ""},
		"unknown claim":                {"IdentityCredential", identity(`,"shoe":1`), "/shoe", "unknown_claim", ""},
		"OF-074 reserved iss":          {"IdentityCredential", identity(`,"iss":"x"`), "/iss", "reserved_claim", ""},
		"OF-074 reserved cnf":          {"IdentityCredential", identity(`,"cnf":{}`), "/cnf", "reserved_claim", ""},
		"_sd in an object":             {"IdentityCredential", identity(`,"address":{"_sd":[]}`), "/address/_sd", "reserved_claim", ""},
		"an object for a text":         {"IdentityCredential", identity(`,"birth_date":{}`), "/birth_date", "wrong_type", ""},
		"null for a text":              {"IdentityCredential", identity(`,"birth_date":null`), "/birth_date", "wrong_type", ""},
		"a text for an object":         {"IdentityCredential", identity(`,"address":"x"`), "/address", "wrong_type", ""},
		"a text for an array":          {"IdentityCredential", identity(`,"nationalities":"DE"`), "/nationalities", "wrong_type", ""},
		"a wrong element":              {"IdentityCredential", identity(`,"nationalities":["DE","XX"]`), "/nationalities/1", "invalid_country", ""},
		"OF-084 no such day":           {"IdentityCredential", identity(`,"birth_date":"2025-02-29"`), "/birth_date", "invalid_date", ""},
		"OF-086 born tomorrow":         {"IdentityCredential", identity(`,"birth_date":"2026-11-24"`), "/birth_date", "date_out_of_range", ""},
		"OF-082 country in lower case": {"IdentityCredential", identity(`,"address":{"country":"de"}`), "", "", `"country":"DE"`},
		"OF-091 only zero width":       {"IdentityCredential", identity(`,"address":{"locality":"\u200b\u200b"}`), "/address/locality", "validation_failed", ""},
		"OF-091 bidi override":         {"IdentityCredential", identity(`,"address":{"locality":"a\u202eb"}`), "/address/locality", "validation_failed", ""},
		"a noncharacter":               {"IdentityCredential", identity(`,"address":{"locality":"a\ufffe"}`), "/address/locality", "validation_failed", ""},
		"OF-051 NUL":                   {"IdentityCredential", identity(`,"address":{"locality":"a\u0000"}`), "/address/locality", "validation_failed", ""},
		"OF-093 markup is text":        {"IdentityCredential", identity(`,"address":{"locality":"<script>alert(1)</script>"}`), "", "", "<script>"},
		"OF-062 2^53+1 stays exact":    {"DiplomaCredential", `{"given_name":"E","family_name":"M","degree":"D","institution":"I","date_of_award":"2020-01-31","grade":9007199254740993}`, "", "", "9007199254740993"},
		"a long text":                  {"IdentityCredential", identity(`,"address":{"locality":"` + strings.Repeat("x", 81) + `"}`), "/address/locality", "validation_failed", ""},
		"OF-077 IBAN check digits":     {"AccountOwnershipCredential", account(`,"iban":"DE88370400440532013000"`), "/iban", "invalid_iban", ""},
		"OF-079 IBAN length":           {"AccountOwnershipCredential", account(`,"iban":"DE8937040044053201300"`), "/iban", "invalid_iban", ""},
		"IBAN of nowhere":              {"AccountOwnershipCredential", account(`,"iban":"XX89370400440532013000"`), "/iban", "invalid_iban", ""},
		"PF-098 IBAN with spaces":      {"AccountOwnershipCredential", account(goodIBAN), "", "", `"iban":"DE89370400440532013000"`},
		"OF-083 currency":              {"AccountOwnershipCredential", account(goodIBAN + `,"currency":"EURO"`), "/currency", "invalid_currency", ""},
		"a BIC":                        {"AccountOwnershipCredential", account(goodIBAN + `,"bic":"DEUT DE FF"`), "", "", `"bic":"DEUTDEFF"`},
		"no BIC":                       {"AccountOwnershipCredential", account(goodIBAN + `,"bic":"DEUT"`), "/bic", "invalid_bic", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			normal, faults := types[c.typ].Check(decode(t, c.claims), now)
			if c.code == "" {
				out, err := strictjson.Encode(normal)
				if len(faults) > 0 || err != nil || !strings.Contains(string(out), c.normal) {
					t.Fatalf("got %s, %v, %v", out, faults, err)
				}
				return
			}
			for _, f := range faults {
				if f.Pointer == c.at && f.Code == c.code {
					return
				}
			}
			t.Errorf("got %v, want %s at %s", faults, c.code, c.at)
		})
	}
}

// OF-088: what ends must not lie before what it began with, wherever the two stand side by side.
func TestType_Check_holds_dates_to_each_other(t *testing.T) {
	typ, err := typemeta.Parse("Permit", []byte(`{"claims":[{"path":["document_issue_date"]},{"path":["document_expiry_date"]},{"path":["expiry_date"]},
		{"path":["licence","date_of_issuance"]},{"path":["licence","date_of_expiry"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for claims, want := range map[string]string{
		`{"document_issue_date":"2024-03-01","document_expiry_date":"2024-02-29"}`:          "[[/document_expiry_date inconsistent_dates must not lie before document_issue_date]]",
		`{"licence":{"date_of_issuance":"2024-03-01","date_of_expiry":"1999-12-31"}}`:       "[[/licence/date_of_expiry inconsistent_dates must not lie before date_of_issuance]]",
		`{"document_issue_date":"2024-03-01","document_expiry_date":"2024-03-01"}`:          "[]",
		`{"document_issue_date":"2024-03-01","expiry_date":"2020-01-01"}`:                   "[]",
		`{"document_issue_date":"2024-03-01","document_expiry_date":"2024-02-30"}`:          "[[/document_expiry_date invalid_date must be a date that exists, as YYYY-MM-DD]]",
		`{"licence":{"date_of_issuance":"2024-03-01"},"document_expiry_date":"1999-12-31"}`: "[]",
	} {
		if _, faults := typ.Check(decode(t, claims), now); said(faults) != want {
			t.Errorf("%s: got %s, want %s", claims, said(faults), want)
		}
	}
}

// said is what programs are told of faults.
func said(faults []typemeta.Fault) string {
	list := [][]string{}
	for _, f := range faults {
		list = append(list, []string{f.Pointer, f.Code, f.Reason})
	}
	return fmt.Sprint(list)
}

func TestType_Check_tells_all_faults_sorted_without_values(t *testing.T) {
	_, faults := samples(t)["IdentityCredential"].Check(decode(t, `{"issuing_country":"canary","zzz":"canary","birth_date":"canary"}`), now)
	var order []string
	for _, f := range faults {
		order = append(order, f.Pointer)
		if strings.Contains(f.Reason, "canary") {
			t.Errorf("a reason repeats the value: %s", f.Reason)
		}
	}
	if want := "[/birth_date /document_number /family_name /given_name /issuing_country /zzz]"; fmt.Sprint(order) != want {
		t.Errorf("got %v, want %s", order, want)
	}
}

func TestType_Check_bounds_what_it_reads(t *testing.T) {
	many := map[string]any{}
	for i := range 10_000 {
		many[fmt.Sprint("c", i)] = "x"
	}
	if _, faults := samples(t)["IdentityCredential"].Check(many, now); len(faults) != 1 || faults[0].Code != "validation_failed" {
		t.Errorf("OF-056: got %d faults", len(faults))
	}
}

func TestForm_makes_claims_that_pass(t *testing.T) {
	typ := samples(t)["IdentityCredential"]
	form := typ.Form("de")
	filled := map[string]string{
		"claim.given_name": " Erika ", "claim.family_name": "Mustermann", "claim.document_number": "T22000129",
		"claim.issuing_country": "de", "claim.birth_date-day": "12", "claim.birth_date-month": "8", "claim.birth_date-year": "1964",
		"claim.nationalities-rows": "3", "claim.nationalities.0": "DE", "claim.nationalities.2": "FR", "claim.address.locality": "Köln",
	}
	read := form.Read(func(n string) string { return filled[n] })
	claims, faults := typ.Check(read.Claims, now)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	out, err := strictjson.Encode(claims)
	const want = `{"address":{"locality":"Köln"},"birth_date":"1964-08-12","document_number":"T22000129","family_name":"Mustermann","given_name":"Erika","issuing_country":"DE","nationalities":["DE","FR"]}`
	if err != nil || string(out) != want {
		t.Errorf("got %s, %v", out, err)
	}
	if got := form.Groups[0].Fields[0].Label; got != "Vornamen" {
		t.Errorf("the first label is %q", got)
	}
	for pointer, want := range map[string]string{"/given_name": "claim.given_name", "/nationalities": "claim.nationalities", "/nationalities/1": "claim.nationalities.2", "/address/country": "claim.address.country", "/address": "claim.address.street_address", "/none": ""} {
		if got := read.Field(pointer); got != want {
			t.Errorf("the field of %s is %q", pointer, got)
		}
	}
}

func TestForm_asks_for_a_whole_year(t *testing.T) {
	typ := samples(t)["IdentityCredential"]
	read := typ.Form("en").Read(func(n string) string {
		return map[string]string{"claim.birth_date-day": "2", "claim.birth_date-month": "3", "claim.birth_date-year": "26"}[n]
	})
	_, faults := typ.Check(read.Claims, now)
	for _, f := range faults {
		if f.Pointer == "/birth_date" && f.Code == "invalid_date" {
			return
		}
	}
	t.Errorf("PF-100: got %v", faults)
}

func TestType_SD_follows_the_paths(t *testing.T) {
	typ := samples(t)["IdentityCredential"]
	for _, c := range []struct {
		path []any
		want typemeta.SD
	}{
		{[]any{"given_name"}, typemeta.Always}, {[]any{"issuing_country"}, typemeta.Never},
		{[]any{"nationalities", 1}, typemeta.Always}, {[]any{"address", "locality"}, typemeta.Always}, {[]any{"none"}, typemeta.Never},
	} {
		if got := typ.SD(c.path); got != c.want {
			t.Errorf("%v is %s, want %s", c.path, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"vct":"x","claims":[{"path":["a",null,"b",0]}]}`))
	f.Add([]byte(`{"claims":{"a":{"claims":{"b":{}}}},"display":{"name":"n"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		typ, err := typemeta.Parse("A", data)
		if err != nil {
			return
		}
		again, err := typemeta.Parse("A", typ.Document())
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, typ.Document())
		}
		if string(again.Document()) != string(typ.Document()) {
			t.Fatal("writing twice gives two documents")
		}
		typ.Form("en")
		typ.Metadata()
	})
}

func FuzzCheck(f *testing.F) {
	types := samples(f)
	f.Add([]byte(`{"given_name":"E","family_name":"M","document_number":"1","issuing_country":"DE","nationalities":["DE"]}`))
	f.Add([]byte(`{"address":{"country":"de","_sd":1},"nationalities":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var claims map[string]any
		if strictjson.Decode(data, &claims) != nil {
			return
		}
		typ := types["IdentityCredential"]
		normal, faults := typ.Check(claims, now)
		if len(faults) > 0 {
			return
		}
		again, faults := typ.Check(normal, now)
		if len(faults) > 0 || fmt.Sprint(again) != fmt.Sprint(normal) {
			t.Fatalf("the normal form is not normal: %v", faults)
		}
	})
}

// A template is left out unread, however much it would become.
func TestParse_reads_no_template(t *testing.T) {
	t.Parallel()
	// UP-119 a billion laughs, UP-120 a placeholder in an attribute.
	laughs := `<!DOCTYPE x [<!ENTITY a 'ha'>` + strings.Repeat(`<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>`, 5000) + `]><svg onload='{{a}}'>&b;</svg>`
	document := []byte(`{"vct":"x","display":[{"locale":"en","name":"A","rendering":{"svg_templates":[{"uri":"data:image/svg+xml,` + laughs + `"}]}}]}`)
	typ, err := typemeta.Parse("A", document)
	if err != nil || strings.Contains(string(typ.Document()), "svg") || strings.Contains(fmt.Sprint(typ.Metadata()), "svg") {
		t.Fatalf("%v, and wallets get %s", err, typ.Document())
	}
}
