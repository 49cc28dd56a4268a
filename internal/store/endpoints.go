package store

import (
	"context"
	"fmt"
	"strings"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// endpointRow is a row of endpoints.
type endpointRow struct {
	ID           string
	Name         string
	URL          string
	Secret       []byte
	OldSecret    []byte
	OldUntil     int64
	Types        string
	Statuses     string
	State        string
	FailingSince int64
	LastResult   string
	CreatedAt    int64
	CreatedBy    string
	Queued       int

	ConfiguredURL, ConfiguredSecret string
}

const endpointColumns = "id, name, url, secret, old_secret, old_until, types, statuses, state, failing_since, last_result, created_at, created_by, " +
	"configured_url, configured_secret"

// endpointsLock keeps two who add endpoints to one PostgreSQL from both finding room for the last.
const endpointsLock = 0x656e64706f696e // "endpoin"

// stateDeleted is the state of an endpoint that was deleted: its deliveries stay readable.
const stateDeleted = "deleted"

// listed writes a list so that one of it can be looked for in SQL: |A|B|.
func listed[T ~string](list []T) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	for _, one := range list {
		b.WriteString("|" + string(one))
	}
	return b.String() + "|"
}

// unlisted reads what listed wrote.
func unlisted[T ~string](text string) []T {
	var out []T
	for one := range strings.SplitSeq(strings.Trim(text, "|"), "|") {
		if one != "" {
			out = append(out, T(one))
		}
	}
	return out
}

func noEndpoint() error {
	return issuance.Refuse(issuance.NotFound, "callback_not_found", "there is no such callback endpoint")
}

func secretAAD(id string) []byte { return secret.AAD("endpoints", "secret", id) }

func (s *Store) openEndpoint(r endpointRow) (issuance.Endpoint, error) {
	e := issuance.Endpoint{
		ID: issuance.EndpointID(r.ID), Name: r.Name, URL: r.URL, OldUntil: moment(r.OldUntil),
		Types: unlisted[string](r.Types), Statuses: unlisted[issuance.CallbackStatus](r.Statuses), State: issuance.EndpointState(r.State),
		FailingSince: moment(r.FailingSince), LastResult: r.LastResult, CreatedAt: moment(r.CreatedAt), CreatedBy: r.CreatedBy, Queued: r.Queued,
		Configured: issuance.Configured{URL: r.ConfiguredURL, SecretHash: r.ConfiguredSecret},
	}
	opened, err := s.sealer.Open(r.Secret, secretAAD(r.ID))
	if err != nil {
		return issuance.Endpoint{}, fmt.Errorf("open secret of endpoint: %w", err)
	}
	e.Secret = secret.NewText(string(opened))
	if r.OldSecret != nil {
		if opened, err = s.sealer.Open(r.OldSecret, secretAAD(r.ID)); err != nil {
			return issuance.Endpoint{}, fmt.Errorf("open secret of endpoint: %w", err)
		}
		e.OldSecret = secret.NewText(string(opened))
	}
	return e, nil
}

