package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// loan gives the fields of a fresh form for a loan over an amount, filled in well.
func (p person) loan(amount string) url.Values {
	p.t.Helper()
	token, _ := p.do(get("/offers/new/LoanCommitmentCredential")).page(p.t).Find("input[name=token]").Attr("value")
	return url.Values{
		"type": {"LoanCommitmentCredential"}, "token": {token}, "claim.borrower": {"Canary-Erika"}, "claim.amount": {amount},
		"claim.currency": {"EUR"}, "claim.bank": {"Demo Bank"}, "reference": {"Loan 4711"}, "tx_code": {"yes"},
	}
}

// make sends a form and gives the path of the counter screen.
func (p person) make(form url.Values) string {
	p.t.Helper()
	a := p.do(post("/offers", form))
	if a.status != http.StatusSeeOther {
		p.t.Fatalf("a good form answered %d: %s", a.status, a.page(p.t).Find(".summary").Text())
	}
	return a.header.Get("Location")
}

// approval is the path of where an offer is decided about.
func approval(counter string) string { return strings.Replace(counter, "/offers/", "/approvals/", 1) }

// content reads what the page of a pending offer asks to be sent back.
func (p person) content(counter string) string {
	p.t.Helper()
	value, _ := p.do(get(approval(counter))).page(p.t).Find("input[name=content]").Attr("value")
	return value
}

// approve approves an offer as its page asks to.
func (p person) approve(counter string) answer {
	p.t.Helper()
	return p.do(post(approval(counter)+"/approve", url.Values{"content": {p.content(counter)}}))
}

func TestApprovals_a_colleague_approves_and_the_counter_goes_on(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, approver := b.signIn("demo-clerk"), b.signIn("demo-approver")
	if doc := approver.do(get("/approvals")).page(t); !strings.Contains(doc.Find("#inbox").Text(), "Nothing waits") || doc.Find("nav a[aria-current]").Text() != "Approvals" {
		t.Errorf("an empty inbox says %s", doc.Find("main").Text())
	}
	counter := clerk.make(clerk.loan("10000.01"))
	doc := clerk.do(get(counter)).page(t)
	if !strings.Contains(doc.Find(".big").Text(), "Waiting for a colleague") || doc.Find(".qr, .code").Length() != 0 {
		t.Errorf("the counter says %s", doc.Find("main").Text())
	}
	if a := clerk.do(get(counter + "/qr.svg")); a.status != http.StatusConflict {
		t.Errorf("the QR code of what waits answers %d", a.status)
	}
	inbox := approver.do(get("/approvals"))
	if doc := inbox.page(t); doc.Find("tbody tr").Length() != 1 || doc.Find("nav a[aria-current]").Text() != "Approvals (1)" {
		t.Errorf("the inbox says %s", doc.Find("body").Text())
	}
	if strings.Contains(inbox.body, "Canary") || strings.Contains(approver.do(get("/approvals/list")).body, "Canary") {
		t.Error("the inbox shows a claim")
	}
	review := approver.do(get(approval(counter)))
	for _, words := range []string{"Canary-Erika", "10000.01", "EUR", "Demo Bank", "Carla Clerk", "Loan 4711", "5 minutes after the approval"} {
		if !strings.Contains(review.page(t).Find("main").Text(), words) {
			t.Errorf("the approver does not see %s", words)
		}
	}
	if a := approver.approve(counter); a.status != http.StatusSeeOther || a.header.Get("Location") != counter+"/record" {
		t.Fatalf("approving answered %d %s", a.status, a.body)
	}
	doc = clerk.do(get(counter)).page(t)
	if doc.Find(".qr img").Length() != 1 || !strings.Contains(doc.Find(".story").Text(), "Approved by Pia Approver") {
		t.Errorf("the counter says %s", doc.Find("main").Text())
	}
	if doc := approver.do(get(counter + "/record")).page(t); !strings.Contains(doc.Find(".facts").Text(), "Pia Approver") || strings.Contains(doc.Text(), "Canary") {
		t.Errorf("the record says %s", doc.Find("main").Text())
	}
	if a := approver.do(get(approval(counter))); a.status != http.StatusSeeOther {
		t.Errorf("what no longer waits answers %d", a.status)
	}
}

func TestApprovals_leave_what_is_not_over_the_limit_alone(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	if doc := clerk.do(get(clerk.make(clerk.loan("10000")))).page(t); doc.Find(".qr img").Length() != 1 {
		t.Errorf("the counter says %s", doc.Find("main").Text())
	}
	if doc := clerk.do(get("/offers/new/LoanCommitmentCredential")).page(t); !strings.Contains(doc.Find("main").Text(), "A colleague has to approve") {
		t.Error("the form does not say that somebody may have to approve")
	}
	if doc := clerk.do(get("/offers/new/IdentityCredential")).page(t); strings.Contains(doc.Find("main").Text(), "A colleague has to approve") {
		t.Error("the form of another type says that somebody has to approve")
	}
}

