package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/jose"
	"counterfoil/internal/oauth"
)

const (
	formType = "application/x-www-form-urlencoded"
	endpoint = "https://issuer.example/oidc4vci/token"
	nonce    = "good-nonce"
)

func TestNewError_keeps_only_allowed_characters(t *testing.T) {
	e := oauth.NewError(400, "x", "a \"b\" \\c\n\té ok")
	if e.Description != "a b c ok" {
		t.Errorf("got %q", e.Description)
	}
}

func TestParseForm(t *testing.T) {
	many := strings.Repeat("a=b&", 10000)
	cases := map[string]struct {
		contentType, query, body string
		ok                       bool
	}{
		"a form":                          {formType, "", "grant_type=x&tx_code=012", true},
		"utf-8":                           {formType + "; charset=UTF-8", "", "a=b", true},
		"TK-003 parameters in the URL":    {formType, "grant_type=x", "", false},
		"TK-004 in URL and body":          {formType, "a=b", "a=b", false},
		"TK-005 JSON":                     {"application/json", "", `{"a":"b"}`, false},
		"TK-006 multipart":                {"multipart/form-data; boundary=x", "", "", false},
		"TK-008 utf-16":                   {formType + "; charset=utf-16", "", "a=b", false},
		"no content type":                 {"", "", "a=b", false},
		"TK-011 ten thousand":             {formType, "", many, false},
		"TK-014 NUL":                      {formType, "", "a=%00", false},
		"TK-023 twice the same":           {formType, "", "grant_type=x&grant_type=x", false},
		"TK-024 twice different":          {formType, "", "grant_type=x&grant_type=y", false},
		"twice under another encoding":    {formType, "", "grant_type=x&grant%5ftype=y", false},
		"a broken percent":                {formType, "", "a=%zz", false},
		"invalid UTF-8":                   {formType, "", "a=%ff", false},
		"unknown parameters are fine":     {formType, "", "user_pin=1&resource=x", true},
		"an empty body has no parameters": {formType, "", "", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, e := oauth.ParseForm(c.contentType, c.query, []byte(c.body))
			if (e == nil) != c.ok {
				t.Fatalf("got %v", e)
			}
			if e != nil && (e.Code != "invalid_request" || e.Status != 400) {
				t.Errorf("got %d %s", e.Status, e.Code)
			}
		})
	}
}

func TestParseAuthorization(t *testing.T) {
	cases := map[string]struct {
		headers []string
		scheme  oauth.Scheme
		code    string
	}{
		"CR-002 none":               {nil, oauth.None, ""},
		"CR-003 Basic":              {[]string{"Basic eDp5"}, oauth.None, ""},
		"CR-004 dpop in lower case": {[]string{"dpop abc"}, oauth.DPoP, ""},
		"bearer":                    {[]string{"BEARER abc"}, oauth.Bearer, ""},
		"CR-007 two headers":        {[]string{"Bearer a", "Bearer b"}, oauth.None, "invalid_request"},
		"no token":                  {[]string{"Bearer "}, oauth.None, "invalid_token"},
		"two tokens":                {[]string{"Bearer a b"}, oauth.None, "invalid_token"},
		"a long token":              {[]string{"Bearer " + strings.Repeat("a", 600)}, oauth.None, "invalid_token"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			scheme, _, e := oauth.ParseAuthorization(c.headers)
			code := ""
			if e != nil {
				code = e.Code
			}
			if scheme != c.scheme || code != c.code {
				t.Errorf("got %q %q", scheme, code)
			}
		})
	}
}

// prover makes proofs with one key.
type prover struct{ signer jose.Signer }

func newProver(t testing.TB) prover {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := jose.NewSigner(key, "ES256", nil)
	if err != nil {
		t.Fatal(err)
	}
	return prover{s}
}

