package store

import (
	"context"
	"fmt"
	"time"

	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
)

func noStep() error { return staff.Refuse(staff.NotFound, "there is no such step") }

func stepAAD(hash []byte) []byte { return secret.AAD("steps", "data", string(hash)) }

// AddStep implements staff.Steps.
func (s *Store) AddStep(ctx context.Context, n staff.Step) error {
	sealed, err := s.sealer.Seal(n.Data, stepAAD(n.Hash))
	if err != nil {
		return fmt.Errorf("seal step: %w", err)
	}
	if err := s.db.WithContext(ctx).Exec("INSERT INTO steps (hash, kind, person_id, data, ends_at) VALUES (?, ?, ?, ?, ?)",
		blob(n.Hash), string(n.Kind), string(n.Person), blob(sealed), millis(n.EndsAt)).Error; err != nil {
		return fmt.Errorf("record step: %w", err)
	}
	return nil
}

// Step implements staff.Steps.
func (s *Store) Step(ctx context.Context, hash []byte, kind staff.StepKind, now time.Time) (staff.Step, error) {
	return s.step(ctx, "SELECT person_id, data, ends_at FROM steps WHERE hash = ? AND kind = ? AND ends_at > ?", hash, kind, now)
}

// TakeStep implements staff.Steps.
func (s *Store) TakeStep(ctx context.Context, hash []byte, kind staff.StepKind, now time.Time) (staff.Step, error) {
	return s.step(ctx, "DELETE FROM steps WHERE hash = ? AND kind = ? AND ends_at > ? RETURNING person_id, data, ends_at", hash, kind, now)
}

