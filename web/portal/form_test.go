package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func TestForm_says_what_is_wrong_and_keeps_what_was_typed(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	cases := map[string]struct {
		field, value string
		words        string
	}{
		"nothing where something must be": {"claim.family_name", "", "Please fill this in."},
		"only spaces":                     {"claim.family_name", "   ", "Please fill this in."},
		"a country that is none":          {"claim.issuing_country", "Germany", "Choose a country"},
		"PF-100 a year of two digits":     {"claim.birth_date-year", "26", "four digits"},
		"a day that is none":              {"claim.birth_date-day", "31", "no such day"},
		"a date without its month":        {"claim.birth_date-month", "", "Fill in day, month and year"},
		"a reference that is too long":    {"reference", strings.Repeat("r", 300), "Your reference"},
		"PF-081 no token":                 {"token", "", "send it again"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			form := clerk.form()
			if strings.HasPrefix(c.field, "claim.birth_date") {
				form.Set("claim.birth_date-day", "30")
				form.Set("claim.birth_date-month", "2")
				form.Set("claim.birth_date-year", "1999")
				if c.field == "claim.birth_date-year" || c.field == "claim.birth_date-month" {
					form.Set("claim.birth_date-day", "3")
				}
			}
			form.Set(c.field, c.value)
			before := clerk.offers()
			a := clerk.do(post("/offers", form))
			doc := a.page(t)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(doc.Find(".summary").Text(), c.words) {
				t.Errorf("got %d: %s", a.status, doc.Find(".summary").Text())
			}
			if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
				t.Error("the title does not say that there is an error")
			}
			if got, _ := doc.Find(`[id="claim.given_name"]`).Attr("value"); got != "Erika" {
				t.Errorf("the given name is now %q", got)
			}
			if token, _ := doc.Find("input[name=token]").Attr("value"); token == "" {
				t.Error("the form came back without a token")
			}
			if clerk.offers() != before {
				t.Error("an offer was made")
			}
		})
	}
}

func TestForm_links_each_fault_to_its_field(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	form := clerk.form()
	form.Set("claim.family_name", "")
	form.Set("claim.issuing_country", "?")
	doc := clerk.do(post("/offers", form)).page(t)
	links := doc.Find(".summary li a")
	if links.Length() != 2 {
		t.Fatalf("the summary has %d links", links.Length())
	}
	for i := range links.Length() {
		href, _ := links.Eq(i).Attr("href")
		field := doc.Find(`[id="` + strings.TrimPrefix(href, "#") + `"]`)
		invalid, _ := field.Attr("aria-invalid")
		described, _ := field.Attr("aria-describedby")
		if field.Length() != 1 || invalid != "true" || doc.Find(`[id="`+described+`"] .error`).Length() != 1 {
			t.Errorf("%s leads to no field that says what is wrong", href)
		}
	}
}

func TestForm_cleans_what_is_pasted(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	account := func(iban string) answer {
		doc := clerk.do(get("/offers/new/AccountOwnershipCredential")).page(t)
		token, _ := doc.Find("input[name=token]").Attr("value")
		return clerk.do(post("/offers", url.Values{
			"type": {"AccountOwnershipCredential"}, "token": {token}, "claim.bankName": {"Demo Bank"}, "claim.accountHolder": {" Erika Mustermann "},
			"claim.accountNumber": {"0532013000"}, "claim.iban": {iban}, "claim.bic": {"cobadeffxxx"}, "claim.currency": {"eur"},
		}))
	}
	for _, iban := range []string{"DE89 3704 0044 0532 0130 00", "de89370400440532013000", " DE89370400440532013000\t"} { // PF-098
		if a := account(iban); a.status != http.StatusSeeOther {
			t.Errorf("%q answered %d: %s", iban, a.status, a.page(t).Find(".summary").Text())
		}
	}
	for _, iban := range []string{"DE88370400440532013000", "DE8937040044053201300", "XX89370400440532013000"} { // PF-097
		if a := account(iban); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.page(t).Find(".summary").Text(), "IBAN") {
			t.Errorf("%q answered %d", iban, a.status)
		}
	}
}

func TestForm_sent_twice_is_one_offer(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	form := clerk.form()
	var mu sync.Mutex
	var done sync.WaitGroup
	places := map[string]bool{}
	for range 10 { // PF-078
		done.Go(func() {
			a := clerk.do(post("/offers", form))
			mu.Lock()
			defer mu.Unlock()
			places[a.header.Get("Location")] = true
		})
	}
	done.Wait()
	if len(places) != 1 || clerk.offers() != 1 {
		t.Fatalf("ten presses lead to %v, %d offers", places, clerk.offers())
	}
	// PF-079: back, something corrected, sent again. That must not lead to the offer with the old claims.
	form.Set("claim.given_name", "Erik")
	a := clerk.do(post("/offers", form))
	doc := a.page(t)
	token, _ := doc.Find("input[name=token]").Attr("value")
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(doc.Find(".summary").Text(), "other claims") || token == form.Get("token") {
		t.Fatalf("got %d: %s", a.status, doc.Find(".summary").Text())
	}
	form.Set("token", token)
	if a := clerk.do(post("/offers", form)); a.status != http.StatusSeeOther || clerk.offers() != 2 {
		t.Errorf("sent again it answered %d, there are %d offers", a.status, clerk.offers())
	}
	// PF-082: the token of another form.
	other := clerk.form()
	other.Set("token", token)
	if a := clerk.do(post("/offers", other)); a.status != http.StatusUnprocessableEntity || clerk.offers() != 2 {
		t.Errorf("another form's token answered %d", a.status)
	}
}

func TestForm_shows_markup_as_text(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	for _, text := range []string{ // PF-094, PF-095
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `{{7*7}}${7*7}`, `</textarea><svg onload=alert(1)>`, `javascript:alert(1)`,
	} {
		form := clerk.form()
		form.Set("reference", text)
		form.Set("claim.family_name", "")
		doc := clerk.do(post("/offers", form)).page(t)
		if got, _ := doc.Find("#reference").Attr("value"); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		form.Set("claim.family_name", text)
		a := clerk.do(post("/offers", form))
		if a.status != http.StatusSeeOther {
			t.Fatalf("%q answered %d", text, a.status)
		}
		for _, path := range []string{"/", "/offers", a.header.Get("Location"), a.header.Get("Location") + "/live"} {
			doc := clerk.do(get(path)).page(t)
			if !strings.HasSuffix(path, "/live") && !strings.Contains(doc.Text(), text) {
				t.Errorf("%s does not show %q", path, text)
			}
		}
	}
}

func TestForm_ignores_what_it_did_not_ask_for(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	form := clerk.form()
	for _, name := range []string{"claims[0][x]", "claim.nickname", "role", "status", "created_by", "claim.iss", "claim._sd"} { // PF-070, PF-085
		form.Set(name, "x")
	}
	if a := clerk.do(post("/offers", form)); a.status != http.StatusSeeOther {
		t.Errorf("got %d", a.status)
	}
	form = clerk.form()
	form.Set("tx_code", "banana") // PF-105
	if a := clerk.do(post("/offers", form)); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a checkbox with another value answered %d", a.status)
	}
	form = clerk.form()
	form.Set("type", "Nowhere")
	if a := clerk.do(post("/offers", form)); a.status != http.StatusNotFound {
		t.Errorf("an unknown type answered %d", a.status)
	}
}
