package portal_test

import (
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"counterfoil/internal/issuance"
)

// openReached is open with a wallet door that the demo's wallet reaches.
func openReached(t *testing.T, settings ...string) *bank {
	t.Helper()
	for {
		const first, count = 10_000, 20_000 // below the ports that outgoing connections take
		address := "localhost:" + strconv.Itoa(first+rand.IntN(count))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return open(t, append(settings, "COUNTERFOIL_PUBLIC_URL=http://"+address, "COUNTERFOIL_PUBLIC_ADDR="+address)...)
	}
}

// collects lets the demo's wallet collect the offer of a counter screen, with a code or without.
func (p person) collects(offer, code string) answer {
	p.t.Helper()
	uri, _ := p.do(get(offer)).page(p.t).Find("[data-copy^=openid]").Attr("data-copy")
	return p.do(post("/demo/wallet", url.Values{"offer": {uri}, "code": {code}}))
}

// reveals gives the transaction code of an offer.
func (p person) reveals(offer string) string {
	p.t.Helper()
	return p.do(post(offer+"/reveal", nil).with("HX-Request", "true")).page(p.t).Find("output").Text()
}

func TestRenewCode_shows_another_code_and_the_one_before_works_no_more(t *testing.T) {
	t.Parallel()
	b := openReached(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	before := clerk.reveals(offer)
	a := clerk.do(post(offer+"/renew", nil).with("HX-Request", "true"))
	part := a.page(t)
	code := part.Find("#code-2 output").Text()
	if a.status != http.StatusOK || len(code) != 7 || code == before || a.header.Get("Cache-Control") != "no-store" ||
		!strings.Contains(part.Text(), "the one before works no more") {
		t.Fatalf("renewing answered %d %s", a.status, a.body)
	}
	live := clerk.do(get(offer + "/live"))
	if doc := live.page(t); doc.Find("#code-2").Length() != 1 || doc.Find("#code-1").Length() != 0 {
		t.Error("another tab keeps the old code")
	}
	for _, secret := range []string{before, code, strings.ReplaceAll(code, " ", "")} {
		if strings.Contains(live.body, secret) {
			t.Error("the page holds a code that nobody asked for there")
		}
	}
	if !strings.Contains(live.body, "New transaction code shown to Carla Clerk") {
		t.Error("the story does not say who has the new code")
	}
	if a := clerk.collects(offer, before); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the old code answered %d", a.status)
	}
	whole := clerk.do(post(offer+"/renew", nil)).page(t) // without scripts
	third := whole.Find("output").Text()
	if whole.Find("h1").Length() != 1 || len(third) != 7 {
		t.Fatalf("without scripts the code is %q", third)
	}
	if a := clerk.collects(offer, code); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the second code answered %d", a.status)
	}
	if a := clerk.collects(offer, third); a.status != http.StatusOK {
		t.Errorf("the third code answered %d", a.status)
	}
	if a := clerk.do(post(offer+"/renew", nil)); a.status != http.StatusNotFound && a.status != http.StatusConflict {
		t.Errorf("after it was redeemed renewing answered %d", a.status)
	}
}

func TestRepair_is_refused_where_it_must_be(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor := b.signIn("demo-clerk"), b.signIn("demo-auditor")
	offer, cancelled := clerk.create(), clerk.create()
	clerk.do(post(cancelled+"/cancel", nil))
	form := clerk.form()
	form.Del("tx_code")
	plain := clerk.do(post("/offers", form)).header.Get("Location")
	for _, action := range []string{"/renew", "/again"} {
		for name, c := range map[string]struct {
			who     person
			request request
			status  int
		}{
			"an auditor":             {auditor, post(offer+action, nil), 403},
			"another site":           {clerk, post(offer+action, nil).with("Sec-Fetch-Site", "cross-site"), 403},
			"nobody knows where":     {clerk, post(offer+action, nil).with("Sec-Fetch-Site"), 403},
			"GET":                    {clerk, get(offer + action), 405},
			"an unknown offer":       {clerk, post("/offers/nowhere"+action, nil), 404},
			"a name with a NUL":      {clerk, post("/offers/%00"+action, nil), 404},
			"a name that is no text": {clerk, post("/offers/%ff"+action, nil), 404},
			"a very long name":       {clerk, post("/offers/"+strings.Repeat("x", 3000)+action, nil), 404},
		} {
			if a := c.who.do(c.request); a.status != c.status {
				t.Errorf("%s, %s: got %d", action, name, a.status)
			}
		}
		if doc := auditor.do(get(offer)).page(t); doc.Find("form[action$='"+action+"']").Length() > 0 {
			t.Errorf("the auditor is shown %s", action)
		}
	}
	if a := clerk.do(post(cancelled+"/again", nil)); a.status != http.StatusConflict {
		t.Errorf("a cancelled offer again: %d", a.status)
	}
	if a := clerk.do(post(plain+"/renew", nil)); a.status != http.StatusNotFound {
		t.Errorf("a new code where there is none: %d", a.status)
	}
	if doc := clerk.do(get(cancelled)).page(t); doc.Find("form[action$='/again']").Length() > 0 {
		t.Error("a cancelled offer can be shown again")
	}
	if left := clerk.offers(); left != 3 {
		t.Errorf("there are %d offers", left)
	}
}

