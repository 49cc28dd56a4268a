package wallet_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"counterfoil/internal/brand"
	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
)

// look opens an offer's landing page.
func (f *fixture) look(t *testing.T, id issuance.OfferID) answer {
	t.Helper()
	return f.do(t, request{method: http.MethodGet, path: oid4vci.PathLanding + string(id)})
}

// page reads a page and holds it to what every page of the door must be, and to silence about what was asked and what is secret.
func (a answer) page(t *testing.T, status int, secrets ...string) *goquery.Document {
	t.Helper()
	if a.status != status {
		t.Errorf("got %d, want %d", a.status, status)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Set-Cookie": "", "Access-Control-Allow-Origin": "",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	for _, s := range append(secrets, canaries()...) {
		if s == "" || strings.Contains(a.body, s) {
			t.Errorf("the page says %q", s)
		}
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	if lang, _ := doc.Find("html").Attr("lang"); lang != a.header.Get("Content-Language") || doc.Find("h1").Length() != 1 || strings.TrimSpace(doc.Find("title").Text()) == "" {
		t.Errorf("language %q, %d headings, title %q", lang, doc.Find("h1").Length(), doc.Find("title").Text())
	}
	if doc.Find("script, style, iframe, form, [style], [onclick], [onload], [onerror], meta[http-equiv]").Length() > 0 {
		t.Errorf("the page does something by itself: %s", a.body)
	}
	return doc
}

// links gives where the page leads, in order.
func links(doc *goquery.Document) []string {
	return doc.Find("main a").Map(func(_ int, s *goquery.Selection) string {
		href, _ := s.Attr("href")
		return href
	})
}

func TestLanding_leads_into_every_wallet_and_tells_nothing_else(t *testing.T) {
	f := newFixture(t)
	urls := oid4vci.URLs{Issuer: f.issuer}
	for _, scheme := range issuance.Schemes() {
		made := f.fresh(t, withTxCode, func(c *issuance.CreateOffer) { c.Scheme = scheme })
		id := made.Offer.ID
		doc := f.look(t, id).page(t, 200, made.TxCode.Reveal(), f.service.Code(id).Reveal(), "Canary-Reference")
		want := []string{urls.OfferURI(scheme, id)}
		for _, other := range issuance.Schemes() {
			if other != scheme {
				want = append(want, urls.OfferURI(other, id))
			}
		}
		if got := links(doc); !slices.Equal(got, want) {
			t.Errorf("%s: leads to %q", scheme, got)
		}
		if doc.Find("main a.primary").Length() != 1 || !doc.Find("main a").First().HasClass("primary") {
			t.Errorf("%s: the first way is not the one that is recommended", scheme)
		}
		if link, _ := doc.Find("input[readonly]").Attr("value"); link != want[0] {
			t.Errorf("%s: the link to copy is %q", scheme, link)
		}
		for _, words := range []string{"Identity", "Test issuer", "Valid for 10 more minutes.", "Your wallet will ask for a code", "EUDI Wallet", "Ask the staff"} {
			if !strings.Contains(doc.Text(), words) {
				t.Errorf("%s: the page does not say %q", scheme, words)
			}
		}
	}
	if doc := f.look(t, f.fresh(t).Offer.ID).page(t, 200); strings.Contains(doc.Text(), "ask for a code") {
		t.Error("a code is announced that nobody asks for")
	}
}

// OF-141: who looks, be it a person or the robot of a messenger, is no wallet.
func TestLanding_looking_changes_nothing(t *testing.T) {
	f := newFixture(t)
	id := f.fresh(t).Offer.ID
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		if a := f.do(t, request{method: method, path: oid4vci.PathLanding + string(id)}); a.status != 200 {
			t.Errorf("%s: got %d", method, a.status)
		}
	}
	if kinds := f.kinds(t, id); !slices.Equal(kinds, []issuance.EventKind{issuance.OfferCreated}) {
		t.Errorf("the timeline says %v", kinds)
	}
	f.look(t, id).page(t, 200)
	if o, err := f.service.Offer(t.Context(), id); err != nil || o.Status != issuance.StatusReady {
		t.Errorf("the offer is %s, %v", o.Status, err)
	}
}

