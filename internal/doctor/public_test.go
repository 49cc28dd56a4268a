package doctor_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/doctor"
	"counterfoil/internal/typemeta"
)

const (
	reach, tlsName, metadata, older = "Public address", "TLS", "Issuer metadata", "Issuer metadata, older form"
	server, identifier, clock       = "Authorization server metadata", "Issuer identifier", "Clock"
	signed, types                   = "Signed metadata", "Type metadata"
)

func TestRun_of_a_good_installation_finds_nothing(t *testing.T) {
	t.Parallel()
	i := install(t, "https://example.com", nil)
	i.from("198.41.0.4")
	got := i.run()
	if len(got) < 14 {
		t.Errorf("there are only %d checks", len(got))
	}
	for name, c := range got {
		if c.Result != doctor.OK {
			t.Errorf("%s is %s: %s", name, c.Result, c.Found)
		}
	}
}

func TestRun_judges_how_the_public_URL_is_reached(t *testing.T) {
	t.Parallel()
	notReached := map[string]want{
		metadata: {doctor.NotChecked, ""}, identifier: {doctor.NotChecked, ""}, clock: {doctor.NotChecked, ""}, signed: {doctor.NotChecked, ""}, types: {doctor.NotChecked, ""},
	}
	tlsFails := func(words string) map[string]want {
		return map[string]want{reach: {doctor.NotChecked, ""}, tlsName: {doctor.Failed, words}, signed: {doctor.NotChecked, ""}}
	}
	for name, c := range map[string]struct {
		at     string
		change func(*installation)
		after  func(*installation)
		want   map[string]want
	}{
		"on this machine, by https": {httpsHere, nil, nil, map[string]want{reach: {doctor.Warning, "only this machine"}, tlsName: {doctor.OK, "TLS 1.3"}}},
		"on this machine, by http":  {httpHere, nil, nil, map[string]want{reach: {doctor.Warning, "only this machine"}, tlsName: {doctor.Warning, "trials"}}},
		"by http, in public": {"http://example.com", nil, func(i *installation) { i.from("198.41.0.4") },
			map[string]want{reach: {doctor.OK, ""}, tlsName: {doctor.Failed, "plain http"}}},
		"a name that leads inside": {"https://example.com", nil, func(i *installation) { i.from("10.1.2.3") },
			map[string]want{reach: {doctor.Warning, "10.1.2.3"}, tlsName: {doctor.OK, ""}}},
		"nobody there": {httpsHere, nil, func(i *installation) { i.server.Close() },
			map[string]want{reach: {doctor.Failed, "connection refused"}, tlsName: {doctor.NotChecked, ""}}},
		"a wrong host":     {"https://localhost", nil, nil, tlsFails("another host name")},
		"an unknown chain": {httpsHere, nil, func(i *installation) { transport(i.options.Public).TLSClientConfig = nil }, tlsFails("does not lead to an authority")},
		"TLS 1.1": {httpsHere, func(i *installation) {
			i.server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		}, nil, tlsFails("older than TLS 1.2")},
		"plain behind https": {httpsHere, func(i *installation) { i.options.Public = i.client(); i.plain() }, nil, tlsFails("no TLS at all")},
		"an expired certificate": {httpsHere, func(i *installation) {
			i.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, time.Now().Add(-time.Hour))}}
		}, nil, tlsFails("has expired")},
		"a certificate of 5 days": {httpsHere, func(i *installation) {
			i.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, time.Now().Add(5*24*time.Hour+time.Hour))}}
		}, nil, map[string]want{tlsName: {doctor.Warning, "Valid for 5 more days"}}},
		"no answer": {httpHere, func(i *installation) {
			i.options.Public = i.client()
			i.options.Public.Timeout = 100 * time.Millisecond
			i.instead = func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
		}, nil, map[string]want{reach: {doctor.Failed, "no answer in time"}}},
		"an answer without end": {httpHere, func(i *installation) {
			i.instead = func(w http.ResponseWriter, _ *http.Request) bool {
				for block := bytes.Repeat([]byte(" "), 64<<10); ; {
					if _, err := w.Write(block); err != nil {
						return true
					}
				}
			}
		}, nil, map[string]want{reach: {doctor.Failed, "more than 1024 KiB"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := install(t, c.at, c.change)
			if c.after != nil {
				c.after(i)
			}
			got := i.run()
			expect(t, got, c.want)
			if got[reach].Result == doctor.Failed {
				expect(t, got, notReached)
			}
		})
	}
}

