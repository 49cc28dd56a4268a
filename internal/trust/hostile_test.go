package trust_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/trust"
)

// folder is what an operator puts into the folder of keys: the issuer's certificates and key, and the root. An empty key or root is the
// good one, "none" leaves the root out.
type folder struct{ certs, key, root string }

// office is certificates to try things with: a root, an authority below it, and a good leaf below that.
type office struct{ root, between, leaf, access pair }

func newOffice(t *testing.T) office {
	t.Helper()
	o := office{root: issue(t, nil, "Root", authority)}
	o.between = issue(t, &o.root, "Between", authority)
	o.leaf = issue(t, &o.between, "Issuer", nil)
	o.access = issue(t, &o.root, "Access", nil)
	return o
}

// load puts a folder there and loads it as the program does at its start.
func (o office) load(t *testing.T, f folder) error {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "access.crt.pem", []byte(chainOf(o.access.cert)))
	put(t, dir, "access.key.pem", []byte(o.access.keyPEM(t)))
	put(t, dir, "issuer.crt.pem", []byte(f.certs))
	if f.key == "" {
		f.key = o.leaf.keyPEM(t)
	}
	put(t, dir, "issuer.key.pem", []byte(f.key))
	switch f.root {
	case "":
		put(t, dir, "root.crt.pem", []byte(chainOf(o.root.cert)))
	case "none":
	default:
		put(t, dir, "root.crt.pem", []byte(f.root))
	}
	_, err := trust.LoadDir(dir, now)
	return err
}

// below is a folder with a leaf of its own below the authority.
func (o office) below(t *testing.T, change func(*x509.Certificate)) folder {
	t.Helper()
	p := issue(t, &o.between, "Issuer", change)
	return folder{certs: chainOf(p.cert, o.between.cert), key: p.keyPEM(t)}
}

// hold tries folders: each is refused with words that name the file and the fault, or taken when there are none.
func hold(t *testing.T, o office, cases map[string]struct {
	folder folder
	want   string
}) {
	t.Helper()
	for name, c := range cases {
		begin := time.Now()
		err := o.load(t, c.folder)
		if took := time.Since(begin); took > time.Second {
			t.Errorf("%s took %s", name, took)
		}
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), ".pem: ")) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// The upload area of the hostile inputs, as far as it is about files of certificates and keys.
func TestLoadDir_refuses_files_that_are_no_certificates(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	good := chainOf(o.leaf.cert, o.between.cert)
	lines := strings.Split(strings.TrimSpace(chainOf(o.between.cert)), "\n")
	indefinite := append(append([]byte{0x30, 0x80}, o.leaf.cert.Raw[4:]...), 0, 0)
	hold(t, o, map[string]struct {
		folder folder
		want   string
	}{
		"UP-003 one byte":                      {folder{certs: "x"}, "no certificate in PEM form"},
		"UP-004 64 KiB and one":                {folder{certs: good + strings.Repeat("\n", trust.MaxFile+1-len(good))}, "larger than 64 KiB"},
		"64 KiB":                               {folder{certs: good + strings.Repeat("\n", trust.MaxFile-len(good))}, ""},
		"UP-016 an archive":                    {folder{certs: "PK\x03\x04" + strings.Repeat("\x00", 100)}, "no certificate in PEM form"},
		"UP-019 a certificate called a key":    {folder{certs: inPEM("PUBLIC KEY", o.leaf.cert.Raw)}, "has PUBLIC KEY where a CERTIFICATE"},
		"UP-019 a key called a certificate":    {folder{certs: good, key: strings.ReplaceAll(o.leaf.keyPEM(t), "PRIVATE KEY", "CERTIFICATE")}, "has CERTIFICATE where a PRIVATE KEY"},
		"UP-021 CRLF":                          {folder{certs: strings.ReplaceAll(good, "\n", "\r\n"), key: strings.ReplaceAll(o.leaf.keyPEM(t), "\n", "\r\n")}, ""},
		"UP-021 a byte order mark":             {folder{certs: "\ufeff" + good, key: "\ufeff" + o.leaf.keyPEM(t)}, ""},
		"UP-021 text before it":                {folder{certs: "Certificate:\n    Data:\n        Version: 3\n" + good}, ""},
		"UP-022 two roots":                     {folder{certs: good, root: chainOf(o.root.cert, o.between.cert)}, "must hold one certificate"},
		"UP-022 two of no chain":               {folder{certs: chainOf(o.leaf.cert, o.access.cert), root: "none"}, "not signed by the one after it"},
		"UP-024 an encrypted key":              {folder{certs: good, key: inPEM("ENCRYPTED PRIVATE KEY", []byte("x"))}, "is encrypted"},
		"UP-024 a key encrypted as of old":     {folder{certs: good, key: "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n"}, "is encrypted"},
		"UP-026 PKCS #12 with RC2":             {folder{certs: string(pkcs12(t, 2048))}, "no certificate in PEM form"},
		"UP-026 the same as PEM":               {folder{certs: inPEM("PKCS12", pkcs12(t, 2048))}, "has PKCS12 where"},
		"UP-026 in the place of the key":       {folder{certs: good, key: string(pkcs12(t, 2048))}, "no key in PEM form"},
		"UP-027 PKCS #12 of 1e9 iterations":    {folder{certs: string(pkcs12(t, 1e9))}, "no certificate in PEM form"},
		"UP-027 in the place of the key":       {folder{certs: good, key: inPEM("PRIVATE KEY", pkcs12(t, 1e9))}, "not a PKCS #8 key"},
		"UP-029 DER that is cut off":           {folder{certs: inPEM("CERTIFICATE", o.leaf.cert.Raw[:200])}, "not a certificate"},
		"UP-029 PEM that is cut off":           {folder{certs: chainOf(o.leaf.cert) + strings.Join(lines[:len(lines)-2], "\n")}, "damaged or not whole"},
		"UP-030 indefinite length":             {folder{certs: inPEM("CERTIFICATE", indefinite)}, "not a certificate"},
		"UP-031 10,000 deep":                   {folder{certs: inPEM("CERTIFICATE", deep(10_000))}, "not a certificate"},
		"bytes behind a certificate":           {folder{certs: inPEM("CERTIFICATE", append(bytes.Clone(o.leaf.cert.Raw), 0))}, "not a certificate"},
		"a key that others than PKCS #8 write": {folder{certs: good, key: inPEM("EC PRIVATE KEY", []byte("x"))}, "where a PRIVATE KEY (PKCS #8)"},
	})
	quickest := time.Hour // of a few: the machine may be busy
	path := filepath.Join(t.TempDir(), "deep.pem")
	put(t, filepath.Dir(path), "deep.pem", []byte(inPEM("CERTIFICATE", deep(10_000))))
	for range 5 {
		begin := time.Now()
		if _, err := trust.ReadCertificates(path); err == nil {
			t.Error("UP-031: it is taken")
		}
		quickest = min(quickest, time.Since(begin))
	}
	if quickest > 10*time.Millisecond {
		t.Errorf("UP-031 took %s", quickest)
	}
}

