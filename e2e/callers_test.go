package e2e_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
	"counterfoil/internal/staff"
	"counterfoil/internal/store/storetest"
)

// addClient makes a client on the database of a program, as the command line does.
func addClient(t *testing.T, database, dir string, n staff.NewClient) (staff.Client, string) {
	t.Helper()
	var made staff.Client
	var secret string
	withClients(t, database, dir, func(s *staff.Clients) error {
		c, key, err := s.AddClient(t.Context(), n, staff.Trusted("test"))
		if made = c; key != nil {
			secret = key.Secret.Reveal()
		}
		return err
	})
	return made, secret
}

func withClients(t *testing.T, database, dir string, do func(*staff.Clients) error) {
	t.Helper()
	env := []string{"COUNTERFOIL_DATA_DIR=" + dir}
	if database != "" {
		env = append(env, "COUNTERFOIL_DATABASE_URL="+database)
	}
	cfg, err := config.Load(env)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.WithClients(t.Context(), cfg, slog.New(slog.DiscardHandler), do); err != nil {
		t.Fatal(err)
	}
}

// asks reads the list of offers and gives the status; headers are added.
func asks(t *testing.T, client *http.Client, at string, headers map[string]string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/offers", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // only the status matters
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

// OF-010: a key that is revoked, or whose client is disabled, by a command or at one process is out within a second at every other.
func TestKeys_are_out_within_a_second_at_every_process(t *testing.T) {
	t.Parallel()
	database := storetest.PostgreSQL(t)
	here := openBank(t, database, "COUNTERFOIL_MANAGEMENT_AUTH=key")
	there := openBank(t, database, "COUNTERFOIL_MANAGEMENT_AUTH=key")
	core, key := addClient(t, database, t.TempDir(), staff.NewClient{Name: "core", Scopes: []staff.Scope{staff.ScopeOffersRead}})
	_, admin := addClient(t, database, t.TempDir(), staff.NewClient{Name: "admin", Scopes: staff.Scopes()})
	everywhere := func(want int) {
		t.Helper()
		for _, b := range []*bank{here, there} {
			begin := time.Now()
			eventually(t, time.Second, fmt.Sprint("status ", want), func() bool { return asks(t, http.DefaultClient, b.management, bearer(key)) == want })
			if took := time.Since(begin); took > time.Second {
				t.Errorf("it took %s", took)
			}
		}
	}
	change := func(path string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, here.management+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+admin)
		if status, body, err := do(r); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %s %v", path, status, body, err)
		}
	}
	everywhere(http.StatusOK)
	change("/clients/" + string(core.ID) + "/disable")
	everywhere(http.StatusUnauthorized)
	change("/clients/" + string(core.ID) + "/enable")
	everywhere(http.StatusOK)
	withClients(t, database, t.TempDir(), func(s *staff.Clients) error {
		return s.RevokeKey(t.Context(), core.ID, core.Keys[0].ID, staff.WayAny)
	})
	everywhere(http.StatusUnauthorized)
	for _, b := range []*bank{here, there} {
		if log := b.log.String(); strings.Contains(log, key) || strings.Contains(log, admin) {
			t.Error("a key is in the log")
		}
	}
}

// certificate signs a client's certificate.
func (a *authority) certificate(change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "core"}, NotBefore: time.Now().Add(-48 * time.Hour),
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	change(template)
	cert, key := a.sign(template, a)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

