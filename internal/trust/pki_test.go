package trust_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

// pair is a certificate and its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue makes a certificate below another, or below itself when that is nil: a good leaf, until change changes it.
func issue(t *testing.T, above *pair, name string, change func(*x509.Certificate)) pair {
	t.Helper()
	key := newKey(t)
	return pair{certify(t, above, name, key.Public(), key, change), key}
}

func authority(c *x509.Certificate) {
	c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign
}

func certify(t *testing.T, above *pair, name string, public crypto.PublicKey, self crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-day), NotAfter: now.Add(365 * day),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, DNSNames: []string{"issuer.bank.example"},
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, self
	if above != nil {
		parent, signer = above.cert, above.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// byHand makes a certificate that the library would not make: change changes what is signed.
func byHand(t *testing.T, above pair, like *x509.Certificate, change func(*toBeSigned)) []byte {
	t.Helper()
	var was struct {
		TBS       toBeSigned
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(like.Raw, &was); err != nil {
		t.Fatal(err)
	}
	change(&was.TBS)
	was.TBS.Raw = nil
	tbs, err := asn1.Marshal(was.TBS)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(tbs)
	signature, err := ecdsa.SignASN1(rand.Reader, above.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: tbs}, was.Algorithm, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// toBeSigned is what of a certificate is signed (RFC 5280 §4.1).
type toBeSigned struct {
	Raw       asn1.RawContent
	Version   int `asn1:"optional,explicit,default:0,tag:0"`
	Serial    *big.Int
	Algorithm pkix.AlgorithmIdentifier
	Issuer    asn1.RawValue
	Validity  struct{ NotBefore, NotAfter time.Time }
	Subject   asn1.RawValue
	Key       struct {
		Algorithm pkix.AlgorithmIdentifier
		Bits      asn1.BitString
	}
	Extensions []pkix.Extension `asn1:"omitempty,optional,explicit,tag:3"`
}

func inPEM(kind string, ders ...[]byte) string {
	var out strings.Builder
	for _, der := range ders {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return out.String()
}

func chainOf(certs ...*x509.Certificate) string {
	ders := make([][]byte, 0, len(certs))
	for _, c := range certs {
		ders = append(ders, c.Raw)
	}
	return inPEM("CERTIFICATE", ders...)
}

func (p pair) keyPEM(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	return inPEM("PRIVATE KEY", der)
}
