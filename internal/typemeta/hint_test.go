package typemeta_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// hinted is the type of testdata that has hints of every sort.
func hinted(t testing.TB) typemeta.Type {
	t.Helper()
	types, err := typemeta.Load(os.DirFS("testdata/types"))
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range types {
		if typ.ID == "Relation" {
			return typ
		}
	}
	t.Fatal("there is no type with hints")
	return typemeta.Type{}
}

// CL-030, CL-031, CL-032, CL-033, CL-034, CL-035.
func TestCheck_holds_claims_to_their_hints(t *testing.T) {
	t.Parallel()
	typ := hinted(t)
	staff := func(more string) string { return `{"kind":"employee","staff_number":"AB-1234"` + more + `}` }
	student := func(more string) string { return `{"kind":"student","university":"TU"` + more + `}` }
	long := "1" + strings.Repeat("0", 60)
	for claims, want := range map[string]string{
		staff(``):           "",
		staff(`,"hours":1`): "",
		staff(`,"hours":40,"since":"2026-11-23"`):          "",
		staff(`,"temporary":true,"ends_on":"2026-11-23"`):  "",
		staff(`,"hours":0`):                                "/hours below 1",
		staff(`,"hours":-7`):                               "/hours below 1",
		staff(`,"hours":41`):                               "/hours above 40",
		staff(`,"hours":` + long):                          "/hours number range",
		staff(`,"hours":1.5`):                              "/hours not whole",
		staff(`,"since":"2026-11-24"`):                     "/since above 2026-11-23",
		staff(`,"temporary":true,"ends_on":"2026-11-22"`):  "/ends_on below 2026-11-23",
		staff(`,"temporary":true`):                         "/ends_on missing_claim",
		staff(`,"temporary":false`):                        "",
		staff(`,"temporary":false,"ends_on":"2027-01-01"`): "/ends_on other choice",
		staff(`,"ends_on":"2027-01-01"`):                   "/ends_on other choice",
		staff(`,"university":"TU Berlin"`):                 "/university other choice",
		staff(`,"sponsor":{"name":"DAAD"}`):                "/sponsor other choice",
		staff(`,"modules":[]`):                             "/modules other choice",
		`{"kind":"employee"}`:                              "/staff_number missing_claim",
		`{"kind":"employee","staff_number":""}`:            "/staff_number missing_claim",
		`{"kind":"employee","staff_number":"AB-12345"}`:    "/staff_number pattern AB-1234",
		`{"kind":"employee","staff_number":"xAB-1234"}`:    "/staff_number pattern AB-1234",
		`{"kind":"employee","staff_number":"AB-1234\n"}`:   "/staff_number pattern AB-1234",
		`{"kind":"employee","staff_number":"AB-1234\nx"}`:  "/staff_number pattern AB-1234",
		student(``):                             "/university too short 3",
		`{"kind":"student","university":"TUM"}`: "",
		`{"kind":"student","university":"äöü"}`: "",
		`{"kind":"student"}`:                    "/university missing_claim",
		`{"kind":"student","university":"TUM","modules":[{"title":"A","passed":true}]}`:                                   "/modules/0/grade missing_claim",
		`{"kind":"student","university":"TUM","modules":[{"title":"A","passed":true,"grade":5}]}`:                         "",
		`{"kind":"student","university":"TUM","modules":[{"title":"A","passed":true,"grade":5.01}]}`:                      "/modules/0/grade above 5",
		`{"kind":"student","university":"TUM","modules":[{"title":"A","passed":true,"grade":1e0}]}`:                       "/modules/0/grade number range",
		`{"kind":"student","university":"TUM","modules":[{"title":"A","passed":true,"grade":2},{"title":"B","grade":2}]}`: "/modules/1/grade other choice",
		`{"kind":"student","university":"TUM","modules":[{"title":"A"}],"sponsor":{}}`:                                    "/sponsor/name missing_claim",
		`{"kind":"guest","staff_number":"AB-1234"}`:                                                                       "/staff_number other choice",
		`{"kind":"nobody"}`:                       "/kind not listed",
		`{"university":"TUM"}`:                    "/kind missing_claim, /university other choice",
		`{"kind":["student"],"university":"TUM"}`: "/university other choice",
		`{"kind":{"a":1},"university":"TUM"}`:     "/kind wrong_type, /university other choice",
	} {
		_, faults := typ.Check(decode(t, claims), now)
		if got := causes(faults); got != want {
			t.Errorf("%s: %q, want %q", claims, got, want)
		}
	}
}

