package store

import (
	"context"
	"fmt"
	"time"

	"counterfoil/internal/staff"
)

// displayRow is a row of displays.
type displayRow struct {
	TokenHash   []byte
	Code        *string
	CodeUntil   int64
	PersonID    *string
	PairedUntil int64
	OfferID     *string
	Language    string
	SeenAt      int64
	Version     int
}

// displayColumns are the columns of a displayRow.
const displayColumns = "d.token_hash, d.code, d.code_until, d.person_id, d.paired_until, d.offer_id, d.language, d.seen_at, d.version"

func (r displayRow) display() staff.Display {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return staff.Display{
		TokenHash: r.TokenHash, Code: text(r.Code), CodeUntil: moment(r.CodeUntil), Person: staff.PersonID(text(r.PersonID)),
		PairedUntil: moment(r.PairedUntil), Offer: text(r.OfferID), Language: r.Language, SeenAt: moment(r.SeenAt), Version: r.Version,
	}
}

// nobodys is what the pairing of a display is set to when it ends. One that has no code draws another.
const nobodys = "person_id = NULL, paired_until = 0, offer_id = NULL, shown_by = NULL, language = ''"

func noDisplay() error { return staff.Refuse(staff.NotFound, "there is no such display") }

// AddDisplay implements staff.DisplayRecord.
func (s *Store) AddDisplay(ctx context.Context, tokenHash []byte, at time.Time) error {
	if err := s.db.WithContext(ctx).Exec("INSERT INTO displays (token_hash, code_until, paired_until, seen_at) VALUES (?, 0, 0, ?)",
		blob(tokenHash), millis(at)).Error; err != nil {
		return fmt.Errorf("record display: %w", err)
	}
	return nil
}

// Display implements staff.DisplayRecord.
func (s *Store) Display(ctx context.Context, tokenHash []byte) (staff.Display, staff.Session, staff.Person, error) {
	var row struct {
		Row                        displayRow `gorm:"embedded"`
		SessionPerson              *string
		SessionSeenAt, SessionEnds *int64
		Disabled                   *bool
	}
	found := s.reads.WithContext(ctx).Raw("SELECT "+displayColumns+`, s.person_id AS session_person, s.seen_at AS session_seen_at,
		s.ends_at AS session_ends, p.disabled FROM displays d LEFT JOIN sessions s ON s.token_hash = d.shown_by
		LEFT JOIN people p ON p.id = s.person_id WHERE d.token_hash = ?`, tokenHash).Scan(&row)
	if found.Error != nil {
		return staff.Display{}, staff.Session{}, staff.Person{}, fmt.Errorf("read display: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return staff.Display{}, staff.Session{}, staff.Person{}, noDisplay()
	}
	if row.SessionPerson == nil {
		return row.Row.display(), staff.Session{}, staff.Person{}, nil
	}
	id := staff.PersonID(*row.SessionPerson)
	session := staff.Session{Person: id, SeenAt: moment(*row.SessionSeenAt), EndsAt: moment(*row.SessionEnds)}
	return row.Row.display(), session, staff.Person{ID: id, Disabled: *row.Disabled}, nil
}

// RenewCode implements staff.DisplayRecord.
func (s *Store) RenewCode(ctx context.Context, tokenHash []byte, code string, until, now time.Time) error {
	if err := s.db.WithContext(ctx).Exec("UPDATE displays SET "+nobodys+`, code = ?, code_until = ? WHERE token_hash = ? AND code_until <= ?
		AND (person_id IS NULL OR paired_until <= ?) AND NOT EXISTS (SELECT 1 FROM displays o WHERE o.code = ?)`,
		code, millis(until), tokenHash, millis(now), millis(now), code).Error; err != nil {
		return fmt.Errorf("renew code: %w", err)
	}
	return nil
}

// TouchDisplay implements staff.DisplayRecord.
func (s *Store) TouchDisplay(ctx context.Context, tokenHash []byte, at time.Time) error {
	if err := s.db.WithContext(ctx).Exec("UPDATE displays SET seen_at = ? WHERE token_hash = ? AND seen_at < ?", millis(at), tokenHash, millis(at)).Error; err != nil {
		return fmt.Errorf("touch display: %w", err)
	}
	return nil
}

// EndOldDisplays implements staff.DisplayRecord.
func (s *Store) EndOldDisplays(ctx context.Context, unseenSince, now time.Time) error {
	if err := s.db.WithContext(ctx).Exec("DELETE FROM displays WHERE seen_at < ? AND paired_until <= ?", millis(unseenSince), millis(now)).Error; err != nil {
		return fmt.Errorf("end old displays: %w", err)
	}
	return nil
}

// PairDisplay implements staff.DisplayPairings.
func (s *Store) PairDisplay(ctx context.Context, p staff.PersonID, code, language string, until, now time.Time) error {
	_, err := s.transact(ctx, func(t *tx) error {
		// Two pairings of one person must not pass each other: the second waits here for the first.
		if err := t.Exec("UPDATE people SET id = id WHERE id = ?", string(p)).Error; err != nil {
			return fmt.Errorf("lock person: %w", err)
		}
		if err := t.unpair("person_id = ?", string(p)); err != nil {
			return err
		}
		done := t.Exec("UPDATE displays SET person_id = ?, language = ?, paired_until = ?, code = NULL, code_until = 0 WHERE code = ? AND code_until > ?",
			string(p), language, millis(until), code, millis(now))
		if done.Error != nil {
			return fmt.Errorf("pair display: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return noDisplay() // and the display before stays the person's
		}
		return nil
	})
	return err
}

// UnpairDisplay implements staff.DisplayPairings.
func (s *Store) UnpairDisplay(ctx context.Context, p staff.PersonID) error {
	_, err := s.transact(ctx, func(t *tx) error { return t.unpair("person_id = ?", string(p)) })
	return err
}

// unpair ends pairings, and with them what the displays show.
func (t *tx) unpair(where string, arg any) error {
	if err := t.Exec("UPDATE displays SET "+nobodys+", code_until = 0 WHERE "+where, arg).Error; err != nil {
		return fmt.Errorf("unpair display: %w", err)
	}
	return nil
}

// DisplayOf implements staff.DisplayPairings.
func (s *Store) DisplayOf(ctx context.Context, p staff.PersonID) (staff.Display, error) {
	var row displayRow
	found := s.reads.WithContext(ctx).Raw("SELECT "+displayColumns+" FROM displays d WHERE d.person_id = ?", string(p)).Scan(&row)
	if found.Error != nil {
		return staff.Display{}, fmt.Errorf("read display: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return staff.Display{}, noDisplay()
	}
	return row.display(), nil
}

// ShowOffer implements staff.DisplayPairings.
func (s *Store) ShowOffer(ctx context.Context, p staff.PersonID, session []byte, offer string, now time.Time) error {
	var shown *string
	if offer != "" {
		shown = &offer
	}
	if err := s.db.WithContext(ctx).Exec("UPDATE displays SET offer_id = ?, shown_by = ?, version = version + 1 WHERE person_id = ? AND paired_until > ?",
		shown, session, string(p), millis(now)).Error; err != nil {
		return fmt.Errorf("record what a display shows: %w", err)
	}
	return nil
}
