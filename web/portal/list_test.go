package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// found counts the offers on a page.
func found(t *testing.T, a answer) int {
	t.Helper()
	return a.page(t).Find("tbody tr").Length()
}

func TestList_filters_by_what_stands_in_the_address(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	if words := clerk.do(get("/offers")).page(t).Find(".empty").Text(); !strings.Contains(words, "There are no offers yet") {
		t.Errorf("an empty list says %s", words)
	}
	for i, reference := range []string{"Loan-1", "loan-2", "50% off", "Ärger"} {
		form := clerk.form()
		form.Set("reference", reference)
		path := clerk.make(form)
		if i == 0 {
			clerk.do(post(path+"/cancel", nil))
		}
	}
	maker, _ := clerk.do(get("/offers")).page(t).Find(`#by option:contains("Carla Clerk")`).Attr("value")
	auditor, _ := clerk.do(get("/offers")).page(t).Find(`#by option:contains("Anton Auditor")`).Attr("value")
	today, tomorrow := time.Now().Format(time.DateOnly), time.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	for query, want := range map[string]int{
		"":                                       4,
		"status=ready":                           3,
		"status=cancelled":                       1,
		"status=issued":                          0,
		"type=IdentityCredential":                4,
		"type=DiplomaCredential":                 0,
		"by=" + maker:                            4,
		"by=" + auditor:                          0,
		"by=back-end":                            0,
		"from=" + today:                          4,
		"from=" + tomorrow:                       0,
		"to=" + today:                            4,
		"from=" + today + "&to=" + today:         4,
		"to=2020-01-31":                          0,
		"reference=LOAN":                         2,
		"reference=loan&status=ready":            1,
		"reference=ärger":                        1,
		"reference=50%25":                        1,
		"reference=%25":                          0, // PF-110
		"reference=_":                            0,
		"reference=%5C":                          0,
		"reference=%22+OR+1%3D1+--":              0, // PF-112
		"reference=%27%29%3B+DROP+TABLE+x--":     0,
		"type=&status=&by=&from=&to=&reference=": 4,
	} {
		a := clerk.do(get("/offers?" + query))
		if got := found(t, a); a.status != http.StatusOK || got != want {
			t.Errorf("%s: %d offers, %d", query, got, a.status)
		}
		if want == 0 && !strings.Contains(a.page(t).Find(".empty").Text(), "No offer is like this") {
			t.Errorf("%s: says %s", query, a.page(t).Find(".empty").Text())
		}
	}
	doc := clerk.do(get("/offers?reference=loan&status=ready&from=" + today)).page(t)
	if value, _ := doc.Find("#reference").Attr("value"); value != "loan" || doc.Find(`#status option[selected]`).Text() != "Ready to scan" {
		t.Error("the filter does not show what was asked for")
	}
}

func TestList_says_what_is_wrong_with_a_filter(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	for query, field := range map[string]string{
		"status=nowhere": "status", "from=31.12.2026": "from", "from=2026-02-30": "from", "to=0001-01-01": "to", "from=99999-01-01": "from",
		"from=2026-11-25&to=2026-11-24": "to", "after=x": "", "after=-1.x": "", "after=99999999999999999999.x": "", "after=1.%00": "",
		"reference=%00": "reference", "reference=%ff": "reference", "by=%00": "by", "type=%ff": "type",
	} {
		a := clerk.do(get("/offers?" + query))
		doc := a.page(t)
		want := "#" + field
		if field == "" { // of the page as a whole
			want = "/help/troubles#search"
		}
		if href, _ := doc.Find(".summary a").Attr("href"); a.status != http.StatusUnprocessableEntity || href != want || !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
			t.Errorf("%s: %d, leads to %q", query, a.status, href)
		}
	}
	for _, query := range []string{"sort=created_by", "order=asc", "limit=10000", "customer=4711", "status=ready&status=issued"} { // PF-113
		if a := clerk.do(get("/offers?" + query)); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s answered %d", query, a.status)
		}
	}
}

