package staff_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/staff"
)

const chosen = "four words that differ"

// A setup code opens an account once, for whom it was made, and for three days (PF-064).
func TestSetUpAccess_takes_a_code_once(t *testing.T) { onEachEngine(t, setUpAccessTakesACodeOnce) }

func setUpAccessTakesACodeOnce(t *testing.T, o *office) {
	invite := func(name string) string {
		t.Helper()
		_, code, err := o.Invite(t.Context(), staff.NewPerson{Name: name, Roles: []staff.Role{staff.Operator}})
		if err != nil {
			t.Fatal(err)
		}
		return code.Reveal()
	}
	use := func(name, code, password string) error {
		_, err := o.SetUpAccess(t.Context(), name, code, password, staff.From{})
		return err
	}
	bob, eve := invite("bob"), invite("eve")
	o.want(use("eve", bob, chosen), staff.Denied)
	o.want(use("nobody", bob, chosen), staff.Denied)
	o.want(use("bob", "", chosen), staff.Denied)
	o.want(use("bob\x00", bob, chosen), staff.Denied)
	for _, password := range []string{"short", "eleven long", strings.Repeat("a", 1025)} {
		err := use("bob", bob, password)
		o.want(err, staff.Invalid)
		if want := "a password has at least 12 characters and at most 1024 bytes"; err == nil || err.Error() != want {
			t.Errorf("a password of %d is refused with %v", len(password), err)
		}
	}
	_, err := o.SignIn(t.Context(), "bob", "", staff.From{})
	o.want(err, staff.Denied)
	if err := use(" Bob ", bob[:4]+" "+bob[5:], chosen); err != nil { // as people type it
		t.Fatal(err)
	}
	o.want(use("bob", bob, chosen), staff.Denied) // PF-064
	if _, err := o.SignIn(t.Context(), "bob", chosen, staff.From{}); err != nil {
		t.Errorf("the password that was chosen: %v", err)
	}
	o.now = o.now.Add(72*time.Hour + time.Second)
	o.want(use("eve", eve, chosen), staff.Denied)

	fresh, err := o.ResetAccess(t.Context(), "eve", "")
	if err != nil {
		t.Fatal(err)
	}
	newest, err := o.ResetAccess(t.Context(), "eve", "")
	if err != nil {
		t.Fatal(err)
	}
	o.want(use("eve", fresh.Reveal(), chosen), staff.Denied) // another was made after it
	if err := o.SetDisabled(t.Context(), "eve", true, ""); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(time.Hour) // the limit of tries
	o.want(use("eve", newest.Reveal(), chosen), staff.Denied)
	if err := o.SetDisabled(t.Context(), "eve", false, ""); err != nil {
		t.Fatal(err)
	}
	if err := use("eve", newest.Reveal(), chosen); err != nil {
		t.Error(err)
	}
}

func TestSetUpAccess_lets_one_of_a_race_in(t *testing.T) {
	onEachEngine(t, func(t *testing.T, o *office) {
		_, code, err := o.Invite(t.Context(), staff.NewPerson{Name: "bob", Roles: []staff.Role{staff.Operator}})
		if err != nil {
			t.Fatal(err)
		}
		const racers = 8
		errs := make([]error, racers)
		var wg sync.WaitGroup
		for i := range racers {
			wg.Go(func() {
				_, errs[i] = o.SetUpAccess(t.Context(), "bob", code.Reveal(), chosen, staff.From{})
			})
		}
		wg.Wait()
		in := 0
		for _, err := range errs {
			if err == nil {
				in++
			} else {
				o.want(err, staff.Denied)
			}
		}
		if in != 1 {
			t.Errorf("%d came in", in)
		}
	})
}

// A reset forgets whatever somebody could show and ends their sessions.
func TestResetAccess_forgets_everything(t *testing.T) { onEachEngine(t, resetAccessForgetsEverything) }

