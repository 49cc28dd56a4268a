package oauth_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"counterfoil/internal/oauth"
	"counterfoil/internal/strictjson"
)

func FuzzParseAuthorization(f *testing.F) {
	if scheme, token, e := oauth.ParseAuthorization([]string{"DPoP abc"}); scheme != oauth.DPoP || token != "abc" || e != nil {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", e)
	}
	f.Add("DPoP abc", "", false)
	f.Add("bEARER a.b~c/d+e==", "", false)
	f.Add("Bearer a", "Bearer a", true)
	f.Add("Bearer  a", "", false)
	f.Add("Bearer\ta", "", false)
	f.Add("Bearer a, DPoP b", "", false)
	f.Add("Basic eDp5", "", false)
	f.Add("Bearer "+strings.Repeat("a", 513), "", false)
	f.Add("Bearer \"a\\\x00é", "", false)
	f.Fuzz(func(t *testing.T, first, second string, two bool) {
		headers := []string{first}
		if two {
			headers = append(headers, second)
		}
		scheme, token, e := oauth.ParseAuthorization(headers)
		if e != nil {
			if scheme != oauth.None || token != "" {
				t.Fatalf("a refused header gave %q %q", scheme, token)
			}
			if two != (e.Code == "invalid_request") || !two && e.Code != "invalid_token" || strings.ContainsAny(e.Description, "\"\\") {
				t.Fatalf("refused as %d %s: %s", e.Status, e.Code, e.Description)
			}
			return
		}
		if two {
			t.Fatal("two headers were accepted")
		}
		if scheme == oauth.None {
			if token != "" {
				t.Fatalf("a token of no scheme: %q", token)
			}
			return
		}
		// RFC 9110 §11.2: what is accepted is one token68, and there is only one way to write it.
		if !strings.EqualFold(first, string(scheme)+" "+token) || !strings.HasSuffix(first, token) || strings.ContainsAny(token, " \t,\"\\\x00") || len(token) > 512 {
			t.Fatalf("accepted %q as %q %q", first, scheme, token)
		}
	})
}

