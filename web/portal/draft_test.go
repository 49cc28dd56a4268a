package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const newIdentity = "/offers/new/IdentityCredential"

// restored gives what the form of the identity credential opens with: the family name and the notice.
func (p person) restored() (family, notice string) {
	p.t.Helper()
	doc := p.do(get(newIdentity)).page(p.t)
	family, _ = doc.Find(`[id="claim.family_name"]`).Attr("value")
	return family, strings.TrimSpace(doc.Find(".restored").Text())
}

func TestDraft_comes_back_after_signing_in_again(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	form := clerk.form()
	form.Set("claim.birth_date-month", "Augu")
	form.Set("claim.nationalities-rows", "2")
	form.Set("claim.nationalities.1", "FR")
	if a := clerk.do(post(newIdentity, form).with("HX-Request", "true").with("HX-Target", "preview")); a.status != http.StatusOK || !strings.Contains(a.body, "Draft saved") {
		t.Fatalf("saving answered %d %s", a.status, a.body)
	}
	b.ahead.Add(int64(3 * time.Hour)) // PF-012, PF-083
	if a := clerk.do(post("/offers", form).with("HX-Request", "true")); a.status != http.StatusUnauthorized || a.body == "" && a.header.Get("HX-Redirect") != "" {
		t.Errorf("a form that htmx sent is led away: %d %v", a.status, a.header)
	}
	a := clerk.do(post("/offers", form))
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/sign-in?next="+url.QueryEscape(newIdentity) {
		t.Fatalf("without scripts: %d to %s", a.status, a.header.Get("Location"))
	}
	a = clerk.do(upload(t, "/offers", map[string]string{"type": "IdentityCredential"}, part{"claim.picture-file", "", ""}))
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/sign-in?next="+url.QueryEscape(newIdentity) {
		t.Fatalf("with a picture to choose: %d to %s", a.status, a.header.Get("Location"))
	}
	again := b.signIn("demo-clerk")
	doc := again.do(get(newIdentity)).page(t)
	for id, want := range map[string]string{"claim.family_name": "Mustermann", "claim.birth_date-month": "Augu", "claim.document_number": "T22000129"} {
		if got, _ := doc.Find(`[id="` + id + `"]`).Attr("value"); got != want {
			t.Errorf("%s came back as %q", id, got)
		}
	}
	if got, _ := doc.Find(`[id="claim.nationalities.1"] option[selected]`).Attr("value"); got != "FR" {
		t.Errorf("the second nationality came back as %q", got)
	}
	if token, _ := doc.Find("input[name=token]").Attr("value"); token == "" || token == form.Get("token") {
		t.Error("the form came back with the token of the one before")
	}
	for _, other := range []string{"demo-approver", "demo-administrator", "demo-auditor"} {
		if a := b.signIn(other).do(get(newIdentity)); strings.Contains(a.body, "Mustermann") {
			t.Errorf("%s reads the draft", other)
		}
	}
}

func TestDraft_is_gone_once_it_is_sent_or_discarded(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	save := func(form url.Values) {
		t.Helper()
		if a := clerk.do(post(newIdentity, form).with("HX-Request", "true").with("HX-Target", "preview")); a.status != http.StatusOK {
			t.Fatalf("saving answered %d", a.status)
		}
	}
	form := clerk.form()
	save(form)
	if family, notice := clerk.restored(); family != "Mustermann" || notice == "" {
		t.Fatalf("restored %q %q", family, notice)
	}
	if a := clerk.do(post("/offers", form)); a.status != http.StatusSeeOther {
		t.Fatalf("sending answered %d", a.status)
	}
	save(form) // which was on its way meanwhile
	if family, notice := clerk.restored(); family != "" || notice != "" {
		t.Errorf("after it was sent %q %q came back", family, notice)
	}
	form = clerk.form()
	save(form)
	form.Set("do", "discard")
	if a := clerk.do(post(newIdentity, form)); a.status != http.StatusSeeOther || a.header.Get("Location") != newIdentity {
		t.Errorf("discarding answered %d", a.status)
	}
	if family, notice := clerk.restored(); family != "" || notice != "" {
		t.Errorf("after it was discarded %q %q came back", family, notice)
	}
	// What was refused is kept as well.
	form = clerk.form()
	form.Set("claim.given_name", "")
	if a := clerk.do(post("/offers", form)); a.status != http.StatusUnprocessableEntity {
		t.Fatalf("got %d", a.status)
	}
	if family, _ := clerk.restored(); family != "Mustermann" {
		t.Errorf("after it was refused %q came back", family)
	}
	b.ahead.Add(int64(25 * time.Hour))
	clerk = b.signIn("demo-clerk")
	if family, _ := clerk.restored(); family != "" {
		t.Errorf("after a day %q came back", family)
	}
}

