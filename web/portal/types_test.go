package portal_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// send is a form with files that one of the portal's own pages sends; parts are pairs of name and content.
func send(t testing.TB, path string, parts ...string) request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(parts); i += 2 {
		begin := w.CreateFormField
		if strings.HasSuffix(parts[i], "_file") {
			begin = func(name string) (io.Writer, error) { return w.CreateFormFile(name, "../../etc/passwd") }
		}
		part, err := begin(parts[i])
		if err == nil {
			_, err = part.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return post(path, nil).with("Content-Type", w.FormDataContentType()).sending(body.String())
}

// membership is Type Metadata with these claims.
func membership(claims string) string {
	return "{\n \"vct\": \"urn:test:membership\",\n \"name\": \"Membership\",\n \"claims\": [" + claims + "]\n}"
}

const memberNumber = `{"path":["number"],"mandatory":true,"sd":"always","display":[{"locale":"en","label":"Member number"}]}`

// said gives what a page says in its summary of faults.
func said(doc *goquery.Document) string {
	return strings.Join(strings.Fields(doc.Find(".summary li").Text()), " ")
}

// confirm sends what a review page would send.
func (p person) confirm(review *goquery.Document) answer {
	p.t.Helper()
	var parts []string
	review.Find(`form[action="/new-type/confirm"] input`).Each(func(_ int, s *goquery.Selection) {
		parts = append(parts, s.AttrOr("name", ""), strings.ReplaceAll(s.AttrOr("value", ""), "\n", "\r\n")) // as browsers do
	})
	if len(parts) == 0 {
		p.t.Fatal("there is nothing to confirm")
	}
	return p.do(send(p.t, "/new-type/confirm", parts...))
}

func TestTypes_an_administrator_adds_one_and_the_clerk_can_issue_it(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin, clerk := b.signIn("demo-administrator"), b.signIn("demo-clerk")

	wrong := admin.do(send(t, "/new-type", "id", "Membership", "metadata", membership(strings.Replace(memberNumber, "always", "maybe", 1)), "config", ""))
	doc := wrong.page(t)
	if got := said(doc); wrong.status != http.StatusUnprocessableEntity || got != "Type Metadata, line 4, claim number: Must be always, allowed or never. at /claims/0/sd" {
		t.Errorf("got %d %q", wrong.status, got)
	}
	if !strings.Contains(doc.Find("#metadata").Text(), `"maybe"`) || doc.Find("#id").AttrOr("value", "") != "Membership" || !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
		t.Error("what was typed is not kept, or the title says nothing")
	}

	review := admin.do(send(t, "/new-type", "id", "Membership", "metadata", "old text", "metadata_file", "\ufeff"+membership(memberNumber), "config", `{"validity":"48h"}`))
	doc = review.page(t)
	if review.status != http.StatusOK || !strings.Contains(doc.Find("#configuration").Parent().Find(".plus").Text(), `"Member number"`) ||
		!strings.Contains(doc.Find("#config").Parent().Find(".plus").Text(), `"48h"`) || doc.Find(".minus").Length() > 0 {
		t.Fatalf("the review answered %d with %s", review.status, doc.Find("main").Text())
	}
	if strings.Contains(clerk.do(get("/")).body, "Membership") {
		t.Error("a type that nobody confirmed can be issued")
	}
	if a := admin.confirm(doc); a.status != http.StatusSeeOther || a.header.Get("Location") != "/types/Membership" {
		t.Fatalf("the confirmation answered %d: %s", a.status, a.body)
	}
	if a := admin.confirm(doc); a.status != http.StatusSeeOther { // pressed twice
		t.Errorf("the second press answered %d", a.status)
	}
	if clerk.do(get("/")).page(t).Find(`a.tile[href="/offers/new/Membership"]`).Length() != 1 {
		t.Error("the clerk has no tile for it")
	}
	shown := admin.do(get("/types/Membership")).page(t)
	for _, words := range []string{"Member number", "urn:test:membership", "Valid for 2 days.", "Always there", "The customer decides", "Ada Administrator"} {
		if !strings.Contains(shown.Find("main").Text(), words) {
			t.Errorf("the page of the type does not say %q", words)
		}
	}
	if rows := shown.Find("#versions").Parent().Find("tbody tr").Length(); rows != 1 {
		t.Errorf("there are %d versions", rows)
	}
}

