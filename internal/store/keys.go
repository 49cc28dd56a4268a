package store

import (
	"context"
	"fmt"
	"time"

	"counterfoil/internal/staff"
)

// keyRow is a row of client_keys, without the hash.
type keyRow struct {
	KeyID        string
	ClientID     string
	KeyCreatedAt int64
	ExpiresAt    int64
	LastUsedAt   int64
	RevokedAt    int64
}

// keyColumns are the columns of a keyRow, under names that a clientRow has not.
const keyColumns = "k.id AS key_id, k.client_id, k.created_at AS key_created_at, k.expires_at, k.last_used_at, k.revoked_at"

// liveKey holds for a key that opens the door at a moment.
const liveKey = "revoked_at = 0 AND (expires_at = 0 OR expires_at > ?)"

func (r keyRow) key() staff.Key {
	return staff.Key{
		ID: staff.KeyID(r.KeyID), Client: staff.ClientID(r.ClientID), CreatedAt: moment(r.KeyCreatedAt), ExpiresAt: moment(r.ExpiresAt),
		LastUsedAt: moment(r.LastUsedAt), RevokedAt: moment(r.RevokedAt),
	}
}

// orZero is how a time that may be none is stored.
func orZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return millis(t)
}

// AddKey implements staff.ClientAccess.
func (s *Store) AddKey(ctx context.Context, k staff.Key, hash []byte, rights, limit int) error {
	_, err := s.transact(ctx, func(t *tx) error {
		// Two who make a key at once must not both find room for it: the second waits here for the first to commit, and counts after it.
		done := t.Exec("UPDATE clients SET version = version + 1 WHERE id = ? AND rights = ?", string(k.Client), rights)
		if done.Error != nil {
			return fmt.Errorf("lock client: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return t.outdated(k.Client)
		}
		return t.addKey(k, hash, limit)
	})
	return err
}

// addKey is the guarded insert: it counts and records in one statement.
func (t *tx) addKey(k staff.Key, hash []byte, limit int) error {
	done := t.Exec(`INSERT INTO client_keys (id, client_id, hash, created_at, expires_at, last_used_at, revoked_at)
		SELECT ?, c.id, ?, ?, ?, 0, 0 FROM clients c
		WHERE c.id = ? AND (SELECT count(*) FROM client_keys WHERE client_id = c.id AND `+liveKey+`) < ?`,
		string(k.ID), blob(hash), millis(k.CreatedAt), orZero(k.ExpiresAt), string(k.Client), millis(k.CreatedAt), limit)
	if done.Error != nil {
		return fmt.Errorf("record key: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return &staff.Error{Kind: staff.Conflict, Code: "too_many_keys", Reason: "the client has two live keys; revoke one first"}
	}
	return nil
}

// RevokeKey implements staff.ClientAccess.
func (s *Store) RevokeKey(ctx context.Context, client staff.ClientID, key staff.KeyID, at time.Time, keep staff.Way) error {
	noKey := &staff.Error{Kind: staff.NotFound, Code: "key_not_found", Reason: "the client has no such key"}
	if unheard(string(client)) || unheard(string(key)) {
		return noKey
	}
	_, err := s.transact(ctx, func(t *tx) error {
		if err := t.lockManagers(keep); err != nil {
			return err
		}
		done := t.Exec("UPDATE client_keys SET revoked_at = ? WHERE id = ? AND client_id = ? AND revoked_at = 0", millis(at), string(key), string(client))
		if done.Error != nil {
			return fmt.Errorf("revoke key: %w", done.Error)
		}
		if t.unchanged = done.RowsAffected == 0; t.unchanged {
			return t.exists("client_keys WHERE id = ? AND client_id = ?", noKey, string(key), string(client))
		}
		return t.keepManager(at, keep)
	})
	return err
}

// ClientByKey implements staff.ClientLookup.
func (s *Store) ClientByKey(ctx context.Context, hash []byte) (staff.Client, staff.Key, error) {
	var row struct {
		Client clientRow `gorm:"embedded"`
		Key    keyRow    `gorm:"embedded"`
	}
	found := s.reads.WithContext(ctx).Raw("SELECT "+clientColumns+", "+keyColumns+
		" FROM client_keys k JOIN clients c ON c.id = k.client_id WHERE k.hash = ?", hash).Scan(&row)
	if found.Error != nil {
		return staff.Client{}, staff.Key{}, fmt.Errorf("read key: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return staff.Client{}, staff.Key{}, staff.Refuse(staff.NotFound, "there is no such key")
	}
	c, err := row.Client.client()
	return c, row.Key.key(), err
}

// TouchKey implements staff.ClientLookup.
func (s *Store) TouchKey(ctx context.Context, id staff.KeyID, at, notSince time.Time) error {
	err := s.db.WithContext(ctx).Exec("UPDATE client_keys SET last_used_at = ? WHERE id = ? AND last_used_at <= ?",
		millis(at), string(id), millis(notSince)).Error
	if err != nil {
		return fmt.Errorf("touch key: %w", err)
	}
	return nil
}

// manager holds for a client c that may manage keys. No other scope has this one's name in its own.
const manager = "c.scopes LIKE '%" + string(staff.ScopeKeysManage) + "%' AND NOT c.disabled"

// lockManagers keeps two who shut each other out from both finding the other one still there: the second waits here.
func (t *tx) lockManagers(keep staff.Way) error {
	if keep == staff.WayAny {
		return nil
	}
	if err := t.Exec("UPDATE clients AS c SET version = version + 1 WHERE " + manager).Error; err != nil {
		return fmt.Errorf("lock clients: %w", err)
	}
	return nil
}

// keepManager refuses a change after which nobody could manage keys any more; the transaction is then rolled back.
func (t *tx) keepManager(now time.Time, keep staff.Way) error {
	var reachable string
	var args []any
	switch keep {
	case staff.WayAny:
		return nil
	case staff.WayKey:
		reachable, args = "SELECT 1 FROM client_keys WHERE client_id = c.id AND "+liveKey, []any{millis(now)}
	case staff.WayCertificate:
		reachable = "SELECT 1 FROM client_identities i WHERE i.client_id = c.id AND i.identity NOT LIKE 'oauth:%'"
	case staff.WayToken:
		reachable = "SELECT 1 FROM client_identities i WHERE i.client_id = c.id AND i.identity LIKE 'oauth:%'"
	}
	var left int
	if err := t.Raw("SELECT count(*) FROM clients c WHERE "+manager+" AND EXISTS ("+reachable+")", args...).Scan(&left).Error; err != nil {
		return fmt.Errorf("count managers: %w", err)
	}
	if left == 0 {
		return &staff.Error{
			Kind: staff.Conflict, Code: "last_manager", Reason: "nobody would be left who may manage keys; the command line can do it",
		}
	}
	return nil
}
