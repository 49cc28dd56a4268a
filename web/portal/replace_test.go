package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// correction opens the form that corrects an offer and gives what it holds.
func (p person) correction(counter string) url.Values {
	p.t.Helper()
	a := p.do(post(counter+"/replace", nil))
	if a.status != http.StatusOK {
		p.t.Fatalf("correcting answered %d: %s", a.status, a.page(p.t).Find("main").Text())
	}
	form := url.Values{}
	a.page(p.t).Find("form.filling input, form.filling select").Each(func(_ int, s *goquery.Selection) {
		name, _ := s.Attr("name")
		value, _ := s.Attr("value")
		kind, _ := s.Attr("type")
		if _, checked := s.Attr("checked"); !checked && (kind == "checkbox" || kind == "radio") {
			return
		}
		if goquery.NodeName(s) == "select" {
			value, _ = s.Find("option[selected]").Attr("value")
		}
		form.Set(name, value)
	})
	return form
}

func TestCorrection_is_filled_with_the_claims_and_links_both_offers(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor := b.signIn("demo-clerk"), b.signIn("demo-auditor")
	old := clerk.form()
	old.Set("reference", "K-1")
	old.Set("customer", "4711")
	counter := clerk.make(old)
	form := clerk.correction(counter)
	for name, want := range map[string]string{
		"claim.given_name": "Erika", "claim.family_name": "Mustermann", "claim.issuing_country": "DE", "reference": "K-1", "tx_code": "yes",
		"customer": "", "replaces": strings.TrimPrefix(counter, "/offers/"),
	} {
		if got := form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	form.Set("claim.given_name", "Erik")
	next := clerk.make(form)
	if next == counter {
		t.Fatal("the correction is the same offer")
	}
	doc := clerk.do(get(counter)).page(t)
	if doc.Find(`a[href="`+next+`"]`).Length() == 0 || !strings.Contains(doc.Find("main").Text(), "A corrected offer was made") || doc.Find(".qr img").Length() != 1 {
		t.Errorf("the old counter screen says %s", doc.Find("main").Text())
	}
	if clerk.do(get(next)).page(t).Find(`a[href="`+counter+`"]`).Length() == 0 {
		t.Error("the new counter screen does not lead to the old offer")
	}
	if clerk.do(get(counter+"/record")).page(t).Find(`a[href="`+next+`/record"]`).Length() != 1 ||
		clerk.do(get(next+"/record")).page(t).Find(`a[href="`+counter+`/record"]`).Length() != 1 {
		t.Error("the records do not lead to each other")
	}
	if found := clerk.do(post("/offers/find", url.Values{"customer": {"4711"}})).page(t).Find("tbody tr").Length(); found != 2 {
		t.Errorf("the customer has %d offers", found)
	}
	clerk.awaits(counter+"/record", "Claims shown to Carla Clerk")
	if a := auditor.do(get(counter + "/record")); strings.Contains(a.body, "Mustermann") {
		t.Error("the record shows a claim")
	}
	again := clerk.do(post(counter+"/replace", nil)) // twice
	if again.status != http.StatusConflict || !strings.Contains(again.page(t).Find(".summary").Text(), "There is a corrected offer already") {
		t.Errorf("a second correction answered %d", again.status)
	}
}

func TestCorrection_sent_by_two_makes_one(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	counter := clerk.create()
	first, second := clerk.correction(counter), clerk.correction(counter)
	clerk.make(first)
	before := clerk.offers()
	a := clerk.do(post("/offers", second))
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.page(t).Find(".summary").Text(), "Somebody has corrected this offer already") ||
		clerk.offers() != before {
		t.Errorf("the second answered %d: %s", a.status, a.page(t).Find(".summary").Text())
	}
}

func TestCorrection_is_refused_where_it_must_be(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	cancelled := clerk.create()
	clerk.do(post(cancelled+"/cancel", nil))
	if a := clerk.do(post(cancelled+"/replace", nil)); a.status != http.StatusConflict || !strings.Contains(a.page(t).Find(".summary").Text(), "It was cancelled") {
		t.Errorf("correcting what was cancelled answered %d", a.status)
	}
	if clerk.do(get(cancelled+"/record")).page(t).Find(`form[action$="/replace"]`).Length() != 0 {
		t.Error("what was cancelled can be corrected")
	}
	open := clerk.create()
	late := clerk.correction(open)
	clerk.do(post(open+"/cancel", nil))
	if a := clerk.do(post("/offers", late)); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.page(t).Find(".summary").Text(), "in the meantime") {
		t.Errorf("a correction that comes too late answered %d: %s", a.status, a.page(t).Find(".summary").Text())
	}
	for name, c := range map[string]struct {
		request request
		status  int
	}{
		"no offer":       {post("/offers/none/replace", nil), 404},
		"no text":        {post("/offers/%ff/replace", nil), 404},
		"PF-020 by GET":  {get(open + "/replace"), 405},
		"another site":   {post(open+"/replace", nil).with("Sec-Fetch-Site", "cross-site"), 403},
		"a made-up one":  {post("/offers", with(clerk.form(), "replaces", "none")), 404},
		"another type's": {post("/offers", with(clerk.loan("1"), "replaces", strings.TrimPrefix(clerk.create(), "/offers/"))), 422},
	} {
		if a := clerk.do(c.request); a.status != c.status {
			t.Errorf("%s: %d %s", name, a.status, a.page(t).Find("main").Text())
		}
	}
}

// awaits reads a page until it shows the words: what is merely looked at is written a moment later.
func (p person) awaits(path, words string) {
	p.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(p.do(get(path)).page(p.t).Text(), words) {
		select {
		case <-deadline.C:
			p.t.Fatalf("%s does not show %q", path, words)
		case <-tick.C:
		}
	}
}

func with(form url.Values, name, value string) url.Values {
	form.Set(name, value)
	return form
}
