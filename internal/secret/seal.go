package secret

import (
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// Sealer seals small secrets and the data keys of larger ones.
type Sealer struct{ key Key }

// NewSealer makes a Sealer that wraps with the key.
func NewSealer(k Key) Sealer { return Sealer{k} }

// DataKey seals the values of one record. Destroying its wrapped form destroys them.
type DataKey struct{ key Key }

// AAD names the place of a sealed value, so that it cannot be moved to another.
func AAD(table, column, id string) []byte { return []byte(table + "|" + column + "|" + id) }

// NewDataKey draws a data key and wraps it.
func (s Sealer) NewDataKey(r io.Reader, aad []byte) (wrapped []byte, dk DataKey, err error) {
	if _, err := io.ReadFull(r, dk.key.key[:]); err != nil {
		return nil, DataKey{}, fmt.Errorf("draw data key: %w", err)
	}
	wrapped, err = seal(s.key, dk.key.key[:], aad)
	return wrapped, dk, err
}

// OpenDataKey unwraps a data key.
func (s Sealer) OpenDataKey(wrapped, aad []byte) (DataKey, error) {
	b, err := open(s.key, wrapped, aad)
	if err != nil {
		return DataKey{}, err
	}
	if len(b) != keySize {
		return DataKey{}, fmt.Errorf("open data key: %d bytes", len(b))
	}
	return DataKey{Key{[keySize]byte(b)}}, nil
}

// Seal seals a small secret.
func (s Sealer) Seal(plain, aad []byte) ([]byte, error) { return seal(s.key, plain, aad) }

// Open opens what Seal sealed.
func (s Sealer) Open(sealed, aad []byte) ([]byte, error) { return open(s.key, sealed, aad) }

// Seal seals a value of the record.
func (d DataKey) Seal(plain, aad []byte) ([]byte, error) { return seal(d.key, plain, aad) }

// Open opens a value of the record.
func (d DataKey) Open(sealed, aad []byte) ([]byte, error) { return open(d.key, sealed, aad) }

// seal is AES-256-GCM with a random nonce in front.
func seal(k Key, plain, aad []byte) ([]byte, error) {
	a, err := subtle.NewAESGCM(k.key[:])
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	out, err := a.Encrypt(plain, aad)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out, nil
}

func open(k Key, sealed, aad []byte) ([]byte, error) {
	a, err := subtle.NewAESGCM(k.key[:])
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	out, err := a.Decrypt(sealed, aad)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return out, nil
}