// causes says faults in short: where, why, and the bound.
func causes(faults []typemeta.Fault) string {
	var all []string
	for _, f := range faults {
		why := string(f.Cause)
		if why == "" {
			why = f.Code
		}
		if f.Limit > 0 {
			f.Bound = fmt.Sprint(f.Limit)
		}
		all = append(all, strings.TrimSpace(f.Pointer+" "+why+" "+f.Bound))
	}
	return strings.Join(all, ", ")
}

// CL-036, CL-037. What no claim could fit, or nobody could fill in, is refused with the type.
func TestParse_refuses_hints_that_contradict_their_claims(t *testing.T) {
	t.Parallel()
	const metadata = `{"vct":"urn:test:hints","claims":[{"path":["level"]},{"path":["yes"]},{"path":["name"]},{"path":["must"],"mandatory":true},{"path":["day"]},
		{"path":["sum"]},{"path":["rows"]},{"path":["rows",null,"kind"]},{"path":["rows",null,"note"]},{"path":["tags",null]},{"path":["home"]},{"path":["home","town"]}]}`
	kinds := []string{`"level":{"type":"enum","enum":["a","b"]}`, `"yes":{"type":"boolean"}`, `"day":{"type":"date"}`, `"rows[].kind":{"type":"enum","enum":["x"]}`}
	for hint, want := range map[string]string{
		`"name":{"minLength":1,"maxLength":1,"pattern":"[a-z]","example":"q","order":-5,"default":"z","help":"h"}`:                   "",
		`"rows[].note":{"visible_if":{"path":"rows[].kind","is":["x"]}},"home":{"visible_if":{"path":"yes","is":[false]}},"tags":{}`: "/form/tags: the type has no such claim",
		`"home.town":{"visible_if":{"path":"level","is":["a","b"]}},"rows[].note":{"visible_if":{"path":"level","is":["a"]}}`:        "",
		`"name":{"minLength":-1}`:                                       "/form/name/minLength",
		`"name":{"minLength":501}`:                                      "/form/name/minLength",
		`"name":{"minLength":5,"maxLength":4}`:                          "/form/name/minLength",
		`"name":{"pattern":"("}`:                                        "/form/name/pattern",
		`"name":{"pattern":"(?=a)a","example":"a"}`:                     "/form/name/pattern",
		`"name":{"pattern":"` + strings.Repeat("a", 201) + `"}`:         "/form/name/pattern",
		`"name":{"pattern":"(((a{99}){99}){99})","example":"a"}`:        "/form/name/pattern",
		`"name":{"pattern":"a"}`:                                        "/form/name/example",
		`"name":{"pattern":"a|b","example":"ab"}`:                       "/form/name/example",
		`"name":{"pattern":"a","example":"a","minLength":2}`:            "/form/name/example",
		`"name":{"example":"\u200b"}`:                                   "/form/name/example",
		`"sum":{"type":"integer","pattern":"1","example":"1"}`:          "/form/sum: minLength",
		`"name":{"min":1}`:                                              "/form/name/min",
		`"sum":{"type":"number","max":"1"}`:                             "/form/sum/max",
		`"sum":{"type":"number","min":1e400}`:                           "/form/sum/min",
		`"sum":{"type":"number","min":2,"max":1.9}`:                     "/form/sum/min",
		`"sum":{"type":"number","min":0.5,"max":1,"default":0.5}`:       "",
		`"sum":{"type":"number","max":1,"default":2}`:                   "/form/sum/default",
		`"sum":{"type":"number","default":"1"}`:                         "/form/sum/default",
		`"day":{"type":"date","min":"2025-02-29"}`:                      "/form/day/min",
		`"day":{"type":"date","min":"2025-02-02","max":"2025-02-01"}`:   "/form/day/min",
		`"day":{"type":"date","min":"today","max":"2025-02-01"}`:        "",
		`"day":{"type":"date","default":"tomorrow"}`:                    "/form/day/default",
		`"home":{"default":{}}`:                                         "/form/home/default",
		`"rows[].note":{"default":"x"}`:                                 "/form/rows[].note/default",
		`"tags[]":{"visible_if":{"path":"yes","is":[true]}}`:            "/form/tags[]/visible_if",
		`"must":{"visible_if":{"path":"yes","is":[true]}}`:              "/form/must/visible_if",
		`"name":{"visible_if":{"path":"nothing","is":["a"]}}`:           "/form/name/visible_if/path",
		`"name":{"visible_if":{"path":"name","is":["a"]}}`:              "/form/name/visible_if/path",
		`"name":{"visible_if":{"path":"day","is":["2026-01-01"]}}`:      "/form/name/visible_if/path",
		`"day":{"type":"date","visible_if":{"path":"name","is":["a"]}}`: "/form/day/visible_if/is",
		`"home":{"visible_if":{"path":"rows[].kind","is":["x"]}}`:       "/form/home/visible_if/path",
		`"name":{"visible_if":{"path":"level","is":["c"]}}`:             "/form/name/visible_if/is",
		`"name":{"visible_if":{"path":"level","is":[]}}`:                "/form/name/visible_if/is",
		`"name":{"visible_if":{"path":"yes","is":["true"]}}`:            "/form/name/visible_if/is",
		`"name":{"visible_if":{"path":"yes","is":[[true]]}}`:            "/form/name/visible_if/is",
		`"name":{"visible_if":{"path":"level"}}`:                        "/form/name/visible_if/is",
		`"name":{"visible_if":{"path":"level","is":["a"],"or":1}}`:      "/form/name/visible_if/or",
	} {
		name, _, _ := strings.Cut(hint, ":")
		all := []string{hint}
		for _, one := range kinds {
			if !strings.HasPrefix(one, name) {
				all = append(all, one)
			}
		}
		config := `{"form":{` + strings.Join(all, ",") + `}}`
		_, err := typemeta.ParseVersion("Hints", []byte(metadata), []byte(config))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", config, err, want)
		}
	}
}

