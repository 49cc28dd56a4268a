package portal_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"counterfoil/internal/app"
	"counterfoil/internal/app/apptest"
	"counterfoil/internal/config"
)

// FuzzForm sends what may be a form through the door as a clerk does. No form is a fault, and the page that comes back is held to
// what every page must be: nothing that was typed may come to life in it.
func FuzzForm(f *testing.F) {
	cfg, err := config.Load([]string{
		"COUNTERFOIL_DATA_DIR=" + f.TempDir(), "COUNTERFOIL_PUBLIC_ADDR=127.0.0.1:0",
		"COUNTERFOIL_MANAGEMENT_ADDR=127.0.0.1:0", "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:0",
	})
	if err != nil {
		f.Fatal(err)
	}
	portal := apptest.Run(f, cfg, app.Options{Demo: true, Log: slog.New(slog.DiscardHandler)}).Portal
	cookie := ""
	send := func(t testing.TB, path, contentType, body string) answer {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, portal+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {contentType}, "Sec-Fetch-Site": {"same-origin"}, "Cookie": {cookie}}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var read bytes.Buffer
		if _, err := io.Copy(&read, resp.Body); err != nil {
			t.Fatal(err)
		}
		return answer{resp.StatusCode, resp.Header, read.String()}
	}
	const kind = "application/x-www-form-urlencoded"
	cookie, _, _ = strings.Cut(send(f, "/sign-in", kind, "as=demo-clerk").header.Get("Set-Cookie"), ";")
	good := url.Values{
		"type": {"IdentityCredential"}, "token": {"a-token-of-a-form"}, "tx_code": {"yes"}, "claim.given_name": {"Erika"},
		"claim.family_name": {"Mustermann"}, "claim.document_number": {"T22000129"}, "claim.issuing_country": {"DE"}, "reference": {"r"},
		"claim.birth_date-day": {"12"}, "claim.birth_date-month": {"8"}, "claim.birth_date-year": {"1964"},
	}
	if a := send(f, "/offers", kind, good.Encode()); a.status != http.StatusSeeOther {
		f.Fatalf("the good seed is refused, so the others prove nothing: %d %s", a.status, a.body)
	}
	changed := func(name, value string) string {
		form := url.Values{}
		for n, v := range good {
			form[n] = v
		}
		form.Set(name, value)
		return form.Encode()
	}
	f.Add(kind, good.Encode())
	f.Add(kind, changed("reference", `"><script>alert(1)</script>`))
	f.Add(kind, changed("claim.family_name", `javascript:alert(1)' onfocus='x`))
	f.Add(kind, changed("claim.birth_date-day", "99999999999999999999"))
	f.Add(kind, changed("claim.birth_date-year", "-1"))
	f.Add(kind, changed("claim.issuing_country", "\xff\xfe"))
	f.Add(kind, changed("type", "AccountOwnershipCredential"))
	f.Add(kind, changed("type", "DiplomaCredential"))
	f.Add(kind, changed("token", ""))
	f.Add(kind, changed("token", strings.Repeat("t", 5000)))
	f.Add(kind, good.Encode()+"&type=x")
	f.Add(kind, strings.Repeat("a=&", 600))
	f.Add(kind, "%zz=%&=&&type")
	f.Add(kind+"; charset=utf-16", good.Encode())
	f.Add("multipart/form-data; boundary=x", "--x\r\n\r\n--x--")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nIdentityCredential\r\n--x\r\n"+
		"Content-Disposition: form-data; name=\"claim.picture-file\"; filename=\"a\"\r\n\r\n\x89PNG\r\n\x1a\n\r\n--x--")
	for _, do := range []string{"add claim.nationalities", "remove claim.nationalities.0", "drop claim.picture", "preview", "discard"} {
		f.Add(kind, changed("do", do))
	}
	f.Add(kind, changed("claim.nationalities-rows", "50"))
	f.Fuzz(func(t *testing.T, contentType, body string) {
		if strings.ContainsFunc(contentType, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Skip("no HTTP")
		}
		for _, path := range []string{"/offers", "/offers/new/IdentityCredential"} {
			holdForm(t, send(t, path, contentType, body))
		}
	})
}

// holdForm holds the answer to a form to what every answer must be.
func holdForm(t *testing.T, a answer) {
	t.Helper()
	switch {
	case a.status >= http.StatusInternalServerError:
		t.Fatalf("%d: %.300s", a.status, a.body)
	case a.status == http.StatusUnauthorized || a.status == http.StatusSeeOther && !strings.HasPrefix(a.header.Get("Location"), "/offers/"):
		t.Fatalf("the clerk is not signed in: %d %s", a.status, a.header.Get("Location"))
	case a.status == http.StatusSeeOther:
		return
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s", a.status, a.header.Get("Content-Type"))
	}
	a.page(t)
}