// pkcs12 is the outside of a PFX (RFC 7292 §4) whose content is encrypted with RC2 of 40 bits.
func pkcs12(t *testing.T, iterations int) []byte {
	t.Helper()
	type algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters struct {
			Salt       []byte
			Iterations int
		}
	}
	rc2 := algorithm{OID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 6}}
	rc2.Parameters.Salt, rc2.Parameters.Iterations = make([]byte, 8), iterations
	out, err := asn1.Marshal(struct {
		Version int
		Safe    algorithm
		MAC     struct {
			Digest     []byte
			Salt       []byte
			Iterations int
		}
	}{Version: 3, Safe: rc2, MAC: struct {
		Digest     []byte
		Salt       []byte
		Iterations int
	}{make([]byte, 20), make([]byte, 8), iterations}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// deep is so many sequences, each in the one before.
func deep(levels int) []byte {
	out := []byte{0x30, 0}
	for len(out) < 3*levels {
		n := len(out)
		switch {
		case n < 0x80:
			out = append([]byte{0x30, byte(n)}, out...)
		default:
			out = append([]byte{0x30, 0x82, byte(n >> 8), byte(n)}, out...)
		}
	}
	return out
}

func TestLoadDir_refuses_certificates_that_must_not_sign(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p256, p192 := []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}, []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1}
	point := o.leaf.cert.RawSubjectPublicKeyInfo[len(o.leaf.cert.RawSubjectPublicKeyInfo)-32:]
	off := bytes.Clone(point)
	off[31] ^= 1
	weak := certify(t, &o.between, "RSA", &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(3), 2046), E: 1}, nil, nil)
	strange := issue(t, &o.between, "Issuer", func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	})
	alone := folder{certs: chainOf(strange.cert), key: strange.keyPEM(t), root: "none"}
	hold(t, o, map[string]struct {
		folder folder
		want   string
	}{
		"a good one": {o.below(t, nil), ""},
		"UP-033 version 1": {folder{certs: inPEM("CERTIFICATE", byHand(t, o.between, o.leaf.cert, func(c *toBeSigned) {
			c.Version, c.Extensions = 0, nil
		}), o.between.cert.Raw)}, "its key usage lacks"},
		"UP-033 version 1 above": {folder{certs: inPEM("CERTIFICATE", o.leaf.cert.Raw, byHand(t, o.root, o.between.cert, func(c *toBeSigned) {
			c.Version, c.Extensions = 0, nil
		}))}, "of X.509 version 1, not 3"},
		"UP-036 RSA, e = 1":             {folder{certs: chainOf(weak, o.between.cert)}, "not for an EC key on P-256"},
		"UP-037 P-192":                  {folder{certs: inPEM("CERTIFICATE", bytes.Replace(o.leaf.cert.Raw, p256, p192, 1))}, "unsupported elliptic curve"},
		"UP-039 off the curve":          {folder{certs: inPEM("CERTIFICATE", bytes.Replace(o.leaf.cert.Raw, point, off, 1))}, "point not on curve"},
		"UP-044 ends before it":         {o.below(t, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.Add(day), now.Add(-day) }), "which is not now"},
		"UP-045 an authority":           {o.below(t, authority), "is a CA"},
		"UP-046 for encryption":         {o.below(t, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), "lacks digitalSignature"},
		"UP-046 no usage":               {o.below(t, func(c *x509.Certificate) { c.KeyUsage = 0 }), "lacks digitalSignature"},
		"UP-047 critical and not known": {folder{certs: chainOf(strange.cert, o.between.cert), key: strange.keyPEM(t)}, "critical extension"},
		"UP-047 the same alone":         {alone, "critical extension"},
		"UP-052 a wildcard":             {o.below(t, func(c *x509.Certificate) { c.DNSNames = []string{"*.bank.example"} }), "wildcard"},
		"UP-053 a homograph":            {o.name(t, "b\u0430nk.example"), "not a certificate"},
		"UP-053 its ASCII form":         {o.name(t, "xn--bnk-5cd.example"), ""}, // is shown as it stands, and so deceives nobody
		"UP-053 a NUL":                  {o.name(t, "bank.example\x00.evil.example"), ".pem: "},
		"UP-054 another key":            {folder{certs: chainOf(o.leaf.cert, o.between.cert), key: o.access.keyPEM(t)}, "not the one of the certificate"},
	})
	explicit := byHand(t, o.between, o.leaf.cert, func(c *toBeSigned) {
		c.Key.Algorithm.Parameters = asn1.RawValue{FullBytes: []byte{0x30, 3, 2, 1, 1}} // SpecifiedECDomain (SEC 1 C.2), which RFC 5480 §2.1.1 forbids
	})
	if err := o.load(t, folder{certs: inPEM("CERTIFICATE", explicit)}); err == nil || !strings.Contains(err.Error(), "invalid ECDSA parameters") {
		t.Errorf("UP-038 explicit parameters: %v", err)
	}
}

