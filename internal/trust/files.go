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

// LoadDir loads the keys of a folder and holds each to its rules: a key only its owner can read,
// and a chain that fit it and that wallets take (checkChain). All faults come back joined, by file.
func LoadDir(dir string, now time.Time) (Set, error) {
	set := Set{Keys: map[Purpose]Key{}}
	var faults []error
	if _, err := os.Stat(filepath.Join(dir, rootName+certSuffix)); err == nil {
		path := filepath.Join(dir, rootName+certSuffix)
		roots, err := ReadCertificates(path)
		switch {
		case err != nil:
			faults = append(faults, err)
		case len(roots) > 1:
			faults = append(faults, fmt.Errorf("%s: must hold one certificate", path))
		default:
			set.Root = roots[0]
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
	chain, err := ReadCertificates(certPath)
	if err != nil {
		return Key{}, err
	}
	signer, err := readKey(filepath.Join(dir, string(p)+keySuffix))
	if err != nil {
		return Key{}, err
	}
	if err := checkChain(chain, signer, root, now); err != nil {
		return Key{}, fmt.Errorf("%s: %w", certPath, err)
	}
	return Key{Signer: signer, Chain: chain}, nil
}

func readKey(path string) (*ecdsa.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if info.Mode().Perm()&othersMay != 0 {
		return nil, fmt.Errorf("%s: others than its owner may read it; it must have mode 0600", path)
	}
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	block, _ := pem.Decode(data)
	switch {
	case block == nil:
		return nil, fmt.Errorf("%s: holds no key in PEM form", path)
	case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "":
		return nil, fmt.Errorf("%s: is encrypted; decrypt it, nobody is asked for its password", path)
	case block.Type != "PRIVATE KEY":
		return nil, fmt.Errorf("%s: has %s where a PRIVATE KEY (PKCS #8) is to be", path, block.Type)
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
