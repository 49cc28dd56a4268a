package wallet

// These tests are inside the package because the header alone is what they are about; through the door there is one answer in two forms.

import (
	"strconv"
	"strings"
	"testing"
)

// OpenID4VCI 1.0 §12.2.2 leaves it to the wallet which form it takes, and wallets send whatever their HTTP library does: only who
// names application/jwt and wants it at least as much gets it.
func TestWantsJWT(t *testing.T) {
	for accept, want := range map[string]bool{
		"":                 false,
		"*/*":              false,
		"application/*":    false,
		"application/json": false,
		"text/html,application/xhtml+xml,*/*;q=0.8": false,
		"application/jwt":                                  true,
		"APPLICATION/JWT":                                  true,
		" application/jwt ":                                true,
		"application/jwt, application/json":                true,
		"application/json, application/jwt":                true,
		"application/json,application/jwt;q=0.9":           false,
		"application/json;q=0.8,application/jwt;q=.9":      true,
		"application/jwt;q=0":                              false,
		"application/jwt;q=0.000":                          false,
		"application/jwt; q=0.5":                           true,
		"application/jwt;charset=utf-8":                    true,
		"application/jwt;charset=utf-8;q=0.1, */*":         true,
		"application/jwt;q=":                               true,
		"application/jwt;q=high":                           true,
		"application/jwt;q=-1":                             false,
		"application/jwtx":                                 false,
		"application/x-jwt":                                false,
		"application/jwt application/json":                 false,
		"application/entity-statement+jwt":                 false,
		",,;;=,":                                           false,
		";q=1":                                             false,
		strings.Repeat("a/b,", 5000):                       false,
		strings.Repeat("a/b,", 5000) + "application/jwt":   true,
		"application/json;" + strings.Repeat("a=b;", 5000): false,
	} {
		if got := wantsJWT(accept); got != want {
			t.Errorf("%.80q: got %v", accept, got)
		}
	}
}

func FuzzWantsJWT(f *testing.F) {
	if !wantsJWT("application/jwt") || wantsJWT("*/*") {
		f.Fatal("the good seed is refused, or everything is taken")
	}
	for _, accept := range []string{
		"application/jwt", "application/json;q=0.8, application/jwt;q=0.9", "application/jwt;q=nan", "application/jwt;q=+inf", "application/jwt;q=1e400",
		"application/jwt;q=0x1p-2", "a/b;c=\"application/jwt\"", "application/jwt\x00", "é, application/jwt;q=0", ",;=,",
	} {
		f.Add(accept)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		if !wantsJWT(accept) {
			return
		}
		if !strings.Contains(strings.ToLower(accept), "application/jwt") {
			t.Fatalf("%q does not name it", accept)
		}
		// RFC 9110 §12.4.2: a weight of 0 is a refusal. Said last, it is what counts.
		if refused := accept + ",application/jwt;q=0"; wantsJWT(refused) {
			t.Fatalf("%q refuses it", refused)
		}
		// A header line more that is about something else changes nothing.
		if !wantsJWT(accept + ",text/html;q=" + strconv.Itoa(len(accept)%2)) {
			t.Fatalf("%q does not want it any more with text/html behind it", accept)
		}
	})
}
