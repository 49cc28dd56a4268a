package staff

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// The argon2id parameters (memory in KiB): the floor OWASP names, about 26 ms here.
const (
	argonMemory  = 19 * 1024
	argonTime    = 2
	argonThreads = 1
	argonKeyLen  = 32
	saltLen      = 16

	// MinPassword and MaxPassword bound a password, in characters and in bytes.
	MinPassword = 12
	MaxPassword = 1024
)

// checkPassword refuses what cannot be a password: too short, too long, or not text.
func checkPassword(password string) error {
	if !utf8.ValidString(password) || utf8.RuneCountInString(password) < MinPassword || len(password) > MaxPassword {
		return Refuse(Invalid, "a password has at least 12 characters and at most 1024 bytes")
	}
	return nil
}

// typed is a password in Normalization Form C: keyboards differ in whether ü is one character or two (NIST SP 800-63B-4 §3.1.1.2).
func typed(password string) []byte { return norm.NFC.Bytes([]byte(password)) }

// hashPassword gives the argon2id hash of a password in PHC form.
func hashPassword(password string, rnd io.Reader) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(rnd, salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	key := argon2.IDKey(typed(password), salt, argonTime, argonMemory, argonThreads, argonKeyLen)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// verifyPassword compares a password with a hash, in constant time for one set of parameters.
func verifyPassword(hash, password string) (bool, error) {
	var version int
	var memory, time uint32
	var threads uint8
	var rest string
	if _, err := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &time, &threads, &rest); err != nil {
		return false, fmt.Errorf("read password hash: %w", err)
	}
	var salt, key []byte
	for i := range len(rest) {
		if rest[i] != '$' {
			continue
		}
		var err error
		if salt, err = base64.RawStdEncoding.DecodeString(rest[:i]); err != nil {
			return false, fmt.Errorf("read password salt: %w", err)
		}
		if key, err = base64.RawStdEncoding.DecodeString(rest[i+1:]); err != nil {
			return false, fmt.Errorf("read password key: %w", err)
		}
	}
	if version != argon2.Version || len(salt) < saltLen || len(key) < argonKeyLen {
		return false, fmt.Errorf("read password hash: parameters are not ours")
	}
	got := argon2.IDKey(typed(password), salt, time, memory, threads, uint32(len(key))) //nolint:gosec // a key is 32 bytes
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}