// name is a folder with a leaf of that DNS name, whatever its characters.
func (o office) name(t *testing.T, name string) folder {
	t.Helper()
	const same = "issuer.bank.example"
	p := issue(t, &o.between, "Issuer", nil)
	san := func(name string) []byte {
		out, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte(name)}})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	der := byHand(t, o.between, p.cert, func(c *toBeSigned) {
		for i, e := range c.Extensions {
			if bytes.Equal(e.Value, san(same)) {
				c.Extensions[i].Value = san(name)
				return
			}
		}
		t.Error("the certificate has no name to change")
	})
	return folder{certs: inPEM("CERTIFICATE", der, o.between.cert.Raw), key: p.keyPEM(t)}
}

func TestLoadDir_refuses_chains_that_wallets_would_not_take(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	self := issue(t, nil, "Self", nil)
	deeper := issue(t, &o.between, "Deeper", authority)
	low := issue(t, &deeper, "Issuer", nil)
	narrow := issue(t, &o.root, "Narrow", func(c *x509.Certificate) {
		authority(c)
		c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"other.example"}, true
	})
	outside := issue(t, &narrow, "Issuer", nil)
	// Two authorities that vouch for each other.
	one := issue(t, &o.root, "One", authority)
	two := issue(t, &one, "Two", authority)
	oneByTwo := certify(t, &two, "One", one.key.Public(), nil, authority)
	round := issue(t, &two, "Issuer", nil)
	long := make([]*x509.Certificate, 0, 50)
	above := o.root
	for i := range 49 {
		above = issue(t, &above, fmt.Sprint("Step ", i), authority)
		long = append([]*x509.Certificate{above.cert}, long...)
	}
	last := issue(t, &above, "Issuer", nil)
	long = append([]*x509.Certificate{last.cert}, long...)
	ended := issue(t, &o.root, "Ended", func(c *x509.Certificate) { authority(c); c.NotAfter = now.Add(-time.Hour) })
	late := issue(t, &ended, "Issuer", nil)
	cases := map[string]struct {
		folder folder
		want   string
	}{
		"two above":                            {folder{certs: chainOf(low.cert, deeper.cert, o.between.cert), key: low.keyPEM(t)}, ""},
		"UP-056 signed by itself":              {folder{certs: chainOf(self.cert), key: self.keyPEM(t)}, "self-signed"},
		"UP-057 the leaf last":                 {folder{certs: chainOf(o.between.cert, o.leaf.cert), key: o.between.keyPEM(t)}, "the first of the file must be the one that signs"},
		"UP-057 those above the wrong way":     {folder{certs: chainOf(low.cert, o.between.cert, deeper.cert), key: low.keyPEM(t)}, "certificate 1 of the file is not signed by the one after it"},
		"UP-058 one is missing below":          {folder{certs: chainOf(low.cert, o.between.cert), key: low.keyPEM(t)}, "not signed by the one after it"},
		"UP-059 the anchor at its end":         {folder{certs: chainOf(o.leaf.cert, o.between.cert, o.root.cert)}, "holds its own anchor"},
		"UP-060 a circle":                      {folder{certs: chainOf(round.cert, two.cert, oneByTwo), key: round.keyPEM(t)}, "goes round in a circle"},
		"UP-060 the same twice":                {folder{certs: chainOf(o.leaf.cert, o.between.cert, o.between.cert)}, "not signed by the one after it"},
		"UP-061 50 long":                       {folder{certs: chainOf(long...), key: last.keyPEM(t)}, "the chain has 50 certificates"},
		"UP-062 a name that is not allowed":    {folder{certs: chainOf(outside.cert, narrow.cert), key: outside.keyPEM(t)}, "is not permitted"},
		"a certificate above that is not good": {folder{certs: chainOf(late.cert, ended.cert), key: late.keyPEM(t)}, "expired"},
	}
	hold(t, o, cases)
	for name, c := range cases { // the same where nobody said what the root is
		c.folder.root = "none"
		cases[name] = c
	}
	hold(t, o, cases)
	if err := o.load(t, folder{certs: chainOf(o.leaf.cert)}); err == nil || !strings.Contains(err.Error(), "does not lead to root.crt.pem") {
		t.Errorf("UP-058 one is missing at the top: %v", err)
	}
}

