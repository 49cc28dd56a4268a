package store

import (
	"context"
	"fmt"
	"time"

	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
)

// draftsKept is how long a draft lives that nobody sent or discarded.
const draftsKept = 24 * time.Hour

func draftID(p staff.PersonID, typ string) string { return string(p) + "/" + typ }

// SaveDraft keeps what a person typed for a type, sealed, in place of what was there. A form that is done is not kept again: its last
// save may arrive after it was sent.
func (s *Store) SaveDraft(ctx context.Context, d staff.Draft) error {
	id := draftID(d.Person, d.Type)
	wrapped, key, err := s.sealer.NewDataKey(s.Random, secret.AAD("drafts", "data_key", id))
	if err != nil {
		return fmt.Errorf("seal draft: %w", err)
	}
	sealed, err := key.Seal(d.Content, secret.AAD("drafts", "content", id))
	if err != nil {
		return fmt.Errorf("seal draft: %w", err)
	}
	if err := s.db.WithContext(ctx).Exec(`INSERT INTO drafts (person_id, type, form, data_key, content, saved_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (person_id, type) DO UPDATE SET form = excluded.form, data_key = excluded.data_key, content = excluded.content,
		saved_at = excluded.saved_at WHERE drafts.content IS NOT NULL OR drafts.form <> excluded.form`,
		string(d.Person), d.Type, blob(d.Form), blob(wrapped), blob(sealed), millis(d.SavedAt)).Error; err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}

// Draft gives what a person typed for a type; NotFound when there is nothing, or it is too old.
func (s *Store) Draft(ctx context.Context, p staff.PersonID, typ string, now time.Time) (staff.Draft, error) {
	var row struct {
		Form, DataKey, Content []byte
		SavedAt                int64
	}
	found := s.reads.WithContext(ctx).Raw(`SELECT form, data_key, content, saved_at FROM drafts
		WHERE person_id = ? AND type = ? AND content IS NOT NULL AND saved_at > ?`, string(p), typ, millis(now.Add(-draftsKept))).Scan(&row)
	if found.Error != nil {
		return staff.Draft{}, fmt.Errorf("read draft: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return staff.Draft{}, staff.Refuse(staff.NotFound, "there is no such draft")
	}
	key, err := s.sealer.OpenDataKey(row.DataKey, secret.AAD("drafts", "data_key", draftID(p, typ)))
	if err != nil {
		return staff.Draft{}, fmt.Errorf("open draft: %w", err)
	}
	content, err := key.Open(row.Content, secret.AAD("drafts", "content", draftID(p, typ)))
	if err != nil {
		return staff.Draft{}, fmt.Errorf("open draft: %w", err)
	}
	return staff.Draft{Person: p, Type: typ, Form: row.Form, Content: content, SavedAt: moment(row.SavedAt)}, nil
}

// EndDraft destroys what a person typed for a type, and remembers which form is done.
func (s *Store) EndDraft(ctx context.Context, p staff.PersonID, typ string, form []byte, now time.Time) error {
	if err := s.db.WithContext(ctx).Exec(`INSERT INTO drafts (person_id, type, form, saved_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (person_id, type) DO UPDATE SET form = excluded.form, data_key = NULL, content = NULL, saved_at = excluded.saved_at`,
		string(p), typ, blob(form), millis(now)).Error; err != nil {
		return fmt.Errorf("end draft: %w", err)
	}
	return nil
}
