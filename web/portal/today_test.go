package portal_test

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const day = 24 * time.Hour

// attention gives what the home page warns of, and whether it leads anywhere.
func (p person) attention() (text string, links int) {
	p.t.Helper()
	alerts := p.do(get("/")).page(p.t).Find(".alerts")
	return strings.Join(strings.Fields(seen(alerts)), " "), alerts.Find("a:not(.explain)").Length()
}

func TestHome_counts_what_the_person_did_today(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	figures := func(p person) string {
		return strings.Join(strings.Fields(p.do(get("/")).page(t).Find(".today").Text()), " ")
	}
	if got := figures(clerk); got != "Offers made0Delivered0Failed or expired0" {
		t.Fatalf("a new day says %q", got)
	}
	clerk.do(post(clerk.create()+"/cancel", nil))
	clerk.create()
	if got := figures(clerk); !strings.HasPrefix(got, "Offers made2D") {
		t.Errorf("after two offers: %q", got)
	}
	if got := figures(b.signIn("demo-auditor")); got != "" {
		t.Errorf("who makes no offers is told %q", got)
	}
	b.ahead.Add(int64(day)) // another day
	if got := figures(b.signIn("demo-clerk")); !strings.HasPrefix(got, "Offers made0D") {
		t.Errorf("on the next day: %q", got)
	}
}

func TestHome_warns_of_a_certificate_before_it_ends(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, c := range []struct {
		ahead time.Duration
		text  string
		bad   bool
	}{
		{0, "", false},
		{365 * day, "", false},
		{380 * day, "Signing certificate: ends in 16 days. Then no credential can be signed: issuing stops.", false},
		{390 * day, "Signing certificate: ends in 6 days. Then no", true},
		{398 * day, "Signing certificate: has ended on", true},
	} {
		b.ahead.Store(int64(c.ahead))
		for name, more := range map[string]string{"demo-clerk": "Tell the administrator.", "demo-administrator": "See what to do"} {
			who := b.signIn(name)
			text, links := who.attention()
			if !strings.Contains(text, c.text) || (text == "") != (c.text == "") || c.text != "" && (!strings.Contains(text, more) || (links == 0) != (name == "demo-clerk")) {
				t.Errorf("%s after %s: %q with %d links", name, c.ahead, text, links)
			}
			if bad := who.do(get("/")).page(t).Find(".alerts .bad").Length() > 0; bad != c.bad {
				t.Errorf("after %s it is urgent: %t", c.ahead, bad)
			}
		}
	}
}

// The sweep writes all the time: when it cannot, neither can a clerk.
func TestHome_says_that_the_database_is_in_trouble_and_that_it_is_well_again(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, "COUNTERFOIL_DATA_DIR="+dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "counterfoil.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	clerk, admin := b.signIn("demo-clerk"), b.signIn("demo-administrator")
	for _, c := range []struct {
		change      string
		clerk, link string
	}{
		{"ALTER TABLE spent_values RENAME TO away", "The database is in trouble since", "/system"},
		{"ALTER TABLE away RENAME TO spent_values", "", ""},
	} {
		if _, err := db.Exec(c.change); err != nil {
			t.Fatal(err)
		}
		until := time.Now().Add(10 * time.Second)
		for {
			text, _ := clerk.attention()
			link := admin.do(get("/")).page(t).Find(".alerts a").AttrOr("href", "")
			if (text == "") == (c.clerk == "") && strings.Contains(text, c.clerk) && link == c.link {
				break
			}
			if time.Now().After(until) {
				t.Fatalf("after %s the clerk reads %q, the administrator is led to %q", c.change, text, link)
			}
		}
	}
}

func TestHome_tells_who_may_read_callbacks_that_events_wait(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin, clerk := b.signIn("demo-administrator"), b.signIn("demo-clerk")
	href, _ := admin.do(post("/callbacks", added("http://127.0.0.1:9"))).page(t).Find(`form[action$="/ping"]`).Attr("action")
	endpoint := strings.TrimSuffix(href, "/ping")
	admin.do(post(endpoint+"/pause", nil))
	if text, _ := admin.attention(); text != "" {
		t.Errorf("a paused endpoint with nothing to send is told: %q", text)
	}
	clerk.create()
	text, links := admin.attention()
	if !strings.Contains(text, "“Core banking” is paused. One event waits.") || links != 1 {
		t.Errorf("an administrator is told %q with %d links", text, links)
	}
	if text, _ := clerk.attention(); text != "" {
		t.Errorf("a clerk is told %q", text)
	}
}

func TestHome_tells_of_endpoints_that_fail_or_were_switched_off(t *testing.T) {
	t.Parallel()
	b := open(t)
	var status atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) }))
	defer receiver.Close()
	admin := b.signIn("demo-administrator")
	href, _ := admin.do(post("/callbacks", added(receiver.URL))).page(t).Find(`form[action$="/ping"]`).Attr("action")
	until := func(words string) {
		t.Helper()
		limit := time.Now().Add(10 * time.Second)
		for {
			text, _ := admin.attention()
			if (text == "") == (words == "") && strings.Contains(text, words) {
				return
			}
			if time.Now().After(limit) {
				t.Fatalf("an administrator reads %q, want %q", text, words)
			}
		}
	}
	clerk := b.signIn("demo-clerk")
	status.Store(http.StatusInternalServerError)
	clerk.create()
	until("Nothing gets through to the callback endpoint “Core banking” since")
	status.Store(http.StatusOK)
	admin.do(post(href, nil)) // a test event gets through
	until("")
	status.Store(http.StatusGone)
	clerk.create()
	until("The callback endpoint “Core banking” was switched off by its receiver.")
	if text, _ := clerk.attention(); text != "" {
		t.Errorf("a clerk is told %q", text)
	}
}

func TestHome_shows_a_clerk_their_own_offers_and_leads_to_everybodys(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	clerk.create()
	home := clerk.do(get("/")).page(t)
	if n := home.Find("#open ~ table tbody tr").Length(); n != 1 || home.Find(`main a[href="/offers"]`).Length() != 1 {
		t.Errorf("the clerk sees %d of their offers", n)
	}
	auditor := b.signIn("demo-auditor").do(get("/")).page(t)
	if n := auditor.Find("#open ~ table tbody tr").Length(); n != 1 || auditor.Find(".tile").Length() != 0 {
		t.Errorf("the auditor sees %d offers and %d tiles", n, auditor.Find(".tile").Length())
	}
}
