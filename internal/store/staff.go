package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"counterfoil/internal/staff"
)

// personRow is a row of people.
type personRow struct {
	ID           string
	Name         string
	Display      string
	Roles        string
	Disabled     bool
	PasswordHash string
	CreatedAt    int64
}

func (r personRow) person() staff.Person {
	p := staff.Person{
		ID: staff.PersonID(r.ID), Name: r.Name, Display: r.Display, Disabled: r.Disabled,
		PasswordHash: r.PasswordHash, CreatedAt: moment(r.CreatedAt),
	}
	for role := range strings.SplitSeq(r.Roles, ",") {
		if role != "" {
			p.Roles = append(p.Roles, staff.Role(role))
		}
	}
	return p
}

func noPerson() error { return staff.Refuse(staff.NotFound, "there is nobody of this name") }

// AddPerson implements staff.People.
func (s *Store) AddPerson(ctx context.Context, p staff.Person) error {
	roles := make([]string, 0, len(p.Roles))
	for _, r := range p.Roles {
		roles = append(roles, string(r))
	}
	done := s.db.WithContext(ctx).Exec(`INSERT INTO people (id, name, display, roles, disabled, password_hash, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		string(p.ID), p.Name, p.Display, strings.Join(roles, ","), p.Disabled, p.PasswordHash, millis(p.CreatedAt))
	if done.Error != nil {
		return fmt.Errorf("record person: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return staff.Refuse(staff.Conflict, "somebody of this name is there already")
	}
	return nil
}

// PersonByName implements staff.People.
func (s *Store) PersonByName(ctx context.Context, name string) (staff.Person, error) {
	var row personRow
	found := s.reads.WithContext(ctx).Raw("SELECT * FROM people WHERE name = ?", name).Scan(&row)
	if found.Error != nil {
		return staff.Person{}, fmt.Errorf("read person: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return staff.Person{}, noPerson()
	}
	return row.person(), nil
}

// SetPassword implements staff.People.
func (s *Store) SetPassword(ctx context.Context, name, hash string) error {
	return s.changePerson(ctx, name, "password_hash = ?", hash, true)
}

// SetDisabled implements staff.People.
func (s *Store) SetDisabled(ctx context.Context, name string, disabled bool) error {
	return s.changePerson(ctx, name, "disabled = ?", disabled, disabled)
}

func (s *Store) changePerson(ctx context.Context, name, set string, value any, endSessions bool) error {
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec("UPDATE people SET "+set+" WHERE name = ?", value, name)
		if done.Error != nil {
			return fmt.Errorf("change person: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return noPerson()
		}
		if !endSessions {
			return nil
		}
		const theirs = "person_id IN (SELECT id FROM people WHERE name = ?)"
		if err := t.unpair(theirs, name); err != nil {
			return err
		}
		if err := t.Exec("DELETE FROM sessions WHERE "+theirs, name).Error; err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return nil
	})
	return err
}

// ListPeople implements staff.People.
func (s *Store) ListPeople(ctx context.Context) ([]staff.Person, error) {
	var rows []personRow
	if err := s.reads.WithContext(ctx).Raw("SELECT * FROM people ORDER BY name").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	out := make([]staff.Person, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.person())
	}
	return out, nil
}

// AddSession implements staff.Sessions.
func (s *Store) AddSession(ctx context.Context, n staff.Session) error {
	if err := s.db.WithContext(ctx).Exec("INSERT INTO sessions (token_hash, person_id, created_at, seen_at, ends_at) VALUES (?, ?, ?, ?, ?)",
		blob(n.TokenHash), string(n.Person), millis(n.CreatedAt), millis(n.SeenAt), millis(n.EndsAt)).Error; err != nil {
		return fmt.Errorf("record session: %w", err)
	}
	return nil
}

// Session implements staff.Sessions.
func (s *Store) Session(ctx context.Context, tokenHash []byte) (staff.Session, staff.Person, error) {
	var row struct {
		Row                              personRow `gorm:"embedded"`
		SessionCreatedAt, SeenAt, EndsAt int64
	}
	found := s.reads.WithContext(ctx).Raw(`SELECT p.*, s.created_at AS session_created_at, s.seen_at, s.ends_at
		FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.token_hash = ?`, tokenHash).Scan(&row)
	if found.Error != nil {
		return staff.Session{}, staff.Person{}, fmt.Errorf("read session: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return staff.Session{}, staff.Person{}, staff.Refuse(staff.NotFound, "there is no such session")
	}
	p := row.Row.person()
	return staff.Session{
		TokenHash: tokenHash, Person: p.ID, CreatedAt: moment(row.SessionCreatedAt), SeenAt: moment(row.SeenAt), EndsAt: moment(row.EndsAt),
	}, p, nil
}

// TouchSession implements staff.Sessions.
func (s *Store) TouchSession(ctx context.Context, tokenHash []byte, at time.Time) error {
	if err := s.db.WithContext(ctx).Exec("UPDATE sessions SET seen_at = ? WHERE token_hash = ? AND seen_at < ?", millis(at), tokenHash, millis(at)).Error; err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// EndSession implements staff.Sessions.
func (s *Store) EndSession(ctx context.Context, tokenHash []byte) error {
	_, err := s.transact(ctx, func(t *tx) error {
		if err := t.unpair("person_id IN (SELECT person_id FROM sessions WHERE token_hash = ?)", tokenHash); err != nil {
			return err
		}
		if err := t.Exec("DELETE FROM sessions WHERE token_hash = ?", tokenHash).Error; err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return nil
	})
	return err
}

// EndOldSessions implements staff.Sessions.
func (s *Store) EndOldSessions(ctx context.Context, idleBefore, now time.Time) error {
	if err := s.db.WithContext(ctx).Exec("DELETE FROM sessions WHERE seen_at < ? OR ends_at <= ?", millis(idleBefore), millis(now)).Error; err != nil {
		return fmt.Errorf("end old sessions: %w", err)
	}
	return nil
}
