package staff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/staff"
)

// trail gives the audit trail as lines, oldest first, and holds it to be whole.
func (o *office) trail() []string {
	o.t.Helper()
	list, _, err := o.Audit.List(o.t.Context(), staff.AuditFilter{Limit: 1000})
	if err != nil {
		o.t.Fatal(err)
	}
	if v, err := o.Audit.Verify(o.t.Context(), ""); err != nil || v.Broken != 0 || v.Entries != int64(len(list)) {
		o.t.Errorf("the trail is %+v, %v", v, err)
	}
	var out []string
	for _, e := range list {
		out = append([]string{fmt.Sprintf("%s %s %s %s: %s", e.Actor.Name, e.Actor.Address, e.Act, e.Object, e.Details)}, out...)
	}
	return out
}

func (o *office) last(want string) {
	o.t.Helper()
	if lines := o.trail(); len(lines) == 0 || lines[len(lines)-1] != want {
		o.t.Errorf("the trail ends in\n%s\nwant %q", strings.Join(lines[max(0, len(lines)-3):], "\n"), want)
	}
}

// What somebody does is recorded as theirs, with where they came from and without anything secret.
func TestAudit_tells_who_did_what(t *testing.T) { onEachEngine(t, auditTellsWhoDidWhat) }

func auditTellsWhoDidWhat(t *testing.T, o *office) {
	here := staff.From{Agent: "test", Address: "192.0.2.7"}
	ada := o.add("ada", staff.Administrator)
	in, err := o.SignIn(t.Context(), "ada", password, here)
	if err != nil {
		t.Fatal(err)
	}
	o.last("ada 192.0.2.7 sign_in.done ada: password")
	by := staff.As(t.Context(), staff.Actor{Name: "ada", Via: staff.ViaPortal, Address: "192.0.2.7"})
	bob, code, err := o.Invite(by, staff.NewPerson{Name: "bob", Roles: []staff.Role{staff.Operator}})
	if err != nil {
		t.Fatal(err)
	}
	o.last("ada 192.0.2.7 person.added bob: operator")
	if err := o.SetRoles(by, "bob", []staff.Role{staff.Operator, staff.Auditor}, ada.ID); err != nil {
		t.Fatal(err)
	}
	o.last("ada 192.0.2.7 person.roles_changed bob: operator → operator, auditor")
	opened, err := o.SetUpAccess(t.Context(), "bob", code.Reveal(), "another battery staple", here)
	if err != nil {
		t.Fatal(err)
	}
	o.last("bob 192.0.2.7 sign_in.done bob: setup code")
	if err := o.EndSessions(by, bob, "", ""); err != nil {
		t.Fatal(err)
	}
	o.last("ada 192.0.2.7 session.ended bob: all others")
	if err := o.SignOut(t.Context(), opened.Token.Reveal(), here); err != nil { // which has ended
		t.Fatal(err)
	}
	o.last("ada 192.0.2.7 session.ended bob: all others")
	if err := o.SetDisabled(by, "bob", true, ada.ID); err != nil {
		t.Fatal(err)
	}
	o.last("ada 192.0.2.7 person.disabled bob: ")
	o.enrol(ada)
	if err := o.SignOut(t.Context(), in.Token.Reveal(), here); err != nil {
		t.Fatal(err)
	}
	o.last("ada 192.0.2.7 sign_out.done ada: ")
	all := strings.Join(o.trail(), "\n")
	for _, secret := range []string{password, "another battery staple", code.Reveal(), strings.ReplaceAll(code.Reveal(), "-", ""), in.Token.Reveal()} {
		if strings.Contains(all, secret) {
			t.Error("the trail holds a secret")
		}
	}
	for _, act := range []string{"authenticator.added", "recovery_codes.renewed", "person.access_set_up"} {
		if !strings.Contains(all, act) {
			t.Errorf("the trail has no %s", act)
		}
	}
}

// What is typed where a name belongs may be a password; it is recorded only when somebody has that name.
func TestAudit_of_failed_sign_ins_holds_nothing_that_was_typed(t *testing.T) {
	o := newOffice(t)
	o.add("ada", staff.Operator)
	from := staff.From{Address: "192.0.2.9"}
	_, err := o.SignIn(t.Context(), "my-secret-password", "x", from)
	o.want(err, staff.Denied)
	o.last(" 192.0.2.9 sign_in.failed : password")
	_, err = o.SignIn(t.Context(), "ada", "wrong-password-canary", from)
	o.want(err, staff.Denied)
	o.last(" 192.0.2.9 sign_in.failed ada: password")
	_, err = o.SetUpAccess(t.Context(), "my-secret-password", "AAAA-BBBB-CCCC-DDDD", password, from)
	o.want(err, staff.Denied)
	o.last(" 192.0.2.9 sign_in.failed : setup code")
	if all := strings.Join(o.trail(), "\n"); strings.Contains(all, "canary") || strings.Contains(all, "my-secret") {
		t.Errorf("the trail holds what was typed:\n%s", all)
	}
}

// Whoever guesses must not fill the record; what was left out is counted.
func TestAudit_bounds_failed_sign_ins(t *testing.T) {
	o := newOffice(t)
	const tries = 230
	for range tries {
		if err := o.Failed(t.Context(), "", staff.ByPassword, staff.From{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(o.trail()); n != 200 {
		t.Errorf("%d entries", n)
	}
	o.now = o.now.Add(time.Minute)
	if err := o.Failed(t.Context(), "", staff.ByPassword, staff.From{}); err != nil {
		t.Fatal(err)
	}
	o.last("  sign_in.failed : password; left out before this one: 30")
}

// Whatever an entry is given, every database takes it and it stays on one line.
func TestAudit_takes_any_text(t *testing.T) { onEachEngine(t, auditTakesAnyText) }

func auditTakesAnyText(t *testing.T, o *office) {
	for _, text := range []string{"", "a\x00b", "\xff\xfe", "line\nbreak\ttab", strings.Repeat("ü", 1000), "=cmd()", "\u202eevil", `"quoted", [list]`} {
		if err := o.Audit.Note(staff.As(t.Context(), staff.Actor{Name: text, Address: text}), staff.ActSignedIn, text, text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, line := range o.trail() {
		if strings.ContainsAny(line, "\n\t\x00") || len(line) > 4*300+100 {
			t.Errorf("an entry is %q", line)
		}
	}
}

// Somebody of an identity provider is named as the provider does, because what they are called here tells nobody anything; whatever it says.
func TestAudit_names_people_of_a_provider(t *testing.T) {
	o := newOffice(t)
	p, err := o.store.ExternalPerson(t.Context(), staff.Person{
		ID: "x", Name: "sso-abc", Display: "=HYPERLINK(\"evil\")\n Cleo", Roles: []staff.Role{staff.Operator}, External: "https://op.example cleo", CreatedAt: o.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Open(t.Context(), p, staff.BySSO, "s1", staff.From{Address: "192.0.2.7"}); err != nil {
		t.Fatal(err)
	}
	const name = `=HYPERLINK("evil") Cleo (sso-abc)`
	o.last(name + " 192.0.2.7 sign_in.done " + name + ": single sign-on; operator")
	if err := o.EndAtProvider(t.Context(), staff.ProviderLogout{Issuer: "https://op.example", Session: "s1", Once: []byte("once"), SpentUntil: o.now.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	o.last("  session.ended " + name + ": at the identity provider")
}
