package trust

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The files of a folder of keys: <purpose>.key.pem and <purpose>.crt.pem (leaf first, without the anchor);
// root.crt.pem, and root.key.pem for the demo.
const (
	keySuffix  = ".key.pem"
	certSuffix = ".crt.pem"
	rootName   = "root"

	fileMode  fs.FileMode = 0o600
	dirMode   fs.FileMode = 0o700
	othersMay             = 0o077
)

// LoadOrMakeDemo loads the keys of a folder, or makes and saves a demo set when the folder has none.
func LoadOrMakeDemo(dir string, now time.Time, random io.Reader, publicURL string) (set Set, made bool, err error) {
	if _, err := os.Stat(filepath.Join(dir, string(Issuer)+keySuffix)); !errors.Is(err, fs.ErrNotExist) {
		set, err := LoadDir(dir, now)
		return set, false, err
	}
	if set, err = MakeDemo(now, random, publicURL); err != nil {
		return Set{}, false, err
	}
	if err := set.save(dir); err != nil {
		return Set{}, false, err
	}
	set, err = LoadDir(dir, now)
	return set, true, err
}

// save writes a demo set; the issuer's key comes last, because its presence says that the folder is whole.
func (s Set) save(dir string) error {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return fmt.Errorf("make folder of keys: %w", err)
	}
	if err := write(dir, rootName, s.rootKey, []*x509.Certificate{s.Root}); err != nil {
		return err
	}
	for _, p := range []Purpose{Access, Issuer} {
		if err := write(dir, string(p), s.Keys[p].Signer, s.Keys[p].Chain); err != nil {
			return err
		}
	}
	return nil
}

func write(dir, name string, key crypto.Signer, chain []*x509.Certificate) error {
	var certs bytes.Buffer
	for _, c := range chain {
		if err := pem.Encode(&certs, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); err != nil {
			return fmt.Errorf("encode certificate: %w", err)
		}
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	if err := writeFile(filepath.Join(dir, name+certSuffix), certs.Bytes()); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, name+keySuffix), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// writeFile writes a file whole or not at all.
func writeFile(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}

// LoadDir loads the keys of a folder and holds each to its rules: a key only its owner can read, a certificate
// that fits it, is valid at the time now, is not self-signed and leads to the root when that is there. All
// faults come back joined, by file.
func LoadDir(dir string, now time.Time) (Set, error) {
	set := Set{Keys: map[Purpose]Key{}}
	var faults []error
	if _, err := os.Stat(filepath.Join(dir, rootName+certSuffix)); err == nil {
		chain, err := readChain(filepath.Join(dir, rootName+certSuffix))
		if err != nil {
			faults = append(faults, err)
		} else {
			set.Root = chain[0]
		}
	}
	for _, p := range Purposes() {
		key, err := loadKey(dir, p, set.Root, now)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		set.Keys[p] = key
	}
	if len(faults) > 0 {
		return Set{}, errors.Join(faults...)
	}
	return set, nil
}

func loadKey(dir string, p Purpose, root *x509.Certificate, now time.Time) (Key, error) {
	certPath := filepath.Join(dir, string(p)+certSuffix)
	chain, err := readChain(certPath)
	if err != nil {
		return Key{}, err
	}
	signer, err := readKey(filepath.Join(dir, string(p)+keySuffix))
	if err != nil {
		return Key{}, err
	}
	if err := checkLeaf(chain, signer, root, now); err != nil {
		return Key{}, fmt.Errorf("%s: %w", certPath, err)
	}
	return Key{Signer: signer, Chain: chain}, nil
}

func readChain(path string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(path) // a file of the data dir
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: not a certificate", path)
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s: holds no certificate in PEM form", path)
	}
	return chain, nil
}

func readKey(path string) (*ecdsa.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if info.Mode().Perm()&othersMay != 0 {
		return nil, fmt.Errorf("%s: others than its owner may read it; it must have mode 0600", path)
	}
	data, err := os.ReadFile(path) // a file of the data dir
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s: holds no key in PEM form", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: not a PKCS #8 key", path)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s: not an EC key", path)
	}
	return key, nil
}

func checkLeaf(chain []*x509.Certificate, key *ecdsa.PrivateKey, root *x509.Certificate, now time.Time) error {
	leaf := chain[0]
	switch {
	case !key.PublicKey.Equal(leaf.PublicKey):
		return errors.New("the key is not the one of the certificate")
	case leaf.IsCA || bytes.Equal(leaf.RawIssuer, leaf.RawSubject):
		return errors.New("the certificate is a CA or self-signed")
	case now.Before(leaf.NotBefore) || now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate is valid from %s to %s, which is not now",
			leaf.NotBefore.UTC().Format(time.RFC3339), leaf.NotAfter.UTC().Format(time.RFC3339))
	case root == nil:
		return nil
	}
	anchors, between := x509.NewCertPool(), x509.NewCertPool()
	anchors.AddCert(root)
	for _, c := range chain[1:] {
		if c.Equal(root) {
			return errors.New("the chain holds its own anchor")
		}
		between.AddCert(c)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: anchors, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}); err != nil {
		return errors.New("the chain does not lead to root.crt.pem")
	}
	return nil
}
