package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/doctor"
	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/outbound"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
	"counterfoil/views/i18n"
)

// installation is the documents of an issuer behind a real server, and a doctor for it.
type installation struct {
	t        *testing.T
	server   *httptest.Server
	urls     oid4vci.URLs
	keys     trust.Set
	types    *typemeta.Catalog
	metadata *oid4vci.Metadata
	// instead answers before the issuer does, when it gives true.
	instead func(w http.ResponseWriter, r *http.Request) bool
	options doctor.Options
}

// scheme and host are how the server is reached: the certificate of httptest is for 127.0.0.1 and example.com.
const (
	httpsHere = "https://127.0.0.1"
	httpHere  = "http://127.0.0.1"
)

// install starts an issuer whose identifier has a path, so that there are two forms of each document. change comes before the start.
func install(t *testing.T, at string, change func(*installation)) *installation {
	t.Helper()
	i := &installation{t: t, types: typemeta.NewCatalog(samples(t))}
	i.server = httptest.NewUnstartedServer(i)
	i.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	_, port, err := net.SplitHostPort(i.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	i.urls = oid4vci.URLs{Issuer: at + ":" + port + "/bank"}
	if i.keys, err = trust.MakeDemo(time.Now(), rand.Reader, i.urls.Issuer); err != nil {
		t.Fatal(err)
	}
	i.options = doctor.Options{
		Door: doctor.Door{
			Issuer: i.urls.Issuer, Types: i.urls.At(oid4vci.PathTypes), WellKnownIssuer: i.urls.WellKnownIssuer(), WellKnownServer: i.urls.WellKnownServer(),
		},
		Keys: func() (trust.Set, error) { return i.keys, nil }, Types: i.types, Database: about{Postgres: 16, Schema: 3, Known: 3},
		Endpoints: endpoints(nil), Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(i)
	}
	i.write()
	if strings.HasPrefix(at, "https") {
		i.server.StartTLS()
	} else {
		i.server.Start()
	}
	t.Cleanup(i.server.Close)
	for _, client := range []**http.Client{&i.options.Public, &i.options.Outside, &i.options.Callbacks} {
		if *client == nil {
			*client = i.client()
		}
	}
	return i
}

// write makes the documents anew.
func (i *installation) write() {
	i.t.Helper()
	key := i.keys.Keys[trust.Access]
	signer, err := jose.NewSigner(key.Signer, "ES256", key.Chain)
	if err != nil {
		i.t.Fatal(err)
	}
	if i.metadata, err = oid4vci.NewMetadata(i.urls, i.types, "Bank", signer); err != nil {
		i.t.Fatal(err)
	}
}

func samples(t *testing.T) []typemeta.Type {
	t.Helper()
	types, err := typemeta.Load(typemeta.Samples())
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// client is the guarded client, which here may go to this machine and trusts the server's certificate.
func (i *installation) client() *http.Client {
	client := outbound.NewClient(outbound.Options{Allow: outbound.Loopback(), AllowOwn: true})
	if c := i.server.Certificate(); c != nil {
		roots := x509.NewCertPool()
		roots.AddCert(c)
		transport(client).TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return client
}

func transport(c *http.Client) *http.Transport {
	return c.Transport.(*http.Transport) //nolint:forcetypeassert // it is the guarded client's
}

// from lets the client find the server under any name, at an address that looks like another one.
func (i *installation) from(remote string) {
	i.options.Public = i.client()
	transport(i.options.Public).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, i.server.Listener.Addr().String())
		return elsewhere{conn, netip.MustParseAddrPort(remote + ":443")}, err
	}
}

type elsewhere struct {
	net.Conn
	at netip.AddrPort
}

func (e elsewhere) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(e.at) }

// ServeHTTP serves the documents as the wallet door does.
func (i *installation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.instead != nil && i.instead(w, r) {
		return
	}
	types := "/bank" + oid4vci.PathTypes
	var body []byte
	var err error
	contentType := "application/json"
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "openid-credential-issuer") || strings.HasPrefix(path, "/.well-known/openid-credential-issuer/"):
		if body, err = i.metadata.Issuer(); r.Header.Get("Accept") == "application/jwt" {
			contentType = "application/jwt"
			body, err = i.metadata.Signed(time.Now())
		}
	case strings.Contains(path, "oauth-authorization-server"):
		body, err = i.metadata.Server()
	case strings.HasPrefix(path, types):
		if t, known := i.types.Type(strings.TrimPrefix(path, types)); known {
			body = t.Document()
		}
	}
	if err != nil || body == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body)
}

// run gives the checks by name; a name that comes twice fails the test.
func (i *installation) run() map[string]doctor.Check {
	i.t.Helper()
	return named(i.t, doctor.New(i.options).Run(i.t.Context()))
}

func named(t *testing.T, r doctor.Report) map[string]doctor.Check {
	t.Helper()
	out := map[string]doctor.Check{}
	for _, c := range r.Checks {
		name := c.Name.String()
		if _, twice := out[name]; twice {
			t.Errorf("two checks are called %s", c.Name)
		}
		if c.Found.Empty() || c.Fix.Empty() != (c.Result == doctor.OK || c.Result == doctor.NotChecked) {
			t.Errorf("%s, %s: found %q, fix %q", c.Name, c.Result, c.Found, c.Fix)
		}
		translated(t, c.Found)
		translated(t, c.Fix)
		out[name] = c
	}
	return out
}

// translated holds a text, and every text in it, to being said in German and French, and filled in.
func translated(t *testing.T, text i18n.Text) {
	t.Helper()
	if text.Empty() {
		return
	}
	for _, tag := range []string{"de", "fr"} {
		if said := text.In(i18n.With(t.Context(), tag)); said == text.String() || strings.Contains(said, "%!") {
			t.Errorf("in %s it says %q", tag, said)
		}
	}
	for _, arg := range text.Args {
		if within, is := arg.(i18n.Text); is {
			translated(t, within)
		}
	}
}

// want is how a check must end, and words of what was found.
type want struct {
	result doctor.Result
	words  string
}

func expect(t *testing.T, got map[string]doctor.Check, wanted map[string]want) {
	t.Helper()
	for name, w := range wanted {
		if c, there := got[name]; !there || c.Result != w.result || !strings.Contains(c.Found.String(), w.words) {
			t.Errorf("%s is %s, %q; want %s, %q", name, c.Result, c.Found, w.result, w.words)
		}
	}
}

// about is a database.
type about doctor.About

func (a about) About(context.Context) (doctor.About, error) { return doctor.About(a), nil }

// endpoints are callback endpoints.
type endpoints []issuance.Endpoint

func (e endpoints) ListEndpoints(context.Context) ([]issuance.Endpoint, error) { return e, nil }

// certificate makes a self-signed server certificate for 127.0.0.1.
func certificate(t *testing.T, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().AddDate(0, -2, 0), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
