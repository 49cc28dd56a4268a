package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// shownFields gives the names of the fields of the type Relation that a page shows, of those that depend on others.
func shownFields(doc *goquery.Document) string {
	var names []string
	for _, f := range doc.Find("[data-if]:not([hidden])").EachIter() {
		names = append(names, f.AttrOr("id", f.Find("[id]").Last().AttrOr("id", "")))
	}
	return strings.Join(names, " ")
}

func TestForm_begins_with_defaults_and_shows_what_belongs_to_them(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	doc := clerk.do(get("/offers/new/Relation")).page(t)
	if year := doc.Find(`[name="claim.since-year"]`).AttrOr("value", ""); len(year) != 4 {
		t.Errorf("the day begins with the year %q", year)
	}
	if got := shownFields(doc); got != "claim.staff_number claim.hours claim.temporary" {
		t.Errorf("the form shows %s", got)
	}
	if help := doc.Find(`[id="claim.staff_number-help"]`).Text(); !strings.Contains(help, "For example AB-1234.") {
		t.Errorf("the help is %q", help)
	}
	form := url.Values{"token": {"a-token"}, "claim.kind": {"guest"}, "do": {"preview claim.kind"}, "claim.staff_number": {"AB-1"}}
	doc = clerk.do(post("/offers/new/Relation", form)).page(t)
	if got := shownFields(doc); got != "claim.sponsor.name" {
		t.Errorf("a guest sees %s", got)
	}
	if preview := doc.Find("#preview").Text(); strings.Contains(preview, "AB-1") || !strings.Contains(preview, "guest") {
		t.Errorf("the preview says %s", preview)
	}
	if kept := doc.Find(`[name="claim.staff_number"]`).AttrOr("value", ""); kept != "AB-1" {
		t.Errorf("what was typed became %q", kept)
	}
}

// CL-038. What is filled in and not shown is neither judged nor issued.
func TestForm_leaves_out_what_it_does_not_show(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	form := url.Values{
		"type": {"Relation"}, "token": {"a-token"}, "claim.kind": {"guest"}, "claim.staff_number": {"none"}, "claim.hours": {"999"}, "claim.ends_on-day": {"99"},
		"claim.university": {"x"}, "claim.modules-rows": {"1"}, "claim.modules.0.grade": {"x"},
	}
	a := clerk.do(post("/offers", form))
	if a.status != http.StatusSeeOther {
		t.Fatalf("got %d: %s", a.status, a.page(t).Find(".summary").Text())
	}
	form.Set("claim.kind", "employee")
	form.Set("token", "another")
	a = clerk.do(post("/offers", form))
	text := a.page(t).Find(".summary").Text()
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(text, "Write this like AB-1234.") || strings.Contains(text, "University") {
		t.Errorf("got %d: %s", a.status, text)
	}
}
