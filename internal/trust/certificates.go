package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
)

// MaxFile bounds a file of certificates or keys, in bytes: forty certificates fit.
const MaxFile = 64 << 10

// ReadCertificates reads the certificates of a PEM file in their order, at least one. Text around them, a byte order mark and the line
// ends of any system are fine (RFC 7468 §2); anything else between BEGIN and END, or a block that is not whole, is a fault, so that
// nothing is left out unnoticed.
func ReadCertificates(path string) ([]*x509.Certificate, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	begun := bytes.Count(data, []byte("-----BEGIN "))
	var all []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%s: has %s where a CERTIFICATE is to be", path, block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: not a certificate: %w", path, err)
		}
		all = append(all, c)
	}
	switch {
	case begun == 0:
		return nil, fmt.Errorf("%s: holds no certificate in PEM form", path)
	case begun != len(all):
		return nil, fmt.Errorf("%s: a certificate is damaged or not whole", path)
	}
	return all, nil
}

// readFile reads a file of at most MaxFile bytes, without the byte order mark that editors put before it.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) // a file that the operator names
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%s: is larger than %d KiB", path, MaxFile>>10)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}
