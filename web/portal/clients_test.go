package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// An administrator gives a program a client and keys, each of which is shown once and ends for good.
func TestClients_are_made_and_ended(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin, auditor := b.signIn("demo-administrator"), b.signIn("demo-auditor")
	a := admin.do(post("/clients", url.Values{
		"name": {"core-banking"}, "scope.offers:create": {"yes"}, "type.IdentityCredential": {"yes"}, "networks": {"192.0.2.0/24\r\n2001:db8::/32"}, "way": {"key"}, "life": {"90"},
	}))
	doc := a.page(t)
	key := doc.Find(".once code").Text()
	if a.status != http.StatusCreated || !strings.HasPrefix(key, "cfk_") {
		t.Fatalf("making a client answered %d", a.status)
	}
	for _, words := range []string{"Make offers", "192.0.2.0/24, 2001:db8::/32", "Live until"} {
		if !strings.Contains(doc.Find("main").Text(), words) {
			t.Errorf("the page does not say %s", words)
		}
	}
	at := admin.do(get("/clients")).page(t).Find("td a").AttrOr("href", "")
	if page := auditor.do(get(at)); page.status != http.StatusOK || strings.Contains(page.body, key) || page.page(t).Find("main form").Length() > 0 {
		t.Errorf("the auditor got %d, or the key, or something to change", page.status)
	}
	if a := admin.do(post(at+"/keys", url.Values{"life": {"none"}})); a.status != http.StatusCreated || !strings.HasPrefix(a.page(t).Find(".once code").Text(), "cfk_") {
		t.Errorf("another key answered %d", a.status)
	}
	if a := admin.do(post(at+"/keys", url.Values{"life": {"none"}})); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.page(t).Find(".summary").Text(), "Two keys are live") {
		t.Errorf("a third key answered %d", a.status)
	}
	ends := admin.do(get(at)).page(t).Find("input[name=key]")
	if ends.Length() != 2 {
		t.Fatalf("%d keys can be ended", ends.Length())
	}
	if a := admin.do(post(at+"/keys/end", url.Values{"key": {ends.First().AttrOr("value", "")}})); a.status != http.StatusOK || a.page(t).Find("input[name=key]").Length() != 1 {
		t.Errorf("ending a key answered %d", a.status)
	}
	if a := admin.do(post(at+"/disable", nil)); a.status != http.StatusOK || !strings.Contains(a.page(t).Find(".lead").Text(), "Shut out") {
		t.Errorf("shutting out answered %d", a.status)
	}
	if a := admin.do(post(at+"/enable", nil)); a.status != http.StatusOK || !strings.Contains(a.page(t).Find(".lead").Text(), "Active") {
		t.Errorf("letting in again answered %d", a.status)
	}
	a = admin.do(post("/clients", url.Values{"name": {"batch"}, "scope.offers:read": {"yes"}, "way": {"identity"}, "identities": {"san:dns:batch.bank.example"}}))
	if a.status != http.StatusCreated || a.page(t).Find(".once").Length() > 0 || !strings.Contains(a.body, "san:dns:batch.bank.example") {
		t.Errorf("a client with a certificate answered %d", a.status)
	}
}

// What does not fit comes back beside its field, with what was typed.
func TestClients_forms_say_what_does_not_fit(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	good := func(name, value string) url.Values {
		form := url.Values{"name": {"core"}, "scope.offers:read": {"yes"}, "way": {"key"}, "life": {"90"}}
		if form.Del(name); value != "" {
			form.Set(name, value)
		}
		return form
	}
	if a := admin.do(post("/clients", good("name", "taken"))); a.status != http.StatusCreated {
		t.Fatalf("a good form answered %d", a.status)
	}
	byIdentity := func(text string) url.Values {
		form := good("way", "identity")
		form.Set("identities", text)
		return form
	}
	for name, c := range map[string]struct {
		form  url.Values
		field string
	}{
		"no name": {good("name", ""), "name"}, "a name with a space": {good("name", "a b"), "name"}, "markup": {good("name", `"><script>`), "name"}, "a taken name": {good("name", "taken"), "name"},
		"nothing it may do": {good("scope.offers:read", ""), "scopes"}, "a scope of nobody": {url.Values{"name": {"core"}, "scope.everything": {"yes"}, "life": {"90"}}, "scopes"},
		"no life": {good("life", ""), "life"}, "a life that the form has not": {good("life", "36500"), "life"}, "a life below zero": {good("life", "-1"), "life"},
		"a network that is none": {good("networks", "everywhere"), "networks"}, "an address for a network": {good("networks", "192.0.2.1"), "networks"},
		"a hundred and one networks": {good("networks", strings.Repeat("192.0.2.0/24 ", 101)), "networks"},
		"no identity":                {byIdentity(""), "identities"}, "a wildcard": {byIdentity("san:dns:*.bank.example"), "identities"}, "an identity of no kind": {byIdentity("cn:core"), "identities"},
		"no text": {good("networks", "\xff"), "networks"},
	} {
		a := admin.do(post("/clients", c.form))
		doc := a.page(t)
		if a.status != http.StatusUnprocessableEntity || doc.Find(".field.wrong #"+c.field+", #"+c.field+".wrong").Length() != 1 || doc.Find("#"+c.field+"-error").Length() != 1 {
			t.Errorf("%s answered %d with %q", name, a.status, doc.Find(".summary").Text())
		}
		if got := doc.Find("#networks").Text(); got != c.form.Get("networks") {
			t.Errorf("%s: the networks come back as %q", name, got)
		}
	}
	for _, path := range []string{"/clients/nobody", "/clients/%00", "/clients/%ff"} {
		if a := admin.do(get(path)); a.status != http.StatusNotFound {
			t.Errorf("%s answered %d", path, a.status)
		}
		for _, act := range []string{"/keys", "/keys/end", "/disable", "/enable"} {
			if a := admin.do(post(path+act, url.Values{"life": {"90"}, "key": {"x"}})); a.status != http.StatusNotFound {
				t.Errorf("%s%s answered %d", path, act, a.status)
			}
		}
	}
}
