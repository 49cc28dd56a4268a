package store_test

import (
	"testing"
	"time"

	"counterfoil/internal/staff"
	"counterfoil/internal/store"
)

// typed gives the draft of a person, or "".
func typed(t *testing.T, s *store.Store, p staff.PersonID, typ string, at time.Time) string {
	t.Helper()
	d, err := s.Draft(t.Context(), p, typ, at)
	if staff.KindOf(err) == staff.NotFound {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	if d.Person != p || d.Type != typ {
		t.Errorf("the draft of %s and %s came for %s and %s", d.Person, d.Type, p, typ)
	}
	return string(d.Content)
}

func save(t *testing.T, s *store.Store, p staff.PersonID, typ, form, content string, at time.Time) {
	t.Helper()
	err := s.SaveDraft(t.Context(), staff.Draft{Person: p, Type: typ, Form: []byte(form), Content: []byte(content), SavedAt: at})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDraft_is_one_of_a_person_and_type(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		erika, erik := clerk(t, s, "erika"), clerk(t, s, "erik")
		save(t, s, erika, "T", "one", "canary-1", today())
		save(t, s, erika, "U", "two", "canary-2", today())
		save(t, s, erika, "T", "one", "canary-3", today().Add(time.Second))
		if got := typed(t, s, erika, "T", today()); got != "canary-3" {
			t.Errorf("the draft is %q", got)
		}
		if got := typed(t, s, erika, "U", today()); got != "canary-2" {
			t.Errorf("the draft of the other type is %q", got)
		}
		if got := typed(t, s, erik, "T", today()); got != "" {
			t.Errorf("another person got %q", got)
		}
	})
}

// The last save of a form may arrive after the form was sent: what was destroyed must not come back.
func TestDraft_stays_destroyed_when_its_form_saves_late(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		p := clerk(t, s, "erika")
		save(t, s, p, "T", "one", "canary", today())
		if err := s.EndDraft(t.Context(), p, "T", []byte("one"), today()); err != nil {
			t.Fatal(err)
		}
		save(t, s, p, "T", "one", "canary", today().Add(time.Second))
		if got := typed(t, s, p, "T", today()); got != "" {
			t.Errorf("a draft that was destroyed came back: %q", got)
		}
		save(t, s, p, "T", "two", "the next customer", today().Add(time.Minute))
		if got := typed(t, s, p, "T", today()); got != "the next customer" {
			t.Errorf("the next form is not kept: %q", got)
		}
		// A form that was never saved is done as well.
		if err := s.EndDraft(t.Context(), p, "U", []byte("three"), today()); err != nil {
			t.Fatal(err)
		}
		save(t, s, p, "U", "three", "canary", today())
		if got := typed(t, s, p, "U", today()); got != "" {
			t.Errorf("a draft was kept of a form that was sent: %q", got)
		}
	})
}

func TestDraft_lives_for_a_day(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		p := clerk(t, s, "erika")
		save(t, s, p, "T", "one", "canary", today())
		if got := typed(t, s, p, "T", today().Add(24*time.Hour-time.Second)); got != "canary" {
			t.Errorf("before a day has passed it is %q", got)
		}
		if got := typed(t, s, p, "T", today().Add(24*time.Hour)); got != "" {
			t.Errorf("after a day it is %q", got)
		}
		if err := s.Forget(t.Context(), today().Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := typed(t, s, p, "T", today()); got != "" {
			t.Errorf("it was not removed: %q", got)
		}
	})
}
