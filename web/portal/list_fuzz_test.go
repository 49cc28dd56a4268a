package portal_test

import (
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

// FuzzList asks for offers by whatever may stand in an address or be typed as a customer's number. Nothing is a fault, and the page is held to
// what every page must be.
func FuzzList(f *testing.F) {
	cfg, err := config.Load([]string{
		"COUNTERFOIL_DATA_DIR=" + f.TempDir(), "COUNTERFOIL_PUBLIC_ADDR=127.0.0.1:0",
		"COUNTERFOIL_MANAGEMENT_ADDR=127.0.0.1:0", "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:0",
	})
	if err != nil {
		f.Fatal(err)
	}
	portal := apptest.Run(f, cfg, app.Options{Demo: true, Log: slog.New(slog.DiscardHandler)}).Portal
	cookie := ""
	send := func(t testing.TB, method, path, body string) answer {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, portal+"/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Opaque = path // as it is, escaped or not
		req.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}, "Cookie": {cookie}}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Do(req)
		if err != nil {
			t.Skip("no HTTP")
		}
		defer resp.Body.Close()
		read, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer{resp.StatusCode, resp.Header, string(read)}
	}
	cookie, _, _ = strings.Cut(send(f, http.MethodPost, "/sign-in", "as=demo-clerk").header.Get("Set-Cookie"), ";")
	const good = "status=ready&type=IdentityCredential&by=back-end&from=2026-11-01&to=2026-11-30&reference=r&after=1795615387000.x"
	if a := send(f, http.MethodGet, "/offers?"+good, ""); a.status != http.StatusOK {
		f.Fatalf("the good seed is refused, so the others prove nothing: %d", a.status)
	}
	for _, query := range []string{
		good, "", "reference=%25_%5C", "reference=%ff", "reference=%00", "by=%22", "status=pending&status=ready", "from=0000-00-00", "to=9999-12-31",
		"after=9223372036854775807.x", "after=-1.", "sort=x", "reference=" + strings.Repeat("a", 3000), "%zz=%", "from=2026-11-25T00:00", "reference=<script>",
	} {
		f.Add(query, url.QueryEscape("4711 0815"))
	}
	f.Fuzz(func(t *testing.T, query, customer string) {
		if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }) {
			t.Skip("no HTTP")
		}
		for _, a := range []answer{send(t, http.MethodGet, "/offers?"+query, ""), send(t, http.MethodPost, "/offers/find", "customer="+customer)} {
			if a.status >= http.StatusInternalServerError || a.status == http.StatusUnauthorized || a.status == http.StatusSeeOther {
				t.Fatalf("%d %s: %.300s", a.status, a.header.Get("Location"), a.body)
			}
			a.page(t)
		}
	})
}