func resetAccessForgetsEverything(t *testing.T, o *office) {
	ada := o.add("ada", staff.Operator)
	in, err := o.SignIn(t.Context(), "ada", password, staff.From{})
	if err != nil {
		t.Fatal(err)
	}
	_, codes := o.enrol(ada)
	step := o.begin("ada")
	code, err := o.ResetAccess(t.Context(), "ada", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = session(o, in.Token.Reveal())
	o.want(err, staff.Denied)
	_, err = o.SignIn(t.Context(), "ada", password, staff.From{})
	o.want(err, staff.Denied)
	o.want(o.second(step, codes[0].Reveal()), staff.Denied)
	if f, err := o.Factors(t.Context(), ada.ID); err != nil || f.Any() || f.RecoveryCodes > 0 {
		t.Errorf("left are %+v, %v", f, err)
	}
	if _, err := o.SetUpAccess(t.Context(), "ada", code.Reveal(), chosen, staff.From{}); err != nil {
		t.Error(err)
	}
}

// An administrator changes others and never themselves, and one who is none any more changes nobody.
func TestPeople_are_changed_by_other_administrators(t *testing.T) {
	o := newOffice(t)
	ada, bob := o.add("ada", staff.Administrator), o.add("bob", staff.Administrator)
	for name, change := range map[string]func(whom string, by staff.PersonID) error{
		"roles": func(whom string, by staff.PersonID) error {
			return o.SetRoles(t.Context(), whom, []staff.Role{staff.Auditor}, by)
		},
		"disable": func(whom string, by staff.PersonID) error { return o.SetDisabled(t.Context(), whom, true, by) },
		"reset": func(whom string, by staff.PersonID) error {
			_, err := o.ResetAccess(t.Context(), whom, by)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			o.want(change("ada", ada.ID), staff.Denied)
			o.want(change("nobody", ada.ID), staff.NotFound)
			o.want(change("a\x00b", ada.ID), staff.NotFound)
			clerk := o.add("clerk-"+name, staff.Operator)
			o.want(change("bob", clerk.ID), staff.Conflict)
		})
	}
	for _, roles := range [][]staff.Role{nil, {"king"}, {staff.Operator, ""}} {
		o.want(o.SetRoles(t.Context(), "bob", roles, ada.ID), staff.Invalid)
	}
	if err := o.SetRoles(t.Context(), "bob", []staff.Role{staff.Auditor}, ada.ID); err != nil {
		t.Fatal(err)
	}
	o.want(o.SetDisabled(t.Context(), "ada", true, bob.ID), staff.Conflict)
}

// Of two administrators who shut each other out at the same moment, one is left.
func TestPeople_keep_an_administrator(t *testing.T) {
	onEachEngine(t, func(t *testing.T, o *office) {
		for round := range 10 {
			first, second := "a-"+string(rune('a'+round)), "b-"+string(rune('a'+round))
			ids := map[string]staff.PersonID{first: o.add(first, staff.Administrator).ID, second: o.add(second, staff.Administrator).ID}
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i, pair := range [][2]string{{first, second}, {second, first}} {
				wg.Go(func() {
					if round%2 == 0 {
						errs[i] = o.SetDisabled(t.Context(), pair[0], true, ids[pair[1]])
					} else {
						errs[i] = o.SetRoles(t.Context(), pair[0], []staff.Role{staff.Operator}, ids[pair[1]])
					}
				})
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Errorf("round %d: %v, %v", round, errs[0], errs[1])
			}
		}
	})
}

// Where everybody needs a second step, a password alone leads to setting one up, and the only one is not removed again.
func TestSecondStep_is_asked_of_everybody_with_a_password(t *testing.T) {
	o := newOffice(t)
	ada := o.add("ada", staff.Operator)
	must := func(method staff.Method) bool {
		t.Helper()
		yes, err := o.MustEnrol(t.Context(), staff.Session{Person: ada.ID, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if must(staff.ByPassword) {
		t.Error("it is asked for although nobody said so")
	}
	o.SecondStep = true
	for method, want := range map[staff.Method]bool{
		staff.ByPassword: true, staff.ByCode: true, staff.BySecondStep: false, staff.ByPasskey: false, staff.BySSO: false, staff.ByDemo: false,
	} {
		if must(method) != want {
			t.Errorf("by %s: %v", method, !want)
		}
	}
	o.enrol(ada)
	if must(staff.ByPassword) {
		t.Error("it is asked for although it is there")
	}
	o.want(o.RemoveTOTP(t.Context(), ada), staff.Denied)
	if err := o.store.SetRecoveryCodes(t.Context(), ada.ID, nil); err != nil {
		t.Fatal(err)
	}
	if !must(staff.ByPassword) {
		t.Error("it goes on without recovery codes")
	}
	o.SecondStep = false
	if err := o.RemoveTOTP(t.Context(), ada); err != nil {
		t.Error(err)
	}
}
