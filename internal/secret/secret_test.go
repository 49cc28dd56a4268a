package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"counterfoil/internal/secret"
)

func TestText_never_prints_its_value(t *testing.T) {
	const canary = "canary-value"
	s := secret.NewText(canary)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "in", struct{ S secret.Text }{s})
	js, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%s %v %+v %#v %q %x %d", s, s, s, s, s, s, s) + log.String() + string(js)
	if strings.Contains(all, canary) || strings.Contains(all, fmt.Sprintf("%x", canary)) {
		t.Fatalf("the value shows in %s", all)
	}
	if s.Reveal() != canary {
		t.Fatal("Reveal lost the value")
	}
}

func TestTxCode_has_the_asked_form_and_is_never_trivial(t *testing.T) {
	for _, mode := range []secret.InputMode{secret.Numeric, secret.TextMode} {
		for length := 4; length <= 12; length++ {
			for range 200 {
				c, err := secret.TxCode(rand.Reader, mode, length)
				if err != nil {
					t.Fatal(err)
				}
				code := c.Reveal()
				if len(code) != length || secret.Trivial(code) {
					t.Fatalf("mode %s length %d gave %q", mode, length, code)
				}
				if mode == secret.Numeric && strings.Trim(code, "0123456789") != "" {
					t.Fatalf("%q is not numeric", code)
				}
				if strings.ContainsAny(code, "OILoil") || (mode == secret.TextMode && strings.ContainsAny(code, "01")) {
					t.Fatalf("%q can be misread", code)
				}
			}
		}
	}
}

func TestTrivial(t *testing.T) {
	for _, code := range []string{"000000", "111111", "123456", "654321", "121212", "123123", "987654", "1985", "2012", "0123", "ABCDEF", "112233", "111222", "001122", "123321", "4554", "AABBCC"} {
		if !secret.Trivial(code) {
			t.Errorf("%s is not seen as trivial", code)
		}
	}
	for _, code := range []string{"493817", "007301", "1842", "129834"} {
		if secret.Trivial(code) {
			t.Errorf("%s is seen as trivial", code)
		}
	}
}

func TestMAC_keeps_parts_and_purposes_apart(t *testing.T) {
	m, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := m.Derive("a")
	if bytes.Equal(k.MAC([]byte("ab"), []byte("c")), k.MAC([]byte("a"), []byte("bc"))) {
		t.Error("bytes moved between parts")
	}
	if bytes.Equal(k.MAC([]byte("x")), m.Derive("b").MAC([]byte("x"))) {
		t.Error("two purposes share a key")
	}
	again, err := secret.ParseMaster(m.Text())
	if err != nil || !bytes.Equal(again.Derive("a").MAC([]byte("x")), k.MAC([]byte("x"))) {
		t.Errorf("the master key did not survive its text form: %v", err)
	}
}

func TestSealer_refuses_moved_and_changed_values(t *testing.T) {
	m, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := secret.NewSealer(m.Derive("data"))
	here, there := secret.AAD("offers", "claims", "1"), secret.AAD("offers", "claims", "2")
	wrapped, dk, err := s.NewDataKey(rand.Reader, here)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := dk.Seal([]byte("value"), here)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.OpenDataKey(wrapped, here)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Open(sealed, here); err != nil || string(plain) != "value" {
		t.Fatalf("got %q, %v", plain, err)
	}
	if _, err := again.Open(sealed, there); err == nil {
		t.Error("a moved value opened")
	}
	if _, err := s.OpenDataKey(wrapped, there); err == nil {
		t.Error("a moved data key opened")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := again.Open(sealed, here); err == nil {
		t.Error("a changed value opened")
	}
}

// An id is given to commands as an argument, so it must not look like an option.
func TestID_never_begins_with_a_hyphen(t *testing.T) {
	hyphen, letter := bytes.Repeat([]byte{0xf8}, 16), bytes.Repeat([]byte{0x08}, 16)
	id, err := secret.ID(bytes.NewReader(append(hyphen, letter...)), 16)
	if err != nil || strings.HasPrefix(id, "-") || len(id) != 22 {
		t.Errorf("got %q, %v", id, err)
	}
	if id, err := secret.ID(bytes.NewReader(hyphen), 16); err == nil {
		t.Errorf("without randomness got %q", id)
	}
}
