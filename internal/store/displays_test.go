package store_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/internal/store"
)

// clerk records a person with a session; both have the name as id and token hash.
func clerk(t *testing.T, s *store.Store, name string) staff.PersonID {
	t.Helper()
	p := staff.Person{ID: staff.PersonID(name), Name: name, Roles: []staff.Role{staff.Operator}, CreatedAt: today()}
	if err := s.AddPerson(t.Context(), p, nil); err != nil {
		t.Fatal(err)
	}
	signIn(t, s, name)
	return p.ID
}

func signIn(t *testing.T, s *store.Store, name string) {
	t.Helper()
	err := s.AddSession(t.Context(), staff.Session{
		ID:        staff.SessionID(name),
		TokenHash: []byte(name), Person: staff.PersonID(name), CreatedAt: today(), SeenAt: today(), EndsAt: today().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// screen records a display with a code that is good for a minute.
func screen(t *testing.T, s *store.Store, hash, code string) {
	t.Helper()
	if err := s.AddDisplay(t.Context(), []byte(hash), today()); err != nil {
		t.Fatal(err)
	}
	if err := s.RenewCode(t.Context(), []byte(hash), code, today().Add(time.Minute), today()); err != nil {
		t.Fatal(err)
	}
}

func display(t *testing.T, s *store.Store, hash string) (staff.Display, staff.Session) {
	t.Helper()
	d, session, _, err := s.Display(t.Context(), []byte(hash))
	if err != nil {
		t.Fatal(err)
	}
	return d, session
}

func offered(t *testing.T, s *store.Store, id string) {
	t.Helper()
	err := s.AddOffer(t.Context(), issuance.Draft{
		Offer:  issuance.Offer{ID: issuance.OfferID(id), Type: "T", Status: issuance.StatusReady, Version: 1, CreatedAt: today(), ExpiresAt: today().Add(time.Hour)},
		Claims: []byte(`{}`), CodeHash: []byte(id),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Of fifty who type one code at once, one has the display, whoever they are.
func TestPairDisplay_spends_a_code_once(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		screen(t, s, "d", "AAAAAA")
		const many = 50
		people := make([]staff.PersonID, many)
		for i := range people {
			people[i] = clerk(t, s, "clerk-"+strconv.Itoa(i))
		}
		got := race(many, func(i int) error {
			return s.PairDisplay(t.Context(), people[i], "AAAAAA", "de", today().Add(time.Hour), today())
		})
		if got[0] != 1 || got[staff.NotFound] != many-1 {
			t.Errorf("the answers are %v", got)
		}
		bound := 0
		for _, p := range people {
			if _, err := s.DisplayOf(t.Context(), p); err == nil {
				bound++
			}
		}
		if bound != 1 {
			t.Errorf("the record has %d pairings", bound)
		}
	})
}

// Whoever pairs many displays at once has one in the end.
func TestPairDisplay_leaves_a_person_one_display(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		p := clerk(t, s, "ada")
		const many = 20
		for i := range many {
			screen(t, s, fmt.Sprint("d", i), fmt.Sprintf("CODE%02d", i))
		}
		got := race(many, func(i int) error {
			return s.PairDisplay(t.Context(), p, fmt.Sprintf("CODE%02d", i), "de", today().Add(time.Hour), today())
		})
		if got[0] != many {
			t.Errorf("the answers are %v", got)
		}
		bound := 0
		for i := range many {
			if d, _ := display(t, s, fmt.Sprint("d", i)); d.Person != "" {
				bound++
			}
		}
		if bound != 1 {
			t.Errorf("the person has %d displays", bound)
		}
	})
}

func TestPairDisplay_refuses_a_code_that_is_not_good(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		p := clerk(t, s, "ada")
		screen(t, s, "mine", "AAAAAA")
		if err := s.PairDisplay(t.Context(), p, "AAAAAA", "de", today().Add(time.Hour), today()); err != nil {
			t.Fatal(err)
		}
		screen(t, s, "other", "BBBBBB")
		for name, code := range map[string]string{"unknown": "CCCCCC", "used": "AAAAAA", "empty": "", "over": "BBBBBB"} {
			err := s.PairDisplay(t.Context(), p, code, "de", today().Add(time.Hour), today().Add(time.Minute))
			wantKind(t, name, err, staff.NotFound)
		}
		if d, _ := display(t, s, "mine"); d.Person != p {
			t.Error("a wrong code took the display away")
		}
	})
}

