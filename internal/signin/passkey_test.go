package signin_test

import (
	"testing"
	"time"

	"github.com/descope/virtualwebauthn" // an authenticator in Go (MIT, tests only): Chromium's cannot be made to lie

	"counterfoil/internal/signin"
	"counterfoil/internal/staff"
)

// holder is a person with a passkey of the portal at portal.bank.example.
type holder struct {
	*office
	passkeys *signin.Passkeys
	party    virtualwebauthn.RelyingParty
	device   virtualwebauthn.Authenticator
	key      virtualwebauthn.Credential
}

// newHolder makes somebody with these roles, and their passkey.
func newHolder(t *testing.T, roles ...staff.Role) *holder {
	t.Helper()
	h := &holder{office: newOffice(t), party: virtualwebauthn.RelyingParty{Name: staff.Product, ID: "portal.bank.example", Origin: "https://portal.bank.example"}}
	var err error
	if h.passkeys, err = signin.NewPasskeys(h.staff, h.store, func() time.Time { return h.now }, h.party.ID, h.party.Origin); err != nil {
		t.Fatal(err)
	}
	person, err := h.staff.AddPerson(t.Context(), staff.NewPerson{Name: "ada", Roles: roles, Password: "correct horse battery staple"})
	if err != nil {
		t.Fatal(err)
	}
	h.device = virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(person.ID)})
	h.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA)
	h.key.Counter = 7
	begun, err := h.passkeys.BeginAdd(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	options, err := virtualwebauthn.ParseAttestationOptions(string(begun.Options))
	if err != nil {
		t.Fatal(err)
	}
	answer := virtualwebauthn.CreateAttestationResponse(h.party, h.device, h.key, *options)
	if err := h.passkeys.Add(t.Context(), person, begun.Step.Reveal(), "Key", []byte(answer)); err != nil {
		t.Fatal(err)
	}
	return h
}

// begin begins a sign-in, and gives its step and what the device answers.
func (h *holder) begin() (step, answer string) {
	h.t.Helper()
	begun, err := h.passkeys.BeginSignIn(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	options, err := virtualwebauthn.ParseAssertionOptions(string(begun.Options))
	if err != nil {
		h.t.Fatal(err)
	}
	h.key.Counter++
	return begun.Step.Reveal(), virtualwebauthn.CreateAssertionResponse(h.party, h.device, h.key, *options)
}

// end ends a sign-in.
func (h *holder) end(step, answer string) error {
	in, err := h.passkeys.SignIn(h.t.Context(), step, []byte(answer), staff.From{})
	if err == nil && !h.signedIn(in.Token.Reveal()) {
		h.t.Error("nobody is signed in")
	}
	return err
}

// An answer counts for one sign-in, for five minutes, at this portal, from a device that asked who holds it; the words are the same whatever does
// not fit (Web Authentication Level 3 §7.2). PF-044, PF-045, PF-046, PF-047, PF-048.
func TestPasskey_answers_that_do_not_fit_are_refused(t *testing.T) {
	h := newHolder(t, staff.Administrator)
	step, answer := h.begin()
	if err := h.end(step, answer); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"the same answer again": func() error { return h.end(step, answer) },
		"the answer to another sign-in": func() error {
			other, _ := h.begin()
			return h.end(other, answer)
		},
		"after five minutes and a second": func() error {
			step, answer := h.begin()
			h.now = h.now.Add(5*time.Minute + time.Second)
			return h.end(step, answer)
		},
		"given to another origin": func() error {
			h.party.Origin = "https://portal.bank.example.evil.example"
			defer func() { h.party.Origin = "https://portal.bank.example" }()
			return h.end(h.begin())
		},
		"made for another party": func() error {
			h.party.ID = "evil.example"
			defer func() { h.party.ID = "portal.bank.example" }()
			return h.end(h.begin())
		},
		"a counter that went back, as a copy's does": func() error {
			before := h.key.Counter
			h.key.Counter = 3
			defer func() { h.key.Counter = before }()
			return h.end(h.begin())
		},
		"nobody was asked who they are": func() error {
			h.device.Options.UserNotVerified = true
			defer func() { h.device.Options.UserNotVerified = false }()
			return h.end(h.begin())
		},
		"nobody was there": func() error {
			h.device.Options.UserNotPresent = true
			defer func() { h.device.Options.UserNotPresent = false }()
			return h.end(h.begin())
		},
		"no step":        func() error { return h.end("", answer) },
		"not an answer":  func() error { step, _ := h.begin(); return h.end(step, "{}") },
		"no JSON at all": func() error { step, _ := h.begin(); return h.end(step, "\x00") },
	} {
		err := try()
		if staff.KindOf(err) != staff.Denied {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := h.end(h.begin()); err != nil {
		t.Errorf("the right answer afterwards: %v", err)
	}
}
