package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/config"
	"counterfoil/internal/trust"
)

// selfSigned writes a certificate that ends at a time, and its key.
func selfSigned(t *testing.T, dir, name string, ends time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: ends.AddDate(-1, 0, 0), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestDated_knows_the_certificates_of_the_doors_and_the_authorities_of_clients(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now().UTC().Truncate(time.Second)
	set, err := trust.MakeDemo(now, rand.Reader, "http://localhost")
	if err != nil {
		t.Fatal(err)
	}
	var cfg config.Config
	cfg.PublicTLSCert, cfg.PublicTLSKey = selfSigned(t, dir, "wallets", now.Add(time.Hour))
	cfg.PortalTLSCert, cfg.PortalTLSKey = selfSigned(t, dir, "staff", now.Add(2*time.Hour))
	cfg.ManagementClientCA, _ = selfSigned(t, dir, "authority", now.Add(3*time.Hour))
	all, err := (&parts{keys: set}).dated(cfg)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, d := range all[len(set.Dated()):] {
		got += fmt.Sprintf("%s %s in %s; ", d.Use, d.Subject, d.NotAfter.Sub(now))
	}
	if want := "wallets CN=wallets in 1h0m0s; portal CN=staff in 2h0m0s; clients CN=authority in 3h0m0s; "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := os.WriteFile(cfg.ManagementClientCA, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (&parts{keys: set}).dated(cfg); err == nil {
		t.Error("a broken authority is taken")
	}
}

// The authorities whose clients the management door lets in are the one list of whom to trust that the program takes.
func TestClientCAs_refuse_what_is_no_list_of_authorities(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, _ := selfSigned(t, dir, "authority", time.Now().AddDate(1, 0, 0))
	good, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(good)
	block.Bytes[40] ^= 0xff
	for name, c := range map[string]struct{ content, want string }{
		"good":                                {string(good), ""},
		"UP-068 a trust list, alg none":       {"eyJhbGciOiJub25lIn0.eyJUcnVzdGVkRW50aXRpZXNMaXN0IjpbXX0.", "no certificate in PEM form"},
		"UP-069 one whose signature is wrong": {"eyJhbGciOiJFUzI1NiJ9.eyJUcnVzdGVkRW50aXRpZXNMaXN0IjpbXX0.AAAA", "no certificate in PEM form"},
		"UP-072 100 MB":                       {strings.Repeat("\n", 100_000_000-len(good)) + string(good), "larger than 64 KiB"},
		"UP-073 no entries":                   {"", "no certificate in PEM form"},
		"one that is damaged among good ones": {string(good) + string(pem.EncodeToMemory(block)), "not a certificate"},
	} {
		path := filepath.Join(dir, "list")
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		pool, err := clientCAs(path)
		dated, errDated := clientAuthorities(path)
		if c.want == "" && (err != nil || errDated != nil || pool == nil || len(dated) != 1) {
			t.Errorf("%s: %v, %v, %d", name, err, errDated, len(dated))
		}
		if c.want != "" && (pool != nil || err == nil || errDated == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "COUNTERFOIL_MANAGEMENT_CLIENT_CA: ")) {
			t.Errorf("%s: got %v, %v", name, err, errDated)
		}
	}
}