// certified is a client that trusts the authority and shows a certificate, if it has one.
func (a *authority) certified(certs ...tls.Certificate) *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: pool, MinVersion: tls.VersionTLS12, ServerName: "localhost",
		// Shown whatever authorities the server names: a client library would keep back what cannot be accepted anyway.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if len(certs) == 0 {
				return &tls.Certificate{}, nil
			}
			return &certs[0], nil
		},
	}}
	a.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestManagement_takes_client_certificates(t *testing.T) {
	t.Parallel()
	dir, theirs := t.TempDir(), t.TempDir()
	ca, other := newAuthority(t, dir), newAuthority(t, theirs)
	ca.issue("tls")
	database := storetest.PostgreSQL(t)
	b := openBank(t, database, "COUNTERFOIL_MANAGEMENT_AUTH=mtls", "COUNTERFOIL_MANAGEMENT_CLIENT_CA="+filepath.Join(dir, "root.crt.pem"),
		"COUNTERFOIL_MANAGEMENT_TLS_CERT="+filepath.Join(dir, "tls.crt.pem"), "COUNTERFOIL_MANAGEMENT_TLS_KEY="+filepath.Join(dir, "tls.key.pem"))
	dns := func(name string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.DNSNames = []string{name} }
	}
	uri := func(raw string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			u, err := url.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			c.URIs = []*url.URL{u}
		}
	}
	pinned := ca.certificate(func(*x509.Certificate) {})
	spki, err := x509.MarshalPKIXPublicKey(pinned.PrivateKey.(*ecdsa.PrivateKey).Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(spki)
	scopes := []staff.Scope{staff.ScopeOffersRead}
	addClient(t, database, dir, staff.NewClient{Name: "by-name", Scopes: scopes, Identities: []string{"san:dns:core.bank.example"}})
	addClient(t, database, dir, staff.NewClient{Name: "by-uri", Scopes: scopes, Identities: []string{"san:uri:spiffe://bank/core"}})
	addClient(t, database, dir, staff.NewClient{Name: "by-key", Scopes: scopes, Identities: []string{"spki:sha256:" + hex.EncodeToString(sum[:])}})
	off, _ := addClient(t, database, dir, staff.NewClient{Name: "off", Scopes: scopes, Identities: []string{"san:dns:off.bank.example"}})
	withClients(t, database, dir, func(s *staff.Clients) error { return s.DisableClient(t.Context(), off.ID, staff.WayAny) })
	_, key := addClient(t, database, dir, staff.NewClient{Name: "with-key", Scopes: scopes})

	for name, c := range map[string]struct {
		cert tls.Certificate
		want int
	}{
		"a DNS name":            {ca.certificate(dns("core.bank.example")), http.StatusOK},
		"a DNS name in capital": {ca.certificate(dns("Core.bank.example")), http.StatusOK},
		"a URI":                 {ca.certificate(uri("spiffe://bank/core")), http.StatusOK},
		"a key":                 {pinned, http.StatusOK},
		"nobody's name":         {ca.certificate(dns("nobody.bank.example")), http.StatusUnauthorized},
		"a wildcard":            {ca.certificate(dns("*.bank.example")), http.StatusUnauthorized},
		"only a common name":    {ca.certificate(func(c *x509.Certificate) { c.Subject.CommonName = "core.bank.example" }), http.StatusUnauthorized},
		"a disabled client":     {ca.certificate(dns("off.bank.example")), http.StatusUnauthorized},
	} {
		client := ca.certified(c.cert)
		if got := asks(t, client, b.management, nil); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
		if c.want != http.StatusUnauthorized {
			continue
		}
		// OF-028, and a key is nothing where certificates count.
		for header, value := range map[string]string{"X-Forwarded-Client-Cert": `DNS=core.bank.example;URI=spiffe://bank/core`, "Authorization": "Bearer " + key} {
			if got := asks(t, client, b.management, map[string]string{header: value}); got != http.StatusUnauthorized {
				t.Errorf("%s with %s: %d", name, header, got)
			}
		}
	}

	// What the authorities do not vouch for does not even get to ask.
	for name, c := range map[string]struct {
		client *http.Client
		alert  string
	}{
		"OF-025 an authority nobody trusts": {ca.certified(other.certificate(dns("core.bank.example"))), "unknown certificate authority"},
		"OF-026 expired yesterday": {ca.certified(ca.certificate(func(c *x509.Certificate) {
			c.DNSNames, c.NotAfter = []string{"core.bank.example"}, time.Now().Add(-24*time.Hour)
		})), "expired certificate"},
		"for servers only": {ca.certified(ca.certificate(func(c *x509.Certificate) {
			c.DNSNames, c.ExtKeyUsage = []string{"core.bank.example"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		})), "bad certificate"},
		"none": {ca.certified(), "certificate required"},
	} {
		res, err := c.client.Get(b.management + "/livez")
		if err == nil {
			res.Body.Close()
			t.Errorf("%s: answered %d", name, res.StatusCode)
		} else if !strings.Contains(err.Error(), c.alert) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// provider starts an authorization server, which is a script of this folder, and gives its issuer.
func provider(t *testing.T, script string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"provider/" + script}, args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // it ends by this
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var ready struct {
			Issuer string `json:"issuer"`
		}
		if json.Unmarshal(lines.Bytes(), &ready) == nil && ready.Issuer != "" {
			return ready.Issuer
		}
	}
	t.Fatal("the authorization server did not start")
	return ""
}

// token gets an access token by client credentials (RFC 6749 §4.4).
func token(t *testing.T, issuer, client, audience, scope string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {audience}, "scope": {scope}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(client, client+"-secret")
	status, body, err := do(r)
	var out struct {
		Token string `json:"access_token"`
	}
	if err != nil || status != http.StatusOK || json.NewDecoder(bytes.NewReader(body)).Decode(&out) != nil {
		t.Fatalf("the token endpoint answered %d %s %v", status, body, err)
	}
	return out.Token
}

func TestManagement_takes_tokens_of_an_authorization_server_nobody_here_wrote(t *testing.T) {
	t.Parallel()
	const audience, scope = "https://manage.bank.example", "offers:read offers:create keys:manage"
	issuer := provider(t, "provider.mjs", audience, scope, "core", "batch", "stranger")
	database := storetest.PostgreSQL(t)
	b := openBank(t, database, "COUNTERFOIL_MANAGEMENT_AUTH=oauth", "COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER="+issuer,
		"COUNTERFOIL_MANAGEMENT_OAUTH_AUDIENCE="+audience)
	core, _ := addClient(t, database, t.TempDir(), staff.NewClient{Name: "core", Scopes: []staff.Scope{staff.ScopeOffersRead}, Identities: []string{"oauth:core"}})
	addClient(t, database, t.TempDir(), staff.NewClient{Name: "batch", Scopes: []staff.Scope{staff.ScopeOffersCreate}, Identities: []string{"oauth:batch"}})
	_, key := addClient(t, database, t.TempDir(), staff.NewClient{Name: "with-key", Scopes: staff.Scopes()})

	good := token(t, issuer, "core", audience, scope)
	for name, c := range map[string]struct {
		headers map[string]string
		want    int
	}{
		"a good token":                          {bearer(good), http.StatusOK},
		"a token that may not read":             {bearer(token(t, issuer, "core", audience, "offers:create")), http.StatusForbidden},
		"a client that may not read":            {bearer(token(t, issuer, "batch", audience, scope)), http.StatusForbidden},
		"a client that nobody knows":            {bearer(token(t, issuer, "stranger", audience, scope)), http.StatusUnauthorized},
		"OF-019 a token for somebody else":      {bearer(token(t, issuer, "core", "https://other.bank.example", scope)), http.StatusUnauthorized},
		"a token with another last character":   {bearer(good[:len(good)-2]), http.StatusUnauthorized},
		"an API key":                            {bearer(key), http.StatusUnauthorized},
		"OF-022 an access token for the wallet": {bearer(b.walletToken(t, token(t, issuer, "batch", audience, scope))), http.StatusUnauthorized},
		"none":                                  {nil, http.StatusUnauthorized},
	} {
		if got := asks(t, http.DefaultClient, b.management, c.headers); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	withClients(t, database, t.TempDir(), func(s *staff.Clients) error { return s.DisableClient(t.Context(), core.ID, staff.WayAny) })
	eventually(t, time.Second, "a disabled client is out", func() bool {
		return asks(t, http.DefaultClient, b.management, bearer(good)) == http.StatusUnauthorized
	})
	if strings.Contains(b.log.String(), good) {
		t.Error("a token is in the log")
	}
}

// walletToken makes an offer as a client may and gives the access token that a wallet gets for it.
func (b *bank) walletToken(t *testing.T, as string) string {
	t.Helper()
	body, err := json.Marshal(identity(nil))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.management+"/offers", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+as)
	r.Header.Set("Content-Type", "application/json")
	var offer created
	if status, body, err := do(r); err != nil || status != http.StatusCreated || json.Unmarshal(body, &offer) != nil {
		t.Fatalf("POST /offers answered %d %s %v", status, body, err)
	}
	status, body, err := b.redeem(b.code(offer), "")
	var out struct {
		Token string `json:"access_token"`
	}
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &out) != nil || out.Token == "" {
		t.Fatalf("the token endpoint answered %d %s %v", status, body, err)
	}
	return out.Token
}