// CL-038. A form shows what belongs to what it says, and says no more.
func TestForm_says_what_it_shows(t *testing.T) {
	t.Parallel()
	typ := hinted(t)
	form := typ.Form("en")
	if first := form.Groups[0].Fields[0]; first.Name != "claim.since" {
		t.Errorf("the form begins with %s", first.Name)
	}
	if got := read(t, form, form.Fill(typ.Defaults(now))); got != `{"kind":"employee","since":"2026-11-23"}` {
		t.Errorf("a new form says %s", got)
	}
	filled := map[string]string{
		"claim.kind": " employee ", "claim.staff_number": "AB-1234", "claim.temporary": "true", "claim.ends_on-day": "1", "claim.ends_on-month": "2",
		"claim.ends_on-year": "2027", "claim.university": "TUM", "claim.modules-rows": "2", "claim.modules.0.title": "A", "claim.modules.0.passed": "false",
		"claim.modules.0.grade": "1", "claim.modules.1.title": "B", "claim.modules.1.passed": "true", "claim.modules.1.grade": "2", "claim.sponsor.name": "D",
	}
	for kind, want := range map[string]string{
		" employee ": `{"ends_on":"2027-02-01","kind":"employee","staff_number":"AB-1234","temporary":true}`,
		"student":    `{"kind":"student","modules":[{"passed":false,"title":"A"},{"grade":2,"passed":true,"title":"B"}],"sponsor":{"name":"D"},"university":"TUM"}`,
		"guest":      `{"kind":"guest","sponsor":{"name":"D"}}`,
		"":           `{}`,
		"Student":    `{"kind":"Student"}`,
	} {
		filled["claim.kind"] = kind
		if got := read(t, form, filled); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

func TestSample_fits_the_hints(t *testing.T) {
	t.Parallel()
	typ := hinted(t)
	claims := typ.Sample(now)
	if _, faults := typ.Check(claims, now); len(faults) > 0 {
		t.Errorf("%v: %v", claims, faults)
	}
	bounded, err := typemeta.ParseVersion("Bounded", []byte(`{"vct":"urn:test:bounded","claims":[{"path":["low"]},{"path":["high"]},{"path":["early"]},{"path":["late"]},
		{"path":["long"]},{"path":["a_is"]},{"path":["b"]},{"path":["c"]},{"path":["list",null,"x_is"]},{"path":["list",null,"a"]}]}`), []byte(`{"form":{
		"low":{"type":"number","max":-2.5},"high":{"type":"integer","min":100},"early":{"type":"date","max":"1980-01-01"},"late":{"type":"date","min":"today"},
		"long":{"minLength":20},"a_is":{"type":"boolean","default":false},"b":{"visible_if":{"path":"a_is","is":[true]}},"c":{"visible_if":{"path":"a_is","is":[false]}},
		"list[].x_is":{"type":"enum","enum":["u","v"]},"list[].a":{"visible_if":{"path":"list[].x_is","is":["v"]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	claims = bounded.Sample(now)
	if _, faults := bounded.Check(claims, now); len(faults) > 0 {
		t.Errorf("%v: %v", claims, faults)
	}
	text, err := strictjson.Encode(claims)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"a_is":false,"c":"Sample","early":"1980-01-01","high":100,"late":"2026-11-23","list":[{"x_is":"u"}],"long":"SampleSampleSampleSa","low":-2.5}`
	if string(text) != want {
		t.Errorf("the sample is %s", text)
	}
}