func TestTypes_a_change_shows_what_goes_and_what_comes_and_keeps_the_config(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	form := admin.do(get("/new-type?from=IdentityCredential")).page(t)
	metadata, config := form.Find("#metadata").Text(), form.Find("#config").Text()
	if _, fixed := form.Find("#id").Attr("readonly"); !fixed || !strings.Contains(config, `"batch_size": 10`) {
		t.Fatalf("the form has config %q", config)
	}
	same := admin.do(send(t, "/new-type", "id", "IdentityCredential", "fixed", "yes", "metadata", metadata, "config", config)).page(t)
	if !strings.Contains(same.Find("[role=status]").Text(), "Nothing changes") || same.Find("button.primary").Length() > 0 {
		t.Error("what changes nothing can be confirmed")
	}
	review := admin.do(send(t, "/new-type", "id", "IdentityCredential", "fixed", "yes", "metadata", strings.ReplaceAll(metadata, "Given names", "First names"), "config", config)).page(t)
	removed, added := review.Find(".minus").Text(), review.Find(".plus").Text()
	if !strings.Contains(removed, "Given names") || !strings.Contains(added, "First names") || !strings.Contains(removed, "removed: ") || review.Find("#config").Parent().Find(".diff").Length() > 0 {
		t.Errorf("the change shows − %q + %q", removed, added)
	}
	// Somebody else is quicker.
	other := admin.do(send(t, "/new-type", "id", "IdentityCredential", "fixed", "yes", "metadata", strings.ReplaceAll(metadata, "Family name", "Surname"), "config", config)).page(t)
	if a := admin.confirm(other); a.status != http.StatusSeeOther {
		t.Fatalf("the first confirmation answered %d", a.status)
	}
	late := admin.confirm(review)
	doc := late.page(t)
	if late.status != http.StatusConflict || !strings.Contains(doc.Find(".alerts").Text(), "changed in the meantime") || !strings.Contains(doc.Find(".minus").Text(), "Surname") {
		t.Errorf("a late confirmation answered %d: %s", late.status, doc.Find("main").Text())
	}
	if a := admin.confirm(doc); a.status != http.StatusSeeOther { // looked at anew
		t.Errorf("the confirmation after another look answered %d", a.status)
	}
	if got := admin.do(get("/types/IdentityCredential")).body; !strings.Contains(got, "First names") || strings.Contains(got, "Surname") {
		t.Error("the last confirmation is not what holds")
	}
}