func TestList_goes_on_where_a_page_ended(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	const offers, page = 53, 50
	for i := range offers {
		form := clerk.form()
		form.Set("reference", fmt.Sprintf("page-%d", i))
		form.Set("customer", "K 1")
		clerk.make(form)
	}
	first := clerk.do(get("/offers?reference=page-&type=IdentityCredential"))
	next, _ := first.page(t).Find(`nav.actions a`).Attr("href")
	if found(t, first) != page || !strings.Contains(next, "reference=page-") {
		t.Fatalf("the first page has %d offers and leads to %s", found(t, first), next)
	}
	second := clerk.do(get(next))
	if found(t, second) != offers-page || second.page(t).Find(`nav.actions a[href*="after="]`).Length() != 0 {
		t.Errorf("the second page has %d offers", found(t, second))
	}
	if first.page(t).Find(`a[href]:contains("Identity")`).First().AttrOr("href", "") == second.page(t).Find(`td a`).First().AttrOr("href", "") {
		t.Error("the pages begin with the same offer")
	}
	customer := clerk.do(post("/offers/find", url.Values{"customer": {"k1"}}))
	after, _ := customer.page(t).Find("nav.actions input[name=after]").Attr("value")
	if found(t, customer) != page || after == "" {
		t.Fatalf("the customer's first page has %d offers", found(t, customer))
	}
	if rest := found(t, clerk.do(post("/offers/find", url.Values{"customer": {"k1"}, "after": {after}}))); rest != offers-page {
		t.Errorf("the customer's second page has %d offers", rest)
	}
}

func TestList_finds_a_customer_and_leaves_the_number_in_no_address(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	form := clerk.form()
	form.Set("customer", "Canary 4711")
	offer := clerk.make(form)
	a := clerk.do(post("/offers/find", url.Values{"customer": {" canary4711 "}}))
	doc := a.page(t)
	if a.status != http.StatusOK || found(t, a) != 1 || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d, %d offers, %s", a.status, found(t, a), a.header.Get("Cache-Control"))
	}
	doc.Find("a, form").Each(func(_ int, s *goquery.Selection) {
		if strings.Contains(s.AttrOr("href", "")+s.AttrOr("action", ""), "4711") {
			t.Error("the number stands in an address")
		}
	})
	for _, path := range []string{"/offers", offer, offer + "/record", "/"} {
		if strings.Contains(clerk.do(get(path)).body, "4711") {
			t.Errorf("%s shows the number", path)
		}
	}
	for number, words := range map[string]string{"": "Please type the customer", "  ": "Please type the customer"} {
		if a := clerk.do(post("/offers/find", url.Values{"customer": {number}})); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.page(t).Find(".summary").Text(), words) {
			t.Errorf("%q answered %d", number, a.status)
		}
	}
	for _, number := range []string{"nobody", "\xff", "%", strings.Repeat("9", 5000), `" OR 1=1 --`} {
		if a := clerk.do(post("/offers/find", url.Values{"customer": {number}})); a.status != http.StatusOK || found(t, a) != 0 || !strings.Contains(a.page(t).Find(".empty").Text(), "Look at the number") {
			t.Errorf("%.10q answered %d", number, a.status)
		}
	}
	bad := clerk.form()
	bad.Set("customer", strings.Repeat("1", 65))
	if a := clerk.do(post("/offers", bad)); a.status != http.StatusUnprocessableEntity || a.page(t).Find(`.summary a[href="#customer"]`).Length() != 1 {
		t.Errorf("a number that is too long answered %d", a.status)
	}
}

func TestRecord_shows_each_reader_what_is_theirs(t *testing.T) {
	t.Parallel()
	b := open(t, "COUNTERFOIL_CALLBACK_URL=http://127.0.0.1:1/", "COUNTERFOIL_CALLBACK_SECRET=whsec_"+strings.Repeat("QUFB", 16))
	clerk := b.signIn("demo-clerk")
	form := clerk.form()
	form.Set("claim.family_name", "Canary")
	counter := clerk.make(form)
	clerk.do(post(counter+"/reveal", nil))
	for name, c := range map[string]struct {
		person             person
		deliveries, change bool
	}{
		"clerk": {clerk, false, true}, "approver": {b.signIn("demo-approver"), false, false},
		"auditor": {b.signIn("demo-auditor"), true, false}, "administrator": {b.signIn("demo-administrator"), true, false},
	} {
		a := c.person.do(get(counter + "/record"))
		doc := a.page(t)
		if (doc.Find("#deliveries").Length() == 1) != c.deliveries || (doc.Find(`form[action$="/replace"]`).Length() == 1) != c.change {
			t.Errorf("%s sees %s", name, doc.Find("main").Text())
		}
		if strings.Contains(a.body, "Canary") || a.status != http.StatusOK {
			t.Errorf("%s: %d, or sees a claim", name, a.status)
		}
		if !strings.Contains(doc.Find("main").Text(), "offer.created") || !strings.Contains(doc.Find("main").Text(), "Nothing was issued") {
			t.Errorf("%s sees %s", name, doc.Find("main").Text())
		}
	}
	if a := clerk.do(get("/offers/none/record")); a.status != http.StatusNotFound {
		t.Errorf("no offer's record answers %d", a.status)
	}
	clerk.do(post(counter+"/cancel", nil))
	if href, _ := clerk.do(get("/offers")).page(t).Find("td a").Attr("href"); href != counter+"/record" {
		t.Errorf("an ended offer leads to %s", href)
	}
}
