package staff

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"counterfoil/internal/secret"
)

// ClientRecord is the durable record of clients.
type ClientRecord interface {
	// AddClient records a client and, when there is one, its first key with the key's hash, in one commit; Conflict when the name or an
	// identity is taken.
	AddClient(ctx context.Context, c Client, first *Key, hash []byte) error
	// Client returns a client with its keys; NotFound.
	Client(ctx context.Context, id ClientID) (Client, error)
	// ClientByName returns a client with its keys; NotFound.
	ClientByName(ctx context.Context, name string) (Client, error)
	// ListClients returns every client with its keys, by name.
	ListClients(ctx context.Context) ([]Client, error)
}

// ClientAccess is what opens and closes the door to clients. A change that must leave somebody behind who may manage keys in the way
// named by keep is Conflict when it would not, and changes nothing then; WayAny asks for nobody.
type ClientAccess interface {
	// ChangeClient changes what a client may do; Conflict when its Rights are others than c.Seen, NotFound.
	ChangeClient(ctx context.Context, c ClientChange) error
	// AddKey records a key, if the client has these Rights and fewer than limit keys that are live at k.CreatedAt; Conflict, NotFound.
	AddKey(ctx context.Context, k Key, hash []byte, rights, limit int) error
	// RevokeKey ends a key of the client; a key that was revoked before stays as it is. NotFound, Conflict.
	RevokeKey(ctx context.Context, client ClientID, key KeyID, at time.Time, keep Way) error
	// DisableClient shuts a client out; now is when keep is judged. NotFound, Conflict.
	DisableClient(ctx context.Context, id ClientID, now time.Time, keep Way) error
	// EnableClient lets a client with these Rights in again. NotFound, Conflict.
	EnableClient(ctx context.Context, id ClientID, rights int) error
}

// ClientLookup finds who calls, in one question each time.
type ClientLookup interface {
	// ClientByKey returns a key and its client by the key's hash; NotFound.
	ClientByKey(ctx context.Context, hash []byte) (Client, Key, error)
	// ClientByIdentity returns the one client that has any of the identities; NotFound when there is none, or more than one.
	ClientByIdentity(ctx context.Context, identities []string) (Client, error)
	// TouchKey moves LastUsedAt to at, if it is not after notSince.
	TouchKey(ctx context.Context, id KeyID, at, notSince time.Time) error
}

// ClientStore is all that the use cases of clients need of a store.
type ClientStore interface {
	ClientRecord
	ClientAccess
	ClientLookup
}

// Clients is the use cases of clients. Nothing about a client is kept between two calls, so that what one process takes away
// is gone at every other at once.
type Clients struct {
	record ClientRecord
	access ClientAccess
	lookup ClientLookup
	clock  func() time.Time
	random io.Reader
	log    *slog.Logger
}

// NewClients makes the use cases.
func NewClients(store ClientStore, clock func() time.Time, random io.Reader, log *slog.Logger) *Clients {
	return &Clients{record: store, access: store, lookup: store, clock: clock, random: random, log: log}
}

// NewClient is a request for a client.
type NewClient struct {
	Name       string
	Scopes     []Scope
	Types      []string
	Networks   []netip.Prefix
	Identities []string
	// KeyLife is how long its first key lasts; zero means until it is revoked.
	KeyLife time.Duration
}

// AddClient makes a client on behalf of another, who must hold all that it gives. A client without identities gets a key, which is
// returned this once. Invalid, Denied, Conflict when the name or an identity is taken.
func (s *Clients) AddClient(ctx context.Context, n NewClient, by Client) (Client, *FreshKey, error) {
	if faults := n.Check(); len(faults) > 0 {
		return Client{}, nil, Misfit(faults...)
	}
	id, err := secret.ID(s.random, saltLen)
	if err != nil {
		return Client{}, nil, fmt.Errorf("draw client id: %w", err)
	}
	c := Client{
		ID: ClientID(id), Name: n.Name, Scopes: once(n.Scopes), Types: once(n.Types), Networks: masked(n.Networks), Identities: once(n.Identities),
		CreatedAt: s.clock(), Rights: 1,
	}
	if err := by.covers(c); err != nil {
		return Client{}, nil, err
	}
	ctx = Audited(ctx, ActClientAdded, c.Name, joined(c.Scopes))
	if len(c.Identities) > 0 {
		if err := s.record.AddClient(ctx, c, nil, nil); err != nil {
			return Client{}, nil, fmt.Errorf("add client: %w", err)
		}
		return c, nil, nil
	}
	fresh, err := s.freshKey(c.ID, n.KeyLife)
	if err != nil {
		return Client{}, nil, err
	}
	if err := s.record.AddClient(ctx, c, &fresh.Key, secret.Hash(fresh.Secret.Reveal())); err != nil {
		return Client{}, nil, fmt.Errorf("add client: %w", err)
	}
	c.Keys = []Key{fresh.Key}
	return c, &fresh, nil
}

