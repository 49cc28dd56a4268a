package secret

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// InputMode says what a transaction code is made of (OpenID4VCI 1.0 §4.1.1).
type InputMode string

// The input modes.
const (
	Numeric  InputMode = "numeric"
	TextMode InputMode = "text"
)

// The alphabets. Letters and digits that look or sound alike are left out of the second.
const (
	digits      = "0123456789"
	unambiguous = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
)

// TxCode draws a transaction code of the given length in characters. Codes that somebody would
// guess first are drawn again.
func TxCode(r io.Reader, mode InputMode, length int) (Text, error) {
	alphabet := digits
	if mode == TextMode {
		alphabet = unambiguous
	}
	for {
		code, err := draw(r, alphabet, length)
		if err != nil {
			return Text{}, err
		}
		if !Trivial(code) {
			return NewText(code), nil
		}
	}
}

// PairingCode draws a code of the given length in characters, to be read from one screen and typed at another: letters and digits that do
// not look alike.
func PairingCode(r io.Reader, length int) (string, error) { return draw(r, unambiguous, length) }

// IsPairingCode tells whether a text could be a pairing code of that length.
func IsPairingCode(s string, length int) bool {
	return len(s) == length && strings.Trim(s, unambiguous) == ""
}

// draw picks characters without bias: bytes beyond the last whole multiple of the alphabet are dropped.
func draw(r io.Reader, alphabet string, length int) (string, error) {
	limit := 256 - 256%len(alphabet)
	var out strings.Builder
	b := make([]byte, 1)
	for out.Len() < length {
		if _, err := io.ReadFull(r, b); err != nil {
			return "", fmt.Errorf("draw randomness: %w", err)
		}
		if int(b[0]) < limit {
			out.WriteByte(alphabet[int(b[0])%len(alphabet)])
		}
	}
	return out.String(), nil
}

// Trivial tells codes that are guessed first: a short pattern repeated (000000, 121212, 123123), one that reads the same backwards
// (123321), a run up or down, also with its characters doubled (123456, 987654, 112233), and four digits that look like a year of birth.
func Trivial(code string) bool {
	if once := strings.Join(slices.Compact(strings.Split(code, "")), ""); len(once) <= len(code)/2 && (len(once) < 3 || Trivial(once)) {
		return true
	}
	backwards := strings.Split(code, "")
	slices.Reverse(backwards)
	if strings.Join(backwards, "") == code {
		return true
	}
	for size := 1; size <= len(code)/2; size++ {
		if len(code)%size == 0 && strings.Repeat(code[:size], len(code)/size) == code {
			return true
		}
	}
	up, down := true, true
	for i := 1; i < len(code); i++ {
		up = up && code[i] == code[i-1]+1
		down = down && code[i] == code[i-1]-1
	}
	const yearLen = 4
	year := len(code) == yearLen && (strings.HasPrefix(code, "19") || strings.HasPrefix(code, "20"))
	return up || down || year
}
