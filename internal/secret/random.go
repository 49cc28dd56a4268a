package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// Token draws n random bytes and gives them in unpadded base64url.
func Token(r io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", fmt.Errorf("draw randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// ID draws n random bytes and gives them like Token, but for a hyphen in front: a command would take such an id for an option.
func ID(r io.Reader, n int) (string, error) {
	for {
		id, err := Token(r, n)
		if err != nil || !strings.HasPrefix(id, "-") {
			return id, err
		}
	}
}

// Hash gives the SHA-256 of a high-entropy token, which is what is stored of it.
func Hash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// ConstantTimeEqual compares without telling by its time where two values differ.
func ConstantTimeEqual(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