func TestTypes_confirming_other_text_than_was_shown_shows_it_first(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	review := admin.do(send(t, "/new-type", "id", "Membership", "metadata", membership(memberNumber), "config", "")).page(t)
	seen := review.Find("input[name=seen]").AttrOr("value", "")
	for name, parts := range map[string][]string{
		"another document": {"id", "Membership", "metadata", membership(""), "config", "", "seen", seen},
		"another config":   {"id", "Membership", "metadata", membership(memberNumber), "config", "{}", "seen", seen},
		"another id":       {"id", "Members", "metadata", membership(memberNumber), "config", "", "seen", seen},
		"nothing seen":     {"id", "Membership", "metadata", membership(memberNumber), "config", ""},
	} {
		if a := admin.do(send(t, "/new-type/confirm", parts...)); a.status != http.StatusConflict {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if a := admin.do(get("/types/Membership")); a.status != http.StatusNotFound {
		t.Errorf("it was added all the same: %d", a.status)
	}
}

func TestTypes_a_trial_lets_the_wallet_collect_and_leaves_no_offer(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	shown := admin.do(post("/types/AccountOwnershipCredential/try", nil)).page(t)
	if got := shown.Find("#trial").Parent(); !strings.Contains(got.Text(), "It works") || got.Find(".checks li").Length() != 6 || !strings.Contains(got.Text(), "DE89370400440532013000") {
		t.Errorf("the trial says %q", got.Text())
	}
	fresh := admin.do(send(t, "/new-type/try", "id", "Membership", "metadata", membership(memberNumber), "config", "")).page(t)
	if !strings.Contains(fresh.Find("#trial").Parent().Text(), "It works") || fresh.Find("button.primary").Length() != 1 {
		t.Errorf("the trial of a new type says %q", fresh.Find("main").Text())
	}
	if n := admin.offers(); n != 0 {
		t.Errorf("the trials left %d offers", n)
	}
	if a := b.signIn("demo-auditor").do(get("/types/Membership")); a.status != http.StatusNotFound {
		t.Errorf("a trial added the type: %d", a.status)
	}
}

func TestTypes_warn_of_what_works_badly(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	got := admin.do(send(t, "/new-type", "id", "Pale", "config", "", "metadata",
		`{"vct":"http://example.org/pale","display":[{"locale":"en","name":"Pale","rendering":{"simple":{"background_color":"#ffffff","text_color":"#eeeeee"}}},
		{"locale":"de","name":"Blass","rendering":{"simple":{"background_color":"#000000","text_color":"#ffffff"}}}]}`)).page(t).Find(".alerts").Text()
	// UP-082 a vct of plain http, UP-113 colours that are too near each other.
	if !strings.Contains(got, "plain http") || !strings.Contains(got, "In en the text is hard to read") || strings.Contains(got, "In de") {
		t.Errorf("the warnings are %q", got)
	}
}

// The upload area of the hostile inputs, as far as it is about Type Metadata (UP-001 to UP-121).
func TestTypes_refuse_hostile_documents_and_say_where(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	claims := func(text string) string { return membership(text) }
	for name, c := range map[string]struct {
		metadata, want string
		status         int
	}{
		"UP-001 nothing":                 {"", "choose a file, or paste", 422},
		"UP-001 only space":              {" \n\t", "choose a file, or paste", 422},
		"UP-003 one byte":                {"x", "line 1", 422},
		"UP-004 too long":                {strings.Repeat(" ", 256<<10+1), "at most 256 kB", 413},
		"UP-016 a zip archive":           {"PK\x03\x04\x00\x00", "archive", 422},
		"UP-016 a gzip archive":          {"\x1f\x8b\x08\x00", "archive", 422},
		"UP-078 duplicate keys":          {`{"vct":"urn:a","vct":"urn:b"}`, "/vct", 422},
		"UP-081 another vct":             {`{"vct":"urn:other"}`, "keeps its vct", 422},
		"UP-083 claims no array":         {`{"vct":"urn:a","claims":"all"}`, "Must be an array", 422},
		"UP-084 path missing":            {claims(`{"sd":"always"}`), "/claims/0/path", 422},
		"UP-087 path conflict":           {claims(`{"path":["a"]},{"path":["a",null]},{"path":["a","b"]}`), "/claims/2", 422},
		"UP-087 a list and its elements": {claims(`{"path":["a"]},{"path":["a",null]}`), "", 200}, // SD-JWT VC and OpenID4VCI have both
		"UP-088 duplicate paths":         {claims(`{"path":["a"]},{"path":["a"]}`), "claim a: Is described twice", 422},
		"UP-089 sd":                      {claims(`{"path":["a"],"sd":"maybe"}`), "/claims/0/sd", 422},
		"UP-090 mandatory":               {claims(`{"path":["a"],"mandatory":"yes"}`), "Must be true or false", 422},
		"UP-091 svg_id twice":            {claims(`{"path":["a"],"svg_id":"x"},{"path":["b"],"svg_id":"x"}`), "/claims/1/svg_id", 422},
		"UP-093 no locale":               {`{"vct":"urn:a","display":[{"name":"A"}]}`, "/display/0/locale", 422},
		"UP-093 none of a claim":         {claims(`{"path":["a"],"display":[{"locale":"en","label":"A"},{"label":"B"}]}`), "/claims/0/display/1/locale", 422},
		"UP-094 locale":                  {`{"vct":"urn:a","display":[{"locale":"zz_ZZ!","name":"A"}]}`, "/display/0/locale", 422},
		"UP-095 locale twice":            {`{"vct":"urn:a","display":[{"locale":"en","name":"A"},{"locale":"en","name":"B"}]}`, "/display/1/locale", 422},
		"UP-098 extends":                 {`{"vct":"urn:a","extends":"urn:a"}`, "/extends", 422},
		"UP-099 a cycle of three":        {`{"vct":"urn:a","extends":"urn:b","extends#integrity":"sha256-x"}`, "/extends", 422},
		"UP-100 a chain of twenty":       {`{"vct":"urn:1","extends":"https://types.bank.example/2-of-20"}`, "/extends", 422},
		"UP-102 extends an address":      {`{"vct":"urn:a","extends":"http://10.0.0.1/"}`, "/extends", 422},
		"UP-112 a colour with a load":    {`{"vct":"urn:a","display":[{"locale":"en","name":"A","background_color":"red; url(x)"}]}`, "colour like", 422},
		"UP-115 a logo of html":          {`{"vct":"urn:a","display":[{"locale":"en","name":"A","logo":{"uri":"data:text/html,x"}}]}`, "https or data", 422},
		"UP-116 a logo of 3 MB":          {`{"vct":"urn:a","display":[{"locale":"en","name":"A","logo":{"uri":"data:image/png;base64,` + strings.Repeat("A", 400<<10) + `"}}]}`, "at most 256 kB", 413},
		"UP-068 a trust list, alg none":  {"eyJhbGciOiJub25lIn0.eyJUcnVzdGVkRW50aXRpZXNMaXN0IjpbXX0.", "line 1", 422},
		"UP-026 PKCS #12":                {"0\x82\x0a\x01\x02\x01\x030\x82", "line 1", 422},
		"deep nesting":                   {strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), "Type Metadata", 422},
		"a number alone":                 {"17", "Type Metadata", 422},
		"markup":                         {`{"vct":"urn:a","display":[{"locale":"en","name":"A"}],"claims":[{"path":["<script>alert(1)</script>"],"sd":"x"}]}`, "always, allowed or never", 422},
		"broken utf-8":                   {"{\"vct\":\"\xff\xfe\"}", "Type Metadata", 422},
		"UP-121 unknown members":         {`{"vct":"urn:a","x-own":{"y":[1,2]}}`, "", 200},
		"UP-119 a template with ENTITY":  {`{"vct":"urn:a","display":[{"locale":"en","name":"A","rendering":{"svg_templates":[{"uri":"data:image/svg+xml,<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"}]}}]}`, "", 200},
	} {
		id := "Hostile"
		if strings.HasPrefix(name, "UP-081") {
			id = "IdentityCredential"
		}
		begin := time.Now()
		a := admin.do(send(t, "/new-type", "id", id, "metadata", "", "metadata_file", c.metadata, "config", ""))
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
		doc := a.page(t)
		if a.status != c.status || !strings.Contains(said(doc), c.want) || c.status != 200 && said(doc) == "" {
			t.Errorf("%s: %d %q", name, a.status, said(doc))
		}
		if strings.Contains(a.body, "../etc") {
			t.Errorf("%s: the page repeats the name of a file", name)
		}
	}
	both := membership(memberNumber) + strings.Repeat(" ", 256<<10-len(membership(memberNumber)))
	if a := admin.do(send(t, "/new-type", "id", "Hostile", "metadata", both, "metadata_file", both, "config", "")); a.status != 200 {
		t.Errorf("as long as it may be: %d", a.status)
	}
	for id, status := range map[string]int{"": 422, "../x": 422, strings.Repeat("a", 101): 422, "a b": 422, "\u202eevil": 422, "A.b-c_1": 200} {
		if a := admin.do(send(t, "/new-type", "id", id, "metadata", membership(""), "config", "")); a.status != status {
			t.Errorf("id %q: %d", id, a.status)
		}
	}
	for config, want := range map[string]string{
		`{"validity":"1s"}`: "/validity", `{"colour":1}`: "/colour", `[]`: "Config", `{"form":{"nobody":{"type":"text"}}}`: "no such claim",
		"{\n\"batch_size\":\n1000}": "Config, line 2: Must be 1 to 100", strings.Repeat(" ", 64<<10+1): "at most 64 kB",
	} {
		if a := admin.do(send(t, "/new-type", "id", "Hostile", "metadata", membership(memberNumber), "config", config)); a.status < 400 || !strings.Contains(said(a.page(t)), want) {
			t.Errorf("config %.40q: %d %q", config, a.status, said(a.page(t)))
		}
	}
}

// The same area, as far as it is about the request itself.
// Administrators read what is wrong with a type in their language, each fault by itself.
func TestTypes_say_what_is_wrong_in_the_language_of_the_reader(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	wrong := `{"vct":"urn:a","extends":"urn:b","display":[{"locale":"en"}],"claims":[{"path":[]},{"path":["a"],"sd":"x"},{"path":["a"],"mandatory":1}]}`
	for tag, words := range map[string][]string{
		"de": {"Wird nicht unterstützt", "Braucht einen Namen", "Path muss ein Array sein", "Muss always, allowed oder never sein", "Muss true oder false sein", "Muss die Werte aufzählen", "Muss 1 bis 100 sein", "Muss 4 bis 12 sein"},
		"fr": {"N’est pas pris en charge", "Doit avoir un nom", "Path doit être un tableau", "Doit être always, allowed ou never", "Doit être true ou false", "Doit énumérer les valeurs", "Doit être de 1 à 100", "Doit être de 4 à 12"},
	} {
		if a := admin.do(post("/language", url.Values{"language": {tag}, "next": {"/"}})); a.status != http.StatusSeeOther {
			t.Fatalf("choosing %s answered %d", tag, a.status)
		}
		text := said(admin.do(send(t, "/new-type", "id", "Wrong", "metadata", wrong, "config", "")).page(t)) +
			said(admin.do(send(t, "/new-type", "id", "Wrong", "metadata", membership(`{"path":["a"]}`), "config", `{"batch_size":0,"tx_code":{"length":1},"form":{"a":{"type":"enum"}}}`)).page(t))
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("in %s nothing says %q: %s", tag, word, text)
			}
		}
		if strings.Contains(text, "ust be") || strings.Contains(text, "Is not") {
			t.Errorf("in %s it says %q", tag, text)
		}
	}
}