func (s *Clients) freshKey(client ClientID, life time.Duration) (FreshKey, error) {
	if !goodLife(life) {
		return FreshKey{}, Misfit(Field{"/expires_in", lifeRule})
	}
	id, err := secret.ID(s.random, saltLen)
	if err != nil {
		return FreshKey{}, fmt.Errorf("draw key id: %w", err)
	}
	token, err := secret.Token(s.random, keyBytes)
	if err != nil {
		return FreshKey{}, fmt.Errorf("draw key: %w", err)
	}
	k := Key{ID: KeyID(id), Client: client, CreatedAt: s.clock()}
	if life != 0 {
		k.ExpiresAt = k.CreatedAt.Add(life)
	}
	return FreshKey{Key: k, Secret: secret.NewText(keyPrefix + token)}, nil
}

// NewKey makes another key of a client, on behalf of one who must hold all that the client does: whoever has the key can do it. At most
// two keys are live at once. Invalid, Denied, NotFound, Conflict.
func (s *Clients) NewKey(ctx context.Context, id ClientID, life time.Duration, by Client) (FreshKey, error) {
	c, err := s.record.Client(ctx, id)
	if err != nil {
		return FreshKey{}, fmt.Errorf("find client: %w", err)
	}
	if err := by.covers(c); err != nil {
		return FreshKey{}, err
	}
	fresh, err := s.freshKey(c.ID, life)
	if err != nil {
		return FreshKey{}, err
	}
	if err := s.access.AddKey(Audited(ctx, ActKeyAdded, c.Name, DetailKey+string(fresh.ID)), fresh.Key, secret.Hash(fresh.Secret.Reveal()), c.Rights, LiveKeys); err != nil {
		return FreshKey{}, fmt.Errorf("add key: %w", err)
	}
	return fresh, nil
}

// RevokeKey ends a key of the client; once revoked it stays so. NotFound; Conflict when nobody would be left to manage keys in the way keep.
func (s *Clients) RevokeKey(ctx context.Context, client ClientID, key KeyID, keep Way) error {
	c, err := s.record.Client(ctx, client)
	if err != nil && KindOf(err) != NotFound { // whose keys are not found either
		return fmt.Errorf("find client: %w", err)
	}
	if err := s.access.RevokeKey(Audited(ctx, ActKeyRevoked, c.Name, DetailKey+string(key)), client, key, s.clock(), keep); err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	return nil
}

// DisableClient shuts a client out, from its next call on. NotFound; Conflict when nobody would be left to manage keys in the way keep.
func (s *Clients) DisableClient(ctx context.Context, id ClientID, keep Way) error {
	c, err := s.record.Client(ctx, id)
	if err != nil {
		return fmt.Errorf("find client: %w", err)
	}
	if err := s.access.DisableClient(Audited(ctx, ActClientDisabled, c.Name, ""), id, s.clock(), keep); err != nil {
		return fmt.Errorf("disable client: %w", err)
	}
	return nil
}

// EnableClient lets a client in again, on behalf of one who must hold all that the client does. NotFound, Denied; Conflict when that was
// changed meanwhile.
func (s *Clients) EnableClient(ctx context.Context, id ClientID, by Client) error {
	c, err := s.record.Client(ctx, id)
	if err != nil {
		return fmt.Errorf("find client: %w", err)
	}
	if err := by.covers(c); err != nil {
		return err
	}
	if err := s.access.EnableClient(Audited(ctx, ActClientEnabled, c.Name, ""), id, c.Rights); err != nil {
		return fmt.Errorf("enable client: %w", err)
	}
	return nil
}

// Client returns a client with its keys; NotFound.
func (s *Clients) Client(ctx context.Context, id ClientID) (Client, error) {
	c, err := s.record.Client(ctx, id)
	if err != nil {
		return Client{}, fmt.Errorf("find client: %w", err)
	}
	return c, nil
}

// ClientByName returns a client with its keys; NotFound.
func (s *Clients) ClientByName(ctx context.Context, name string) (Client, error) {
	c, err := s.record.ClientByName(ctx, name)
	if err != nil {
		return Client{}, fmt.Errorf("find client: %w", err)
	}
	return c, nil
}

// ListClients returns every client with its keys, by name.
func (s *Clients) ListClients(ctx context.Context) ([]Client, error) {
	list, err := s.record.ListClients(ctx)
	if err != nil {
		return nil, fmt.Errorf("list clients: %w", err)
	}
	return list, nil
}