// AddEndpoint implements issuance.Endpoints.
func (s *Store) AddEndpoint(ctx context.Context, e issuance.Endpoint, limit int) error {
	sealed, err := s.sealer.Seal([]byte(e.Secret.Reveal()), secretAAD(string(e.ID)))
	if err != nil {
		return fmt.Errorf("seal secret: %w", err)
	}
	_, err = s.transact(ctx, func(t *tx) error {
		if s.postgres {
			if err := t.Exec("SELECT pg_advisory_xact_lock(?)", endpointsLock).Error; err != nil {
				return fmt.Errorf("wait for other endpoints: %w", err)
			}
		}
		done := t.Exec(`INSERT INTO endpoints (`+endpointColumns+`)
			SELECT ?, ?, ?, ?, NULL, 0, ?, ?, ?, 0, '', ?, ?, ?, ? WHERE (SELECT count(*) FROM endpoints WHERE state <> ?) < ?
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, url = excluded.url, secret = excluded.secret, old_until = 0, types = excluded.types,
				statuses = excluded.statuses, state = excluded.state, failing_since = 0, last_result = '', created_at = excluded.created_at,
				created_by = excluded.created_by, configured_url = excluded.configured_url, configured_secret = excluded.configured_secret
			WHERE endpoints.state = 'deleted' AND excluded.configured_url <> ''
				AND (endpoints.configured_url <> excluded.configured_url OR endpoints.configured_secret <> excluded.configured_secret)`,
			string(e.ID), e.Name, e.URL, blob(sealed), listed(e.Types), listed(e.Statuses), string(e.State), millis(e.CreatedAt), e.CreatedBy,
			e.Configured.URL, e.Configured.SecretHash, stateDeleted, limit)
		if done.Error != nil {
			return fmt.Errorf("record endpoint: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return issuance.Refuse(issuance.Conflict, issuance.CodeTooManyEndpoints, "there are as many callback endpoints as there may be, or one of this id")
		}
		t.made = string(e.ID)
		return nil
	})
	return err
}

// Endpoint implements issuance.Endpoints.
func (s *Store) Endpoint(ctx context.Context, id issuance.EndpointID) (issuance.Endpoint, error) {
	if unheard(string(id)) {
		return issuance.Endpoint{}, noEndpoint()
	}
	list, err := s.endpoints(ctx, "id = ?", string(id))
	if err != nil {
		return issuance.Endpoint{}, err
	}
	if len(list) == 0 {
		return issuance.Endpoint{}, noEndpoint()
	}
	return list[0], nil
}

// ListEndpoints implements issuance.Endpoints.
func (s *Store) ListEndpoints(ctx context.Context) ([]issuance.Endpoint, error) {
	return s.endpoints(ctx, "1 = 1")
}

func (s *Store) endpoints(ctx context.Context, where string, args ...any) ([]issuance.Endpoint, error) {
	return s.readEndpoints(ctx, `, (SELECT count(*) FROM deliveries d WHERE d.endpoint_id = endpoints.id AND d.state = 'queued') AS queued`, where, args...)
}

// readEndpoints reads endpoints with further columns.
func (s *Store) readEndpoints(ctx context.Context, columns, where string, args ...any) ([]issuance.Endpoint, error) {
	var rows []endpointRow
	err := s.reads.WithContext(ctx).Raw("SELECT "+endpointColumns+columns+" FROM endpoints WHERE "+where+" AND state <> ? ORDER BY created_at, id",
		append(args, stateDeleted)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read endpoints: %w", err)
	}
	out := make([]issuance.Endpoint, 0, len(rows))
	for _, r := range rows {
		e, err := s.openEndpoint(r)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// ChangeEndpoint implements issuance.Endpoints.
func (s *Store) ChangeEndpoint(ctx context.Context, c issuance.EndpointChange) (issuance.Endpoint, error) {
	update, err := s.endpointUpdate(c)
	if err != nil {
		return issuance.Endpoint{}, err
	}
	changed := false
	_, err = s.transact(ctx, func(t *tx) error {
		done := t.Exec("UPDATE endpoints SET "+strings.Join(update.set, ", ")+" WHERE "+update.where, append(update.values, update.guard...)...)
		if done.Error != nil {
			return fmt.Errorf("change endpoint: %w", done.Error)
		}
		changed = done.RowsAffected > 0
		t.unchanged = !changed
		if changed && (c.Types != nil || c.Statuses != nil) {
			if err := t.Exec("UPDATE deliveries SET state = ?, lease_until = 0, last_result = ? WHERE endpoint_id = ? AND state = 'queued' AND status <> ? AND NOT "+asked,
				string(issuance.DeliveryCancelled), issuance.ResultUnwanted, string(c.ID), string(issuance.CallbackPing)).Error; err != nil {
				return fmt.Errorf("cancel deliveries: %w", err)
			}
		}
		if changed && c.State != nil && *c.State == issuance.EndpointActive {
			return t.hasten(c.ID, c.At)
		}
		return nil
	})
	if err != nil {
		return issuance.Endpoint{}, err
	}
	e, err := s.Endpoint(ctx, c.ID)
	if err == nil && !changed && (c.State == nil || e.State != *c.State) {
		err = issuance.Refuse(issuance.Conflict, "callback_state", "the callback endpoint is "+string(e.State))
	}
	s.changed(true) // what waited may go now
	return e, err
}

// endpointUpdate is the guarded update of an endpoint: columns and their values, and what must hold.
type endpointUpdate struct {
	set           []string
	where         string
	values, guard []any
}

func (u *endpointUpdate) put(column string, value any) {
	u.set, u.values = append(u.set, column+" = ?"), append(u.values, value)
}

func (s *Store) endpointUpdate(c issuance.EndpointChange) (endpointUpdate, error) {
	u := endpointUpdate{set: []string{"id = id"}, where: "id = ? AND state <> ?", guard: []any{string(c.ID), stateDeleted}}
	if c.Name != nil {
		u.put("name", *c.Name)
	}
	if c.URL != nil {
		u.put("url", *c.URL)
	}
	if c.Types != nil {
		u.put("types", listed(*c.Types))
	}
	if c.Statuses != nil {
		u.put("statuses", listed(*c.Statuses))
	}
	if c.Rotate != nil {
		sealed, err := s.sealer.Seal([]byte(c.Rotate.Secret.Reveal()), secretAAD(string(c.ID)))
		if err != nil {
			return u, fmt.Errorf("seal secret: %w", err)
		}
		u.set = append(u.set, "old_secret = secret")
		u.put("secret", blob(sealed))
		u.put("old_until", millis(c.Rotate.OldUntil))
	}
	if c.State != nil {
		u.put("state", string(*c.State))
		if *c.State == issuance.EndpointActive { // a new start
			u.set = append(u.set, "failing_since = 0", "last_result = ''")
		}
		u.where, u.guard = u.where+" AND state IN ?", append(u.guard, c.From)
	}
	if c.Settings != nil {
		u.put("configured_url", c.Settings.To.URL)
		u.put("configured_secret", c.Settings.To.SecretHash)
		u.where, u.guard = u.where+" AND configured_url = ? AND configured_secret = ?", append(u.guard, c.Settings.From.URL, c.Settings.From.SecretHash)
	}
	return u, nil
}

// DeleteEndpoint implements issuance.Endpoints.
func (s *Store) DeleteEndpoint(ctx context.Context, id issuance.EndpointID) error {
	if unheard(string(id)) {
		return noEndpoint()
	}
	_, err := s.transact(ctx, func(t *tx) error {
		done := t.Exec("UPDATE endpoints SET state = ?, old_secret = NULL WHERE id = ? AND state <> ?", stateDeleted, string(id), stateDeleted)
		if done.Error != nil {
			return fmt.Errorf("delete endpoint: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return noEndpoint()
		}
		if err := t.Exec("UPDATE deliveries SET state = ?, lease_until = 0, last_result = ? WHERE endpoint_id = ? AND state = 'queued'",
			string(issuance.DeliveryCancelled), issuance.ResultDeleted, string(id)).Error; err != nil {
			return fmt.Errorf("cancel deliveries: %w", err)
		}
		return nil
	})
	return err
}
