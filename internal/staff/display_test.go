package staff_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/staff"
)

// addDisplay makes a display and gives its token and its code.
func (o *office) addDisplay() (token, code string) {
	o.t.Helper()
	added, err := o.displays.Add(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return added.Reveal(), o.look(added.Reveal()).Code
}

func (o *office) look(token string) staff.Display {
	o.t.Helper()
	d, err := o.displays.Look(o.t.Context(), token)
	if err != nil {
		o.t.Fatal(err)
	}
	return d
}

func (o *office) pair(p staff.Person, code string) {
	o.t.Helper()
	if err := o.displays.Pair(o.t.Context(), p.ID, code, "de"); err != nil {
		o.t.Fatal(err)
	}
}

func TestPair_takes_the_code_as_people_type_it(t *testing.T) {
	o := newOffice(t)
	ada := o.add("ada", staff.Operator)
	for name, typed := range map[string]func(string) string{
		"as shown":   func(c string) string { return c[:3] + " " + c[3:] },
		"small":      strings.ToLower,
		"with a gap": func(c string) string { return " " + c[:2] + "-" + c[2:] + " " },
	} {
		t.Run(name, func(t *testing.T) {
			token, code := o.addDisplay()
			if !regexp.MustCompile(`^[A-HJKMNP-Z2-9]{6}$`).MatchString(code) {
				t.Errorf("the code is %q", code)
			}
			o.pair(ada, typed(code))
			if d := o.look(token); d.Person != ada.ID || d.Code != "" {
				t.Errorf("the display is %+v", d)
			}
		})
	}
}

func TestPair_refuses_what_no_display_shows(t *testing.T) {
	o := newOffice(t)
	ada, bob := o.add("ada", staff.Operator), o.add("bob", staff.Operator)
	token, code := o.addDisplay()
	for _, wrong := range []string{"", "A", code + "A", code[1:], "000000", strings.Repeat("A", 100_000), "A\x00BCDE", "ABCDÉ", "' OR 1=", "ＡＢＣＤＥＦ"} {
		o.now = o.now.Add(time.Second)
		o.want(o.displays.Pair(t.Context(), ada.ID, wrong, "de"), staff.Invalid)
	}
	o.want(o.displays.Pair(t.Context(), ada.ID, code, "de"), staff.Limited) // ten were enough
	o.pair(bob, code)                                                       // who holds up nobody else
	o.want(o.displays.Pair(t.Context(), bob.ID, code, "de"), staff.Invalid) // used
	if d := o.look(token); d.Person != bob.ID {
		t.Errorf("the display is %q's", d.Person)
	}
	_, old := o.addDisplay()
	o.now = o.now.Add(10 * time.Minute)
	o.want(o.displays.Pair(t.Context(), ada.ID, old, "de"), staff.Invalid)
}

func TestLook_renews_a_code_that_is_over(t *testing.T) {
	o := newOffice(t)
	token, code := o.addDisplay()
	o.now = o.now.Add(10*time.Minute - time.Second)
	if again := o.look(token).Code; again != code {
		t.Errorf("the code changed from %s to %s", code, again)
	}
	o.now = o.now.Add(time.Second)
	if again := o.look(token).Code; again == code || again == "" {
		t.Errorf("the code is %q", again)
	}
	_, err := o.displays.Look(t.Context(), token+"x")
	o.want(err, staff.NotFound)
	_, err = o.displays.Glance(t.Context(), "")
	o.want(err, staff.NotFound)
}

func TestDisplay_is_paired_until(t *testing.T) {
	for name, c := range map[string]struct {
		act    func(o *office, ada staff.Person, session string) error
		paired bool
		shows  bool
	}{
		"nothing happens": {func(*office, staff.Person, string) error { return nil }, true, true},
		"twelve hours later": {func(o *office, _ staff.Person, _ string) error {
			o.now = o.now.Add(staff.PairingLimit)
			return nil
		}, false, false},
		"the session runs idle": {func(o *office, _ staff.Person, _ string) error {
			o.now = o.now.Add(31 * time.Minute)
			return nil
		}, true, false},
		"unpaired": {func(o *office, ada staff.Person, _ string) error { return o.displays.Unpair(o.t.Context(), ada.ID) }, false, false},
		"signed out": {func(o *office, _ staff.Person, session string) error {
			return o.SignOut(o.t.Context(), session, staff.From{})
		}, false, false},
		"disabled": {func(o *office, _ staff.Person, _ string) error { return o.SetDisabled(o.t.Context(), "ada", true, "") }, false, false},
		"a new password": {func(o *office, _ staff.Person, _ string) error {
			return o.ResetPassword(o.t.Context(), "ada", password+"!")
		}, false, false},
		"cleared": {func(o *office, ada staff.Person, s string) error {
			return o.displays.Show(o.t.Context(), ada.ID, s, "")
		}, true, false},
		"another is paired": {func(o *office, ada staff.Person, _ string) error {
			_, code := o.addDisplay()
			return o.displays.Pair(o.t.Context(), ada.ID, code, "de")
		}, false, false},
		"swept": {func(o *office, _ staff.Person, _ string) error { return o.displays.Sweep(o.t.Context()) }, true, true},
		"somebody else shows an offer": {func(o *office, _ staff.Person, _ string) error {
			bob := o.add("bob", staff.Operator)
			return o.displays.Show(o.t.Context(), bob.ID, o.signIn("bob"), "")
		}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.offer("o")
			ada := o.add("ada", staff.Operator)
			session := o.signIn("ada")
			token, code := o.addDisplay()
			o.pair(ada, code)
			if err := o.displays.Show(t.Context(), ada.ID, session, "o"); err != nil {
				t.Fatal(err)
			}
			if d := o.look(token); d.Offer != "o" || !d.PairedAt(o.now) {
				t.Fatalf("the display is %+v", d)
			}
			if err := c.act(o, ada, session); err != nil {
				t.Fatal(err)
			}
			d := o.look(token)
			if d.PairedAt(o.now) != c.paired || (d.Offer == "o") != c.shows || (d.Code == "") != c.paired {
				t.Errorf("the display is %+v", d)
			}
		})
	}
}

func TestDisplay_is_connected_while_it_looks(t *testing.T) {
	o := newOffice(t)
	ada := o.add("ada", staff.Operator)
	token, code := o.addDisplay()
	o.pair(ada, code)
	connected := func(want bool) {
		t.Helper()
		if d, err := o.displays.Of(t.Context(), ada.ID); err != nil || d.ConnectedAt(o.now) != want {
			t.Errorf("connected is %t, %v", !want, err)
		}
	}
	for range 10 {
		o.now = o.now.Add(4 * time.Second)
		o.look(token)
		connected(true)
	}
	for range 10 { // a stream that nobody may be reading is no sign of life
		o.now = o.now.Add(4 * time.Second)
		if _, err := o.displays.Glance(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	connected(false)
	o.look(token)
	connected(true)
	if d, err := o.displays.Of(t.Context(), "nobody"); err != nil || d.PairedAt(o.now) {
		t.Errorf("nobody has %+v, %v", d, err)
	}
}
