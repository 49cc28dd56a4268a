package staff_test

import (
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
)

// code is what an authenticator app that nobody here wrote shows at the office's time.
func (o *office) code(key secret.Text) string {
	o.t.Helper()
	code, err := totp.GenerateCode(key.Reveal(), o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	return code
}

// enrol sets up an authenticator app for somebody and gives its key and the recovery codes.
func (o *office) enrol(p staff.Person) (secret.Text, []secret.Text) {
	o.t.Helper()
	begun, err := o.BeginTOTP(o.t.Context(), p)
	if err != nil {
		o.t.Fatal(err)
	}
	codes, err := o.ConfirmTOTP(o.t.Context(), p, begun.Step.Reveal(), o.code(begun.Key))
	if err != nil {
		o.t.Fatal(err)
	}
	o.now = o.now.Add(time.Minute) // the next code
	return begun.Key, codes
}

// begin signs in with the password and gives the step that asks for a second proof.
func (o *office) begin(name string) string {
	o.t.Helper()
	in, err := o.SignIn(o.t.Context(), name, password, staff.From{})
	if err != nil || !in.Token.IsZero() || in.Step.IsZero() {
		o.t.Fatalf("a password alone gave a session: %v, %v", !in.Token.IsZero(), err)
	}
	return in.Step.Reveal()
}

func (o *office) second(step, code string) error {
	in, err := o.Second(o.t.Context(), step, code, staff.From{Agent: "test", Address: "192.0.2.1"})
	if err == nil {
		if p, err := session(o, in.Token.Reveal()); err != nil || p.ID != in.Person.ID {
			o.t.Errorf("the session is %+v, %v", p, err)
		}
	}
	return err
}

// With an authenticator app a password alone opens nothing, and each code is good for once (RFC 6238 §5.2).
// A code of the app is taken once, and from half a minute before (PF-040).
func TestSecond_asks_for_a_code_once(t *testing.T) { onEachEngine(t, secondAsksForACodeOnce) }

func secondAsksForACodeOnce(t *testing.T, o *office) {
	ada := o.add("ada", staff.Operator)
	key, codes := o.enrol(ada)
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	step, code := o.begin("ada"), o.code(key)
	o.want(o.second(step, "000000x"), staff.Denied)
	o.want(o.second(step, ""), staff.Denied)
	o.want(o.second("x", code), staff.Denied)
	o.want(o.second(step+"x", code), staff.Denied)
	if err := o.second(step, code[:3]+" "+code[3:]); err != nil {
		t.Fatal(err)
	}
	o.want(o.second(step, code), staff.Denied)           // the step is over
	o.want(o.second(o.begin("ada"), code), staff.Denied) // the code was used
	o.now = o.now.Add(30 * time.Second)
	if err := o.second(o.begin("ada"), o.code(key)); err != nil {
		t.Error(err)
	}
	// A clock that is half a minute off is nobody's fault; two minutes are.
	later := o.begin("ada")
	o.now = o.now.Add(time.Minute)
	early := o.code(key)
	o.now = o.now.Add(30 * time.Second)
	if err := o.second(later, early); err != nil {
		t.Errorf("the code before: %v", err)
	}
	stale := o.code(key)
	o.now = o.now.Add(2 * time.Minute)
	o.want(o.second(o.begin("ada"), stale), staff.Denied)
	late := o.begin("ada")
	o.now = o.now.Add(6 * time.Minute)
	o.want(o.second(late, o.code(key)), staff.Denied) // it took too long
	if err := o.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
}

// A recovery code stands in for the app, once, however it is typed.
func TestSecond_takes_a_recovery_code_once(t *testing.T) {
	onEachEngine(t, secondTakesARecoveryCodeOnce)
}

func secondTakesARecoveryCodeOnce(t *testing.T, o *office) {
	ada := o.add("ada")
	_, codes := o.enrol(ada)
	o.enrol(o.add("bob"))
	typed := strings.ToLower(strings.ReplaceAll(codes[0].Reveal(), "-", " "))
	o.want(o.second(o.begin("bob"), typed), staff.Denied) // another person's
	if err := o.second(o.begin("ada"), typed); err != nil {
		t.Fatal(err)
	}
	o.want(o.second(o.begin("ada"), codes[0].Reveal()), staff.Denied)
	fresh, err := o.NewRecoveryCodes(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	o.want(o.second(o.begin("ada"), codes[1].Reveal()), staff.Denied) // the old ones ended
	if err := o.second(o.begin("ada"), fresh[9].Reveal()); err != nil {
		t.Error(err)
	}
	if f, err := o.Factors(t.Context(), ada.ID); err != nil || f.RecoveryCodes != 9 || !f.TOTP {
		t.Errorf("left are %+v, %v", f, err)
	}
}

// Guessing is slowed down, for whoever knows the password too (PF-041).
func TestSecond_limits_tries(t *testing.T) {
	o := newOffice(t)
	key, _ := o.enrol(o.add("ada"))
	step := o.begin("ada")
	for range 10 {
		o.want(o.second(step, "999999"), staff.Denied)
	}
	o.want(o.second(step, o.code(key)), staff.Limited)
}

// Of many who send the same code at once, one gets in.
func TestSecond_lets_one_of_a_race_in(t *testing.T) { onEachEngine(t, secondLetsOneOfARaceIn) }

func secondLetsOneOfARaceIn(t *testing.T, o *office) {
	key, _ := o.enrol(o.add("ada"))
	var steps []string
	for range 8 {
		steps = append(steps, o.begin("ada"))
	}
	code := o.code(key)
	var in atomic.Int64
	var all sync.WaitGroup
	for _, step := range steps {
		all.Go(func() {
			if o.second(step, code) == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 {
		t.Errorf("%d got in with one code", in.Load())
	}
}

func TestConfirmTOTP_needs_a_code_of_the_key(t *testing.T) {
	o := newOffice(t)
	ada, bob := o.add("ada"), o.add("bob")
	begun, err := o.BeginTOTP(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(begun.URL.Reveal()); err != nil || u.Scheme != "otpauth" || u.Query().Get("secret") != begun.Key.Reveal() {
		t.Errorf("the URL is %s, %v", u, err)
	}
	step := begun.Step.Reveal()
	for name, try := range map[string]struct {
		who        staff.Person
		step, code string
	}{
		"a wrong code": {ada, step, "123"}, "no code": {ada, step, ""}, "somebody else": {bob, step, o.code(begun.Key)}, "no step": {ada, "", o.code(begun.Key)},
	} {
		if _, err := o.ConfirmTOTP(t.Context(), try.who, try.step, try.code); staff.KindOf(err) != staff.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.signIn("ada") // a password is still enough: nothing was confirmed
	if _, err := o.ConfirmTOTP(t.Context(), ada, step, o.code(begun.Key)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.ConfirmTOTP(t.Context(), ada, step, o.code(begun.Key)); staff.KindOf(err) != staff.Denied {
		t.Errorf("the same step again: %v", err)
	}
	o.begin("ada")
	if err := o.RemoveTOTP(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	o.signIn("ada")
	if f, err := o.Factors(t.Context(), ada.ID); err != nil || f.Any() || f.RecoveryCodes != 0 {
		t.Errorf("left are %+v, %v", f, err)
	}
}

// Somebody who lost everything begins anew, and whoever found it has nothing.
func TestResetPassword_forgets_everything(t *testing.T) {
	onEachEngine(t, resetPasswordForgetsEverything)
}

func resetPasswordForgetsEverything(t *testing.T, o *office) {
	o.enrol(o.add("ada"))
	if err := o.ResetPassword(t.Context(), "ada", password); err != nil {
		t.Fatal(err)
	}
	o.signIn("ada")
}

// People see where they are signed in, and end it.
func TestSessions_are_listed_and_ended(t *testing.T) { onEachEngine(t, sessionsAreListedAndEnded) }

func sessionsAreListedAndEnded(t *testing.T, o *office) {
	ada := o.add("ada")
	o.add("bob")
	here, there, other := o.signIn("ada"), o.signIn("ada"), o.signIn("bob")
	_, own, err := o.Session(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	_, others, err := o.Session(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	list, err := o.ListSessions(t.Context(), ada.ID)
	if err != nil || len(list) != 2 || list[0].Method != staff.ByPassword || list[0].ID == "" || list[0].ID == list[1].ID {
		t.Fatalf("got %+v, %v", list, err)
	}
	if err := o.EndSessions(t.Context(), ada, others.ID, own.ID); err != nil { // not hers: nothing ends
		t.Fatal(err)
	}
	if _, err := session(o, other); err != nil {
		t.Errorf("somebody else's session ended: %v", err)
	}
	if err := o.EndSessions(t.Context(), ada, "", own.ID); err != nil {
		t.Fatal(err)
	}
	_, err = session(o, there)
	o.want(err, staff.Denied)
	if err := o.EndSessions(t.Context(), ada, own.ID, own.ID); err != nil {
		t.Fatal(err)
	}
	_, err = session(o, here)
	o.want(err, staff.Denied)
}
