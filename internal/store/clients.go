package store

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"counterfoil/internal/staff"
)

// clientRow is a row of clients.
type clientRow struct {
	ID        string
	Name      string
	Scopes    string
	Types     string
	Networks  string
	Disabled  bool
	Rights    int
	CreatedAt int64
}

// clientColumns are the columns of a clientRow.
const clientColumns = "c.id, c.name, c.scopes, c.types, c.networks, c.disabled, c.rights, c.created_at"

// client gives the client of a row. A network that does not read would open the door to everywhere when it was dropped, so it is a fault.
func (r clientRow) client() (staff.Client, error) {
	c := staff.Client{
		ID: staff.ClientID(r.ID), Name: r.Name, Disabled: r.Disabled, CreatedAt: moment(r.CreatedAt), Rights: r.Rights,
	}
	c.Types = append(c.Types, strings.Fields(r.Types)...) // nil when there is none, as when the client was made
	for _, scope := range strings.Fields(r.Scopes) {
		c.Scopes = append(c.Scopes, staff.Scope(scope))
	}
	for _, text := range strings.Fields(r.Networks) {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return staff.Client{}, fmt.Errorf("read networks of client: %w", err)
		}
		c.Networks = append(c.Networks, network)
	}
	return c, nil
}

func noClient() error {
	return &staff.Error{Kind: staff.NotFound, Code: "client_not_found", Reason: "there is no such client"}
}

// words joins values that have no spaces.
func words[T any](list []T) string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return strings.Join(out, " ")
}

// AddClient implements staff.ClientRecord.
func (s *Store) AddClient(ctx context.Context, c staff.Client, first *staff.Key, hash []byte) error {
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec(`INSERT INTO clients (id, name, scopes, types, networks, disabled, version, created_at)
			VALUES (?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING`,
			string(c.ID), c.Name, words(c.Scopes), words(c.Types), words(c.Networks), c.Disabled, millis(c.CreatedAt))
		if done.Error != nil {
			return fmt.Errorf("record client: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			const reason = "a client of this name is there already"
			return &staff.Error{Kind: staff.Conflict, Code: "client_exists", Reason: reason, Fields: []staff.Field{{Pointer: "/name", Reason: reason}}}
		}
		for i, identity := range c.Identities {
			done := t.Exec("INSERT INTO client_identities (identity, client_id) VALUES (?, ?) ON CONFLICT DO NOTHING", identity, string(c.ID))
			if done.Error != nil {
				return fmt.Errorf("record identity: %w", done.Error)
			}
			if done.RowsAffected == 0 {
				const reason = "another client has this identity"
				return &staff.Error{
					Kind: staff.Conflict, Code: "identity_taken", Reason: reason, Fields: []staff.Field{{Pointer: fmt.Sprintf("/identities/%d", i), Reason: reason}},
				}
			}
		}
		if first == nil {
			return nil
		}
		return t.addKey(*first, hash, 1)
	})
	return err
}

// Client implements staff.ClientRecord.
func (s *Store) Client(ctx context.Context, id staff.ClientID) (staff.Client, error) {
	return s.oneClient(ctx, "c.id = ?", string(id))
}

// ClientByName implements staff.ClientRecord.
func (s *Store) ClientByName(ctx context.Context, name string) (staff.Client, error) {
	return s.oneClient(ctx, "c.name = ?", name)
}

func (s *Store) oneClient(ctx context.Context, where, value string) (staff.Client, error) {
	if unheard(value) {
		return staff.Client{}, noClient()
	}
	list, err := s.someClients(ctx, where, value)
	if err != nil {
		return staff.Client{}, err
	}
	if len(list) == 0 {
		return staff.Client{}, noClient()
	}
	return list[0], nil
}

// ListClients implements staff.ClientRecord.
func (s *Store) ListClients(ctx context.Context) ([]staff.Client, error) {
	return s.someClients(ctx, "1 = 1")
}