func TestRepeat_shows_the_same_data_as_a_new_offer(t *testing.T) {
	t.Parallel()
	b := openReached(t)
	clerk := b.signIn("demo-clerk")
	form := clerk.form()
	form.Set("reference", "Account 4711")
	offer := clerk.do(post("/offers", form)).header.Get("Location")
	before := clerk.reveals(offer)
	a := clerk.do(post(offer+"/again", nil))
	next := a.header.Get("Location")
	if a.status != http.StatusSeeOther || next == offer || !strings.HasPrefix(next, "/offers/") {
		t.Fatalf("got %d to %s", a.status, next)
	}
	old := clerk.do(get(offer)).page(t)
	if to, _ := old.Find(".screen a.primary").Attr("href"); to != next || !strings.Contains(old.Find(".big").Text(), "Shown again") || old.Find(".qr, form[action$='/again']").Length() > 0 {
		t.Errorf("the old page: %s", old.Find("main").Text())
	}
	page := clerk.do(get(next)).page(t)
	if back, _ := page.Find("p.lead a").Attr("href"); back != offer || !strings.Contains(page.Text(), "Reference Account 4711") {
		t.Errorf("the new page leads back to %q", back)
	}
	code := clerk.reveals(next)
	if code == before {
		t.Error("the code is the same")
	}
	got := clerk.collects(next, code)
	for _, claim := range []string{"Erika", "Mustermann", "T22000129"} {
		if !strings.Contains(got.body, claim) {
			t.Errorf("the wallet got no %s: %d", claim, got.status)
		}
	}
	if a := clerk.do(post(next+"/again", nil)); a.status != http.StatusConflict {
		t.Errorf("one that was collected: %d", a.status)
	}
	if a := clerk.do(post(offer+"/again", nil)); a.header.Get("Location") != next {
		t.Errorf("a second time leads to %d %s", a.status, a.header.Get("Location"))
	}
}

// PF-078, with two people: whoever is quicker makes the offer, and all come to it.
func TestRepeat_makes_one_offer_for_many_who_press_at_once(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	b.ahead.Add(int64(5 * time.Minute)) // it is expired, whether or not a sweep ran
	var mu sync.Mutex
	var wait sync.WaitGroup
	led := map[string]int{}
	for range 10 {
		wait.Go(func() {
			a := clerk.do(post(offer+"/again", nil))
			mu.Lock()
			defer mu.Unlock()
			led[a.header.Get("Location")]++
		})
	}
	wait.Wait()
	if len(led) != 1 || led[""] > 0 || led[offer] > 0 || clerk.offers() != 2 {
		t.Errorf("they were led to %v, there are %d offers", led, clerk.offers())
	}
}

func TestRepeat_waits_a_quarter_of_an_hour(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	first, second := clerk.create(), clerk.create()
	b.ahead.Add(int64(5 * time.Minute))
	primary := func(offer string) string {
		t.Helper()
		return strings.TrimSpace(clerk.do(get(offer)).page(t).Find(".screen .primary").Text())
	}
	eventually(t, "the sweep writes down that it expired", func() bool { return primary(first) == "Show again" })
	b.ahead.Add(int64(issuance.ClaimsKept - time.Minute))
	if a := clerk.do(post(first+"/again", nil)); a.status != http.StatusSeeOther {
		t.Errorf("within the time: %d", a.status)
	}
	b.ahead.Add(int64(time.Minute))
	if got := primary(second); got != "Next customer" {
		t.Errorf("after the time the page offers %q", got)
	}
	if a := clerk.do(post(second+"/again", nil)); a.status != http.StatusConflict {
		t.Errorf("after the time: %d", a.status)
	}
}

