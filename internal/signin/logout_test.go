package signin_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/internal/signin"
	"counterfoil/internal/staff"
	"counterfoil/internal/store"
)

// office is single sign-on at a provider of the test's own, whose key it holds.
type office struct {
	t      *testing.T
	now    time.Time
	key    *rsa.PrivateKey
	issuer string
	sso    *signin.SSO
	staff  *staff.Service
	store  *store.Store
	// answer is the ID token that the provider gives for any code.
	answer string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, now: time.Now()}
	var err error
	if o.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	o.issuer = server.URL
	answer := func(v any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(v); err != nil {
				t.Error(err)
			}
		}
	}
	mux.HandleFunc("/.well-known/openid-configuration", answer(map[string]any{
		"issuer": o.issuer, "authorization_endpoint": o.issuer + "/auth", "token_endpoint": o.issuer + "/token", "jwks_uri": o.issuer + "/jwks",
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}))
	mux.HandleFunc("/jwks", answer(map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "kid": "k", "alg": "RS256", "use": "sig", "n": b64(o.key.N.Bytes()), "e": b64(big.NewInt(int64(o.key.E)).Bytes()),
	}}}))
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		answer(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": o.answer})(w, r)
	})
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return o.now }
	o.store, err = store.Open(t.Context(), store.Options{
		DataDir: t.TempDir(), Migrate: true, Master: master, Watch: &issuance.Watch{}, Clock: clock, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.store.Close() })
	if o.staff, err = staff.NewService(o.store, clock, rand.Reader); err != nil {
		t.Fatal(err)
	}
	o.sso = signin.NewSSO(o.staff, o.store, signin.SSOSettings{
		Issuer: o.issuer, ClientID: "counterfoil", Redirect: "https://portal.bank.example/sign-in/sso/back",
		RoleClaim: "role", Roles: map[string]staff.Role{"teller": staff.Operator, "head": staff.Administrator},
	}, server.Client(), clock, rand.Reader)
	return o
}

