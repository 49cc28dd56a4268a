package store

import (
	"context"
	"fmt"
	"strings"

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
	Language     string
	CreatedAt    int64
}

const personColumns = "p.id, p.name, p.display, p.roles, p.disabled, p.password_hash, p.external, p.language, p.created_at"

func (r personRow) person() staff.Person {
	p := staff.Person{
		ID: staff.PersonID(r.ID), Name: r.Name, Display: r.Display, Disabled: r.Disabled,
		PasswordHash: r.PasswordHash, External: r.External, Language: r.Language, CreatedAt: moment(r.CreatedAt),
	}
	for role := range strings.SplitSeq(r.Roles, ",") {
		if role != "" {
			p.Roles = append(p.Roles, staff.Role(role))
		}
	}
	return p
}

func noPerson() error { return staff.Refuse(staff.NotFound, "there is nobody of this name") }

func roleList(roles []staff.Role) string {
	out := make([]string, 0, len(roles))
	for _, r := range roles {
		out = append(out, string(r))
	}
	return strings.Join(out, ",")
}

// PersonByName implements staff.People.
func (s *Store) PersonByName(ctx context.Context, name string) (staff.Person, error) {
	if unheard(name) {
		return staff.Person{}, noPerson()
	}
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

// SetLanguage implements staff.People.
func (s *Store) SetLanguage(ctx context.Context, id staff.PersonID, tag string) error {
	if err := s.db.WithContext(ctx).Exec("UPDATE people SET language = ? WHERE id = ?", tag, string(id)).Error; err != nil {
		return fmt.Errorf("keep language: %w", err)
	}
	return nil
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