func TestCounter_tells_trouble_in_three_parts(t *testing.T) {
	t.Parallel()
	b := openReached(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	code := strings.ReplaceAll(clerk.reveals(offer), " ", "")
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	created := clerk.do(get(offer)).page(t).Find("#support li").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.Contains(s.Text(), "offer.created") }).Text()
	if !regexp.MustCompile(`; request [A-Za-z0-9_-]{16}$`).MatchString(created) {
		t.Errorf("support cannot find the request of %q", created)
	}
	if a := clerk.collects(offer, wrong); a.status != http.StatusUnprocessableEntity {
		t.Fatalf("a wrong code answered %d", a.status)
	}
	doc := clerk.do(get(offer)).page(t)
	said := doc.Find(".say.bad")
	if parts := said.Find("p, dd"); parts.Length() != 3 || !strings.Contains(parts.First().Text(), "4 more tries") || said.Find("q").Length() != 1 {
		t.Errorf("a wrong code is told as %q", said.Text())
	}
	copied, _ := doc.Find("#support [data-copy]").Attr("data-copy")
	for _, want := range []string{"Offer " + strings.TrimPrefix(offer, "/offers/"), "Type IdentityCredential, version", "code.rejected 4 wrong transaction code", "offer.created"} {
		if !strings.Contains(copied, want) {
			t.Errorf("for support there is no %q in %q", want, copied)
		}
	}
	for _, secret := range []string{"Erika", "Mustermann", "T22000129", code, wrong} {
		if strings.Contains(copied, secret) {
			t.Errorf("support is told %q", secret)
		}
	}
	b.ahead.Add(int64(5 * time.Minute))
	if got := clerk.do(get(offer)).page(t).Find(".say.bad dd").Length(); got != 2 {
		t.Errorf("of an expired offer %d parts beside what happened are told", got)
	}
}

func TestCounter_goes_home_after_success_unless_somebody_stays(t *testing.T) {
	t.Parallel()
	b := openReached(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	if clerk.do(get(offer)).page(t).Find("[data-go]").Length() > 0 {
		t.Error("an open offer goes home")
	}
	clerk.collects(offer, clerk.reveals(offer))
	doc := clerk.do(get(offer)).page(t)
	home := doc.Find("time[data-go='/']")
	if left, _ := home.Attr("data-left"); !regexp.MustCompile(`^([6-9]|10)$`).MatchString(left) || home.Text() != "0:"+("0" + left)[len(left)-1:] {
		t.Errorf("it goes home in %q %q", left, home.Text())
	}
	if doc.Find(".code, output").Length() > 0 {
		t.Error("a code is on a screen that goes away")
	}
	stay, _ := doc.Find(".home a").Attr("href")
	for _, path := range []string{stay, offer + "/live?stay=yes"} {
		if a := clerk.do(get(path)); a.status != http.StatusOK || a.page(t).Find("[data-go]").Length() > 0 {
			t.Errorf("%q answered %d, or goes home", path, a.status)
		}
	}
	b.ahead.Add(int64(11 * time.Second))
	if clerk.do(get(offer)).page(t).Find("[data-go]").Length() > 0 {
		t.Error("an offer that was delivered before goes home")
	}
}

func TestCustomers_read_their_own_language(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	tablet, code := b.display()
	a := clerk.do(post("/display/pair", url.Values{"code": {code}, "language": {"pl"}}))
	if a.status != http.StatusSeeOther {
		t.Fatalf("pairing answered %d", a.status)
	}
	offer := clerk.create()
	clerk.do(get(offer))
	shown := tablet.do(get("/display").with("Accept-Language", "fr"))
	if lang, _ := shown.page(t).Find("html").Attr("lang"); lang != "pl" {
		t.Errorf("the display speaks %q", lang)
	}
	if part := tablet.do(get("/display/live?paired=yes").with("Accept-Language", "fr")); part.header.Get("Content-Language") != "pl" {
		t.Errorf("what moves on it speaks %q", part.header.Get("Content-Language"))
	}
	if chosen, _ := clerk.do(get("/display/pair")).page(t).Find("#language option[selected]").Attr("value"); chosen != "pl" {
		t.Errorf("the page has %q chosen", chosen)
	}
	for path, sheet := range map[string]answer{
		"slip": clerk.do(get(offer + "/slip?language=nl")), "hand-out": clerk.do(get(offer + "/handout?language=nl")),
		"slip with its code": clerk.do(post(offer+"/slip", url.Values{"language": {"nl"}})),
	} {
		doc := sheet.page(t)
		if lang, _ := doc.Find(".sheet").Attr("lang"); lang != "nl" || sheet.header.Get("Content-Language") != "en" {
			t.Errorf("the %s speaks %q", path, lang)
		}
	}
	if lang, _ := clerk.do(get(offer+"/slip").with("Accept-Language", "de")).page(t).Find(".sheet").Attr("lang"); lang != "de" {
		t.Errorf("unless another is chosen a sheet speaks %q", lang)
	}
	for _, wrong := range []string{"xx", "de-AT", "<script>", strings.Repeat("d", 5000), "\x01"} {
		q := url.QueryEscape(wrong)
		for name, r := range map[string]request{
			"slip": get(offer + "/slip?language=" + q), "hand-out": get(offer + "/handout?language=" + q),
			"pairing": post("/display/pair", url.Values{"code": {"AAAAAA"}, "language": {wrong}}), "code": post(offer+"/slip", url.Values{"language": {wrong}}),
		} {
			if a := clerk.do(r); a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, "<script>") {
				t.Errorf("%s in %.20q answered %d", name, wrong, a.status)
			}
		}
	}
}
