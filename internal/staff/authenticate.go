package staff

import (
	"context"
	"fmt"
	"slices"
	"time"

	"counterfoil/internal/secret"
)

// touchTime bounds what noting the use of a key may cost the request that used it.
const touchTime = time.Second

// AuthenticateKey gives the client whose key this is. Denied, with the same words and after the same question to the record, for a key that
// is unknown, cut short, expired or revoked, and for a client that is disabled.
func (s *Clients) AuthenticateKey(ctx context.Context, key string) (Client, error) {
	c, k, err := s.lookup.ClientByKey(ctx, secret.Hash(key))
	if KindOf(err) == NotFound {
		return Client{}, stranger()
	}
	if err != nil {
		return Client{}, fmt.Errorf("find key: %w", err)
	}
	now := s.clock()
	if c.Disabled || !k.LiveAt(now) {
		return Client{}, stranger()
	}
	s.touch(ctx, k, now)
	return c, nil
}

// touch notes the use of a key, once a minute. That it could not be noted stops nobody: the key is right all the same.
func (s *Clients) touch(ctx context.Context, k Key, now time.Time) {
	since := now.Add(-touchEvery)
	if k.LastUsedAt.After(since) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, touchTime)
	defer cancel()
	if err := s.lookup.TouchKey(ctx, k.ID, now, since); err != nil {
		s.log.Warn("the use of a key could not be noted", "key_id", string(k.ID), "error", err)
	}
}

// AuthenticateIdentity gives the client that has one of the identities, which the caller has proved. Denied when there is none, when they
// belong to more than one, and for a client that is disabled.
func (s *Clients) AuthenticateIdentity(ctx context.Context, identities ...string) (Client, error) {
	known := slices.DeleteFunc(slices.Clone(identities), func(i string) bool { return !isIdentity(i) })
	if len(known) == 0 {
		return Client{}, stranger()
	}
	c, err := s.lookup.ClientByIdentity(ctx, known[:min(len(known), maxIdentities)])
	if KindOf(err) == NotFound || err == nil && c.Disabled {
		return Client{}, stranger()
	}
	if err != nil {
		return Client{}, fmt.Errorf("find client: %w", err)
	}
	return c, nil
}

// stranger is the one answer to whoever is not let in.
func stranger() *Error { return Refuse(Denied, "nobody is known by what was shown") }
