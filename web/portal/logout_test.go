package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"counterfoil/web/portal"
)

// The provider's word comes from no page and with no session; what is no logout token is refused in the dialect of Back-Channel Logout 1.0
// §2.8, and never kept by a cache. The tokens themselves are tried in package signin.
func TestProviderLogout_answers_as_it_should(t *testing.T) {
	t.Parallel()
	word := func(form url.Values) request {
		return post(portal.SSOLogout, form).with("Sec-Fetch-Site")
	}
	if a := open(t).nobody().do(word(url.Values{"logout_token": {"x"}})); a.status != http.StatusNotFound {
		t.Errorf("without a provider it answered %d", a.status)
	}
	b := open(t, "COUNTERFOIL_PORTAL_URL=http://localhost:1", "COUNTERFOIL_OIDC_ISSUER="+fakeProvider(t), "COUNTERFOIL_OIDC_CLIENT_ID=counterfoil", "COUNTERFOIL_OIDC_ROLES=a=operator")
	for name, c := range map[string]struct {
		r      request
		status int
	}{
		"nothing": {word(nil), 400}, "no token": {word(url.Values{"logout_token": {"x.y.z"}}), 400}, "another field": {word(url.Values{"id_token": {"x"}}), 400},
		"two tokens": {word(url.Values{"logout_token": {"x", "y"}}), 400}, "JSON": {word(nil).with("Content-Type", "application/json").sending(`{"logout_token":"x"}`), 415},
		"in the address": {word(nil), 400}, "by GET": {get(portal.SSOLogout + "?logout_token=x"), 405}, "very long": {word(url.Values{"logout_token": {strings.Repeat("a", 100_000)}}), 400},
	} {
		a := b.nobody().do(c.r)
		if a.status != c.status || !strings.Contains(a.header.Get("Cache-Control"), "no-store") || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s answered %d, %s", name, a.status, a.header.Get("Cache-Control"))
		}
	}
	if a := b.nobody().do(word(url.Values{"logout_token": {"x.y.z"}})); a.body != `{"error":"invalid_request"}` {
		t.Errorf("the answer is %s", a.body)
	}
}

// fakeProvider has metadata and no key.
func fakeProvider(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	server := s.URL
	for path, body := range map[string]string{
		"/.well-known/openid-configuration": `{"issuer":"` + server + `","authorization_endpoint":"` + server + `/a","token_endpoint":"` + server + `/t","jwks_uri":"` + server + `/k"}`,
		"/k":                                `{"keys":[]}`,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if _, err := w.Write([]byte(body)); err != nil {
				t.Error(err)
			}
		})
	}
	return server
}