func (s *Store) step(ctx context.Context, query string, hash []byte, kind staff.StepKind, now time.Time) (staff.Step, error) {
	var row struct {
		PersonID string
		Data     []byte
		EndsAt   int64
	}
	found := s.db.WithContext(ctx).Raw(query, blob(hash), string(kind), millis(now)).Scan(&row)
	if found.Error != nil {
		return staff.Step{}, fmt.Errorf("read step: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return staff.Step{}, noStep()
	}
	data, err := s.sealer.Open(row.Data, stepAAD(hash))
	if err != nil {
		return staff.Step{}, fmt.Errorf("open step: %w", err)
	}
	return staff.Step{Hash: hash, Kind: kind, Person: staff.PersonID(row.PersonID), Data: data, EndsAt: moment(row.EndsAt)}, nil
}

// EndOldSteps implements staff.Steps.
func (s *Store) EndOldSteps(ctx context.Context, now time.Time) error {
	if err := s.db.WithContext(ctx).Exec("DELETE FROM steps WHERE ends_at <= ?", millis(now)).Error; err != nil {
		return fmt.Errorf("end old steps: %w", err)
	}
	return nil
}

// Factors implements staff.FactorRecord.
func (s *Store) Factors(ctx context.Context, id staff.PersonID) (staff.Factors, error) {
	var row struct{ Totp, Passkeys, Codes int }
	err := s.db.WithContext(ctx).Raw(`SELECT (SELECT count(*) FROM people WHERE id = ? AND totp IS NOT NULL) AS totp,
		(SELECT count(*) FROM passkeys WHERE person_id = ?) AS passkeys, (SELECT count(*) FROM recovery_codes WHERE person_id = ?) AS codes`,
		string(id), string(id), string(id)).Scan(&row).Error
	if err != nil {
		return staff.Factors{}, fmt.Errorf("count second steps: %w", err)
	}
	return staff.Factors{TOTP: row.Totp > 0, Passkeys: row.Passkeys, RecoveryCodes: row.Codes}, nil
}

func totpAAD(id staff.PersonID) []byte { return secret.AAD("people", "totp", string(id)) }

// TOTP implements staff.FactorRecord.
func (s *Store) TOTP(ctx context.Context, id staff.PersonID) (secret.Text, error) {
	var row struct{ Totp []byte }
	if err := s.db.WithContext(ctx).Raw("SELECT totp FROM people WHERE id = ?", string(id)).Scan(&row).Error; err != nil {
		return secret.Text{}, fmt.Errorf("read authenticator key: %w", err)
	}
	if row.Totp == nil {
		return secret.Text{}, staff.Refuse(staff.NotFound, "there is no authenticator app")
	}
	key, err := s.sealer.Open(row.Totp, totpAAD(id))
	if err != nil {
		return secret.Text{}, fmt.Errorf("open authenticator key: %w", err)
	}
	return secret.NewText(string(key)), nil
}

// SetTOTP implements staff.FactorRecord.
func (s *Store) SetTOTP(ctx context.Context, id staff.PersonID, key secret.Text) error {
	var sealed any
	if !key.IsZero() {
		b, err := s.sealer.Seal([]byte(key.Reveal()), totpAAD(id))
		if err != nil {
			return fmt.Errorf("seal authenticator key: %w", err)
		}
		sealed = blob(b)
	}
	_, err := s.transact(ctx, func(t *tx) error {
		if err := t.Exec("UPDATE people SET totp = ?, totp_step = 0 WHERE id = ?", sealed, string(id)).Error; err != nil {
			return fmt.Errorf("keep authenticator key: %w", err)
		}
		return nil
	})
	return err
}

// SpendTOTP implements staff.FactorRecord.
func (s *Store) SpendTOTP(ctx context.Context, id staff.PersonID, step int64) error {
	done := s.db.WithContext(ctx).Exec("UPDATE people SET totp_step = ? WHERE id = ? AND totp_step < ?", step, string(id), step)
	if done.Error != nil {
		return fmt.Errorf("use up time step: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return staff.Refuse(staff.Conflict, "this code was used before")
	}
	return nil
}

// SetRecoveryCodes implements staff.FactorRecord.
func (s *Store) SetRecoveryCodes(ctx context.Context, id staff.PersonID, hashes [][]byte) error {
	_, err := s.transact(ctx, func(t *tx) error {
		if err := t.Exec("DELETE FROM recovery_codes WHERE person_id = ?", string(id)).Error; err != nil {
			return fmt.Errorf("forget recovery codes: %w", err)
		}
		for _, h := range hashes {
			if err := t.Exec("INSERT INTO recovery_codes (person_id, hash) VALUES (?, ?)", string(id), blob(h)).Error; err != nil {
				return fmt.Errorf("keep recovery code: %w", err)
			}
		}
		return nil
	})
	return err
}

// SpendRecoveryCode implements staff.FactorRecord.
func (s *Store) SpendRecoveryCode(ctx context.Context, id staff.PersonID, hash []byte) error {
	done := s.db.WithContext(ctx).Exec("DELETE FROM recovery_codes WHERE person_id = ? AND hash = ?", string(id), blob(hash))
	if done.Error != nil {
		return fmt.Errorf("use up recovery code: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return staff.Refuse(staff.NotFound, "there is no such recovery code")
	}
	return nil
}

// AddPasskey implements staff.PasskeyRecord.
func (s *Store) AddPasskey(ctx context.Context, k staff.Passkey, limit int) error {
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec(`INSERT INTO passkeys (id, person_id, name, credential, created_at, used_at)
			SELECT ?, ?, ?, ?, ?, 0 WHERE (SELECT count(*) FROM passkeys WHERE person_id = ?) < ? ON CONFLICT DO NOTHING`,
			string(k.ID), string(k.Person), k.Name, string(k.Credential), millis(k.CreatedAt), string(k.Person), limit)
		if done.Error != nil {
			return fmt.Errorf("keep passkey: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return staff.Refuse(staff.Conflict, "You have ten passkeys already, or this one.")
		}
		return nil
	})
	return err
}

// Passkeys implements staff.PasskeyRecord.
func (s *Store) Passkeys(ctx context.Context, id staff.PersonID) ([]staff.Passkey, error) {
	var rows []struct {
		ID, Name, Credential string
		CreatedAt, UsedAt    int64
	}
	if err := s.db.WithContext(ctx).Raw("SELECT id, name, credential, created_at, used_at FROM passkeys WHERE person_id = ? ORDER BY created_at, id", string(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	out := make([]staff.Passkey, 0, len(rows))
	for _, r := range rows {
		out = append(out, staff.Passkey{
			ID: staff.PasskeyID(r.ID), Person: id, Name: r.Name, Credential: []byte(r.Credential), CreatedAt: moment(r.CreatedAt), UsedAt: moment(r.UsedAt),
		})
	}
	return out, nil
}

// UsePasskey implements staff.PasskeyRecord.
func (s *Store) UsePasskey(ctx context.Context, id staff.PasskeyID, credential []byte, at time.Time) error {
	done := s.db.WithContext(ctx).Exec("UPDATE passkeys SET credential = ?, used_at = ? WHERE id = ?", string(credential), millis(at), string(id))
	return onePasskey(done.RowsAffected, done.Error)
}

// RemovePasskey implements staff.PasskeyRecord.
func (s *Store) RemovePasskey(ctx context.Context, person staff.PersonID, id staff.PasskeyID) error {
	if unheard(string(id)) {
		return onePasskey(0, nil)
	}
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec("DELETE FROM passkeys WHERE person_id = ? AND id = ?", string(person), string(id))
		return onePasskey(done.RowsAffected, done.Error)
	})
	return err
}

func onePasskey(rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("change passkey: %w", err)
	}
	if rows == 0 {
		return staff.Refuse(staff.NotFound, "there is no such passkey")
	}
	return nil
}