// FuzzSignedDPoP fuzzes what is under a good signature: the claims, and how htu is compared.
func FuzzSignedDPoP(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	p := newProver(f)
	verify := func(t testing.TB, payload, url, token string) (oauth.DPoPProof, *oauth.Error) {
		t.Helper()
		return oauth.VerifyDPoP(oauth.DPoPRequest{
			Headers: []string{p.make(t, "dpop+jwt", payload)}, Method: "POST", URL: url, AccessToken: token, Now: now,
			CheckNonce: func(n string) bool { return n == nonce },
		})
	}
	claims := func(htu string) string {
		return fmt.Sprintf(`{"jti":"j1","htm":"POST","htu":%q,"iat":%d,"nonce":%q}`, htu, now.Unix(), nonce)
	}
	good := claims(endpoint)
	if _, e := verify(f, good, endpoint, ""); e != nil {
		f.Fatalf("the good seed is refused, so the others prove nothing: %v", e)
	}
	for _, htu := range []string{
		endpoint, endpoint + "?a=b#c", "HTTPS://ISSUER.EXAMPLE:443/oidc4vci/%74oken", "https://issuer.example/oidc4vci/x/../token",
		"https://issuer.example/oidc4vci%2Ftoken", "https://issuer.example:/oidc4vci/token", "https://user@issuer.example/oidc4vci/token",
		"https://issuer.example/oidc4vci/token%00", "https://issuer.example\\@evil.example/oidc4vci/token", "https:issuer.example/oidc4vci/token",
		"//issuer.example/oidc4vci/token", "https://[::1%25eth0]/oidc4vci/token", "https://xn--issuer.example/oidc4vci/token", "",
	} {
		f.Add(claims(htu), false)
	}
	f.Add(strings.Replace(good, "{", fmt.Sprintf(`{"ath":%q,`, ath("token")), 1), true)
	f.Add(strings.Replace(good, "1800000000", "1e308", 1), false)
	f.Add(strings.Replace(good, "1800000000", "-1", 1), false)
	f.Add(strings.Replace(good, "{", `{"jti":"j2",`, 1), false)
	f.Add(strings.Replace(good, `"htm"`, `"h\u0074m"`, 1), false)
	f.Add(strings.Repeat(`{"a":`, 100), false)
	f.Fuzz(func(t *testing.T, payload string, atResource bool) {
		token := map[bool]string{true: "token", false: ""}[atResource]
		proof, e := verify(t, payload, endpoint, token)
		if e != nil {
			if e.Code != "invalid_dpop_proof" && e.Code != "use_dpop_nonce" || e.Status != 400 || proof != (oauth.DPoPProof{}) || strings.ContainsAny(e.Description, "\"\\") {
				t.Fatalf("%d %s %s %+v", e.Status, e.Code, e.Description, proof)
			}
			return
		}
		var c struct {
			JTI   string  `json:"jti"`
			HTM   string  `json:"htm"`
			HTU   string  `json:"htu"`
			ATH   string  `json:"ath"`
			Nonce string  `json:"nonce"`
			IAT   float64 `json:"iat"`
		}
		if err := strictjson.Decode([]byte(payload), &c); err != nil {
			t.Fatalf("accepted %q, which is %v", payload, err)
		}
		if c.JTI != proof.JTI || c.JTI == "" || c.HTM != "POST" || c.Nonce != nonce || atResource && c.ATH != ath("token") {
			t.Fatalf("accepted %q", payload)
		}
		if age := float64(now.Unix()) - c.IAT; age > 300 || age < -60 { // RFC 9449 §11.1: a short window
			t.Fatalf("accepted at the age of %g s: %q", age, payload)
		}
		// RFC 9449 §4.3: what the comparison takes for this endpoint leads nowhere else.
		u, err := url.Parse(c.HTU)
		if err != nil || !strings.EqualFold(u.Scheme, "https") || !strings.EqualFold(u.Hostname(), "issuer.example") || u.User != nil ||
			u.Port() != "" && u.Port() != "443" || u.Path != "/oidc4vci/token" {
			t.Fatalf("took %q for %s", c.HTU, endpoint)
		}
	})
}

// FuzzSameURL fuzzes the endpoint as well, through a proof that says just that URL: a proof for an endpoint is always good there.
func FuzzSameURL(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	p := newProver(f)
	same := func(t testing.TB, htu, endpoint string) bool {
		t.Helper()
		quoted, err := json.Marshal(htu)
		if err != nil {
			t.Fatal(err)
		}
		_, e := oauth.VerifyDPoP(oauth.DPoPRequest{
			Headers: []string{p.make(t, "dpop+jwt", fmt.Sprintf(`{"jti":"j","htm":"POST","htu":%s,"iat":%d,"nonce":"n"}`, quoted, now.Unix()))},
			Method:  "POST", URL: endpoint, Now: now, CheckNonce: func(string) bool { return true },
		})
		return e == nil
	}
	if !same(f, endpoint, endpoint) || same(f, endpoint, endpoint+"x") {
		f.Fatal("the good seed is refused, or everything is taken")
	}
	f.Add(endpoint, endpoint)
	f.Add("https://issuer.example:443", "https://issuer.example/")
	f.Add("https://issuer.example/a%2Fb", "https://issuer.example/a/b")
	f.Add("https://issuer.example/%C3%A9", "https://issuer.example/é")
	f.Add("http://localhost:8080/oidc4vci/token", "http://localhost:8080/oidc4vci/token?x")
	f.Fuzz(func(t *testing.T, htu, endpoint string) {
		if !utf8.ValidString(htu) || !utf8.ValidString(endpoint) {
			t.Skip("JSON cannot say it")
		}
		if same(t, htu, endpoint) != same(t, endpoint, htu) {
			t.Fatalf("%q is %q, but not the other way round", htu, endpoint)
		}
		if same(t, htu, endpoint) && (!same(t, htu, htu) || !same(t, endpoint, endpoint)) {
			t.Fatalf("%q or %q is not itself", htu, endpoint)
		}
	})
}
