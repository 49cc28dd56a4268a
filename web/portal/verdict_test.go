package portal_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// What the management door says of claims the form says too: the same is taken, the same refused, and each refusal stands at a field.
func TestForm_judges_claims_as_the_API_does(t *testing.T) {
	t.Parallel()
	b := open(t, anyTypes)
	clerk := b.signIn("demo-clerk")
	list, err := typemeta.Load(os.DirFS("../../internal/typemeta/testdata/types"))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]typemeta.Type{}
	for _, typ := range list {
		types[typ.ID] = typ
	}
	permit := func(issued, expires string) string {
		return `{"document_number":"X","document_issue_date":"` + issued + `","document_expiry_date":"` + expires + `"}`
	}
	const begin = 12                                                                                            // of the first chunk of a PNG, which says how large it is
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x75\x30\x00\x00\x75\x30\x08\x00\x00\x00\x00") // 30,000 pixels a side
	bomb = binary.BigEndian.AppendUint32(bomb, crc32.ChecksumIEEE(bomb[begin:]))
	for name, c := range map[string]struct {
		typ, claims string
		taken       bool
		words       string
	}{
		"all is well":                    {"IbanAccount", `{"holder":"E","iban":"DE89370400440532013000"}`, true, ""},
		"OF-061 a number of 400 digits":  {"Diploma", `{"given_name":"E","family_name":"M","degree":"D","grade":1` + strings.Repeat("0", 100) + `}`, true, ""},
		"OF-062 2^53+1":                  {"Diploma", `{"given_name":"E","family_name":"M","degree":"D","credits":9007199254740993}`, true, ""},
		"OF-071 a claim is missing":      {"IbanAccount", `{"iban":"DE89370400440532013000"}`, false, "Please fill this in."},
		"OF-077 check digits":            {"IbanAccount", `{"holder":"E","iban":"DE88370400440532013000"}`, false, "The check digits do not match. Look at the IBAN again."},
		"OF-079 length":                  {"IbanAccount", `{"holder":"E","iban":"DE8937040044053201300"}`, false, "22 characters"},
		"OF-082 a country in small":      {"Nested", `{"employer":{"seat":{"address":{"country":"de"}}}}`, true, ""},
		"OF-083 a currency":              {"IbanAccount", `{"holder":"E","iban":"DE89370400440532013000","currency":"EURO"}`, false, "Choose a currency"},
		"OF-084 no such day":             {"Permit", permit("2025-02-29", "2030-01-01"), false, "no such day"},
		"OF-086 born tomorrow":           {"DrivingLicence", `{"birth_date":"2999-01-01"}`, false, "in the future"},
		"OF-088 ends before it begins":   {"Permit", permit("2026-01-01", "2025-01-01"), false, "before the day of issue"},
		"OF-091 only zero width":         {"IbanAccount", `{"holder":"\u200b\u200b","iban":"DE89370400440532013000"}`, false, "nobody can see"},
		"OF-091 a bidi override":         {"IbanAccount", `{"holder":"a\u202eb","iban":"DE89370400440532013000"}`, false, "nobody can see"},
		"OF-093 markup":                  {"IbanAccount", `{"holder":"<script>alert(1)</script>","iban":"DE89370400440532013000"}`, true, ""},
		"OF-098 a bomb":                  {"StaffPass", `{"name":"E","portrait":"data:image/png;base64,` + base64.StdEncoding.EncodeToString(bomb) + `"}`, false, "25 megapixels"},
		"an LEI":                         {"Company", `{"legal_name":"A","lei":"HWUPKR0MPOU8FGXBT395"}`, false, "Look at the LEI again."},
		"an amount without a currency":   {"CreditLine", `{"limit":5}`, false, "Choose the currency of the amount."},
		"too many decimals":              {"CreditLine", `{"limit":5.123,"currency":"EUR"}`, false, "at most 2 decimals"},
		"a choice that is none":          {"Membership", `{"member_number":"1","level":"platinum"}`, false, "Choose one from the list."},
		"PF-106 a choice that is open":   {"Consents", `{}`, false, "Please choose one."},
		"PF-109 a phone":                 {"Contact", `{"email":"a@example.org","phone_number":"030 1234"}`, false, "country code"},
		"an e-mail address":              {"Contact", `{"email":"a@"}`, false, "has a name, an @"},
		"a row with a fault":             {"TaxResidency", `{"name":"E","residencies":[{"country":"DE","tin":"1"},{"country":"XX","tin":"2"}]}`, false, "Tax residencies 2, Country: Choose a country"},
		"a row with something missing":   {"TaxResidency", `{"name":"E","residencies":[{"country":"DE"}]}`, false, "Tax number: Please fill this in."},
		"CL-010 a place is missing":      {"Signatories", `{"account":"1"}`, false, "First signatory: Please fill this in."},
		"CL-011 a gap":                   {"Signatories", `{"account":"1","signatories":["A","B"],"countries":[null,"FR"]}`, false, "Countries 1: Please fill this in too"},
		"fixed places":                   {"Signatories", `{"account":"1","signatories":["A","B"],"countries":["DE"]}`, true, ""},
		"a fault at a fixed place":       {"Route", `{"depot":[1,"x"],"stops":[{"name":"B","position":[1,2]}]}`, false, "Longitude of the depot: Write this as a number"},
		"CL-015 missing in a row":        {"Household", `{"holder":"E","addresses":[{"street":"S","phones":[{"number":"+4930123456"},{"use":"home"}]}]}`, false, "Addresses 1, Phones 2, Number: Please fill this in."},
		"a fault in a row of a row":      {"Household", `{"holder":"E","addresses":[{"street":"S"},{"street":"T","phones":[{"number":"030"}]}]}`, false, "Addresses 2, Phones 1, Number: Begin with the country code"},
		"a fault in a list of lists":     {"Grid", `{"rates":[[1],[2,"x"]]}`, false, "Rates 2.2: Write this as a number"},
		"a list at a place":              {"Parents", `{"child":"L","parents":[{"name":"E","nationalities":["DE","XX"]}]}`, false, "Nationalities 2: Choose a country"},
		"a group at a place":             {"Parents", `{"child":"L","parents":[{"birthdate":"1964-08-12"}]}`, false, "Name: Please fill this in."},
		"lists within lists":             {"Network", `{"regions":[{"branches":[{"name":"Kiel","counters":[{"open":true,"days":["Monday"]}]}]}]}`, true, ""},
		"CL-030 too short":               {"Relation", `{"kind":"student","university":"TU"}`, false, "at least 3 characters"},
		"CL-031 another form":            {"Relation", `{"kind":"employee","staff_number":"ab-1234"}`, false, "Write this like AB-1234."},
		"CL-032 too large a number":      {"Relation", `{"kind":"employee","staff_number":"AB-1234","hours":41}`, false, "at most 40"},
		"CL-032 61 digits":               {"Relation", `{"kind":"employee","staff_number":"AB-1234","hours":1` + strings.Repeat("0", 60) + `}`, false, "too large"},
		"CL-032 too small in a row":      {"Relation", `{"kind":"student","university":"TUM","modules":[{"title":"A","passed":true,"grade":0.9}]}`, false, "Grade: This must be at least 1."},
		"CL-033 a day that is over":      {"Relation", `{"kind":"employee","staff_number":"AB-1234","temporary":true,"ends_on":"2020-01-01"}`, false, "The first day that this can be is"},
		"CL-033 a day to come":           {"Relation", `{"kind":"guest","since":"2999-01-01"}`, false, "The last day that this can be is"},
		"CL-035 asked for with a choice": {"Relation", `{"kind":"employee"}`, false, "Staff number: Please fill this in."},
		"what belongs to a choice":       {"Relation", `{"kind":"guest","sponsor":{"name":"DAAD"}}`, true, ""},
		"a long text":                    {"IbanAccount", `{"holder":"` + strings.Repeat("x", 501) + `","iban":"DE89370400440532013000"}`, false, "at most 500 characters"},
	} {
		var claims map[string]any
		if err := strictjson.Decode([]byte(c.claims), &claims); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if api := b.dryRun(c.typ, c.claims); (api == http.StatusOK || api == http.StatusCreated) != c.taken {
			t.Errorf("%s: the API answered %d", name, api)
		}
		form := url.Values{"type": {c.typ}, "token": {"token-of-" + name}}
		for field, value := range types[c.typ].Form("en").Fill(claims) {
			form.Set(field, value)
		}
		a := clerk.do(post("/offers", form))
		doc := a.page(t)
		if (a.status == http.StatusSeeOther) != c.taken || !c.taken && a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: the form answered %d: %s", name, a.status, doc.Find(".summary").Text())
			continue
		}
		if text := doc.Find(".summary").Text(); !strings.Contains(text, c.words) {
			t.Errorf("%s: the form says %q", name, text)
		}
		for _, link := range doc.Find(".summary li a").EachIter() {
			href, _ := link.Attr("href")
			if href == "#main" || doc.Find(`[id="`+strings.TrimPrefix(href, "#")+`"]`).Length() != 1 {
				t.Errorf("%s: %q leads to no field", name, link.Text())
			}
		}
	}
}

// dryRun gives what the management door answers to an offer that is only checked.
func (b *bank) dryRun(typ, claims string) int {
	b.t.Helper()
	body, err := json.Marshal(map[string]any{"credential_configuration_id": typ, "claims": json.RawMessage(claims)})
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.manage+"/offers?dry_run=true", strings.NewReader(string(body)))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode
}
