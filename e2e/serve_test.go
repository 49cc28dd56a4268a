package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/app"
	"counterfoil/internal/app/apptest"
	"counterfoil/internal/config"
	"counterfoil/internal/staff"
)

// authority is a bank's own certification authority, made anew for each test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, dir string) *authority {
	t.Helper()
	a := &authority{t: t, dir: dir}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example Bank root"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	a.cert, a.key = a.sign(template, nil)
	a.write("root.crt.pem", "CERTIFICATE", a.cert.Raw)
	return a
}

func (a *authority) sign(template *x509.Certificate, parent *authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	above, by := template, key
	if parent != nil {
		above, by = parent.cert, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, above, key.Public(), by)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// issue writes a leaf's certificate and key as name.crt.pem and name.key.pem.
func (a *authority) issue(name string) {
	a.t.Helper()
	cert, key := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Example Bank " + name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(12 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		DNSNames: []string{"localhost"}, BasicConstraintsValid: true,
	}, a)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".crt.pem", "CERTIFICATE", cert.Raw)
	a.write(name+".key.pem", "PRIVATE KEY", der)
}

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

const servePassword = "correct horse battery staple"

// openServe starts the program as a bank runs it, over TLS, with an account called ada. It gives the portal's address and somebody to
// call it.
func openServe(t *testing.T, roles ...staff.Role) (portal string, somebody *person) {
	t.Helper()
	portal, _, somebody = serve(t, roles...)
	return portal, somebody
}

func serve(t *testing.T, roles ...staff.Role) (portal, public string, somebody *person) {
	t.Helper()
	dir := t.TempDir()
	keys := filepath.Join(dir, app.KeysDir)
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	ca := newAuthority(t, keys)
	for _, name := range []string{"issuer", "access", "tls"} {
		ca.issue(name)
	}
	port := freePort(t)
	cert, key := filepath.Join(keys, "tls.crt.pem"), filepath.Join(keys, "tls.key.pem")
	cfg, err := config.Load([]string{
		"COUNTERFOIL_DATA_DIR=" + dir, "COUNTERFOIL_MASTER_KEY=" + base64.StdEncoding.EncodeToString([]byte(rand.Text() + rand.Text())[:32]),
		"COUNTERFOIL_PUBLIC_URL=https://localhost:" + port, "COUNTERFOIL_PUBLIC_ADDR=localhost:" + port,
		"COUNTERFOIL_MANAGEMENT_ADDR=127.0.0.1:0", "COUNTERFOIL_PORTAL_ADDR=localhost:0",
		"COUNTERFOIL_PUBLIC_TLS_CERT=" + cert, "COUNTERFOIL_PUBLIC_TLS_KEY=" + key,
		"COUNTERFOIL_PORTAL_TLS_CERT=" + cert, "COUNTERFOIL_PORTAL_TLS_KEY=" + key,
	})
	if err == nil {
		err = cfg.CheckProduction()
	}
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	err = app.WithStaff(t.Context(), cfg, log, func(s *staff.Service) error {
		_, err := s.AddPerson(t.Context(), staff.NewPerson{Name: "ada", Roles: roles, Password: servePassword})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	at := apptest.Run(t, cfg, app.Options{Log: log})
	return strings.Replace(at.Portal, "127.0.0.1", "localhost", 1), cfg.PublicURL, newPerson(t, ca)
}

func TestServe_takes_staff_with_passwords_over_TLS(t *testing.T) {
	t.Parallel()
	portal, public, person := serve(t, staff.Operator)
	if status, body := person.signIn(portal, "ada", "guess"); status != http.StatusUnprocessableEntity || strings.Contains(body, "one click") {
		t.Errorf("a wrong password answered %d", status)
	}
	if status, body := person.signIn(portal, "ada", servePassword); status != http.StatusOK || !strings.Contains(body, "What does the customer need?") {
		t.Errorf("the right password answered %d", status)
	}
	u, err := url.Parse(portal)
	if err != nil {
		t.Fatal(err)
	}
	if cookies := person.client.Jar.Cookies(u); len(cookies) != 1 || cookies[0].Name != "__Host-counterfoil" {
		t.Errorf("cookies are %v", cookies)
	}
	if status, body := person.get(portal + "/display"); status != http.StatusOK || !strings.Contains(body, "Pairing code") || strings.Contains(body, "Demo") {
		t.Errorf("a customer display answered %d", status)
	}
	if cookies := person.client.Jar.Cookies(u); len(cookies) != 2 || cookies[1].Name != "__Host-counterfoil-display" {
		t.Errorf("cookies are %v", cookies)
	}
	if status, body := person.signIn(portal, "demo-clerk", ""); status != http.StatusUnprocessableEntity || strings.Contains(body, "demo wallet") {
		t.Errorf("a demo account answered %d", status)
	}
	if status, _ := person.get(public + "/.well-known/openid-credential-issuer"); status != http.StatusOK {
		t.Errorf("the metadata answered %d", status)
	}
	if status, _ := person.get(portal + "/demo/wallet"); status != http.StatusNotFound {
		t.Errorf("the demo wallet answered %d", status)
	}
}

// person is somebody with a browser that trusts one authority.
type person struct {
	t      *testing.T
	client *http.Client
}

func newPerson(t *testing.T, ca *authority) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &person{t: t, client: &http.Client{Jar: jar, Transport: transport}}
}

func (p *person) signIn(portal, name, password string) (int, string) {
	p.t.Helper()
	form := url.Values{"name": {name}, "password": {password}, "next": {"/"}}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, portal+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.do(r)
}

func (p *person) get(at string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, at, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.do(r)
}

func (p *person) do(r *http.Request) (int, string) {
	p.t.Helper()
	resp, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close() // it was read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