func TestLanding_says_how_the_offer_stands(t *testing.T) {
	f := newFixture(t)
	for name, row := range map[string]struct {
		bring  func() issuance.OfferID
		status int
		says   string
	}{
		"ready":     {func() issuance.OfferID { return f.fresh(t).Offer.ID }, 200, "Add it to your wallet"},
		"retrieved": {func() issuance.OfferID { o := f.offer(t); f.restart(t); return o.id }, 200, "Go on in your wallet"},
		"pending": {func() issuance.OfferID {
			return f.fresh(t, ofType(eyes, map[string]any{"name": "x"})).Offer.ID
		}, 409, "Not ready yet"},
		"redeemed": {func() issuance.OfferID { o := f.offer(t); f.redeem(t, o); return o.id }, 410, "Your wallet is collecting it"},
		"issued": {func() issuance.OfferID {
			o := f.offer(t)
			collected(t, f.tryWith(t, o, f.redeem(t, o), f.cNonce(t)).send(t))
			return o.id
		}, 410, "Your wallet has it"},
		"cancelled": {func() issuance.OfferID {
			id := f.fresh(t).Offer.ID
			if _, err := f.service.CancelOffer(t.Context(), id, issuance.Actor{Name: "Canary-Erika"}); err != nil {
				t.Fatal(err)
			}
			return id
		}, 410, "No longer offered"},
		"failed": {func() issuance.OfferID {
			o := f.offer(t, withTxCode)
			for range maxTries {
				r := tokenRequest(o)
				r.form.Set("tx_code", wrong(o.txCode))
				f.do(t, r)
			}
			return o.id
		}, 410, "No longer offered"},
	} {
		doc := f.look(t, row.bring()).page(t, row.status)
		if heading := doc.Find("h1").Text(); heading != row.says {
			t.Errorf("%s: says %q", name, heading)
		}
		open := row.status == 200
		if (len(links(doc)) > 0) != open || strings.Contains(doc.Text(), "Identity") != open {
			t.Errorf("%s: %s", name, doc.Text())
		}
	}
	last := f.fresh(t).Offer.ID
	f.clock.move(offerTTL - 30*time.Second)
	if doc := f.look(t, last).page(t, 200); !strings.Contains(doc.Text(), "less than a minute") {
		t.Error("the last minute is not told")
	}
	f.clock.move(30 * time.Second)
	if doc := f.look(t, last).page(t, 410); doc.Find("h1").Text() != "Time ran out" {
		t.Errorf("expired: %s", doc.Text())
	}
	gone := f.fresh(t, ofType(solo, map[string]any{"name": "x"})).Offer.ID
	f.types = slices.DeleteFunc(f.types, func(t typemeta.Type) bool { return t.ID == solo })
	f.restart(t)
	if doc := f.look(t, gone).page(t, 410); doc.Find("h1").Text() != "No longer offered" {
		t.Errorf("of a type that was taken away: %s", doc.Text())
	}
}

// OF-139, OF-122: an address that leads to no offer answers the same whatever it is.
func TestLanding_does_not_know_strange_offers(t *testing.T) {
	f := newFixture(t)
	good := string(f.fresh(t).Offer.ID)
	missing := f.look(t, "nobody")
	missing.page(t, 404, "nobody")
	for _, id := range []string{
		good + "x", good[1:], strings.ToUpper(good) + "_", good + "%00", "%00", "%ff%fe", "'%20OR%201=1;--", strings.Repeat("a", 5000), good + ".json",
		good + "%20", "é", "<b>", "*", "..", "%2e%2e", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "..%2f..%2fetc%2fpasswd", good + "%2F",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			a := f.do(t, request{method: method, path: oid4vci.PathLanding + id})
			if a.status != 404 || method == http.MethodGet && a.body != missing.body {
				t.Errorf("%s %.60s: got %d %s", method, id, a.status, a.body)
			}
		}
	}
	for _, path := range []string{"/o", "/o/", "/o/" + good + "/", "/o/" + good + "/x", "/O/" + good, "//o/" + good} {
		f.do(t, request{method: http.MethodGet, path: path}).want(t, 404, "not_found")
	}
}

// OF-137 for people.
func TestLanding_is_for_looking_only(t *testing.T) {
	f := newFixture(t)
	path := oid4vci.PathLanding + string(f.fresh(t).Offer.ID)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "PROPFIND"} {
		a := f.do(t, request{method: method, path: path})
		a.want(t, http.StatusMethodNotAllowed, "method_not_allowed")
		if a.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: Allow is %q", method, a.header.Get("Allow"))
		}
	}
}

func TestLanding_is_limited_and_phrases_trouble_for_people(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.limited = true })
	id := f.fresh(t).Offer.ID
	for range 60 {
		f.look(t, id).page(t, 200)
	}
	a := f.look(t, id)
	if doc := a.page(t, 429); a.header.Get("Retry-After") == "" || doc.Find("h1").Text() != "Too many at once" {
		t.Errorf("got %v %s", a.header, a.body)
	}
	f.clock.move(time.Minute)
	f.close(t)
	a = f.look(t, id)
	doc := a.page(t, 500, string(id), "sql", "database", "closed", ".go")
	if name := a.header.Get("X-Request-Id"); name == "" || !strings.Contains(doc.Text(), name) {
		t.Errorf("the page does not name the request: %s", a.body)
	}
	if strings.Count(f.logs.String(), "level=ERROR msg=fault") != 1 || strings.Contains(f.logs.String(), string(id)) {
		t.Errorf("the log says %s", f.logs.String())
	}
	f.open(t)
}