// plain lets something answer without TLS on a port that the issuer's https URL has.
func (i *installation) plain() {
	other := httptest.NewServer(http.NotFoundHandler())
	i.t.Cleanup(other.Close)
	i.options.Door.Issuer = strings.Replace(other.URL, "http:", "https:", 1) + "/bank"
}

// on answers a path like this.
func on(path string, answer http.HandlerFunc) func(*installation) {
	return func(i *installation) {
		i.instead = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != path {
				return false
			}
			answer(w, r)
			return true
		}
	}
}

func says(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

const (
	inserted       = "/.well-known/openid-credential-issuer/bank"
	appended       = "/bank/.well-known/openid-credential-issuer"
	insertedServer = "/.well-known/oauth-authorization-server/bank"
)

func TestRun_judges_metadata(t *testing.T) {
	t.Parallel()
	const asJSON = "application/json"
	for name, c := range map[string]struct {
		change func(*installation)
		want   map[string]want
	}{
		"no inserted form":      {on(inserted, http.NotFound), map[string]want{metadata: {doctor.Failed, "HTTP 404"}, older: {doctor.OK, ""}, identifier: {doctor.OK, ""}, signed: {doctor.Failed, "HTTP 404"}}},
		"no appended form":      {on(appended, http.NotFound), map[string]want{metadata: {doctor.OK, ""}, older: {doctor.Warning, "HTTP 404"}}},
		"no server metadata":    {on(insertedServer, http.NotFound), map[string]want{metadata: {doctor.OK, ""}, server: {doctor.Failed, "HTTP 404"}}},
		"a page":                {on(inserted, says(200, "text/html", "<p>hello")), map[string]want{metadata: {doctor.Failed, "another media type"}}},
		"JSON with two values":  {on(inserted, says(200, asJSON, `{"credential_issuer":"a","credential_issuer":"b"}`)), map[string]want{metadata: {doctor.Failed, "not a JSON object"}}},
		"a JSON list":           {on(inserted, says(200, asJSON, `[]`)), map[string]want{metadata: {doctor.Failed, "not a JSON object"}}},
		"half a document":       {on(inserted, says(200, asJSON, `{"credential_issuer":`)), map[string]want{metadata: {doctor.Failed, "not a JSON object"}}},
		"another issuer":        {on(inserted, says(200, asJSON, `{"credential_issuer":"https://other.example"}`)), map[string]want{metadata: {doctor.OK, ""}, identifier: {doctor.Failed, "https://other.example"}}},
		"no issuer":             {on(inserted, says(200, asJSON, `{}`)), map[string]want{identifier: {doctor.Failed, "“”"}}},
		"an issuer of lines":    {on(inserted, says(200, asJSON, `{"credential_issuer":"a\n\u001b[31m\u202eb"}`)), map[string]want{identifier: {doctor.Failed, "“a??[31m?b”"}}},
		"another server":        {on(insertedServer, says(200, asJSON, `{"issuer":"https://other.example"}`)), map[string]want{identifier: {doctor.Failed, "oauth-authorization-server"}}},
		"JSON for the JWT":      {ignoringAccept, map[string]want{metadata: {doctor.OK, ""}, signed: {doctor.Failed, "another media type"}}},
		"a JWT that is none":    {signedAs("a.b.c"), map[string]want{signed: {doctor.Failed, "not a JWT"}}},
		"a changed JWT":         {changedJWT, map[string]want{signed: {doctor.Failed, "does not verify"}}},
		"another installation":  {func(i *installation) { i.another(i.urls.Issuer) }, map[string]want{metadata: {doctor.OK, ""}, signed: {doctor.Failed, "another certificate"}}},
		"signed for another":    {func(i *installation) { i.elsewhere() }, map[string]want{signed: {doctor.Failed, "about another issuer"}}},
		"a type that is hidden": {on("/bank/oidc4vci/types/IdentityCredential", http.NotFound), map[string]want{types: {doctor.Failed, "/bank/oidc4vci/types/IdentityCredential answers HTTP 404"}}},
		"a type that differs":   {on("/bank/oidc4vci/types/IdentityCredential", says(200, asJSON, `{"vct":"x"}`)), map[string]want{types: {doctor.Failed, "another document"}}},
		"a vct of ours":         {vctAt("/bank/identity"), map[string]want{types: {doctor.Failed, "/bank/identity answers HTTP 404"}}},
		"a vct below the types": {vctAt("/bank/oidc4vci/types/Own"), map[string]want{types: {doctor.OK, "the one type"}}},
		"a slow clock":          {dated(-30*time.Second, ""), map[string]want{clock: {doctor.Warning, "behind"}}},
		"a clock ahead":         {dated(10*time.Minute, ""), map[string]want{clock: {doctor.Failed, "ahead of"}}},
		"an answer kept":        {dated(-5*time.Minute, "300"), map[string]want{clock: {doctor.OK, ""}}},
		"no Date": {func(i *installation) {
			i.instead = func(w http.ResponseWriter, _ *http.Request) bool { w.Header()["Date"] = nil; return false }
		}, map[string]want{clock: {doctor.NotChecked, ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, install(t, httpHere, c.change).run(), c.want)
		})
	}
}

// A redirect is told and not followed: what it leads to is never asked.
func TestRun_follows_no_redirect(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	defer other.Close()
	i := install(t, httpHere, on(inserted, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }))
	expect(t, i.run(), map[string]want{metadata: {doctor.Failed, "redirect (HTTP 302)"}})
	if len(asked) > 0 {
		t.Error("the redirect was followed")
	}
}

