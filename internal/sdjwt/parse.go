package sdjwt

import (
	"errors"
	"strings"
)

// Bounds of what is read.
const (
	maxLength      = 256 << 10
	maxDisclosures = 500
)

// ErrMalformed means that a text is no SD-JWT as an issuer makes it.
var ErrMalformed = errors.New("not a well-formed SD-JWT")

// SDJWT is an SD-JWT in its parts; nothing of it has been verified.
type SDJWT struct {
	JWT         string
	Disclosures []string
}

// Parse reads the compact form as issued: it ends in a tilde, and no key binding JWT follows.
func Parse(s string) (SDJWT, error) {
	if len(s) > maxLength || !strings.HasSuffix(s, "~") {
		return SDJWT{}, ErrMalformed
	}
	parts := strings.Split(strings.TrimSuffix(s, "~"), "~")
	if parts[0] == "" || len(parts)-1 > maxDisclosures {
		return SDJWT{}, ErrMalformed
	}
	for _, d := range parts[1:] {
		if d == "" {
			return SDJWT{}, ErrMalformed
		}
	}
	return SDJWT{JWT: parts[0], Disclosures: parts[1:]}, nil
}