func TestDraft_that_says_nothing_is_none(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	form := url.Values{"type": {"IdentityCredential"}, "token": {"a-token"}, "claim.family_name": {""}, "claim.nationalities-rows": {"1"}}
	if a := clerk.do(post(newIdentity, form)); a.status != http.StatusOK {
		t.Fatalf("got %d", a.status)
	}
	doc := clerk.do(get(newIdentity)).page(t)
	if _, checked := doc.Find("input[name=tx_code]").Attr("checked"); doc.Find(".restored").Length() > 0 || !checked {
		t.Error("an empty form was restored, without what a fresh one proposes")
	}
}

// The form is shaped by what its buttons say, and by nothing else.
func TestForm_has_a_row_more_or_less_by_its_buttons(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	shape := func(do string, rows string) (answer, []string) {
		t.Helper()
		form := clerk.form()
		form.Set("claim.nationalities-rows", rows)
		for i, v := range []string{"DE", "FR", "NL"} {
			form.Set("claim.nationalities."+string(rune('0'+i)), v)
		}
		form.Set("do", do)
		a := clerk.do(post(newIdentity, form))
		doc := a.page(t)
		var values []string
		for _, s := range doc.Find(".list select").EachIter() {
			v, _ := s.Find("option[selected]").Attr("value")
			values = append(values, v)
		}
		return a, values
	}
	for do, want := range map[string]string{
		"add claim.nationalities": "DE FR NL ", "remove claim.nationalities.0": "FR NL", "remove claim.nationalities.1": "DE NL", "remove claim.nationalities.2": "DE FR",
		"preview": "DE FR NL",
	} {
		if a, values := shape(do, "3"); a.status != http.StatusOK || strings.Join(values, " ") != want {
			t.Errorf("%s: %d %q", do, a.status, values)
		}
	}
	for _, do := range []string{"remove claim.nationalities.3", "remove claim.nationalities.-1", "remove claim.nationalities.x", "add claim.given_name", "add claim.none", "remove", "sell", "add"} {
		if a, _ := shape(do, "3"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s answered %d", do, a.status)
		}
	}
	if _, values := shape("add claim.nationalities", "50"); len(values) != 50 {
		t.Errorf("a list of 50 became one of %d", len(values))
	}
	if _, values := shape("preview", "9999999"); len(values) != 50 {
		t.Errorf("a list of 9999999 has %d rows", len(values))
	}
}

func TestForm_previews_what_is_typed(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	form := clerk.form()
	form.Set("claim.family_name", `<script>alert("x")</script>`)
	form.Set("claim.birth_date-day", "12")
	form.Set("claim.birth_date-month", "Aug")
	form.Set("claim.birth_date-year", "1964")
	a := clerk.do(post(newIdentity, form).with("HX-Request", "true").with("HX-Target", "preview"))
	doc := a.page(t)
	for _, words := range []string{`<script>alert("x")</script>`, "12 Aug 1964", "Germany"} {
		if !strings.Contains(doc.Find(".facts").Text(), words) {
			t.Errorf("the preview does not say %q: %s", words, doc.Find(".facts").Text())
		}
	}
	if fill, _ := doc.Find("svg rect").First().Attr("fill"); fill != "#16324f" || !strings.Contains(doc.Find("svg text").Text(), "Identity") {
		t.Errorf("the card is drawn on %q and says %q", fill, doc.Find("svg text").Text())
	}
	if doc.Find("form").Length() > 0 || doc.Find("#preview").Length() != 1 {
		t.Error("more than the preview came")
	}
	if a := clerk.do(get(newIdentity).with("Accept-Language", "de")); !strings.Contains(a.body, "Vornamen") || !strings.Contains(a.body, "Deutschland") {
		t.Error("the form does not speak German")
	}
}
