package portal_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// household is a form of the type of that name that can be sent.
func household(token string) url.Values {
	return url.Values{
		"type": {"Household"}, "token": {token}, "claim.holder": {"E"}, "claim.addresses-rows": {"2"}, "claim.addresses.0.street": {"S"}, "claim.addresses.0.phones-rows": {"2"},
		"claim.addresses.0.phones.0.number": {"+4930123456"}, "claim.addresses.0.phones.1.number": {"+4930123457"},
		"claim.addresses.1.street": {"T"}, "claim.addresses.1.phones-rows": {"1"}, "claim.addresses.1.phones.0.number": {"+4930123458"},
	}
}

// The hostile inputs CL-020 to CL-025: counts and places that no page of ours sends.
func TestForm_holds_its_rows_to_what_a_page_sends(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	full := url.Values{}
	for i := range 5 { // five regions with forty branches each are 205 rows
		full.Set(fmt.Sprintf("claim.regions.%d.branches-rows", i), "40")
	}
	for name, c := range map[string]struct {
		typ    string
		change url.Values
		status int
		words  string
	}{
		"CL-020 a negative count":          {"Household", url.Values{"claim.addresses-rows": {"-1"}}, http.StatusUnprocessableEntity, ""},
		"CL-020 a count that is none":      {"Household", url.Values{"claim.addresses.0.phones-rows": {"two"}}, http.StatusUnprocessableEntity, ""},
		"CL-020 a count beyond numbers":    {"Household", url.Values{"claim.addresses-rows": {"99999999999999999999"}}, http.StatusUnprocessableEntity, ""},
		"CL-021 a list of 51 rows":         {"Household", url.Values{"claim.addresses-rows": {"51"}}, http.StatusUnprocessableEntity, "at most 50 rows"},
		"CL-021 a list of 51 in a row":     {"Household", url.Values{"claim.addresses.1.phones-rows": {"51"}}, http.StatusUnprocessableEntity, "at most 50 rows"},
		"CL-022 205 rows":                  {"Network", merge(full, url.Values{"claim.regions-rows": {"5"}}), http.StatusUnprocessableEntity, "200 in all"},
		"CL-023 rows that there are not":   {"Household", url.Values{"claim.addresses.7.street": {"x"}, "claim.addresses.0.phones.9.number": {"x"}}, http.StatusSeeOther, ""},
		"CL-023 places that are none":      {"Household", url.Values{"claim.addresses.-1.street": {"x"}, "claim.addresses.99999999999999999999.street": {"x"}}, http.StatusSeeOther, ""},
		"CL-023 a list in the wrong place": {"Household", url.Values{"claim.addresses.phones.0.number": {"x"}, "claim.phones-rows": {"3"}}, http.StatusSeeOther, ""},
		"CL-025 a field twice":             {"Household", url.Values{"claim.addresses.0.phones.0.number": {"+4930123456", "+4930123457"}}, http.StatusBadRequest, ""},
	} {
		before := clerk.offers()
		form := merge(household("token-of-"+name), c.change)
		form.Set("type", c.typ)
		a := clerk.do(post("/offers", form))
		text := ""
		if a.status != http.StatusSeeOther {
			doc := a.page(t)
			text = doc.Find(".summary").Text()
			if rows := doc.Find(".list > .row").Length(); rows > 200 {
				t.Errorf("%s: the page has %d rows", name, rows)
			}
		}
		if a.status != c.status || !strings.Contains(text, c.words) {
			t.Errorf("%s: got %d: %s", name, a.status, text)
		}
		if made := clerk.offers() - before; made != 0 && c.status != http.StatusSeeOther {
			t.Errorf("%s: %d offers were made", name, made)
		}
	}
	for _, do := range []string{ // CL-024
		"add claim.holder", "add claim.addresses.2.phones", "add claim.addresses.phones", "add claim.addresses.-1.phones", "add ", "add claim.addresses.0", "remove claim.addresses.2",
		"remove claim.addresses.-1", "remove claim.addresses.0.phones.2", "remove claim.addresses.x", "remove claim.addresses", "remove ", "remove .0", "remove claim.addresses.0.phones.99999999999999999999",
	} {
		if a := clerk.do(post("/offers/new/Household", merge(household("t"), url.Values{"do": {do}}))); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%q answered %d", do, a.status)
		}
	}
}

// merge gives one form with what another one says in the place of what it said.
func merge(form, change url.Values) url.Values {
	out := maps.Clone(form)
	maps.Copy(out, change)
	return out
}

func TestForm_adds_and_takes_out_rows_at_each_level(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	for do, want := range map[string]struct{ focus, values string }{
		"add claim.addresses":               {"claim.addresses.2.street", "S +4930123456 +4930123457 T +4930123458 "},
		"add claim.addresses.1.phones":      {"claim.addresses.1.phones.1.number", "S +4930123456 +4930123457 T +4930123458 "},
		"remove claim.addresses.0":          {"claim.addresses", "T +4930123458"},
		"remove claim.addresses.0.phones.0": {"claim.addresses.0.phones", "S +4930123457 T +4930123458"},
		"remove claim.addresses.1.phones.0": {"claim.addresses.1.phones", "S +4930123456 +4930123457 T"},
	} {
		doc := clerk.do(post("/offers/new/Household", merge(household("t"), url.Values{"do": {do}}))).page(t)
		if focus, _ := doc.Find("[autofocus]").Attr("id"); focus != want.focus {
			t.Errorf("%s opens at %q", do, focus)
		}
		var got []string
		for _, input := range doc.Find(`[name$=".street"], [name$=".number"]`).EachIter() {
			value, _ := input.Attr("value")
			got = append(got, value)
		}
		if text := strings.Join(got, " "); text != want.values {
			t.Errorf("%s leaves %q", do, text)
		}
	}
}

// A row that has no place is not added, and nothing that is there is lost.
func TestForm_says_when_there_is_no_place_for_a_row(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	form := url.Values{"token": {"t"}, "claim.regions-rows": {"4"}}
	for i, n := range []int{49, 49, 49, 49} {
		form.Set(fmt.Sprintf("claim.regions.%d.branches-rows", i), fmt.Sprint(n))
	}
	for do, whole := range map[string]bool{"add claim.regions.0.branches": false, "remove claim.regions.0.branches.0": true} {
		a := clerk.do(post("/offers/new/Network", merge(form, url.Values{"do": {do}})))
		doc := a.page(t)
		counts := map[string]string{}
		for _, input := range doc.Find(`input[name$="-rows"]`).EachIter() {
			name, _ := input.Attr("name")
			counts[name], _ = input.Attr("value")
		}
		if counts["claim.regions.3.branches-rows"] != "49" || counts["claim.regions.0.branches-rows"] != map[bool]string{true: "48", false: "49"}[whole] {
			t.Errorf("%s: the rows are %v", do, slices.Sorted(maps.Values(counts)))
		}
		if said := strings.Contains(doc.Find(".summary").Text(), "200 in all"); said == whole || (a.status == http.StatusOK) != whole {
			t.Errorf("%s: got %d: %s", do, a.status, doc.Find(".summary").Text())
		}
	}
}