// someClients reads clients by name, with their identities and keys.
func (s *Store) someClients(ctx context.Context, where string, args ...any) ([]staff.Client, error) {
	reads := s.reads.WithContext(ctx)
	var rows []clientRow
	if err := reads.Raw("SELECT "+clientColumns+" FROM clients c WHERE "+where+" ORDER BY c.name", args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read clients: %w", err)
	}
	var identities []struct{ ClientID, Identity string }
	err := reads.Raw(`SELECT i.client_id, i.identity FROM client_identities i JOIN clients c ON c.id = i.client_id
		WHERE `+where+" ORDER BY i.identity", args...).Scan(&identities).Error
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	var keys []keyRow
	err = reads.Raw("SELECT "+keyColumns+" FROM client_keys k JOIN clients c ON c.id = k.client_id WHERE "+where+
		" ORDER BY k.created_at DESC, k.id", args...).Scan(&keys).Error
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	out := make([]staff.Client, 0, len(rows))
	at := map[string]int{}
	for i, row := range rows {
		c, err := row.client()
		if err != nil {
			return nil, err
		}
		out, at[row.ID] = append(out, c), i
	}
	// A client that came between two of the questions is left out of the later answers.
	for _, row := range identities {
		if i, known := at[row.ClientID]; known {
			out[i].Identities = append(out[i].Identities, row.Identity)
		}
	}
	for _, row := range keys {
		if i, known := at[row.ClientID]; known {
			out[i].Keys = append(out[i].Keys, row.key())
		}
	}
	return out, nil
}

// ClientByIdentity implements staff.ClientLookup.
func (s *Store) ClientByIdentity(ctx context.Context, identities []string) (staff.Client, error) {
	const enoughToDoubt = 2
	var rows []clientRow
	err := s.reads.WithContext(ctx).Raw("SELECT DISTINCT "+clientColumns+` FROM client_identities i JOIN clients c ON c.id = i.client_id
		WHERE i.identity IN ? LIMIT ?`, identities, enoughToDoubt).Scan(&rows).Error
	if err != nil {
		return staff.Client{}, fmt.Errorf("read client: %w", err)
	}
	if len(rows) != 1 {
		return staff.Client{}, noClient()
	}
	return rows[0].client()
}

// ChangeClient implements staff.ClientAccess.
func (s *Store) ChangeClient(ctx context.Context, c staff.ClientChange) error {
	if unheard(string(c.Client)) {
		return noClient()
	}
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec("UPDATE clients SET scopes = ?, types = ?, networks = ?, rights = rights + 1, version = version + 1 WHERE id = ? AND rights = ?",
			words(c.Scopes), words(c.Types), words(c.Networks), string(c.Client), c.Seen)
		if done.Error != nil {
			return fmt.Errorf("change client: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return t.outdated(c.Client)
		}
		return nil
	})
	return err
}

// outdated is why a client with certain rights was not found: there is none at all, or it has others now.
func (t *tx) outdated(id staff.ClientID) error {
	if err := t.exists("clients WHERE id = ?", noClient(), string(id)); err != nil {
		return err
	}
	return staff.Outdated()
}

// EnableClient implements staff.ClientAccess.
func (s *Store) EnableClient(ctx context.Context, id staff.ClientID, rights int) error {
	if unheard(string(id)) {
		return noClient()
	}
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec("UPDATE clients SET disabled = FALSE, version = version + 1 WHERE id = ? AND rights = ? AND disabled", string(id), rights)
		if done.Error != nil {
			return fmt.Errorf("enable client: %w", done.Error)
		}
		if t.unchanged = done.RowsAffected == 0; t.unchanged {
			return t.exists("clients WHERE id = ? AND rights = ?", t.outdated(id), string(id), rights)
		}
		return nil
	})
	return err
}

// DisableClient implements staff.ClientAccess.
func (s *Store) DisableClient(ctx context.Context, id staff.ClientID, now time.Time, keep staff.Way) error {
	if unheard(string(id)) {
		return noClient()
	}
	_, err := s.transact(ctx, func(t *tx) error {
		if err := t.lockManagers(keep); err != nil {
			return err
		}
		done := t.Exec("UPDATE clients SET disabled = TRUE, version = version + 1 WHERE id = ? AND NOT disabled", string(id))
		if done.Error != nil {
			return fmt.Errorf("disable client: %w", done.Error)
		}
		if t.unchanged = done.RowsAffected == 0; t.unchanged {
			return t.exists("clients WHERE id = ?", noClient(), string(id))
		}
		return t.keepManager(now, keep)
	})
	return err
}
