package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
)

// AddSession implements staff.Sessions.
func (s *Store) AddSession(ctx context.Context, n staff.Session) error {
	_, err := s.transact(ctx, func(t *tx) error {
		if err := t.Exec(`INSERT INTO sessions (token_hash, person_id, created_at, seen_at, ends_at, id, method, agent, address, provider_session)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, blob(n.TokenHash), string(n.Person), millis(n.CreatedAt), millis(n.SeenAt), millis(n.EndsAt),
			string(n.ID), string(n.Method), n.From.Agent, n.From.Address, n.Provider).Error; err != nil {
			return fmt.Errorf("record session: %w", err)
		}
		return nil
	})
	return err
}

// sessionRow is a row of sessions.
type sessionRow struct {
	SessionID                        string
	PersonID, Method, Agent, Address string
	ProviderSession                  string
	SessionCreatedAt, SeenAt, EndsAt int64
}

const sessionColumns = "s.id AS session_id, s.person_id, s.method, s.agent, s.address, s.created_at AS session_created_at, s.seen_at, s.ends_at, s.provider_session"

func (r sessionRow) session() staff.Session {
	return staff.Session{
		ID: staff.SessionID(r.SessionID), Person: staff.PersonID(r.PersonID), Method: staff.Method(r.Method), From: staff.From{Agent: r.Agent, Address: r.Address},
		CreatedAt: moment(r.SessionCreatedAt), SeenAt: moment(r.SeenAt), EndsAt: moment(r.EndsAt), Provider: r.ProviderSession,
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
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec("DELETE FROM sessions WHERE person_id = ? AND "+where, args...)
		if done.Error != nil {
			return fmt.Errorf("end sessions: %w", done.Error)
		}
		t.unchanged = done.RowsAffected == 0
		return nil
	})
	if err == nil {
		s.sessionsEnded()
	}
	return err
}

// EndAtProvider implements staff.Sessions.
func (s *Store) EndAtProvider(ctx context.Context, l staff.ProviderLogout) error {
	_, err := s.transact(ctx, func(t *tx) error {
		err := t.spend([]issuance.Spent{{Hash: l.Once, ExpiresAt: l.SpentUntil}})
		if issuance.KindOf(err) == issuance.Conflict {
			return staff.Refuse(staff.Conflict, "the identity provider’s word was taken before")
		}
		if err != nil {
			return err
		}
		// Only sessions that were opened there: somebody's passkey session, if there could be one, is none of the provider's.
		where := "s.method = ? AND p.external LIKE ? ESCAPE '!'"
		args := []any{string(staff.BySSO), strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(l.Issuer) + " %"}
		if l.Subject != "" {
			where, args = where+" AND p.external = ?", append(args, l.Issuer+" "+l.Subject)
		}
		if l.Session != "" {
			where, args = where+" AND s.provider_session = ?", append(args, l.Session)
		}
		var ended []struct {
			TokenHash     []byte
			Name, Display string
		}
		if err := t.Raw("SELECT s.token_hash, p.name, p.display FROM sessions s JOIN people p ON p.id = s.person_id WHERE "+where, args...).Scan(&ended).Error; err != nil {
			return fmt.Errorf("find sessions: %w", err)
		}
		t.unchanged = len(ended) == 0
		for _, one := range ended {
			t.made = staff.Person{Name: one.Name, Display: one.Display, External: l.Issuer}.Recorded()
			if err := t.endSession(one.TokenHash); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.sessionsEnded()
	}
	return err
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
	_, err := s.transact(ctx, func(t *tx) error { return t.endSession(tokenHash) })
	if err == nil {
		s.sessionsEnded()
	}
	return err
}

func (t *tx) endSession(tokenHash []byte) error {
	if err := t.unpair("person_id IN (SELECT person_id FROM sessions WHERE token_hash = ?)", blob(tokenHash)); err != nil {
		return err
	}
	if err := t.Exec("DELETE FROM sessions WHERE token_hash = ?", blob(tokenHash)).Error; err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// EndOldSessions implements staff.Sessions.
func (s *Store) EndOldSessions(ctx context.Context, idleBefore, now time.Time) error {
	if err := s.db.WithContext(ctx).Exec("DELETE FROM sessions WHERE seen_at < ? OR ends_at <= ?", millis(idleBefore), millis(now)).Error; err != nil {
		return fmt.Errorf("end old sessions: %w", err)
	}
	return nil
}
