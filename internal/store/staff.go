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
	External     string
	CreatedAt    int64
}

const personColumns = "p.id, p.name, p.display, p.roles, p.disabled, p.password_hash, p.external, p.created_at"

func (r personRow) person() staff.Person {
	p := staff.Person{
		ID: staff.PersonID(r.ID), Name: r.Name, Display: r.Display, Disabled: r.Disabled,
		PasswordHash: r.PasswordHash, External: r.External, CreatedAt: moment(r.CreatedAt),
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
	done := s.db.WithContext(ctx).Exec(`INSERT INTO people (id, name, display, roles, disabled, password_hash, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		string(p.ID), p.Name, p.Display, roleList(p.Roles), p.Disabled, p.PasswordHash, millis(p.CreatedAt))
	if done.Error != nil {
		return fmt.Errorf("record person: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return staff.Refuse(staff.Conflict, "somebody of this name is there already")
	}
	return nil
}

func roleList(roles []staff.Role) string {
	out := make([]string, 0, len(roles))
	for _, r := range roles {
		out = append(out, string(r))
	}
	return strings.Join(out, ",")
}

// PersonByName implements staff.People.
func (s *Store) PersonByName(ctx context.Context, name string) (staff.Person, error) {
	return s.person(ctx, "p.name = ?", name)
}

// Person implements staff.People.
func (s *Store) Person(ctx context.Context, id staff.PersonID) (staff.Person, error) {
	if unheard(string(id)) {
		return staff.Person{}, noPerson()
	}
	return s.person(ctx, "p.id = ?", string(id))
}

func (s *Store) person(ctx context.Context, where, value string) (staff.Person, error) {
	var row personRow
	found := s.reads.WithContext(ctx).Raw("SELECT "+personColumns+" FROM people p WHERE "+where, value).Scan(&row)
	if found.Error != nil {
		return staff.Person{}, fmt.Errorf("read person: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return staff.Person{}, noPerson()
	}
	return row.person(), nil
}

// ExternalPerson implements staff.People.
func (s *Store) ExternalPerson(ctx context.Context, p staff.Person) (staff.Person, error) {
	var row personRow
	err := s.db.WithContext(ctx).Raw(`INSERT INTO people AS p (id, name, display, roles, disabled, password_hash, external, created_at) VALUES (?, ?, ?, ?, ?, '', ?, ?)
		ON CONFLICT (external) WHERE external <> '' DO UPDATE SET display = excluded.display, roles = excluded.roles RETURNING *`,
		string(p.ID), p.Name, p.Display, roleList(p.Roles), false, p.External, millis(p.CreatedAt)).Scan(&row).Error
	if err != nil {
		return staff.Person{}, fmt.Errorf("record person: %w", err)
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
	if err := s.reads.WithContext(ctx).Raw("SELECT " + personColumns + " FROM people p ORDER BY p.name").Scan(&rows).Error; err != nil {
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
	if err := s.db.WithContext(ctx).Exec(`INSERT INTO sessions (token_hash, person_id, created_at, seen_at, ends_at, id, method, agent, address)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, blob(n.TokenHash), string(n.Person), millis(n.CreatedAt), millis(n.SeenAt), millis(n.EndsAt),
		string(n.ID), string(n.Method), n.From.Agent, n.From.Address).Error; err != nil {
		return fmt.Errorf("record session: %w", err)
	}
	return nil
}

// sessionRow is a row of sessions.
type sessionRow struct {
	SessionID                        string
	PersonID, Method, Agent, Address string
	SessionCreatedAt, SeenAt, EndsAt int64
}

const sessionColumns = "s.id AS session_id, s.person_id, s.method, s.agent, s.address, s.created_at AS session_created_at, s.seen_at, s.ends_at"

func (r sessionRow) session() staff.Session {
	return staff.Session{
		ID: staff.SessionID(r.SessionID), Person: staff.PersonID(r.PersonID), Method: staff.Method(r.Method), From: staff.From{Agent: r.Agent, Address: r.Address},
		CreatedAt: moment(r.SessionCreatedAt), SeenAt: moment(r.SeenAt), EndsAt: moment(r.EndsAt),
	}
}

// Session implements staff.Sessions.
func (s *Store) Session(ctx context.Context, tokenHash []byte) (staff.Session, staff.Person, error) {
	var row struct {
		Person  personRow  `gorm:"embedded"`
		Session sessionRow `gorm:"embedded"`
	}
	found := s.reads.WithContext(ctx).Raw("SELECT "+personColumns+", "+sessionColumns+" FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.token_hash = ?", tokenHash).Scan(&row)
	if found.Error != nil {
		return staff.Session{}, staff.Person{}, fmt.Errorf("read session: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return staff.Session{}, staff.Person{}, staff.Refuse(staff.NotFound, "there is no such session")
	}
	session := row.Session.session()
	session.TokenHash = tokenHash
	return session, row.Person.person(), nil
}

// ListSessions implements staff.Sessions.
func (s *Store) ListSessions(ctx context.Context, id staff.PersonID) ([]staff.Session, error) {
	var rows []sessionRow
	if err := s.reads.WithContext(ctx).Raw("SELECT "+sessionColumns+" FROM sessions s WHERE s.person_id = ? ORDER BY s.created_at DESC, s.id", string(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out := make([]staff.Session, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.session())
	}
	return out, nil
}

// EndSessions implements staff.Sessions.
func (s *Store) EndSessions(ctx context.Context, id staff.PersonID, one, keep staff.SessionID) error {
	where, args := "id <> ?", []any{string(id), string(keep)}
	if one != "" {
		where, args = "id = ?", []any{string(id), string(one)}
	}
	if unheard(string(one)) {
		return nil
	}
	if err := s.db.WithContext(ctx).Exec("DELETE FROM sessions WHERE person_id = ? AND "+where, args...).Error; err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
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
