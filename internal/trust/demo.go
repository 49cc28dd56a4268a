package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha1" //nolint:gosec // RFC 5280 §4.2.1.2 names keys by SHA-1; nothing is protected by it
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"time"
)

// How long demo certificates are valid. ISO/IEC 18013-5 B.1.4 allows a document signer 457 days.
const (
	rootYears = 10
	leafDays  = 397
	// serialBytes is above the 63 bits that ISO/IEC 18013-5 B.1 asks for.
	serialBytes = 16
)

// MakeDemo makes a root, an issuer signing certificate and an access certificate on P-256, all marked as
// a demo. They begin an hour before now, to the hour, so that a clock that is a little behind accepts them.
func MakeDemo(now time.Time, random io.Reader, publicURL string) (Set, error) {
	begin := now.UTC().Truncate(time.Hour).Add(-time.Hour)
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return Set{}, fmt.Errorf("make root key: %w", err)
	}
	root := &x509.Certificate{
		Subject:   subject("Counterfoil demo root"),
		NotBefore: begin, NotAfter: begin.AddDate(rootYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLen: 0, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	set := Set{Keys: map[Purpose]Key{}, rootKey: rootKey}
	if set.Root, err = certify(root, root, rootKey.Public(), rootKey, random); err != nil {
		return Set{}, err
	}
	for purpose, name := range map[Purpose]string{Issuer: "Counterfoil demo issuer", Access: "Counterfoil demo access"} {
		if set.Keys[purpose], err = set.leaf(name, begin, random, publicURL); err != nil {
			return Set{}, err
		}
	}
	return set, nil
}

func subject(name string) pkix.Name {
	return pkix.Name{Country: []string{"DE"}, Organization: []string{demoOrganisation}, CommonName: name}
}

// leaf makes a key and a certificate for signing, named after the public URL.
func (s Set) leaf(name string, begin time.Time, random io.Reader, publicURL string) (Key, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return Key{}, fmt.Errorf("make key: %w", err)
	}
	template := &x509.Certificate{
		Subject:   subject(name),
		NotBefore: begin, NotAfter: begin.AddDate(0, 0, leafDays),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		template.URIs = []*url.URL{u}
		if ip := net.ParseIP(u.Hostname()); ip != nil {
			template.IPAddresses = []net.IP{ip}
		} else {
			template.DNSNames = []string{u.Hostname()}
		}
	}
	cert, err := certify(template, s.Root, key.Public(), s.rootKey, random)
	if err != nil {
		return Key{}, err
	}
	return Key{Signer: key, Chain: []*x509.Certificate{cert}}, nil
}

// certify signs a certificate. The key identifier is set by hand: Go would truncate SHA-256, the profiles want
// SHA-1 of the key's bits.
func certify(template, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer, random io.Reader) (*x509.Certificate, error) {
	serial := make([]byte, serialBytes)
	if _, err := io.ReadFull(random, serial); err != nil {
		return nil, fmt.Errorf("draw serial number: %w", err)
	}
	serial[0] = serial[0]&0x7f | 0x40 // positive, and always of full length
	template.SerialNumber = new(big.Int).SetBytes(serial)
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	id := sha1.Sum(info.Key.Bytes) //nolint:gosec // see the import
	template.SubjectKeyId = id[:]
	der, err := x509.CreateCertificate(random, template, parent, public, signer)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read back certificate: %w", err)
	}
	return cert, nil
}