func TestRenewCode_leaves_what_is_good(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		p := clerk(t, s, "ada")
		screen(t, s, "d", "AAAAAA")
		screen(t, s, "e", "EEEEEE")
		renew := func(code string, now time.Time) {
			t.Helper()
			if err := s.RenewCode(t.Context(), []byte("d"), code, now.Add(time.Minute), now); err != nil {
				t.Fatal(err)
			}
		}
		is := func(code string, p staff.PersonID) {
			t.Helper()
			if d, _ := display(t, s, "d"); d.Code != code || d.Person != p {
				t.Errorf("code %q of %q, want %q of %q", d.Code, d.Person, code, p)
			}
		}
		renew("BBBBBB", today()) // the first is good
		is("AAAAAA", "")
		later := today().Add(time.Minute)
		renew("EEEEEE", later) // another display has it
		is("AAAAAA", "")
		renew("BBBBBB", later)
		is("BBBBBB", "")
		if err := s.PairDisplay(t.Context(), p, "BBBBBB", "de", later.Add(time.Hour), later); err != nil {
			t.Fatal(err)
		}
		renew("CCCCCC", later) // it is paired
		is("", p)
		renew("CCCCCC", later.Add(time.Hour)) // and no longer
		is("CCCCCC", "")
	})
}

// What a display shows ends with the session that told it to, the pairing with the person's leave.
func TestDisplay_ends_with_the_session(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(t *testing.T, s *store.Store) error
		paired bool
	}{
		"signed out": {func(t *testing.T, s *store.Store) error { return s.EndSession(t.Context(), []byte("ada")) }, false},
		"disabled":   {func(t *testing.T, s *store.Store) error { return s.SetDisabled(t.Context(), "ada", true, "") }, false},
		"reset":      {func(t *testing.T, s *store.Store) error { return s.ResetAccess(t.Context(), "ada", "h", nil, "") }, false},
		"unpaired":   {func(t *testing.T, s *store.Store) error { return s.UnpairDisplay(t.Context(), "ada") }, false},
		"idle": {func(t *testing.T, s *store.Store) error {
			return s.EndOldSessions(t.Context(), today().Add(time.Hour), today())
		}, true},
		"another signs out": {func(t *testing.T, s *store.Store) error {
			clerk(t, s, "bob")
			return s.EndSession(t.Context(), []byte("bob"))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, s *store.Store) {
				p := clerk(t, s, "ada")
				screen(t, s, "d", "AAAAAA")
				offered(t, s, "o")
				if err := s.ShowOffer(t.Context(), p, []byte("ada"), "o", today()); err != nil {
					t.Fatal(err)
				}
				if d, _ := display(t, s, "d"); d.Offer != "" {
					t.Fatal("a display that nobody paired shows something")
				}
				if err := s.PairDisplay(t.Context(), p, "AAAAAA", "de", today().Add(time.Hour), today()); err != nil {
					t.Fatal(err)
				}
				if err := s.ShowOffer(t.Context(), p, []byte("ada"), "o", today()); err != nil {
					t.Fatal(err)
				}
				if d, session := display(t, s, "d"); d.Offer != "o" || session.Person != p {
					t.Fatalf("it shows %q of %q", d.Offer, session.Person)
				}
				if err := c.end(t, s); err != nil {
					t.Fatal(err)
				}
				d, session := display(t, s, "d")
				if (d.Person == p) != c.paired {
					t.Errorf("paired with %q", d.Person)
				}
				if name != "another signs out" && (d.Offer != "" && session.Person != "") {
					t.Errorf("it shows %q of a session of %q", d.Offer, session.Person)
				}
			})
		})
	}
}

func TestEndOldDisplays_keeps_what_is_used(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		p := clerk(t, s, "ada")
		screen(t, s, "paired", "AAAAAA")
		screen(t, s, "left", "BBBBBB")
		screen(t, s, "there", "CCCCCC")
		if err := s.PairDisplay(t.Context(), p, "AAAAAA", "de", today().Add(3*time.Hour), today()); err != nil {
			t.Fatal(err)
		}
		later := today().Add(2 * time.Hour)
		if err := s.TouchDisplay(t.Context(), []byte("there"), later); err != nil {
			t.Fatal(err)
		}
		if err := s.EndOldDisplays(t.Context(), later.Add(-time.Hour), later); err != nil {
			t.Fatal(err)
		}
		for hash, want := range map[string]staff.Kind{"paired": 0, "left": staff.NotFound, "there": 0} {
			_, _, _, err := s.Display(t.Context(), []byte(hash))
			wantKind(t, hash, err, want)
		}
	})
}
