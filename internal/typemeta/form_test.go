package typemeta_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// parse reads a type from its metadata and config.
func parse(t testing.TB, metadata, config string) typemeta.Type {
	t.Helper()
	typ, err := typemeta.ParseVersion("Test", []byte(metadata), []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// read gives the claims that a form says, as JSON.
func read(t testing.TB, f typemeta.Form, filled map[string]string) string {
	t.Helper()
	out, err := strictjson.Encode(f.Read(func(name string) string { return filled[name] }).Claims)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// loan has one claim of each kind that the samples have not.
func loan(t testing.TB) typemeta.Type {
	t.Helper()
	return parse(t, `{"claims":[{"path":["lei"]},{"path":["limit"]},{"path":["currency"]},{"path":["score"]},{"path":["months"]},{"path":["picture"]},
		{"path":["terms"]},{"path":["secured"]},{"path":["phone_number"]},{"path":["since_date"]}]}`,
		`{"form":{"limit":{"type":"amount"},"score":{"type":"number"},"months":{"type":"integer"},"terms":{"maxLength":2000},"secured":{"type":"boolean"}}}`)
}

func TestCheck_of_the_kinds_of_a_bank(t *testing.T) {
	t.Parallel()
	typ := loan(t)
	const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	for name, c := range map[string]struct{ claims, code, at, normal string }{
		"an LEI":                           {`{"lei":"7LTWFZYICNSX8D621K86"}`, "", "", `"7LTWFZYICNSX8D621K86"`},
		"an LEI in groups and small":       {`{"lei":"7ltw fzyi-cnsx 8d62 1k86"}`, "", "", `"7LTWFZYICNSX8D621K86"`},
		"an LEI with a wrong digit":        {`{"lei":"7LTWFZYICNSX8D621K87"}`, "invalid_lei", "/lei", ""},
		"an LEI that is too short":         {`{"lei":"7LTWFZYICNSX8D621K8"}`, "invalid_lei", "/lei", ""},
		"an LEI with a sign":               {`{"lei":"7LTWFZYICNSX8D6_1K86"}`, "invalid_lei", "/lei", ""},
		"an LEI that ends in letters":      {`{"lei":"7LTWFZYICNSX8D621KAB"}`, "invalid_lei", "/lei", ""},
		"an LEI that is a number":          {`{"lei":70000000000000000000}`, "wrong_type", "/lei", ""},
		"an amount":                        {`{"limit":1500.50,"currency":"EUR"}`, "", "", `"limit":1500.50`},
		"an amount of a whole":             {`{"limit":1500,"currency":"JPY"}`, "", "", `"limit":1500`},
		"three decimals where there are":   {`{"limit":1.125,"currency":"KWD"}`, "", "", `"limit":1.125`},
		"an amount without its currency":   {`{"limit":1500}`, "missing_claim", "/currency", ""},
		"an amount of a wrong currency":    {`{"limit":1500,"currency":"EURO"}`, "invalid_currency", "/currency", ""},
		"a currency without an amount":     {`{"currency":"EUR"}`, "", "", `"EUR"`},
		"three decimals of a euro":         {`{"limit":1.125,"currency":"EUR"}`, "invalid_amount", "/limit", ""},
		"sen of a yen":                     {`{"limit":1.5,"currency":"JPY"}`, "invalid_amount", "/limit", ""},
		"an amount with an exponent":       {`{"limit":1e3,"currency":"EUR"}`, "invalid_amount", "/limit", ""},
		"an amount as text":                {`{"limit":"1500","currency":"EUR"}`, "wrong_type", "/limit", ""},
		"a picture":                        {`{"picture":"data:image/png;base64,` + pixel + `"}`, "", "", pixel},
		"a picture at an address":          {`{"picture":"https://bank.example/erika.jpg"}`, "invalid_image", "/picture", ""},
		"a picture that is SVG":            {`{"picture":"data:image/svg+xml;base64,PHN2Zy8+"}`, "invalid_image", "/picture", ""},
		"a picture that is cut off":        {`{"picture":"data:image/png;base64,` + pixel[:64] + `"}`, "invalid_image", "/picture", ""},
		"OF-099 a picture of 6 MB":         {`{"picture":"data:image/png;base64,` + strings.Repeat("A", 50<<10) + `"}`, "image_too_large", "/picture", ""},
		"a picture that is no text":        {`{"picture":1}`, "wrong_type", "/picture", ""},
		"a text of two lines":              {`{"terms":"one\ntwo"}`, "", "", `one\ntwo`},
		"PF-109 a phone without a country": {`{"phone_number":"030 123456"}`, "invalid_phone", "/phone_number", ""},
		"a phone in groups":                {`{"phone_number":"+49 (30) 123-456"}`, "", "", `"+4930123456"`},
	} {
		normal, faults := typ.Check(decode(t, c.claims), now)
		out, err := strictjson.Encode(normal)
		if err != nil {
			t.Fatal(err)
		}
		if c.code == "" && (len(faults) > 0 || !strings.Contains(string(out), c.normal)) {
			t.Errorf("%s: got %s, %s", name, out, said(faults))
		}
		if c.code != "" && (len(faults) != 1 || faults[0].Code != c.code || faults[0].Pointer != c.at) {
			t.Errorf("%s: got %s, want %s at %s", name, said(faults), c.code, c.at)
		}
	}
}

// OF-061: JSON with such a number is refused before it gets here; a form brings it as text.
func TestCheck_refuses_a_number_that_no_computer_has(t *testing.T) {
	t.Parallel()
	typ := loan(t)
	got := typ.Form("en").Read(func(name string) string {
		return map[string]string{"claim.score": "1" + strings.Repeat("0", 400)}[name]
	})
	if _, faults := typ.Check(got.Claims, now); said(faults) != "[[/score validation_failed is out of range]]" {
		t.Error(said(faults))
	}
}

func TestPolicy_wants_a_currency_beside_an_amount(t *testing.T) {
	t.Parallel()
	_, err := typemeta.Load(fstest.MapFS{
		"A.json":        {Data: []byte(`{"claims":[{"path":["a","limit"]},{"path":["currency"]}]}`)},
		"A.config.json": {Data: []byte(`{"form":{"a.limit":{"type":"amount"}}}`)},
	})
	if err == nil || !strings.Contains(err.Error(), "/form/a.limit/type: an amount needs a claim named currency beside it") {
		t.Error(err)
	}
}

func TestForm_reads_numbers_as_people_write_them(t *testing.T) {
	t.Parallel()
	form := loan(t).Form("en")
	for text, want := range map[string]string{
		"1500": "1500", "1500.50": "1500.50", "1500,50": "1500.50", "1,500.50": "1500.50", "1.500,50": "1500.50", "1 500,50": "1500.50",
		"1\u202f500,50": "1500.50", "1'500.50": "1500.50", "1.234.567": "1234567", "1,234,567": "1234567", "１５００": "1500", "-3": "-3", "\u22123": "-3", "+3": "3",
		"\u200b1500\u00a0": "1500", "0,5": "0.5",
		"1.234": "1.234", // PF-102: never a thousand. An amount in euro is refused for its three decimals.
		"1,234": "1.234",
		// What is no number stays text, for Check to refuse.
		"12,34,56": `"12,34,56"`, "1.23,456.7": `"1.23,456.7"`, "1e5": `"1e5"`, "one": `"one"`, "1,": "1", ",5": `",5"`, "007": `"007"`, "1.2.3": `"1.2.3"`, ".": `"."`, "--1": `"--1"`,
	} {
		if got := read(t, form, map[string]string{"claim.limit": text}); got != `{"limit":`+want+`}` {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// A day and a month that could change places have fields of their own, so a date of another country's form cannot be taken for one of ours. PF-101.
func TestForm_reads_dates_as_people_write_them(t *testing.T) {
	t.Parallel()
	form := loan(t).Form("en")
	for text, want := range map[string]string{
		"2 8 1964": "1964-08-02", "02 08 1964": "1964-08-02", "2. August 1964": "1964-08-02", "2 aug 1964": "1964-08-02", "2 Août 1964": "1964-08-02",
		"2 MÄRZ 1964": "1964-03-02", "2 Mar. 1964": "1964-03-02", "2 juil 1964": "1964-07-02", "２ ８ １９６４": "1964-08-02", "2\u200b 8\u00a0 1964\u200e": "1964-08-02",
		// What could be two months, or is none, is for Check to refuse.
		"2 jui 1964": "1964-jui-02", "2 ma 1964": "1964-ma-02", "2 13 1964": "1964-13-02", "2 8 64": "64-08-02", "31 2 2001": "2001-02-31",
	} {
		part := strings.Split(text, " ")
		filled := map[string]string{"claim.since_date-day": part[0], "claim.since_date-month": part[1], "claim.since_date-year": part[2]}
		if got := read(t, form, filled); got != `{"since_date":"`+want+`"}` {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestClean_takes_out_what_pasting_brings_along(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind       typemeta.Kind
		text, want string
	}{
		{typemeta.Text, " Erika\u00a0Mustermann\u200b ", "Erika Mustermann"},
		{typemeta.Text, "Ｅｒｉｋａ", "Ｅｒｉｋａ"},                 // a name is as it is
		{typemeta.Text, "می\u200cخواهم", "می\u200cخواهم"}, // and so is its joiner
		{typemeta.Text, "a\u202eb", "a\u202eb"},           // refused by Check
		{typemeta.Text, "\u200b\u200b", "\u200b\u200b"},   // OF-091: refused, not left out
		{typemeta.Text, "one\r\ntwo", "one\ntwo"},
		{typemeta.Text, " \t\u00a0", ""},
		{typemeta.IBAN, "\u200eＤＥ89\u00a03704\ufeff", "DE89 3704"},
		{typemeta.Phone, "\u202a+49 30\u202c", "+49 30"},
		{typemeta.Email, "erika@example.org\u200b", "erika@example.org"},
	} {
		if got := typemeta.Clean(c.kind, c.text); got != c.want {
			t.Errorf("%s %q is %q, want %q", c.kind, c.text, got, c.want)
		}
	}
}

func TestForm_has_rows_of_lists_and_of_lists_of_objects(t *testing.T) {
	t.Parallel()
	typ := parse(t, `{"claims":[{"path":["privileges"],"mandatory":true,"display":[{"locale":"en","label":"Privileges"}]},{"path":["privileges",null,"code"],"mandatory":true},
		{"path":["privileges",null,"issue_date"]},{"path":["privileges",null,"at","country"]},{"path":["privileges",null,"codes",null]},{"path":["corner",0]},{"path":["a.b"]},{"path":["a","b"]},{"path":["two words"]}]}`, "")
	form := typ.Form("en")
	if len(form.Groups) != 4 || form.Groups[0].Label != "Privileges" || form.Groups[1].Label != "Corner" {
		t.Fatalf("the groups are %+v", form.Groups)
	}
	list := form.Groups[0].Fields[0]
	if !list.Required || !list.Many || len(list.Row(0)) != 4 || list.Name != "claim.privileges" || list.Row(2)[2].Name != "claim.privileges.2.at.country" {
		t.Errorf("the list is %+v", list)
	}
	filled := map[string]string{
		"claim.privileges-rows": "4", "claim.privileges.1.code": "B", "claim.privileges.1.at.country": "de",
		"claim.privileges.3.issue_date-day": "30", "claim.privileges.3.issue_date-month": "2", "claim.privileges.3.issue_date-year": "2020",
		"claim.a~1b": "x", "claim.a.b": "y", "claim.two~2words": "z",
	}
	value := func(name string) string { return filled[name] }
	got := form.Read(value)
	if s := read(t, form, filled); s != `{"a":{"b":"y"},"a.b":"x","privileges":[{"at":{"country":"de"},"code":"B"},{"issue_date":"2020-02-30"}],"two words":"z"}` {
		t.Error(s)
	}
	_, faults := typ.Check(got.Claims, now)
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Pointer+" "+got.Field(f.Pointer))
	}
	if want := "[/privileges/1/code claim.privileges.3.code /privileges/1/issue_date claim.privileges.3.issue_date]"; fmt.Sprint(fields) != want {
		t.Errorf("got %v, want %v", fields, want)
	}
	for rows, want := range map[string]int{"": 1, "0": 1, "-5": 1, "x": 1, "3": 3, "51": 50, "99999999999999999999": 1} {
		if n := list.Rows(func(string) string { return rows }); n != want {
			t.Errorf("%q rows are %d", rows, n)
		}
	}
}

func TestForm_offers_no_code_that_is_refused(t *testing.T) {
	t.Parallel()
	if len(typemeta.Countries()) < 249 || len(typemeta.Currencies()) < 140 {
		t.Errorf("there are %d countries and %d currencies", len(typemeta.Countries()), len(typemeta.Currencies()))
	}
	typ := parse(t, `{"claims":[{"path":["country"]},{"path":["currency"]}]}`, "")
	for _, currency := range typemeta.Currencies() {
		if _, faults := typ.Check(map[string]any{"currency": currency}, now); len(faults) > 0 {
			t.Error(currency, faults)
		}
	}
	for _, country := range typemeta.Countries() {
		if _, faults := typ.Check(map[string]any{"country": country}, now); len(faults) > 0 {
			t.Error(country, faults)
		}
	}
}

func FuzzForm(f *testing.F) {
	typ := loan(f)
	form := typ.Form("en")
	for _, text := range []string{"1.234,56", "7LTWFZYICNSX8D621K86", "+49 30 1", "\u200b", "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG"))} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		for _, g := range form.Groups {
			for _, field := range g.Fields {
				filled := map[string]string{field.Name: one, field.Name + "-day": one, field.Name + "-month": other, field.Name + "-year": other}
				got := form.Read(func(name string) string { return filled[name] })
				normal, faults := typ.Check(got.Claims, now)
				for _, fault := range faults {
					if got.Field(fault.Pointer) == "" {
						t.Fatalf("no field for %s", fault.Pointer)
					}
				}
				if len(faults) > 0 {
					continue
				}
				// What was taken fills the form so that it says the same again.
				again := form.Fill(normal)
				want, err := strictjson.Encode(normal)
				if err != nil {
					t.Fatal(err)
				}
				if s := read(t, form, again); s != string(want) {
					t.Fatalf("%s came back as %s", want, s)
				}
			}
		}
	})
}
