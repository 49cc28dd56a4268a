package typemeta_test

import (
	"fmt"
	"strings"
	"testing"

	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// nested has lists in the rows of lists, a list of lists, fixed places, and one of those with a group in it.
func nested(t testing.TB) typemeta.Type {
	t.Helper()
	return parse(t, `{"claims":[{"path":["homes",null,"town"],"mandatory":true},{"path":["homes",null,"phones"]},{"path":["homes",null,"phones",null,"number"],"mandatory":true},
		{"path":["homes",null,"phones",null,"tags",null]},{"path":["grid",null,null]},{"path":["pair",0],"mandatory":true},{"path":["pair",1]},{"path":["pair",2]},
		{"path":["heads",0,"name"],"mandatory":true},{"path":["heads",0,"at",0]},{"path":["heads",1,"name"]},{"path":["heads-rows"]}]}`, "")
}

func TestForm_builds_lists_within_lists_and_fixed_places(t *testing.T) {
	t.Parallel()
	form := nested(t).Form("en")
	for name, c := range map[string]struct {
		filled map[string]string
		want   string
	}{
		"nothing": {nil, `{}`},
		"rows of rows, the empty ones left out": {map[string]string{
			"claim.homes-rows": "3", "claim.homes.0.town": "Bonn", "claim.homes.0.phones-rows": "3", "claim.homes.0.phones.0.number": "1", "claim.homes.0.phones.2.number": "2",
			"claim.homes.0.phones.2.tags-rows": "2", "claim.homes.0.phones.2.tags.1": "x", "claim.homes.2.phones-rows": "1", "claim.homes.2.phones.0.number": "3",
		}, `{"homes":[{"phones":[{"number":"1"},{"number":"2","tags":["x"]}],"town":"Bonn"},{"phones":[{"number":"3"}]}]}`},
		"a list of lists": {map[string]string{
			"claim.grid-rows": "3", "claim.grid.0-rows": "2", "claim.grid.0.0": "a", "claim.grid.0.1": "b", "claim.grid.1-rows": "1", "claim.grid.2-rows": "1", "claim.grid.2.0": "c",
		}, `{"grid":[["a","b"],["c"]]}`},
		"fixed places":              {map[string]string{"claim.pair.0": "a", "claim.pair.1": "b"}, `{"pair":["a","b"]}`},
		"a gap":                     {map[string]string{"claim.pair.0": "a", "claim.pair.2": "c"}, `{"pair":["a",null,"c"]}`},
		"places that hold groups":   {map[string]string{"claim.heads.0.name": "E", "claim.heads.0.at.0": "x", "claim.heads.1.name": "M"}, `{"heads":[{"at":["x"],"name":"E"},{"name":"M"}]}`},
		"a name that looks like us": {map[string]string{"claim.heads~3rows": "7"}, `{"heads-rows":"7"}`},
		"a list without its rows":   {map[string]string{"claim.homes.0.phones.0.number": "1", "claim.homes.5.town": "Bonn", "claim.homes.-1.town": "Bonn", "claim.homes.phones.0.number": "1"}, `{}`},
		"a place that there is not": {map[string]string{"claim.pair.3": "d", "claim.pair.-1": "e", "claim.pair-rows": "9"}, `{}`},
	} {
		if got := read(t, form, c.filled); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// CL-010, CL-011, CL-012, CL-013, CL-014. Form and API have one judge. Where a form cannot say what a back-end sent (null, an empty row), it is refused.
func TestCheck_points_into_lists_within_lists_and_at_fixed_places(t *testing.T) {
	t.Parallel()
	typ := nested(t)
	for claims, want := range map[string]string{
		`{"pair":["a"]}`: "",
		`{"pair":["a"],"homes":[{"town":"Bonn","phones":[{"number":"1","tags":["x"]},{"number":"2"}]}],"grid":[["a"],["b","c"]]}`: "",
		`{}`:                               "/pair/0 missing_claim mandatory",
		`{"pair":[]}`:                      "/pair/0 missing_claim mandatory",
		`{"pair":[null,"b"]}`:              "/pair/0 missing_claim mandatory",
		`{"pair":["","b"]}`:                "/pair/0 missing_claim mandatory",
		`{"pair":["a",null,"c"]}`:          "/pair/1 missing_claim later one",
		`{"pair":["a",null]}`:              "/pair/1 validation_failed leave it out",
		`{"pair":["a",{}]}`:                "/pair/1 wrong_type must be a text",
		`{"pair":["a","b","c","d"]}`:       "/pair/3 unknown_claim no such element",
		`{"pair":{"0":"a"}}`:               "/pair wrong_type must be an array",
		`{"pair":"a"}`:                     "/pair wrong_type must be an array",
		`{"pair":["a"],"heads":[]}`:        "",
		`{"pair":["a"],"heads":[null,{}]}`: "/heads/0/name missing_claim mandatory",
		`{"pair":["a"],"heads":[{"name":"E"},{"name":""}]}`:               "/heads/1/name validation_failed leave it out",
		`{"pair":["a"],"homes":[{"phones":[{"number":"1"}]}]}`:            "/homes/0/town missing_claim mandatory",
		`{"pair":["a"],"homes":[{"town":"B","phones":[{"tags":["x"]}]}]}`: "/homes/0/phones/0/number missing_claim mandatory",
		`{"pair":["a"],"homes":[{"town":"B","phones":[[]]}]}`:             "/homes/0/phones/0 wrong_type must be an object",
		`{"pair":["a"],"homes":[{"town":"B","phones":[null]}]}`:           "/homes/0/phones/0 wrong_type must be an object",
		`{"pair":["a"],"homes":[{"town":"B","phones":{"number":"1"}}]}`:   "/homes/0/phones wrong_type must be an array",
		`{"pair":["a"],"homes":{"town":"B"}}`:                             "/homes wrong_type must be an array",
		`{"pair":["a"],"homes":["B"]}`:                                    "/homes/0 wrong_type must be an object",
		`{"pair":["a"],"grid":[[],["a"]]}`:                                "/grid/0 validation_failed leave it out",
		`{"pair":["a"],"grid":["a"]}`:                                     "/grid/0 wrong_type must be an array",
		`{"pair":["a"],"grid":[[["a"]]]}`:                                 "/grid/0/0 wrong_type",
	} {
		_, faults := typ.Check(decode(t, claims), now)
		var got []string
		for _, f := range faults {
			got = append(got, f.Pointer+" "+f.Code+" "+f.Reason)
		}
		if text := strings.Join(got, "; "); want == "" && text != "" || !contains(text, want) {
			t.Errorf("%s: got %q, want %q", claims, text, want)
		}
	}
}

// contains tells whether a text has each of some words in their order.
func contains(text, words string) bool {
	for word := range strings.FieldsSeq(words) {
		_, after, found := strings.Cut(text, word)
		if !found {
			return false
		}
		text = after
	}
	return true
}

// Each fault of nested claims stands at a field of the form that said them.
func TestForm_finds_the_field_of_a_nested_fault(t *testing.T) {
	t.Parallel()
	typ := nested(t)
	for name, c := range map[string]struct {
		filled map[string]string
		want   string
	}{
		"a row after an empty one": {map[string]string{"claim.homes-rows": "2", "claim.homes.1.phones-rows": "2", "claim.homes.1.phones.1.tags-rows": "1", "claim.homes.1.phones.1.tags.0": "x", "claim.pair.0": "a"},
			"[claim.homes.1.phones.1.number claim.homes.1.town]"},
		"a gap":                      {map[string]string{"claim.pair.0": "a", "claim.pair.2": "c"}, "[claim.pair.1]"},
		"a mandatory place":          {map[string]string{"claim.pair.1": "b"}, "[claim.pair.0]"},
		"a mandatory claim of one":   {map[string]string{"claim.pair.0": "a", "claim.heads.1.name": "M"}, "[claim.heads.0.name]"},
		"a text that nobody can see": {map[string]string{"claim.pair.0": "a", "claim.grid-rows": "2", "claim.grid.1-rows": "2", "claim.grid.1.1": "\u200b"}, "[claim.grid.1.1]"},
	} {
		read := typ.Form("en").Read(func(name string) string { return c.filled[name] })
		_, faults := typ.Check(read.Claims, now)
		fields := []string{}
		for _, f := range faults {
			fields = append(fields, read.Field(f.Pointer))
		}
		if fmt.Sprint(fields) != c.want {
			t.Errorf("%s: got %v, want %s", name, fields, c.want)
		}
	}
}

func TestForm_labels_rows_and_places(t *testing.T) {
	t.Parallel()
	form := parse(t, `{"claims":[{"path":["parents",0],"display":[{"locale":"en","label":"Mother"}]},{"path":["parents",0,"name"]},{"path":["parents",1,"name"]},
		{"path":["pair",0]},{"path":["pair",1],"display":[{"locale":"en","label":"Second"}]},{"path":["rows",null,"ends",0,"town"]},{"path":["grid",0,1]},{"path":["grid",0,0]},
		{"path":["phones",null]}]}`, `{"form":{"phones[]":{"help":"With country code"}}}`).Form("en")
	var got []string
	for _, g := range form.Groups {
		for _, f := range g.Fields {
			got = append(got, fmt.Sprintf("%s|%s|%s", g.Label, f.Label, f.Help))
			for _, in := range f.Row(0) {
				got = append(got, in.Name+"|"+in.Label)
			}
		}
	}
	want := "Mother|Name|; Parents 2|Name|; Pair|Pair 1|; Pair|Second|; Rows|Rows|; claim.rows.0.ends.0.town|Ends 1: Town; Grid|Grid 1 2|; Grid|Grid 1 1|; |Phones|With country code; claim.phones.0|Phones"
	if text := strings.Join(got, "; "); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// What a list cannot be is refused when the type is read.
func TestParse_refuses_places_that_no_list_can_have(t *testing.T) {
	t.Parallel()
	for claims, want := range map[string]string{
		`{"path":["a",0]},{"path":["a",null]}`:                   "/claims/1: has null and an index on one array",                    // CL-001
		`{"path":["r",null,"a",null]},{"path":["r",null,"a",0]}`: "/claims/1: has null and an index on one array",                    // CL-001
		`{"path":["a",0]},{"path":["a","b"]}`:                    "/claims/1: is an array and an object",                             // CL-002
		`{"path":["a",1]}`:                                       "/claims/0/path: has an index, and no claim has the one before it", // CL-003
		`{"path":["a",0]},{"path":["a",2]}`:                      "/claims/1/path: has an index, and no claim has the one before it", // CL-003
		`{"path":["a",-1]}`:                                      "/claims/0/path: path has a number that is no index",               // CL-004
		`{"path":["a",1.5]}`:                                     "/claims/0/path: path has a number that is no index",               // CL-004
		`{"path":["a",50]}`:                                      "/claims/0/path: path has an index above 49",                       // CL-005
		`{"path":["a",99999999999999999999]}`:                    "/claims/0/path: path has a number that is no index",               // CL-005
		`{"path":["a",0]},{"path":["a",0]}`:                      "/claims/1: is described twice",                                    // CL-006
		`{"path":["a",` + strings.Repeat("null,", 15) + `"b"]}`:  "/claims/0/path: path has more than 16 steps",                      // CL-007
		`{"path":["a",0]},{"path":["a",1]},{"path":["b",` + strings.Repeat("null,", 14) + `0]}`: "",
	} {
		_, err := typemeta.Parse("T", []byte(`{"claims":[`+claims+`]}`))
		if text := fmt.Sprint(err); want == "" && err != nil || want != "" && text != want {
			t.Errorf("%s: got %s", claims, text)
		}
	}
}

func TestLines_say_fixed_places_one_by_one(t *testing.T) {
	t.Parallel()
	typ := parse(t, `{"claims":[{"path":["pair",0],"display":[{"locale":"en","label":"First"}]},{"path":["pair",1]},{"path":["homes",null,"tags",null]}]}`, "")
	var got []string
	for _, l := range typ.Lines(decode(t, `{"pair":["a","b"],"homes":[{"tags":["x","y"]},{"tags":["z"]}]}`), "en") {
		got = append(got, l.Pointer+" "+l.Label+"="+l.Value)
	}
	if text, want := strings.Join(got, "; "), "/pair/0 Pair › First=a; /pair/1 Pair › 2=b; /homes/0/tags Homes › 1 › Tags=x, y; /homes/1/tags Homes › 2 › Tags=z"; text != want {
		t.Errorf("got %s", text)
	}
}

// FuzzNestedForm: what is taken of nested claims fills the form so that it says the same again.
func FuzzNestedForm(f *testing.F) {
	typ := nested(f)
	form := typ.Form("en")
	f.Add([]byte(`{"pair":["a","b"],"homes":[{"town":"B","phones":[{"number":"1","tags":["x"]}]}],"grid":[["a"],["b"]],"heads":[{"name":"E","at":["x"]}]}`))
	f.Add([]byte(`{"pair":["a",null,"c"],"homes":[{}],"grid":[[]],"heads":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var claims map[string]any
		if strictjson.Decode(data, &claims) != nil {
			return
		}
		normal, faults := typ.Check(claims, now)
		if len(faults) > 0 {
			return
		}
		filled := form.Fill(normal)
		got := form.Read(func(name string) string { return filled[name] })
		if _, faults := typ.Check(got.Claims, now); len(faults) > 0 {
			t.Fatalf("%s is taken, and as %v refused: %s", data, got.Claims, said(faults))
		}
	})
}