func TestTypes_refuse_forms_that_are_not_whole(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	multi := func(boundary, body string) request {
		return post("/new-type", nil).with("Content-Type", "multipart/form-data"+boundary).sending(body)
	}
	part := func(disposition string) string {
		return "--x\r\nContent-Disposition: form-data" + disposition + "\r\n\r\nv\r\n"
	}
	for name, c := range map[string]struct {
		r      request
		status int
	}{
		"UP-006 no boundary":         {multi("", part(`; name="id"`)), 400},
		"UP-007 a long boundary":     {multi("; boundary="+strings.Repeat("x", 10_000), part(`; name="id"`)), 400},
		"UP-008 a part without name": {multi("; boundary=x", part("")+"--x--\r\n"), 400},
		"UP-009 a hundred parts":     {multi("; boundary=x", strings.Repeat(part(`; name="id"`), 100)+"--x--\r\n"), 400},
		"a part nobody asked for":    {multi("; boundary=x", part(`; name="admin"`)+"--x--\r\n"), 400},
		"UP-013 a long file name":    {multi("; boundary=x", part(`; name="metadata_file"; filename="`+strings.Repeat("f", 10_000)+`"`)+"--x--\r\n"), 422},
		"no end":                     {multi("; boundary=x", part(`; name="id"`)), 400},
		"nothing at all":             {multi("; boundary=x", ""), 400},
		"a NUL":                      {multi("; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n\x00\r\n--x--\r\n"), 400},
		"a plain form":               {post("/new-type", url.Values{"id": {"A"}}), 415},
		"too large":                  {multi("; boundary=x", strings.Repeat("y", 700<<10)), 413},
		"packed":                     {multi("; boundary=x", part(`; name="id"`)).with("Content-Encoding", "gzip"), 400},
	} {
		if a := admin.do(c.r); a.status != c.status {
			t.Errorf("%s: %d, want %d", name, a.status, c.status)
		}
	}
}

func TestTypes_compare_large_documents_in_time(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	document := func(label string) string {
		var claims []string
		for i := range 1500 {
			claims = append(claims, fmt.Sprintf(`{"path":["c%d"],"sd":"always","display":[{"locale":"en","label":"%s %d"}]}`, i, label, i*7919%1500))
		}
		return membership(strings.Join(claims, ","))
	}
	first := admin.do(send(t, "/new-type", "id", "Large", "metadata", document("One"), "config", "")).page(t)
	if a := admin.confirm(first); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	begin := time.Now()
	a := admin.do(send(t, "/new-type", "id", "Large", "fixed", "yes", "metadata", document("Two"), "config", ""))
	if took := time.Since(begin); a.status != http.StatusOK || took > 10*time.Second { // a second without the race detector
		t.Errorf("answered %d after %s", a.status, took)
	}
}