func (p prover) make(t testing.TB, typ, payload string) string {
	t.Helper()
	key, err := p.signer.Public()
	if err != nil {
		t.Fatal(err)
	}
	jwt, err := p.signer.Sign(map[string]any{"typ": typ, "jwk": key.JWK()}, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

func ath(token string) string {
	h := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

func TestVerifyDPoP(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	p := newProver(t)
	claims := func(replace ...string) string {
		s := fmt.Sprintf(`{"jti":"j1","htm":"POST","htu":%q,"iat":%d,"nonce":%q}`, endpoint, now.Unix(), nonce)
		return strings.NewReplacer(replace...).Replace(s)
	}
	iat := func(offset int64) string { return fmt.Sprint(now.Unix() + offset) }
	good := p.make(t, "dpop+jwt", claims())
	parts := strings.Split(good, ".")
	head := func(h string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(h)) + "." + parts[1] + "." + parts[2]
	}
	const bad, use = "invalid_dpop_proof", "use_dpop_nonce"
	cases := map[string]struct {
		headers []string
		code    string
	}{
		"a good proof":               {[]string{good}, ""},
		"DP-002 empty header":        {[]string{""}, bad},
		"two headers":                {[]string{good, good}, bad},
		"DP-004 joined by comma":     {[]string{good + "," + good}, bad},
		"DP-009 padded":              {[]string{good + "="}, bad},
		"DP-010 a megabyte":          {[]string{good + strings.Repeat("A", 1<<20)}, bad},
		"DP-012 typ missing":         {[]string{p.make(t, "", claims())}, bad},
		"DP-015 typ in upper case":   {[]string{p.make(t, "DPOP+JWT", claims())}, bad},
		"a key proof":                {[]string{p.make(t, "openid4vci-proof+jwt", claims())}, bad},
		"DP-016 alg missing":         {[]string{head(`{"typ":"dpop+jwt"}`)}, bad},
		"DP-017 alg none":            {[]string{head(`{"typ":"dpop+jwt","alg":"none"}`)}, bad},
		"DP-022 crit":                {[]string{head(`{"typ":"dpop+jwt","alg":"ES256","crit":["x"]}`)}, bad},
		"DP-025 jwk missing":         {[]string{head(`{"typ":"dpop+jwt","alg":"ES256"}`)}, bad},
		"DP-027 jwk symmetric":       {[]string{head(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"oct","k":"AA"}}`)}, bad},
		"DP-115 jwk twice":           {[]string{head(`{"typ":"dpop+jwt","alg":"ES256","jwk":{},"jwk":{}}`)}, bad},
		"DP-038 jti missing":         {[]string{p.make(t, "dpop+jwt", claims(`"jti":"j1",`, ""))}, bad},
		"DP-039 jti empty":           {[]string{p.make(t, "dpop+jwt", claims("j1", ""))}, bad},
		"DP-040 jti a number":        {[]string{p.make(t, "dpop+jwt", claims(`"j1"`, "1"))}, bad},
		"DP-048 htm missing":         {[]string{p.make(t, "dpop+jwt", claims(`"htm":"POST",`, ""))}, bad},
		"DP-049 htm GET":             {[]string{p.make(t, "dpop+jwt", claims("POST", "GET"))}, bad},
		"DP-050 htm lower case":      {[]string{p.make(t, "dpop+jwt", claims("POST", "post"))}, bad},
		"DP-051 htm a number":        {[]string{p.make(t, "dpop+jwt", claims(`"POST"`, "1"))}, bad},
		"DP-053 htu another host":    {[]string{p.make(t, "dpop+jwt", claims("issuer.example", "evil.example"))}, bad},
		"DP-107 htu another path":    {[]string{p.make(t, "dpop+jwt", claims("/token", "/credential"))}, bad},
		"DP-055 htu http":            {[]string{p.make(t, "dpop+jwt", claims("https:", "http:"))}, bad},
		"DP-056 htu with query":      {[]string{p.make(t, "dpop+jwt", claims("/token", "/token?x=1#f"))}, ""},
		"DP-057 htu in upper case":   {[]string{p.make(t, "dpop+jwt", claims("https://issuer", "HTTPS://ISSUER"))}, ""},
		"DP-058 htu with :443":       {[]string{p.make(t, "dpop+jwt", claims("issuer.example", "issuer.example:443"))}, ""},
		"DP-059 htu with :8443":      {[]string{p.make(t, "dpop+jwt", claims("issuer.example", "issuer.example:8443"))}, bad},
		"DP-062 htu percent-encoded": {[]string{p.make(t, "dpop+jwt", claims("/token", "/%74oken"))}, ""},
		"DP-063 htu trailing slash":  {[]string{p.make(t, "dpop+jwt", claims("/token", "/token/"))}, bad},
		"DP-064 htu with userinfo":   {[]string{p.make(t, "dpop+jwt", claims("issuer.example", "issuer.example@evil.example"))}, bad},
		"DP-068 htu an array":        {[]string{p.make(t, "dpop+jwt", claims(`"`+endpoint+`"`, `["`+endpoint+`"]`))}, bad},
		"iat missing":                {[]string{p.make(t, "dpop+jwt", claims(`"iat":`+iat(0)+",", ""))}, bad},
		"DP-071 iat with fraction":   {[]string{p.make(t, "dpop+jwt", claims(iat(0), iat(0)+".5"))}, ""},
		"iat a text":                 {[]string{p.make(t, "dpop+jwt", claims(iat(0), `"1"`))}, bad},
		"DP-072 iat 10 s past":       {[]string{p.make(t, "dpop+jwt", claims(iat(0), iat(-10)))}, ""},
		"iat 10 s ahead":             {[]string{p.make(t, "dpop+jwt", claims(iat(0), iat(10)))}, ""},
		"DP-074 iat 61 s ahead":      {[]string{p.make(t, "dpop+jwt", claims(iat(0), iat(61)))}, bad},
		"DP-076 iat an hour past":    {[]string{p.make(t, "dpop+jwt", claims(iat(0), iat(-3600)))}, bad},
		"DP-092 nonce a number":      {[]string{p.make(t, "dpop+jwt", claims(`"`+nonce+`"`, "1"))}, bad},
		"DP-093 nonce empty":         {[]string{p.make(t, "dpop+jwt", claims(nonce, ""))}, use},
		"DP-091 nonce not ours":      {[]string{p.make(t, "dpop+jwt", claims(nonce, "other"))}, use},
		"no nonce":                   {[]string{p.make(t, "dpop+jwt", claims(`,"nonce":"`+nonce+`"`, ""))}, use},
		"DP-094 nonce of 10 kB":      {[]string{p.make(t, "dpop+jwt", claims(nonce, strings.Repeat("n", 10000)))}, bad},
		"DP-112 htu twice":           {[]string{p.make(t, "dpop+jwt", claims(`"jti"`, `"htu":"x","jti"`))}, bad},
		"DP-006 claims of other use": {[]string{p.make(t, "dpop+jwt", claims(`"jti"`, `"nbf":1,"exp":2,"jti"`))}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, e := oauth.VerifyDPoP(oauth.DPoPRequest{
				Headers: c.headers, Method: "POST", URL: endpoint, Now: now,
				CheckNonce: func(n string) bool { return n == nonce },
			})
			code := ""
			if e != nil {
				code = e.Code
			}
			if code != c.code {
				t.Fatalf("got %v, want %q", e, c.code)
			}
			if e == nil && (got.JTI != "j1" || len(got.Thumbprint) != 43) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestVerifyDPoP_at_a_resource_binds_the_token(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	p := newProver(t)
	for name, c := range map[string]struct{ ath, code string }{
		"right":          {ath("token"), ""},
		"DP-081 missing": {"", "invalid_dpop_proof"},
		"of another":     {ath("other"), "invalid_dpop_proof"},
		"DP-085 in hex":  {fmt.Sprintf("%x", sha256.Sum256([]byte("token"))), "invalid_dpop_proof"},
	} {
		t.Run(name, func(t *testing.T) {
			jwt := p.make(t, "dpop+jwt", fmt.Sprintf(`{"jti":"j","htm":"POST","htu":%q,"iat":%d,"nonce":%q,"ath":%q}`, endpoint, now.Unix(), nonce, c.ath))
			_, e := oauth.VerifyDPoP(oauth.DPoPRequest{
				Headers: []string{jwt}, Method: "POST", URL: endpoint, AccessToken: "token", Now: now,
				CheckNonce: func(string) bool { return true },
			})
			if (e == nil) != (c.code == "") {
				t.Errorf("got %v", e)
			}
		})
	}
}

// RFC 9449 §4.1: the example proof. It carries no nonce, so a server that always wants one asks for it, which
// it does only after everything else held.
func TestVerifyDPoP_RFC9449_example(t *testing.T) {
	const proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
	_, e := oauth.VerifyDPoP(oauth.DPoPRequest{
		Headers: []string{proof}, Method: "POST", URL: "https://server.example.com/token", Now: time.Unix(1562262616, 0),
		CheckNonce: func(string) bool { return false },
	})
	if e == nil || e.Code != "use_dpop_nonce" {
		t.Errorf("got %v", e)
	}
}

func TestChallenge(t *testing.T) {
	if got := oauth.Challenge(nil); len(got) != 2 || strings.Contains(strings.Join(got, ""), "error") {
		t.Errorf("without a token: %q", got)
	}
	got := strings.Join(oauth.Challenge(oauth.UseDPoPNonce()), "")
	if !strings.HasPrefix(got, `DPoP error="use_dpop_nonce"`) || !strings.Contains(got, `algs="ES256"`) {
		t.Errorf("got %q", got)
	}
}

func FuzzParseForm(f *testing.F) {
	f.Add(formType, "", []byte("a=b&c=%20"))
	f.Add(formType, "", []byte("a=%00&a=b"))
	f.Fuzz(func(t *testing.T, contentType, query string, body []byte) {
		form, e := oauth.ParseForm(contentType, query, body)
		if e != nil {
			if strings.ContainsAny(e.Description, "\"\\") {
				t.Fatal("a description holds a quote or a backslash")
			}
			return
		}
		if query != "" {
			t.Fatal("parameters in the URL were accepted")
		}
		_, _ = form.Get("a")
	})
}

func FuzzVerifyDPoP(f *testing.F) {
	f.Add("eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AA")
	f.Add("..")
	f.Fuzz(func(t *testing.T, header string) {
		_, e := oauth.VerifyDPoP(oauth.DPoPRequest{
			Headers: []string{header}, Method: "POST", URL: endpoint, Now: time.Unix(1, 0),
			CheckNonce: func(string) bool { return true },
		})
		if e == nil && !strings.Contains(header, ".") {
			t.Fatal("accepted what is no JWT")
		}
	})
}