func ignoringAccept(i *installation) {
	i.instead = func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("Accept"); return false }
}

func signedAs(jwt string) func(*installation) {
	return func(i *installation) {
		i.instead = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Accept") != "application/jwt" {
				return false
			}
			says(200, "application/jwt", jwt)(w, r)
			return true
		}
	}
}

// changedJWT serves signed metadata in which the end of the signature was changed.
func changedJWT(i *installation) {
	i.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Accept") != "application/jwt" {
			return false
		}
		jwt, err := i.metadata.Signed(time.Now())
		if err != nil {
			return false
		}
		head, signature := jwt[:len(jwt)-10], bytes.Repeat([]byte("A"), 10)
		says(200, "application/jwt", string(head)+string(signature))(w, r)
		return true
	}
}

// another lets the documents be those of an installation with other keys and this identifier.
func (i *installation) another(issuer string) {
	other := install(i.t, httpHere, nil)
	other.urls.Issuer = issuer
	other.write()
	i.instead = func(w http.ResponseWriter, r *http.Request) bool { other.ServeHTTP(w, r); return true }
}

// elsewhere lets the signed metadata be about another issuer, with the keys that are known here.
func (i *installation) elsewhere() {
	other := install(i.t, httpHere, nil)
	other.keys = i.keys
	other.write()
	i.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Accept") != "application/jwt" {
			return false
		}
		other.ServeHTTP(w, r)
		return true
	}
}

// vctAt makes the only type one whose vct is an address of the issuer's.
func vctAt(path string) func(*installation) {
	return func(i *installation) {
		origin := strings.TrimSuffix(i.urls.Issuer, "/bank")
		doc, err := json.Marshal(map[string]any{"vct": origin + path, "display": []any{map[string]any{"locale": "en", "name": "Own"}}})
		if err != nil {
			i.t.Fatal(err)
		}
		one, err := typemeta.ParseVersion("Own", doc, nil)
		if err != nil {
			i.t.Fatal(err)
		}
		i.types.Replace([]typemeta.Type{one})
	}
}

// dated puts the server's clock ahead, and says how long the answer was kept on the way.
func dated(ahead time.Duration, age string) func(*installation) {
	return func(i *installation) {
		i.instead = func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			if age != "" {
				w.Header().Set("Age", age)
			}
			return false
		}
	}
}
