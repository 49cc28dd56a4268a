package secret

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// keySize is the size of every symmetric key here, in bytes.
const keySize = 32

// Master is the one key that all others come from. The zero Master must not be used.
type Master struct{ key [keySize]byte }

// NewMaster draws a master key.
func NewMaster(r io.Reader) (Master, error) {
	var m Master
	if _, err := io.ReadFull(r, m.key[:]); err != nil {
		return Master{}, fmt.Errorf("draw randomness: %w", err)
	}
	return m, nil
}

// ParseMaster reads 32 bytes in hex, base64 or base64url, padded or not.
func ParseMaster(t Text) (Master, error) {
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if b, err := decode(t.Reveal()); err == nil && len(b) == keySize {
			return Master{key: [keySize]byte(b)}, nil
		}
	}
	return Master{}, errors.New("a master key is 32 bytes in hex or base64")
}

// Text gives the key in base64, for writing it to a file.
func (m Master) Text() Text { return NewText(base64.StdEncoding.EncodeToString(m.key[:])) }

// Key is a key for one purpose.
type Key struct{ key [keySize]byte }

// Derive gives the key of a purpose (HKDF-SHA256, RFC 5869): knowing one tells nothing of another.
func (m Master) Derive(purpose string) Key {
	if m.key == [keySize]byte{} {
		panic("secret: the zero master key was used")
	}
	b, err := hkdf.Key(sha256.New, m.key[:], nil, "counterfoil "+purpose, keySize)
	if err != nil {
		panic("secret: " + err.Error()) // only for sizes that HKDF cannot give
	}
	return Key{key: [keySize]byte(b)}
}

// MAC gives the HMAC-SHA256 of parts, each preceded by its length so that bytes cannot move from
// one part to the next.
func (k Key) MAC(parts ...[]byte) []byte {
	h := hmac.New(sha256.New, k.key[:])
	for _, p := range parts {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		h.Write(size[:])
		h.Write(p)
	}
	return h.Sum(nil)
}
