package portal_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"counterfoil/web/portal"
)

// acts gives what the audit page lists, as one text a row.
func (p person) acts(query string) []string {
	p.t.Helper()
	var out []string
	p.do(get("/audit" + query)).page(p.t).Find("tbody tr").Each(func(_ int, row *goquery.Selection) {
		row.Find("td, small").Each(func(_ int, cell *goquery.Selection) { cell.AppendHtml(" ") })
		row.Find("small").Each(func(_ int, cell *goquery.Selection) { cell.PrependHtml(" ") })
		out = append(out, strings.Join(strings.Fields(row.Text()), " "))
	})
	return out
}

// What staff do is on record, with who did it and without a code or a claim.
func TestAudit_tells_what_staff_did(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, admin := b.signIn("demo-clerk"), b.signIn("demo-administrator")
	offer := clerk.create()
	code := strings.ReplaceAll(clerk.do(post(offer+"/reveal", nil)).page(t).Find("output").Text(), " ", "")
	clerk.do(post(offer+"/renew", nil))
	repeated := clerk.do(post(offer+"/again", nil)).header.Get("Location")
	offer, old := repeated, offer
	clerk.do(post(offer+"/cancel", nil))
	clerk.do(post(offer+"/cancel", nil)) // again, which changes nothing
	setup := admin.invite("bob", "operator")
	key := admin.do(post("/clients", url.Values{"name": {"core"}, "scope.offers:read": {"yes"}, "way": {"key"}, "life": {"90"}})).page(t).Find(".once code").Text()
	made := admin.do(post("/callbacks", url.Values{"url": {"https://bank.example/hook"}, "status.ISSUED": {"yes"}})).page(t)
	callback := strings.TrimSuffix(made.Find(`form[action$="/pause"]`).AttrOr("action", ""), "/pause")
	admin.do(post(callback+"/pause", nil))
	admin.do(post(callback+"/pause", nil)) // again
	admin.do(post(callback+"/delete", nil))
	b.nobody().do(post("/sign-in", url.Values{"name": {"demo-clerk"}, "password": {"a-wrong-password"}}))
	clerk.do(post("/sign-out", nil))

	id, first := strings.TrimPrefix(offer, "/offers/"), strings.TrimPrefix(old, "/offers/")
	list := b.signIn("demo-auditor").acts("")
	for i, want := range []string{
		"demo-auditor Signed in", "demo-clerk Signed out", "nobody known Sign-in failed demo-clerk password", "demo-administrator Callback endpoint deleted", "demo-administrator Callback endpoint paused",
		"demo-administrator Callback endpoint added", "demo-administrator API client added core", "demo-administrator Person added bob Operator", "demo-clerk Offer cancelled " + id,
		"demo-clerk Offer replaced " + first, "demo-clerk New code made " + first, "demo-clerk Code shown " + first, "demo-clerk Offer made " + first, "demo-administrator Signed in",
	} {
		if i >= len(list) || !strings.Contains(list[i], want) {
			t.Errorf("entry %d is %q, want %q", i, append(list, make([]string, i)...)[i], want)
		}
	}
	all := strings.Join(list, "\n")
	for name, secret := range map[string]string{"transaction code": code, "setup code": setup, "key": key, "claim": "Mustermann", "password": "a-wrong-password"} {
		if secret == "" || strings.Contains(all, secret) {
			t.Errorf("the trail holds the %s, or there is none", name)
		}
	}
	if a := admin.do(post("/audit/verify", nil)); a.status != http.StatusOK || !strings.Contains(a.body, "The trail is whole") {
		t.Errorf("verifying answered %d", a.status)
	}
}

func TestAudit_is_searched_and_read_page_by_page(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	for i := range 60 { // and the demo added the administrator
		admin.invite("p"+strconv.Itoa(i), "operator")
	}
	first := admin.do(get("/audit?who=demo-administrator&what=person.added")).page(t)
	older := first.Find("a[rel=next]").AttrOr("href", "")
	if first.Find("tbody tr").Length() != 50 || !strings.Contains(older, "what=person.added") {
		t.Errorf("%d rows, older at %s", first.Find("tbody tr").Length(), older)
	}
	if second := admin.do(get(older)).page(t); second.Find("tbody tr").Length() != 11 || second.Find("a[rel=next]").Length() != 0 {
		t.Errorf("the second page has %d rows", second.Find("tbody tr").Length())
	}
	for query, rows := range map[string]int{
		"?who=P59": 1, "?who=demo-administrator&what=sign_in.done": 1, "?who=%25": 0, "?who=_": 0, "?who=%27%20OR%201%3D1%20--": 0, "?who=%00": 0, "?who=%ff": 0, "?what=nothing": 0,
		"?from=2001-01-01&to=2001-12-31": 0, "?from=2001-01-01&what=sign_in.done": 1, "?before=2": 1, "?before=-5&who=p59": 1, "?before=x&who=p59": 1, "?before=99999999999999999999&who=p59": 1,
		"?who=" + strings.Repeat("a", 5000): 0, "?sort=evil&who=p59": 1,
	} {
		if got := admin.acts(query); len(got) != rows {
			t.Errorf("%s finds %d, want %d", query[:min(len(query), 40)], len(got), rows)
		}
	}
	for _, query := range []string{"?from=yesterday", "?to=31.12.2026", "?from=2026-13-01", "?from=2026-12-02&to=2026-12-01", "?from=%00", "?from=0000-00-00"} {
		if a := admin.do(get("/audit" + query)); a.status != http.StatusUnprocessableEntity || a.page(t).Find(".field.wrong .error").Length() == 0 {
			t.Errorf("%s answered %d", query, a.status)
		}
		if a := admin.do(get("/audit/export" + query + "&format=csv")); a.status != http.StatusUnprocessableEntity || a.header.Get("Content-Disposition") != "" {
			t.Errorf("exporting %s answered %d", query, a.status)
		}
	}
}