func TestApprovals_reject_needs_a_reason_and_the_clerk_reads_it(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, approver := b.signIn("demo-clerk"), b.signIn("demo-approver")
	counter := clerk.make(clerk.loan("20000"))
	for reason, words := range map[string]string{"": "Please say why.", "  ": "Please say why.", strings.Repeat("r", 201): "at most 200", "a\x01b": "on one line"} {
		a := approver.do(post(approval(counter)+"/reject", url.Values{"reason": {reason}}))
		doc := a.page(t)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(doc.Find(".summary").Text(), words) || doc.Find("#reject[open]").Length() != 1 ||
			!strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
			t.Errorf("%.10q answered %d %s", reason, a.status, doc.Find(".summary").Text())
		}
		if kept, _ := doc.Find("#reason").Attr("value"); kept != strings.TrimSpace(reason) {
			t.Errorf("%.10q came back as %.10q", reason, kept)
		}
	}
	const markup = `wrong amount <script>alert(1)</script>` // PF-094
	if a := approver.do(post(approval(counter)+"/reject", url.Values{"reason": {markup}})); a.status != http.StatusSeeOther {
		t.Fatalf("rejecting answered %d", a.status)
	}
	for _, path := range []string{counter, counter + "/record"} {
		if doc := clerk.do(get(path)).page(t); !strings.Contains(doc.Find("main").Text(), "Rejected by Pia Approver: "+markup) {
			t.Errorf("%s says %s", path, doc.Find("main").Text())
		}
	}
	if a := approver.do(post(approval(counter)+"/approve", url.Values{"content": {"00"}})); a.status != http.StatusConflict {
		t.Errorf("approving what was rejected answered %d", a.status)
	}
}

// PF-073, PF-075, PF-076.
func TestApprovals_are_refused_where_they_must_be(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, approver := b.signIn("demo-clerk"), b.signIn("demo-approver")
	counter, other := clerk.make(clerk.loan("20000")), clerk.make(clerk.loan("20000"))
	foreign := url.Values{"content": {approver.content(other)}}
	for name, c := range map[string]struct {
		request request
		status  int
		words   string
	}{
		"another offer's content": {post(approval(counter)+"/approve", foreign), 409, "not the offer that you were shown"},
		"no content":              {post(approval(counter)+"/approve", nil), 409, "not the offer that you were shown"},
		"no hex":                  {post(approval(counter)+"/approve", url.Values{"content": {"zz"}}), 400, ""},
		"content twice":           {post(approval(counter)+"/approve", url.Values{"content": {"00", "01"}}), 400, ""},
		"an offer that is not":    {post("/approvals/none/approve", foreign), 404, ""},
		"an id that is no text":   {post("/approvals/%ff/approve", foreign), 404, ""},
		"an id with NUL":          {post("/approvals/a%00b/reject", url.Values{"reason": {"r"}}), 404, ""},
		"another site":            {post(approval(counter)+"/approve", foreign).with("Sec-Fetch-Site", "cross-site"), 403, ""},
		"text/plain":              {post(approval(counter)+"/approve", foreign).with("Content-Type", "text/plain"), 415, ""},
		"PF-020 by GET":           {get(approval(counter) + "/approve"), 405, ""},
		"the page of none":        {get("/approvals/none"), 404, ""},
	} {
		a := approver.do(c.request)
		if a.status != c.status || !strings.Contains(a.page(t).Find(".summary").Text(), c.words) {
			t.Errorf("%s: %d %s", name, a.status, a.page(t).Find("main").Text())
		}
	}
	content := url.Values{"content": {approver.content(counter)}}
	for range 2 { // a second press makes no difference
		if a := approver.do(post(approval(counter)+"/approve", content)); a.status != http.StatusSeeOther {
			t.Errorf("approving answered %d", a.status)
		}
	}
	b.ahead.Add(int64(6 * time.Minute))
	if a := approver.do(post(approval(counter)+"/approve", content)); a.status != http.StatusConflict {
		t.Errorf("approving once more after its time answered %d", a.status)
	}
	b.ahead.Add(int64(24 * time.Hour))
	approver = b.signIn("demo-approver")
	if a := approver.do(post(approval(other)+"/approve", foreign)); a.status != http.StatusConflict {
		t.Errorf("approving what waited for too long answered %d", a.status)
	}
	if doc := approver.do(get(other + "/record")).page(t); !strings.Contains(doc.Find(".status").First().Text(), "Expired") {
		t.Errorf("the record says %s", doc.Find("main").Text())
	}
}

func TestApprovals_a_clerk_cancels_what_waits(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, approver := b.signIn("demo-clerk"), b.signIn("demo-approver")
	counter := clerk.make(clerk.loan("20000"))
	if doc := clerk.do(get(counter)).page(t); doc.Find("#cancel form").Length() != 1 {
		t.Error("what waits cannot be cancelled")
	}
	foreign := url.Values{"content": {approver.content(counter)}}
	clerk.do(post(counter+"/cancel", nil))
	if a := approver.do(post(approval(counter)+"/approve", foreign)); a.status != http.StatusConflict {
		t.Errorf("approving what was cancelled answered %d", a.status)
	}
}

func TestCorrection_shows_the_approver_what_changed(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, approver := b.signIn("demo-clerk"), b.signIn("demo-approver")
	old := clerk.loan("20000")
	old.Set("claim.purpose", "Kitchen")
	counter := clerk.make(old)
	next := clerk.correction(counter)
	next.Set("claim.amount", "15000")
	next.Del("claim.purpose")
	corrected := clerk.make(next)
	doc := approver.do(get(approval(corrected))).page(t)
	var rows []string
	doc.Find("table.claims tbody tr").Each(func(i int, _ *goquery.Selection) {
		cells := doc.Find("table.claims tbody tr").Eq(i).Find("th, td").Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) })
		rows = append(rows, strings.Join(cells, ","))
	})
	if approver.do(get(approval(counter))).page(t).Find(`.say a[href="`+corrected+`/record"]`).Length() != 1 {
		t.Error("the approver of the old offer is not told that it was corrected")
	}
	want := "Borrower,Canary-Erika,Canary-Erika|Amount Changed,20000,15000|Currency,EUR,EUR|Bank,Demo Bank,Demo Bank|Purpose Removed,Kitchen,"
	if got := strings.Join(rows, "|"); got != want {
		t.Errorf("the approver sees %s", got)
	}
}
