package staff_test

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
	"counterfoil/internal/store"
	"counterfoil/internal/store/storetest"
)

const password = "correct horse battery staple"

// office is the use cases over a real database, at a time that a test sets.
type office struct {
	*staff.Service
	displays *staff.Displays
	store    *store.Store
	t        *testing.T
	now      time.Time
}

func newOffice(t *testing.T) *office {
	t.Helper()
	return newOfficeOn(t, "")
}

// onEachEngine runs a test on both databases.
func onEachEngine(t *testing.T, run func(t *testing.T, o *office)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { run(t, newOffice(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { run(t, newOfficeOn(t, storetest.PostgreSQL(t))) })
}

func newOfficeOn(t *testing.T, database string) *office {
	t.Helper()
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return o.now }
	s, err := store.Open(t.Context(), store.Options{
		URL: database, DataDir: t.TempDir(), Migrate: true, Master: master, Watch: &issuance.Watch{}, Clock: clock, Random: rand.Reader,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if o.Service, err = staff.NewService(s, clock, rand.Reader); err != nil {
		t.Fatal(err)
	}
	o.store, o.displays = s, staff.NewDisplays(s, s, clock, rand.Reader)
	return o
}

// offer records an offer that a display can show.
func (o *office) offer(id issuance.OfferID) {
	o.t.Helper()
	err := o.store.AddOffer(o.t.Context(), issuance.Draft{
		Offer:  issuance.Offer{ID: id, Type: "T", Status: issuance.StatusReady, Version: 1, CreatedAt: o.now, ExpiresAt: o.now.Add(time.Hour)},
		Claims: []byte(`{}`), CodeHash: []byte(id),
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// add makes an account with the password.
func (o *office) add(name string, roles ...staff.Role) staff.Person {
	o.t.Helper()
	p, err := o.AddPerson(o.t.Context(), staff.NewPerson{Name: name, Roles: roles, Password: password})
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// signIn signs in with the right password and gives the session's token.
func (o *office) signIn(name string) string {
	o.t.Helper()
	in, err := o.SignIn(o.t.Context(), name, password, staff.From{})
	if err != nil {
		o.t.Fatal(err)
	}
	return in.Token.Reveal()
}

func (o *office) want(err error, kind staff.Kind) {
	o.t.Helper()
	if staff.KindOf(err) != kind {
		o.t.Errorf("got %v, want kind %d", err, kind)
	}
}

func TestAddPerson_takes_only_what_can_be_an_account(t *testing.T) {
	o := newOffice(t)
	good := staff.NewPerson{Name: "ada", Roles: []staff.Role{staff.Operator}, Password: password}
	for _, c := range []struct {
		name   string
		change func(*staff.NewPerson)
		kind   staff.Kind
	}{
		{"no name", func(n *staff.NewPerson) { n.Name = "" }, staff.Invalid},
		{"a name with a space", func(n *staff.NewPerson) { n.Name = "ada l" }, staff.Invalid},
		{"a name that begins with a dash", func(n *staff.NewPerson) { n.Name = "-ada" }, staff.Invalid},
		{"a name of 65 letters", func(n *staff.NewPerson) { n.Name = strings.Repeat("a", 65) }, staff.Invalid},
		{"a name with a line feed", func(n *staff.NewPerson) { n.Name = "ada\n" }, staff.Invalid},
		{"an unknown role", func(n *staff.NewPerson) { n.Roles = []staff.Role{"emperor"} }, staff.Invalid},
		{"a short password", func(n *staff.NewPerson) { n.Password = "elevenchars" }, staff.Invalid},
		{"a password of 1025 bytes", func(n *staff.NewPerson) { n.Password = strings.Repeat("a", 1025) }, staff.Invalid},
		{"a password that is no text", func(n *staff.NewPerson) { n.Password = strings.Repeat("\xff", 20) }, staff.Invalid},
		{"a good one", func(*staff.NewPerson) {}, 0},
		{"the same name in capitals", func(n *staff.NewPerson) { n.Name = "ADA" }, staff.Conflict},
	} {
		n := good
		c.change(&n)
		_, err := o.AddPerson(t.Context(), n)
		if staff.KindOf(err) != c.kind || err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if people, err := o.ListPeople(t.Context()); err != nil || len(people) != 1 || people[0].Display != "ada" {
		t.Errorf("the accounts are %v, %v", people, err)
	}
}

func TestSignIn_says_the_same_to_everybody_it_refuses(t *testing.T) {
	o := newOffice(t)
	o.add("ada", staff.Operator)
	o.add("bob", staff.Operator)
	if err := o.SetDisabled(t.Context(), "bob", true, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := o.AddPerson(t.Context(), staff.NewPerson{Name: "without", Roles: []staff.Role{staff.Auditor}}); err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, c := range []struct{ name, password string }{
		{"ada", "wrong"}, {"ada", ""}, {"ada", password + " "}, {"ada", " " + password}, {"ada", strings.ToUpper(password)}, // PF-033
		{"ada", password + strings.Repeat("x", 2000)}, {"nobody", password}, {"", ""}, {"bob", password}, {"without", ""}, {"without", "x"},
	} {
		_, err := o.SignIn(t.Context(), c.name, c.password, staff.From{})
		o.want(err, staff.Denied)
		words[err.Error()] = true
	}
	if len(words) != 1 {
		t.Errorf("the refusals are told apart: %v", words)
	}
	if in, err := o.SignIn(t.Context(), " ADA ", password, staff.From{}); err != nil || in.Person.Name != "ada" {
		t.Errorf("the right password: %v, %v", in.Person, err)
	}
}

// A password counts whether the keyboard gave ü as one character or as two. PF-034.
func TestSignIn_takes_a_password_from_any_keyboard(t *testing.T) {
	o := newOffice(t)
	composed, decomposed := "Schlüssel für Zürich", "Schlu\u0308ssel fu\u0308r Zu\u0308rich"
	for name, set := range map[string]string{"ada": composed, "bob": decomposed} {
		if _, err := o.AddPerson(t.Context(), staff.NewPerson{Name: name, Roles: []staff.Role{staff.Operator}, Password: set}); err != nil {
			t.Fatal(err)
		}
		for _, typed := range []string{composed, decomposed} {
			if _, err := o.SignIn(t.Context(), name, typed, staff.From{}); err != nil {
				t.Errorf("%s with %+q: %v", name, typed, err)
			}
		}
		_, err := o.SignIn(t.Context(), name, "Schlussel fur Zurich", staff.From{})
		o.want(err, staff.Denied)
	}
}

func TestSignIn_slows_down_who_guesses_at_one_name(t *testing.T) {
	o := newOffice(t)
	o.add("ada", staff.Operator)
	for range 10 {
		_, err := o.SignIn(t.Context(), "ada", "guess", staff.From{})
		o.want(err, staff.Denied)
	}
	_, err := o.SignIn(t.Context(), "ada", password, staff.From{})
	o.want(err, staff.Limited)                                   // PF-035
	_, err = o.SignIn(t.Context(), "bob", "guess", staff.From{}) // others are not held up
	o.want(err, staff.Denied)
	o.now = o.now.Add(31 * time.Second)
	o.signIn("ada")
}

func TestSession_ends_at_its_limits(t *testing.T) {
	cases := map[string]struct {
		step  time.Duration // between two looks
		looks int
		by    func(o *office, token string) (staff.Person, error)
		good  bool
	}{
		"idle for 30 minutes":              {30 * time.Minute, 1, session, true},
		"idle for longer":                  {30*time.Minute + time.Second, 1, session, false},
		"at work for under twelve hours":   {20 * time.Minute, 35, session, true},
		"at work for twelve hours":         {20 * time.Minute, 36, session, false},
		"only glanced at for half an hour": {15 * time.Minute, 2, glance, true},
		"only glanced at for longer":       {16 * time.Minute, 2, glance, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.add("ada", staff.Operator)
			token := o.signIn("ada")
			var err error
			for range c.looks {
				o.now = o.now.Add(c.step)
				_, err = c.by(o, token)
			}
			if c.good && err != nil || !c.good && staff.KindOf(err) != staff.Denied {
				t.Errorf("got %v", err)
			}
			if err := o.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func session(o *office, token string) (staff.Person, error) {
	p, _, err := o.Session(o.t.Context(), token)
	return p, err
}

func glance(o *office, token string) (staff.Person, error) {
	p, _, err := o.Glance(o.t.Context(), token)
	return p, err
}

func TestSession_ends_at_once_when_it_must(t *testing.T) {
	for name, end := range map[string]func(o *office, token string) error{
		"the person signs out":       func(o *office, token string) error { return o.SignOut(o.t.Context(), token, staff.From{}) },
		"the person is disabled":     func(o *office, _ string) error { return o.SetDisabled(o.t.Context(), "ada", true, "") },
		"the person's password goes": func(o *office, _ string) error { return o.ResetPassword(o.t.Context(), "ada", password+"!") },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.add("ada", staff.Operator)
			o.add("bob", staff.Operator)
			token, other := o.signIn("ada"), o.signIn("bob")
			if err := end(o, token); err != nil {
				t.Fatal(err)
			}
			_, err := session(o, token)
			o.want(err, staff.Denied)
			if _, err := session(o, other); err != nil {
				t.Errorf("somebody else is out too: %v", err)
			}
		})
	}
}

func TestSession_is_nobody_for_a_token_that_was_not_given(t *testing.T) {
	o := newOffice(t)
	o.add("ada", staff.Operator)
	token := o.signIn("ada")
	for _, bad := range []string{"", "x", token + "x", token[1:], strings.ToUpper(token), strings.Repeat("a", 10_000), "\x00"} {
		_, err := session(o, bad)
		o.want(err, staff.Denied)
	}
	var mu sync.Mutex
	var done sync.WaitGroup
	tokens := map[string]bool{}
	for range 5 {
		done.Go(func() {
			fresh, err := o.SignIn(t.Context(), "ada", password, staff.From{})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || tokens[fresh.Token.Reveal()] || fresh.Token.Reveal() == token {
				t.Errorf("a sign-in gave no session of its own: %v", err)
			}
			tokens[fresh.Token.Reveal()] = true
		})
	}
	done.Wait()
}

func TestResetPassword_and_SetDisabled_need_somebody(t *testing.T) {
	o := newOffice(t)
	o.want(o.ResetPassword(t.Context(), "nobody", password), staff.NotFound)
	o.want(o.SetDisabled(t.Context(), "nobody", true, ""), staff.NotFound)
	o.add("ada")
	o.want(o.ResetPassword(t.Context(), "ada", "short"), staff.Invalid)
	o.signIn("ada")
	var refusal *staff.Error
	if _, err := o.SignInAs(t.Context(), "nobody", staff.From{}); !errors.As(err, &refusal) || refusal.Kind != staff.NotFound {
		t.Errorf("signing in as nobody: %v", err)
	}
}

// The whole policy: what is not here is denied.
func TestPerson_May(t *testing.T) {
	allowed := map[staff.Role][]staff.Action{
		staff.Operator: {staff.CreateOffers, staff.ReadOffers, staff.CancelOffers, staff.RevealCodes},
		staff.Approver: {staff.ReadOffers}, staff.Administrator: {staff.ReadOffers}, staff.Auditor: {staff.ReadOffers},
		"emperor": nil, "": nil,
	}
	actions := []staff.Action{staff.CreateOffers, staff.ReadOffers, staff.CancelOffers, staff.RevealCodes, "offers.steal", ""}
	for _, role := range append(staff.Roles(), "emperor", "") {
		want, known := allowed[role]
		if !known {
			t.Errorf("the table has nothing about %s", role)
		}
		for _, action := range actions {
			may := false
			for _, a := range want {
				may = may || a == action
			}
			if got := (staff.Person{Roles: []staff.Role{role}}).May(action); got != may {
				t.Errorf("%s, %s: %t", role, action, got)
			}
			if (staff.Person{Roles: []staff.Role{role}, Disabled: true}).May(action) {
				t.Errorf("a disabled %s may %s", role, action)
			}
		}
	}
	both := staff.Person{Roles: []staff.Role{staff.Auditor, staff.Operator}}
	if !both.May(staff.CreateOffers) || (staff.Person{}).May(staff.ReadOffers) {
		t.Error("roles do not add up")
	}
}