// An export is whole, no cell of it is a formula (PF-115), and that it was taken is on record.
func TestAudit_is_exported_whole_and_harmless(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	const people = 20
	for i := range people {
		admin.invite("p"+strconv.Itoa(i), "operator")
	}
	a := admin.do(get("/audit/export?format=csv&who=demo-administrator&what=person.added"))
	if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(a.header.Get("Content-Disposition"), `attachment; filename="audit-`) {
		t.Fatalf("the export answered %d as %s, %s", a.status, a.header.Get("Content-Type"), a.header.Get("Content-Disposition"))
	}
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != people+2 || strings.Count(a.body, "\r\n") != len(rows) {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a cell is %q", cell)
			}
		}
	}
	for cell, want := range map[string]string{
		"": "", "ada": "ada", "=1+1": "'=1+1", "+49": "'+49", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "'=1": "'=1", "a=1": "a=1",
	} {
		if got := portal.Harmless(cell); got != want {
			t.Errorf("%q is written as %q", cell, got)
		}
	}
	lines := strings.Split(strings.TrimSpace(admin.do(get("/audit/export?format=jsonl")).body), "\n")
	for _, line := range lines {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil || e["hash"] == "" || e["at"] == "" {
			t.Errorf("a line is %q, %v", line, err)
		}
	}
	if !strings.Contains(lines[0], "audit.exported") || len(lines) < people+3 {
		t.Errorf("%d lines, the first %s", len(lines), lines[0])
	}
	for _, format := range []string{"", "xml", "csv%00", "../csv"} {
		if a := admin.do(get("/audit/export?format=" + format)); a.status != http.StatusUnprocessableEntity {
			t.Errorf("format %q answered %d", format, a.status)
		}
	}
	if a := b.signIn("demo-clerk").do(get("/audit/export?format=csv")); a.status != http.StatusForbidden || a.header.Get("Content-Disposition") != "" { // PF-116
		t.Errorf("a clerk's export answered %d", a.status)
	}
}

// The language that somebody chose holds for this browser, and for the person wherever they sign in.
func TestLanguage_is_chosen_and_follows_the_person(t *testing.T) {
	t.Parallel()
	b := open(t)
	in := func(p person, r request) string {
		t.Helper()
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(p.do(r).body))
		if err != nil {
			t.Fatal(err)
		}
		return doc.Find("html").AttrOr("lang", "")
	}
	a := b.nobody().do(post("/language", url.Values{"language": {"de"}, "next": {"/sign-in?next=%2Foffers"}}))
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/sign-in?next=%2Foffers" || in(b.nobody(), get("/sign-in").with("Cookie", cookie)) != "de" {
		t.Errorf("choosing at sign-in answered %d", a.status)
	}
	clerk := b.signIn("demo-clerk")
	if a := clerk.do(post("/language", url.Values{"language": {"fr"}, "next": {"/account"}})); a.status != http.StatusSeeOther {
		t.Errorf("choosing answered %d", a.status)
	}
	if got := in(b.signIn("demo-clerk"), get("/account").with("Accept-Language", "de")); got != "fr" {
		t.Errorf("another browser of the person reads %s", got)
	}
	if got := in(b.signIn("demo-auditor"), get("/account").with("Accept-Language", "de")); got != "de" {
		t.Errorf("somebody else reads %s", got)
	}
	for _, tag := range []string{"", "xx", "en-XA", "../de", "de\x00", "fr;path=/evil"} {
		if a := clerk.do(post("/language", url.Values{"language": {tag}})); a.status < http.StatusBadRequest {
			t.Errorf("language %q answered %d", tag, a.status)
		}
	}
	if a := clerk.do(post("/language", url.Values{"language": {"de"}, "next": {"https://evil.example"}})); a.header.Get("Location") != "/" {
		t.Errorf("it leads to %s", a.header.Get("Location"))
	}
}
