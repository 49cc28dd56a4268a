package signin_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/staff"
)

// back is somebody who comes back from the provider with an ID token that is right but for what the test changes.
func (o *office) back(change func(header, claims map[string]any)) (staff.SignedIn, error) {
	o.t.Helper()
	to, step, err := o.sso.Begin(o.t.Context(), "/offers")
	if err != nil {
		o.t.Fatal(err)
	}
	asked, err := url.Parse(to)
	if err != nil {
		o.t.Fatal(err)
	}
	header := map[string]any{"alg": "RS256", "kid": "k"}
	claims := map[string]any{
		"iss": o.issuer, "aud": "counterfoil", "sub": "cleo", "iat": o.now.Unix(), "exp": o.now.Add(2 * time.Minute).Unix(),
		"nonce": asked.Query().Get("nonce"), "role": "teller", "name": "Cleo",
	}
	if change != nil {
		change(header, claims)
	}
	o.answer = o.signed(header, claims)
	in, next, err := o.sso.Finish(o.t.Context(), step.Reveal(), o.issuer, "code", staff.From{})
	if err == nil && next != "/offers" {
		o.t.Errorf("goes on to %q", next)
	}
	return in, err
}

// An ID token that is not the provider's answer to this sign-in signs nobody in (OpenID Connect Core 1.0 §3.1.3.7).
// PF-051, PF-053, PF-054, PF-055.
func TestSSO_refuses_what_is_no_answer_to_this_sign_in(t *testing.T) {
	o := newOffice(t)
	for name, change := range map[string]func(header, claims map[string]any){
		"the nonce of another sign-in": func(_, c map[string]any) { c["nonce"] = strings.Repeat("n", 43) },
		"no nonce":                     func(_, c map[string]any) { delete(c, "nonce") },
		"an empty nonce":               func(_, c map[string]any) { c["nonce"] = "" },
		"alg none":                     func(h, _ map[string]any) { h["alg"] = "none" },
		"an alg that is not asked for": func(h, _ map[string]any) { h["alg"] = "HS256" },
		"a key of nobody":              func(h, _ map[string]any) { h["kid"] = "other" },
		"another client":               func(_, c map[string]any) { c["aud"] = "other" },
		"no audience":                  func(_, c map[string]any) { delete(c, "aud") },
		"another issuer":               func(_, c map[string]any) { c["iss"] = "https://evil.example" },
		"expired":                      func(_, c map[string]any) { c["exp"] = o.now.Add(-time.Minute).Unix() },
		"without an end":               func(_, c map[string]any) { delete(c, "exp") },
		"a role that is not mapped":    func(_, c map[string]any) { c["role"] = "guest" },
		"a role that is no text":       func(_, c map[string]any) { c["role"] = 7 },
		"no role":                      func(_, c map[string]any) { delete(c, "role") },
	} {
		t.Run(name, func(t *testing.T) {
			in, err := o.back(change)
			if staff.KindOf(err) != staff.Denied || in.Token.Reveal() != "" {
				t.Errorf("got %v", err)
			}
		})
	}
	if people, err := o.staff.ListPeople(t.Context()); err != nil || len(people) != 0 {
		t.Errorf("the accounts are %v, %v", people, err)
	}
	if in, err := o.back(nil); err != nil || !o.signedIn(in.Token.Reveal()) {
		t.Errorf("the right one: %v", err)
	}
}

// Who takes another's e-mail address or name at the provider is nobody else for it: people are issuer and subject. PF-058.
func TestSSO_knows_people_by_issuer_and_subject(t *testing.T) {
	o := newOffice(t)
	if _, err := o.staff.AddPerson(t.Context(), staff.NewPerson{
		Name: "ada", Roles: []staff.Role{staff.Administrator}, Password: "correct horse battery staple",
	}); err != nil {
		t.Fatal(err)
	}
	as := func(subject, role, email string) func(_, c map[string]any) {
		return func(_, c map[string]any) {
			c["sub"], c["role"], c["email"], c["email_verified"], c["name"], c["preferred_username"] = subject, role, email, true, "ada", "ada"
		}
	}
	boss, err := o.back(as("boss", "head", "boss@bank.example"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := o.back(as("cleo", "teller", "cleo@bank.example"))
	if err != nil {
		t.Fatal(err)
	}
	after, err := o.back(as("cleo", "teller", "boss@bank.example"))
	if err != nil {
		t.Fatal(err)
	}
	if after.Person.ID != before.Person.ID || after.Person.ID == boss.Person.ID || !slices.Equal(after.Person.Roles, []staff.Role{staff.Operator}) {
		t.Errorf("with another's address: %+v", after.Person)
	}
	people, err := o.staff.ListPeople(t.Context())
	if err != nil || len(people) != 3 {
		t.Errorf("the accounts are %v, %v", people, err)
	}
}