// enter opens a session of somebody who signed in at the provider.
func (o *office) enter(subject, sid string, method staff.Method) string {
	o.t.Helper()
	p, err := o.store.ExternalPerson(o.t.Context(), staff.Person{
		ID: staff.PersonID("id-" + subject), Name: "sso-" + subject, Roles: []staff.Role{staff.Operator}, External: o.issuer + " " + subject, CreatedAt: o.now,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	in, err := o.staff.Open(o.t.Context(), p, method, sid, staff.From{})
	if err != nil {
		o.t.Fatal(err)
	}
	return in.Token.Reveal()
}

func (o *office) signedIn(token string) bool {
	_, _, err := o.staff.Session(o.t.Context(), token)
	return err == nil
}

// token gives a logout token that is right but for what the test changes.
func (o *office) token(change func(header, claims map[string]any)) string {
	o.t.Helper()
	header := map[string]any{"alg": "RS256", "kid": "k", "typ": "logout+jwt"}
	claims := map[string]any{
		"iss": o.issuer, "aud": "counterfoil", "sub": "cleo", "iat": o.now.Unix(), "exp": o.now.Add(2 * time.Minute).Unix(), "jti": rand.Text(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	if change != nil {
		change(header, claims)
	}
	return o.signed(header, claims)
}

// signed is a JWT of the provider's, without a signature when its header says none.
func (o *office) signed(header, claims map[string]any) string {
	o.t.Helper()
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			o.t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(header) + "." + part(claims)
	if header["alg"] == "none" {
		return signed + "."
	}
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, o.key, crypto.SHA256, sum[:])
	if err != nil {
		o.t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig)
}

const event = "http://schemas.openid.net/event/backchannel-logout"

// What is no logout token of the provider's, for us and of now, ends nothing (Back-Channel Logout 1.0 §2.6).
func TestLogout_refuses_what_is_no_logout_token(t *testing.T) {
	o := newOffice(t)
	session := o.enter("cleo", "s1", staff.BySSO)
	set := func(name string, value any) func(_, claims map[string]any) {
		return func(_, claims map[string]any) { claims[name] = value }
	}
	without := func(names ...string) func(_, claims map[string]any) {
		return func(_, claims map[string]any) {
			for _, n := range names {
				delete(claims, n)
			}
		}
	}
	in := func(name string, value any) func(header, _ map[string]any) {
		return func(header, _ map[string]any) { header[name] = value }
	}
	cases := map[string]string{
		"nothing": "", "no token": "x", "two dots": "..", "very long": strings.Repeat("a", 9000),
		"alg none": o.token(in("alg", "none")), "another alg": o.token(in("alg", "HS256")), "a key of nobody": o.token(in("kid", "other")),
		"typ of an access token": o.token(in("typ", "at+jwt")), "typ that is no text": o.token(in("typ", 7)),
		"another issuer": o.token(set("iss", "https://evil.example")), "another audience": o.token(set("aud", "other")), "no audience": o.token(without("aud")),
		"expired": o.token(set("exp", o.now.Add(-time.Minute).Unix())), "without exp": o.token(without("exp")),
		"without iat": o.token(without("iat")), "issued an hour ago": o.token(set("iat", o.now.Add(-time.Hour).Unix())),
		"issued in an hour": o.token(set("iat", o.now.Add(time.Hour).Unix())), "iat beyond numbers": o.token(set("iat", 1e300)),
		"a nonce": o.token(set("nonce", "n")), "an empty nonce": o.token(set("nonce", "")), "a nonce that is null": o.token(set("nonce", nil)),
		"without events": o.token(without("events")), "another event": o.token(set("events", map[string]any{"http://example/other": map[string]any{}})),
		"an event that is no object": o.token(set("events", map[string]any{event: "yes"})), "an event that is null": o.token(set("events", map[string]any{event: nil})),
		"events in a list": o.token(set("events", []string{event})), "without jti": o.token(without("jti")), "an empty jti": o.token(set("jti", "")),
		"about nobody": o.token(without("sub")), "a subject too long": o.token(set("sub", strings.Repeat("c", 501))), "NUL in the session": o.token(set("sid", "s\x00")),
		"a subject that is no text": o.token(set("sub", 7)),
	}
	good := o.token(nil)
	parts := strings.Split(good, ".")
	cases["another's signature"] = parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))
	cases["a signature cut off"] = parts[0] + "." + parts[1] + "."
	for name, token := range cases {
		t.Run(name, func(t *testing.T) {
			if err := o.sso.Logout(t.Context(), token); !errors.Is(err, signin.ErrLogoutToken) {
				t.Errorf("got %v", err)
			}
			if !o.signedIn(session) {
				t.Error("the session has ended")
			}
		})
	}
}

// The sessions that the provider's word is about end, and no others; the same word again ends nothing.
func TestLogout_ends_the_sessions_that_it_is_about(t *testing.T) {
	about := func(sub, sid any) func(_, claims map[string]any) {
		return func(_, claims map[string]any) {
			for name, value := range map[string]any{"sub": sub, "sid": sid} {
				if delete(claims, name); value != nil {
					claims[name] = value
				}
			}
		}
	}
	for name, c := range map[string]struct {
		change func(_, claims map[string]any)
		ended  []string
	}{
		"a person":                         {about("cleo", nil), []string{"cleo s1", "cleo s2"}},
		"a session":                        {about(nil, "s1"), []string{"cleo s1"}},
		"a session of a person":            {about("cleo", "s2"), []string{"cleo s2"}},
		"a session of somebody else":       {about("otto", "s1"), nil},
		"a person of nobody":               {about("nobody", nil), nil},
		"a wildcard":                       {about("%", nil), nil},
		"a wildcard for a session":         {about(nil, "%"), nil},
		"an older provider's type":         {func(h, _ map[string]any) { h["typ"] = "JWT" }, []string{"cleo s1", "cleo s2"}},
		"an older provider without a type": {func(h, _ map[string]any) { delete(h, "typ") }, []string{"cleo s1", "cleo s2"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			sessions := map[string]string{
				"cleo s1": o.enter("cleo", "s1", staff.BySSO), "cleo s2": o.enter("cleo", "s2", staff.BySSO), "otto s3": o.enter("otto", "s3", staff.BySSO),
				"cleo, not there": o.enter("cleo", "", staff.ByPasskey),
			}
			token := o.token(c.change)
			if err := o.sso.Logout(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			for name, session := range sessions {
				ended := false
				for _, want := range c.ended {
					ended = ended || want == name
				}
				if o.signedIn(session) == ended {
					t.Errorf("%s: ended is %v", name, !ended)
				}
			}
			again := o.enter("cleo", "s1", staff.BySSO)
			if err := o.sso.Logout(t.Context(), token); !errors.Is(err, signin.ErrLogoutToken) || !o.signedIn(again) {
				t.Errorf("the same token again: %v", err)
			}
		})
	}
}

func TestLogout_says_that_the_provider_is_away(t *testing.T) {
	o := newOffice(t)
	away := signin.NewSSO(o.staff, o.store, signin.SSOSettings{Issuer: "http://127.0.0.1:1", ClientID: "counterfoil"}, http.DefaultClient, time.Now, rand.Reader)
	if err := away.Logout(t.Context(), o.token(nil)); !errors.Is(err, signin.ErrAway) {
		t.Errorf("got %v", err)
	}
}
