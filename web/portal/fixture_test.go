package portal_test

import (
	"bytes"
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"counterfoil/internal/app"
	"counterfoil/internal/app/apptest"
	"counterfoil/internal/config"
)

// bank is the demo that ships, on free ports, with a clock that a test can move.
type bank struct {
	t      testing.TB
	portal string
	manage string
	wallet string
	ahead  atomic.Int64
}

func open(t testing.TB, settings ...string) *bank {
	t.Helper()
	b := &bank{t: t}
	cfg, err := config.Load(append([]string{
		"COUNTERFOIL_DATA_DIR=" + t.TempDir(), "COUNTERFOIL_PUBLIC_ADDR=127.0.0.1:0",
		"COUNTERFOIL_MANAGEMENT_ADDR=127.0.0.1:0", "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:0",
	}, settings...))
	if err != nil {
		t.Fatal(err)
	}
	at := apptest.Run(t, cfg, app.Options{
		Demo: true, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) },
	})
	b.portal, b.manage, b.wallet = at.Portal, at.Management, at.Wallet
	return b
}

// request is one request, made step by step.
type request struct {
	method, path, body string
	header             http.Header
}

func get(path string) request {
	return request{method: http.MethodGet, path: path, header: http.Header{}}
}

// post is a form that one of the portal's own pages sends.
func post(path string, form url.Values) request {
	return request{method: http.MethodPost, path: path, body: form.Encode(), header: http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"},
	}}
}

// with gives the request with another header; no values take it away.
func (r request) with(name string, values ...string) request {
	r.header = r.header.Clone()
	r.header.Del(name)
	for _, v := range values {
		r.header.Add(name, v)
	}
	return r
}

func (r request) sending(body string) request {
	r.body = body
	return r
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// page reads the answer as HTML and holds it to what every page and fragment must be.
func (a answer) page(t testing.TB) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(a.body, "<!doctype html>") {
		if lang, _ := doc.Find("html").Attr("lang"); lang != cmp.Or(a.header.Get("Content-Language"), "en") || doc.Find("h1").Length() != 1 || doc.Find("title").Text() == "" {
			t.Errorf("a page has language %q, %d headings and title %q", lang, doc.Find("h1").Length(), doc.Find("title").Text())
		}
	}
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if ids[id] {
			t.Errorf("id %s appears twice", id)
		}
		ids[id] = true
	})
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if s.Closest("label").Length() == 0 && doc.Find(`label[for="`+id+`"]`).Length() != 1 {
			t.Errorf("the field %s has no label", id)
		}
	})
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, attribute := range s.Nodes[0].Attr {
			leads := attribute.Key != "value" && strings.HasPrefix(attribute.Val, "javascript:")
			if attribute.Key == "style" || strings.HasPrefix(attribute.Key, "on") || leads {
				t.Errorf("<%s> has %s=%q", s.Nodes[0].Data, attribute.Key, attribute.Val)
			}
		}
	})
	if doc.Find("style, script:not([src]), iframe, object, embed").Length() > 0 {
		t.Error("a page has something inline")
	}
	return doc
}

// person is somebody with a session; nobody has none.
type person struct {
	*bank
	cookie string
}

func (b *bank) nobody() person { return person{bank: b} }

// signIn signs in as one of the demo's people.
func (b *bank) signIn(name string) person {
	b.t.Helper()
	a := b.nobody().do(post("/sign-in", url.Values{"as": {name}}))
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	if a.status != http.StatusSeeOther || cookie == "" {
		b.t.Fatalf("signing in as %s answered %d", name, a.status)
	}
	return person{bank: b, cookie: cookie}
}

func (p person) do(r request) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), r.method, p.portal+r.path, strings.NewReader(r.body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header = r.header.Clone()
	req.Host = req.Header.Get("Host")
	if p.cookie != "" && req.Header.Get("Cookie") == "" {
		req.Header.Set("Cookie", p.cookie)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		if _, err := io.Copy(&body, resp.Body); err != nil {
			p.t.Fatal(err)
		}
	}
	if resp.StatusCode >= http.StatusInternalServerError {
		p.t.Errorf("%s %s answered %d", r.method, r.path, resp.StatusCode)
	}
	return answer{resp.StatusCode, resp.Header, body.String()}
}

// form gives the fields of a fresh form for the identity credential, filled in well.
func (p person) form() url.Values {
	p.t.Helper()
	doc := p.do(get("/offers/new/IdentityCredential")).page(p.t)
	token, _ := doc.Find("input[name=token]").Attr("value")
	if token == "" {
		p.t.Fatal("the form has no token")
	}
	return url.Values{
		"type": {"IdentityCredential"}, "token": {token}, "tx_code": {"yes"}, "claim.given_name": {"Erika"},
		"claim.family_name": {"Mustermann"}, "claim.document_number": {"T22000129"}, "claim.issuing_country": {"DE"},
	}
}

// create makes an offer and gives the path of its counter screen.
func (p person) create() string {
	p.t.Helper()
	a := p.do(post("/offers", p.form()))
	if a.status != http.StatusSeeOther {
		p.t.Fatalf("a good form answered %d: %s", a.status, a.body)
	}
	return a.header.Get("Location")
}

// offers counts the offers that the list shows.
func (p person) offers() int {
	p.t.Helper()
	return p.do(get("/offers")).page(p.t).Find("tbody tr").Length()
}
