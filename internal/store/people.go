package store

import (
	"context"
	"fmt"
	"time"

	"counterfoil/internal/staff"
)

// stepSetup is the kind of step that a setup code is: good for once, for a while. Its hash is all that there is of it, so that it can be
// made where the data keys are not at hand.
const stepSetup = "setup"

// AddPerson implements staff.PeopleAdmin.
func (s *Store) AddPerson(ctx context.Context, p staff.Person, setup *staff.Setup) error {
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec(`INSERT INTO people (id, name, display, roles, disabled, password_hash, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			string(p.ID), p.Name, p.Display, roleList(p.Roles), p.Disabled, p.PasswordHash, millis(p.CreatedAt))
		if done.Error != nil {
			return fmt.Errorf("record person: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			const reason = "somebody of this name is there already"
			return &staff.Error{Kind: staff.Conflict, Reason: reason, Fields: []staff.Field{{Pointer: "/name", Reason: reason}}}
		}
		return t.setup(p.Name, setup)
	})
	return err
}

// setup replaces the person's setup code.
func (t *tx) setup(name string, setup *staff.Setup) error {
	if err := t.Exec("DELETE FROM steps WHERE kind = ? AND person_id IN (SELECT id FROM people WHERE name = ?)", stepSetup, name).Error; err != nil {
		return fmt.Errorf("forget setup code: %w", err)
	}
	if setup == nil {
		return nil
	}
	if err := t.Exec("INSERT INTO steps (hash, kind, person_id, data, ends_at) SELECT ?, ?, id, ?, ? FROM people WHERE name = ?",
		blob(setup.Hash), stepSetup, blob{}, millis(setup.EndsAt), name).Error; err != nil {
		return fmt.Errorf("keep setup code: %w", err)
	}
	return nil
}

// ResetAccess implements staff.PeopleAdmin.
func (s *Store) ResetAccess(ctx context.Context, name, hash string, setup *staff.Setup, keep staff.PersonID) error {
	return s.changePerson(ctx, name, keep, func(t *tx) error {
		if err := t.Exec("UPDATE people SET password_hash = ?, totp = NULL, totp_step = 0 WHERE name = ?", hash, name).Error; err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		for _, table := range []string{"passkeys", "recovery_codes"} {
			if err := t.Exec("DELETE FROM "+table+" WHERE person_id IN (SELECT id FROM people WHERE name = ?)", name).Error; err != nil {
				return fmt.Errorf("forget %s: %w", table, err)
			}
		}
		if err := t.setup(name, setup); err != nil {
			return err
		}
		return t.endSessionsOf(name)
	})
}

// SetDisabled implements staff.PeopleAdmin.
func (s *Store) SetDisabled(ctx context.Context, name string, disabled bool, keep staff.PersonID) error {
	return s.changePerson(ctx, name, keep, func(t *tx) error {
		done := t.Exec("UPDATE people SET disabled = ? WHERE name = ? AND disabled <> ?", disabled, name, disabled)
		if done.Error != nil {
			return fmt.Errorf("disable person: %w", done.Error)
		}
		t.unchanged = done.RowsAffected == 0
		if !disabled {
			return nil
		}
		return t.endSessionsOf(name)
	})
}

// SetRoles implements staff.PeopleAdmin.
func (s *Store) SetRoles(ctx context.Context, name string, roles []staff.Role, keep staff.PersonID) error {
	return s.changePerson(ctx, name, keep, func(t *tx) error {
		done := t.Exec("UPDATE people SET roles = ? WHERE name = ? AND roles <> ?", roleList(roles), name, roleList(roles))
		if done.Error != nil {
			return fmt.Errorf("change roles: %w", done.Error)
		}
		t.unchanged = done.RowsAffected == 0
		return nil
	})
}

// changePerson changes the person of a name. The one to keep and the one who is changed are locked first, in one order whoever comes: two
// administrators who change each other wait for each other, and the second finds that it is none any more.
func (s *Store) changePerson(ctx context.Context, name string, keep staff.PersonID, change func(t *tx) error) error {
	if unheard(name) {
		return noPerson()
	}
	lock := ""
	if s.postgres {
		lock = " FOR UPDATE"
	}
	_, err := s.transact(ctx, func(t *tx) error {
		var rows []personRow
		if err := t.Raw("SELECT "+personColumns+" FROM people p WHERE p.name = ? OR p.id = ? ORDER BY p.id"+lock, name, string(keep)).Scan(&rows).Error; err != nil {
			return fmt.Errorf("lock people: %w", err)
		}
		found, kept := false, keep == ""
		for _, r := range rows {
			found = found || r.Name == name
			kept = kept || r.ID == string(keep) && r.person().May(staff.ManagePeople)
		}
		if !found {
			return noPerson()
		}
		if !kept {
			return staff.Refuse(staff.Conflict, "You are no administrator any more.")
		}
		return change(t)
	})
	if err == nil {
		s.sessionsEnded() // or what the person may do has changed
	}
	return err
}

func (t *tx) endSessionsOf(name string) error {
	const theirs = "person_id IN (SELECT id FROM people WHERE name = ?)"
	if err := t.unpair(theirs, name); err != nil {
		return err
	}
	if err := t.Exec("DELETE FROM sessions WHERE "+theirs, name).Error; err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// UseSetup implements staff.PeopleAdmin.
func (s *Store) UseSetup(ctx context.Context, name string, codeHash []byte, hash string, now time.Time) (staff.Person, error) {
	if unheard(name) {
		return staff.Person{}, noPerson()
	}
	var row personRow
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec("DELETE FROM steps WHERE hash = ? AND kind = ? AND ends_at > ? AND person_id IN (SELECT id FROM people WHERE name = ? AND NOT disabled)",
			blob(codeHash), stepSetup, millis(now), name)
		if done.Error != nil {
			return fmt.Errorf("use up setup code: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return noPerson()
		}
		if err := t.Raw("UPDATE people AS p SET password_hash = ? WHERE p.name = ? AND NOT p.disabled RETURNING *", hash, name).Scan(&row).Error; err != nil {
			return fmt.Errorf("set password: %w", err)
		}
		if row.ID == "" { // disabled meanwhile
			return noPerson()
		}
		return t.endSessionsOf(name)
	})
	return row.person(), err
}
