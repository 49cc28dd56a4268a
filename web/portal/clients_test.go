package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
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

// right is the form of what a client may do, as its page gives it.
func (p person) rights(at string) url.Values {
	p.t.Helper()
	form := url.Values{}
	doc := p.do(get(at + "/change")).page(p.t)
	doc.Find("main form input[type=hidden], main form input[checked]").Each(func(_ int, s *goquery.Selection) {
		form.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	form.Set("networks", doc.Find("#networks").Text())
	return form
}

// What a client may do is changed by an administrator, holds from its next call on, and is on record with what was given and taken.
func TestClients_may_do_from_their_next_call_on_what_an_administrator_changed(t *testing.T) {
	t.Parallel()
	b := open(t, "COUNTERFOIL_MANAGEMENT_AUTH=key")
	admin := b.signIn("demo-administrator")
	key := admin.do(post("/clients", url.Values{"name": {"core"}, "scope.offers:read": {"yes"}, "type.IdentityCredential": {"yes"}, "way": {"key"}, "life": {"90"}})).page(t).Find(".once code").Text()
	at := admin.do(get("/clients")).page(t).Find("td a").AttrOr("href", "")
	call := func(want int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.manage+"/offers", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("the client got %d, want %d", resp.StatusCode, want)
		}
	}
	call(http.StatusOK)
	form := admin.rights(at)
	if form.Get("scope.offers:read") != "yes" || form.Get("type.IdentityCredential") != "yes" || len(form) != 4 {
		t.Fatalf("the form has %v", form)
	}
	form.Del("scope.offers:read")
	form.Set("scope.offers:cancel", "yes")
	form.Set("networks", "192.0.2.7/24\n127.0.0.0/8")
	a := admin.do(post(at+"/change", form))
	facts := a.page(t).Find(".facts").Text()
	if a.status != http.StatusOK || !strings.Contains(facts, "Cancel offers") || strings.Contains(facts, "Read offers") || !strings.Contains(facts, "192.0.2.0/24, 127.0.0.0/8") {
		t.Fatalf("changing answered %d with %s", a.status, facts)
	}
	call(http.StatusForbidden)
	if a := admin.do(post(at+"/change", form)); a.status != http.StatusConflict || !strings.Contains(a.page(t).Find(".summary").Text(), "Somebody changed what this client may do") {
		t.Errorf("the same form again answered %d", a.status)
	}
	if a := admin.do(post(at+"/change", admin.rights(at))); a.status != http.StatusOK { // which changes nothing
		t.Errorf("the form as it is answered %d", a.status)
	}
	trail := admin.do(get("/audit?what=client.changed")).page(t)
	if rows := trail.Find("tbody tr"); rows.Length() != 1 || !strings.Contains(rows.Text(), "API client changed") ||
		!strings.Contains(rows.Text(), "+offers:cancel, +network 192.0.2.0/24, +network 127.0.0.0/8, −offers:read, −all networks") {
		t.Errorf("the trail says %q", trail.Find("tbody").Text())
	}
}

// What no page of the portal sends changes nothing.
func TestClients_are_not_changed_by_what_does_not_fit(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	admin.do(post("/clients", url.Values{"name": {"core"}, "scope.offers:read": {"yes"}, "way": {"key"}, "life": {"90"}}))
	at := admin.do(get("/clients")).page(t).Find("td a").AttrOr("href", "")
	with := func(name, value string) url.Values {
		form := admin.rights(at)
		if form.Del(name); value != "" {
			form.Set(name, value)
		}
		return form
	}
	twice := admin.rights(at)
	twice.Add("seen", "1")
	for name, c := range map[string]struct {
		form   url.Values
		status int
		field  string
	}{
		"nothing it may do":              {with("scope.offers:read", ""), http.StatusUnprocessableEntity, "scopes"},
		"a scope of nobody":              {url.Values{"seen": {"1"}, "scope.everything": {"yes"}}, http.StatusUnprocessableEntity, "scopes"},
		"a network that is none":         {with("networks", "everywhere"), http.StatusUnprocessableEntity, "networks"},
		"an address for a network":       {with("networks", "192.0.2.1"), http.StatusUnprocessableEntity, "networks"},
		"a zone":                         {with("networks", "fe80::%eth0/64"), http.StatusUnprocessableEntity, "networks"},
		"a hundred and one networks":     {with("networks", strings.Repeat("192.0.2.0/24 ", 101)), http.StatusUnprocessableEntity, "networks"},
		"no text":                        {with("networks", "\xff"), http.StatusUnprocessableEntity, "networks"},
		"not seen":                       {with("seen", ""), http.StatusConflict, "change"},
		"seen before it was there":       {with("seen", "0"), http.StatusConflict, "change"},
		"seen in the future":             {with("seen", "2"), http.StatusConflict, "change"},
		"seen below zero":                {with("seen", "-1"), http.StatusConflict, "change"},
		"seen more often than a number":  {with("seen", strings.Repeat("9", 400)), http.StatusConflict, "change"},
		"seen by no number":              {with("seen", "1 OR 1=1"), http.StatusConflict, "change"},
		"seen twice":                     {twice, http.StatusBadRequest, ""},
		"another name, which has no box": {with("name", "root"), http.StatusOK, ""},
		"a type that is not there":       {with("type.Nothing", "yes"), http.StatusOK, ""},
	} {
		a := admin.do(post(at+"/change", c.form))
		if a.status != c.status {
			t.Errorf("%s answered %d with %q", name, a.status, a.page(t).Find(".summary").Text())
		}
		if c.field != "" && (a.page(t).Find("#"+c.field).Length() != 1 || a.page(t).Find(`.summary a[href="#`+c.field+`"]`).Length() != 1) {
			t.Errorf("%s leads nowhere: %q", name, a.page(t).Find(".summary").Text())
		}
		if got := a.page(t).Find("#networks").Text(); c.field == "networks" && got != c.form.Get("networks") {
			t.Errorf("%s: the networks come back as %q", name, got)
		}
	}
	if doc := admin.do(get(at)).page(t); doc.Find("h1").Text() != "core" || !strings.Contains(doc.Find(".facts").Text(), "Read offers, events and credentials") || !strings.Contains(doc.Find(".facts").Text(), "anywhere") {
		t.Errorf("it has become %s", doc.Find(".facts").Text())
	}
	if a := admin.do(post(at+"/change", admin.rights(at)).with("Sec-Fetch-Site", "cross-site")); a.status != http.StatusForbidden {
		t.Errorf("another site's page answered %d", a.status)
	}
	for _, path := range []string{"/clients/nobody/change", "/clients/%00/change", "/clients/%ff/change"} {
		if read, change := admin.do(get(path)), admin.do(post(path, url.Values{"seen": {"1"}, "scope.offers:read": {"yes"}})); read.status != http.StatusNotFound || change.status != http.StatusNotFound {
			t.Errorf("%s answered %d and %d", path, read.status, change.status)
		}
	}
}