// What stands in a certificate about where to ask is nothing that loading it follows, and what says more than we need is no reason to
// refuse it.
func TestLoadDir_asks_nobody_about_a_certificate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 1)
	go func() {
		if _, err := listener.Accept(); err == nil {
			asked <- struct{}{}
		}
	}()
	here := "http://" + listener.Addr().String()
	hold(t, o, map[string]struct {
		folder folder
		want   string
	}{
		// A list that says that it is revoked would be the one at that address.
		"UP-063 UP-064 a CRL at a private address": {o.below(t, func(c *x509.Certificate) { c.CRLDistributionPoints = []string{here + "/crl"} }), ""},
		"UP-065 an OCSP responder that redirects": {o.below(t, func(c *x509.Certificate) {
			c.OCSPServer = []string{here + "/ocsp"}
			c.IssuingCertificateURL = []string{here + "/up"}
		}), ""},
		"UP-043 UP-067 thirty years": {o.below(t, func(c *x509.Certificate) { c.NotAfter = now.AddDate(30, 0, 0) }), ""}, // the doctor warns
		"UP-048 no policy":           {o.below(t, func(c *x509.Certificate) { c.Policies = nil }), ""},
	})
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
		t.Error("somebody asked")
	default:
	}
}

// A folder without its key is not taken, and nothing is made in its place.
func TestLoadDir_names_the_key_that_is_not_there(t *testing.T) {
	t.Parallel()
	dir, _ := made(t)
	if err := os.Remove(filepath.Join(dir, "issuer.key.pem")); err != nil {
		t.Fatal(err)
	}
	if _, err := trust.LoadDir(dir, now); err == nil || !strings.Contains(err.Error(), "issuer.key.pem") {
		t.Errorf("UP-132: got %v", err)
	}
}
