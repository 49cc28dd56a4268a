package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/staff"
	"counterfoil/internal/store"
	"counterfoil/internal/store/storetest"
)

// throughBoth runs a test on a store of each database, with what opens it and another way into it.
func throughBoth(t *testing.T, run func(t *testing.T, s *store.Store, o store.Options, raw *sql.DB)) {
	t.Helper()
	for name, engine := range map[string]struct {
		url    func(testing.TB) string
		driver string
	}{"SQLite": {func(testing.TB) string { return "" }, "sqlite"}, "PostgreSQL": {storetest.PostgreSQL, "pgx"}} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			o.URL = engine.url(t)
			s := open(t, o)
			at := o.URL
			if at == "" {
				at = "file:" + filepath.Join(o.DataDir, "counterfoil.db") + "?_pragma=busy_timeout(5000)"
			}
			raw, err := sql.Open(engine.driver, at)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { raw.Close() })
			run(t, s, o, raw)
		})
	}
}

func verified(t *testing.T, s *store.Store) staff.Verdict {
	t.Helper()
	v, err := staff.NewAudit(s, time.Now).Verify(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Whoever appends at once, in one process or in two, appends one after the other.
func TestAudit_is_one_chain_whoever_appends(t *testing.T) {
	throughBoth(t, func(t *testing.T, s *store.Store, o store.Options, _ *sql.DB) {
		stores := []*store.Store{s}
		if o.URL != "" { // a second process
			o.DataDir = t.TempDir()
			stores = append(stores, open(t, o))
		}
		const writers, each = 6, 20
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				at := stores[i%len(stores)]
				for n := range each {
					ctx := staff.As(t.Context(), staff.Actor{Name: fmt.Sprintf("writer-%d", i), Via: staff.ViaPortal})
					var err error
					if n%2 == 0 { // with a change
						name := fmt.Sprintf("p-%d-%d", i, n)
						err = at.AddPerson(staff.Audited(ctx, staff.ActPersonAdded, name, ""), staff.Person{ID: staff.PersonID(name), Name: name, CreatedAt: time.Now()}, nil)
					} else {
						err = staff.NewAudit(at, time.Now).Note(ctx, staff.ActCodeRevealed, "x", "")
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if v := verified(t, s); v.Broken != 0 || v.Entries != writers*each {
			t.Errorf("got %+v", v)
		}
	})
}

// A change that is not committed leaves no entry, and one that changed nothing neither; one that was tried twice leaves one.
func TestAudit_records_what_was_committed(t *testing.T) {
	throughBoth(t, func(t *testing.T, s *store.Store, _ store.Options, _ *sql.DB) {
		p := staff.Person{ID: "1", Name: "ada", CreatedAt: time.Now()}
		ctx := staff.Audited(t.Context(), staff.ActPersonAdded, "ada", "")
		if err := s.AddPerson(ctx, p, nil); err != nil {
			t.Fatal(err)
		}
		twin := staff.Audited(t.Context(), staff.ActPersonAdded, "ada", "")
		if err := s.AddPerson(twin, p, nil); staff.KindOf(err) != staff.Conflict {
			t.Errorf("twin: %v", err)
		}
		if err := s.SetRoles(ctx, "ada", []staff.Role{staff.Auditor}, ""); err != nil { // the entry was written before
			t.Fatal(err)
		}
		if err := s.EndSessions(staff.Audited(t.Context(), staff.ActSessionEnded, "ada", ""), p.ID, "", ""); err != nil { // there is none
			t.Fatal(err)
		}
		for range 2 { // the second time changes nothing
			if err := s.SetDisabled(staff.Audited(t.Context(), staff.ActPersonDisabled, "ada", ""), "ada", true, ""); err != nil {
				t.Fatal(err)
			}
			if err := s.SetRoles(staff.Audited(t.Context(), staff.ActRolesChanged, "ada", ""), "ada", []staff.Role{staff.Operator}, ""); err != nil {
				t.Fatal(err)
			}
		}
		if v := verified(t, s); v.Entries != 3 || v.Broken != 0 {
			t.Errorf("got %+v", v)
		}
	})
}

// Whatever is done to the table behind the program's back is found, and the first entry that it touches is named.
func TestAudit_Verify_names_the_first_entry_that_was_touched(t *testing.T) {
	cases := map[string]struct {
		sql    string
		broken int64
		why    string
	}{
		"nothing":                  {"UPDATE audit SET details = details", 0, ""},
		"another actor":            {"UPDATE audit SET actor = 'bob' WHERE sequence = 3", 3, "was changed"},
		"another time":             {"UPDATE audit SET at = at + 1 WHERE sequence = 3", 3, "was changed"},
		"another act":              {"UPDATE audit SET action = 'sign_out.done' WHERE sequence = 5", 5, "was changed"},
		"text moved to the object": {"UPDATE audit SET object = object || details, details = '' WHERE sequence = 2", 2, "was changed"},
		"a row removed":            {"DELETE FROM audit WHERE sequence = 4", 4, "missing"},
		"the first removed":        {"DELETE FROM audit WHERE sequence = 1", 1, "missing"},
		"the last removed":         {"DELETE FROM audit WHERE sequence = 6", 6, "missing"},
		"all removed":              {"DELETE FROM audit", 1, "missing"},
		"cut off, with the end":    {"DELETE FROM audit WHERE sequence > 4; UPDATE audit_head SET sequence = 4", 4, "written last"},
		"two rows exchanged":       {"UPDATE audit SET sequence = 99 WHERE sequence = 2; UPDATE audit SET sequence = 2 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 99", 2, "was changed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			throughBoth(t, func(t *testing.T, s *store.Store, _ store.Options, raw *sql.DB) {
				audit := staff.NewAudit(s, time.Now)
				for _, who := range []string{"ada", "ada", "cleo", "", "ada", "cleo"} {
					if err := audit.Note(staff.As(t.Context(), staff.Actor{Name: who}), staff.ActSignedIn, who, "by password"); err != nil {
						t.Fatal(err)
					}
				}
				for _, one := range strings.Split(c.sql, ";") {
					if _, err := raw.ExecContext(t.Context(), one); err != nil {
						t.Fatal(err)
					}
				}
				if v := verified(t, s); v.Broken != c.broken || !strings.Contains(v.Why, c.why) {
					t.Errorf("got %+v", v)
				}
			})
		})
	}
}

// Whoever writes the whole chain anew is caught by a hash that was kept elsewhere.
func TestAudit_Verify_holds_the_chain_to_a_hash_that_was_kept(t *testing.T) {
	s := open(t, options(t))
	audit := staff.NewAudit(s, time.Now)
	note := func() {
		t.Helper()
		if err := audit.Note(t.Context(), staff.ActSignedIn, "ada", ""); err != nil {
			t.Fatal(err)
		}
	}
	note()
	kept := verified(t, s).Head
	note()
	for expected, held := range map[string]bool{kept: true, "": true, strings.Repeat("0", 64): false} {
		if v, err := audit.Verify(t.Context(), expected); err != nil || v.Held != held || v.Broken != 0 {
			t.Errorf("%q: %+v, %v", expected, v, err)
		}
	}
}

// A search takes what is typed for what it is (PF-110, PF-112).
func TestAudit_is_searched_literally(t *testing.T) {
	throughBoth(t, func(t *testing.T, s *store.Store, _ store.Options, _ *sql.DB) {
		at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		audit := staff.NewAudit(s, func() time.Time { return at })
		for _, who := range []string{"ada", "a_a", "100%", "Ben", `back\slash`, "x!y"} {
			if err := audit.Note(staff.As(t.Context(), staff.Actor{Name: who}), staff.ActSignedIn, "", ""); err != nil {
				t.Fatal(err)
			}
			at = at.Add(24 * time.Hour)
		}
		day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
		for name, c := range map[string]struct {
			filter staff.AuditFilter
			want   int
		}{
			"all": {staff.AuditFilter{}, 6}, "a part in any case": {staff.AuditFilter{Who: "AD"}, 1}, "an underscore": {staff.AuditFilter{Who: "_"}, 1},
			"a per cent sign": {staff.AuditFilter{Who: "%"}, 1}, "a backslash": {staff.AuditFilter{Who: `\`}, 1}, "the escape": {staff.AuditFilter{Who: "!"}, 1},
			"SQL": {staff.AuditFilter{Who: `' OR 1=1 --`}, 0}, "NUL": {staff.AuditFilter{Who: "a\x00"}, 0}, "no text": {staff.AuditFilter{Who: "\xff"}, 0},
			"an act": {staff.AuditFilter{Act: staff.ActSignedIn}, 6}, "no act": {staff.AuditFilter{Act: "' OR ''='"}, 0},
			"from a day": {staff.AuditFilter{From: day(28)}, 2}, "to a day": {staff.AuditFilter{Until: day(26)}, 2}, "older": {staff.AuditFilter{Before: 3}, 2},
		} {
			c.filter.Limit = 50
			if list, next, err := audit.List(t.Context(), c.filter); err != nil || len(list) != c.want || next != 0 {
				t.Errorf("%s: %d entries, next %d, %v", name, len(list), next, err)
			}
		}
		list, next, err := audit.List(t.Context(), staff.AuditFilter{Limit: 4})
		if err != nil || len(list) != 4 || next != 3 || list[0].Actor.Name != "x!y" {
			t.Errorf("a page: %+v, %d, %v", list, next, err)
		}
	})
}