// OF-093: names come from whoever makes types.
func TestLanding_shows_markup_in_names_as_text(t *testing.T) {
	const name = `</h2><script>alert(1)</script><img src=x onerror=alert(1)>"'&`
	f := newFixture(t, func(f *fixture) { f.brand.Name = name })
	own, err := typemeta.Load(fstest.MapFS{
		"Marked.json": {Data: []byte(`{"vct":"urn:test:marked:1","name":"</h2><script>alert(1)</script><img src=x onerror=alert(1)>\"'&","claims":[{"path":["name"]}]}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.types = append(f.types, own...)
	f.restart(t)
	doc := f.look(t, f.fresh(t, ofType("Marked", map[string]any{"name": "x"})).Offer.ID).page(t, 200)
	if doc.Find(".card h2").Text() != name || !strings.HasSuffix(doc.Find(".card p").Text(), name) || doc.Find("img").Length() > 0 {
		t.Errorf("got %q from %q", doc.Find(".card h2").Text(), doc.Find(".card p").Text())
	}
}

func TestLanding_of_an_issuer_with_a_path(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.issuer = issuer + "/tenant" })
	id := f.fresh(t).Offer.ID
	address := oid4vci.URLs{Issuer: f.issuer}.Landing(id)
	if address != issuer+"/tenant/o/"+string(id) {
		t.Errorf("the address is %s", address)
	}
	a := f.do(t, request{method: http.MethodGet, path: strings.TrimPrefix(address, issuer)})
	doc := a.page(t, 200)
	if got := links(doc)[0]; !strings.Contains(got, "%2Ftenant%2Foidc4vci%2Foffers%2F"+string(id)) {
		t.Errorf("leads to %s", got)
	}
	files := regexp.MustCompile(`href="(/[^"]+)"`).FindAllStringSubmatch(a.body, -1)
	if len(files) != 2 {
		t.Fatalf("the page has the files %q", files)
	}
	for _, file := range files {
		a := f.do(t, request{method: http.MethodGet, path: file[1]})
		if a.status != 200 || !strings.HasPrefix(file[1], "/tenant/static/") || a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" ||
			a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %d %v", file[1], a.status, a.header)
		}
	}
	for _, path := range []string{"/o/" + string(id), "/tenant/static/css/app.css", "/tenant/static/", "/tenant/static/../o", "/static/css/app.css"} {
		f.do(t, request{method: http.MethodGet, path: path}).want(t, 404, "not_found")
	}
}

// A customer reads the page in the language of the phone, or chooses another without a script.
func TestLanding_speaks_the_customers_language(t *testing.T) {
	f := newFixture(t)
	path := oid4vci.PathLanding + string(f.fresh(t).Offer.ID)
	for name, c := range map[string]struct{ query, accept, lang string }{
		"nothing asked":      {"", "", "en"},
		"the phone's":        {"", "pl-PL,pl;q=0.9", "pl"},
		"chosen on the page": {"?lang=it", "pl", "it"},
		"none of ours":       {"?lang=xx", "ja", "en"},
		"no language":        {"?lang=%22%3E%3Cscript%3E", ",;q=", "en"},
	} {
		a := f.do(t, request{method: http.MethodGet, path: path + c.query, header: http.Header{"Accept-Language": {c.accept}}})
		doc := a.page(t, 200)
		if lang, _ := doc.Find("html").Attr("lang"); lang != c.lang || a.header.Get("Content-Language") != c.lang {
			t.Errorf("%s: the page is in %s, want %s", name, lang, c.lang)
		}
		if others := doc.Find("nav.languages a"); others.Length() != len(i18n.Customer())-1 || others.Filter("[lang="+c.lang+"]").Length() > 0 {
			t.Errorf("%s: leads to %d other languages", name, others.Length())
		}
	}
}

func TestLanding_wears_the_banks_brand(t *testing.T) {
	b, err := brand.New("Example Bank", "#ff6200", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`))
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, func(f *fixture) { f.brand = b })
	doc := f.look(t, f.fresh(t).Offer.ID).page(t, 200)
	if logo, _ := doc.Find("img.logo").Attr("src"); logo != b.Logo() || doc.Find(`link[href="`+b.Stylesheet()+`"]`).Length() != 1 {
		t.Errorf("the page has the logo %q", logo)
	}
	for _, path := range []string{b.Logo(), b.Stylesheet()} {
		if a := f.do(t, request{method: http.MethodGet, path: path}); a.status != 200 || a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: got %d %v", path, a.status, a.header)
		}
	}
}
