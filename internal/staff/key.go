package staff

import (
	"time"

	"counterfoil/internal/secret"
)

// KeyID names a key for the record; it opens nothing.
type KeyID string

const (
	// keyPrefix begins every key, so that a scanner of repositories and logs can tell one.
	keyPrefix = "cfk_"
	// keyBytes is the randomness of a key.
	keyBytes = 32
	// LiveKeys is how many keys of one client may be live at once: the one in use, and the next one.
	LiveKeys = 2
	// MinKeyLife is the shortest a key may be made for.
	MinKeyLife = time.Minute
	// MaxKeyLife is the longest a key with an end may be made for.
	MaxKeyLife = 10 * 365 * 24 * time.Hour
)

// Key is the record of an API key. The key itself is shown once and stored only as its SHA-256.
type Key struct {
	ID        KeyID
	Client    ClientID
	CreatedAt time.Time
	// ExpiresAt is zero for a key that lasts until it is revoked.
	ExpiresAt time.Time
	// LastUsedAt is zero before the first use, and up to a minute behind after it.
	LastUsedAt time.Time
	// RevokedAt is zero until the key is revoked.
	RevokedAt time.Time
}

// LiveAt tells whether the key opens anything at the time now.
func (k Key) LiveAt(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// FreshKey is a key just made: Secret is shown to whoever asked and kept nowhere.
type FreshKey struct {
	Key
	Secret secret.Text
}

// Way is how callers of the management door show who they are.
type Way string

// The ways.
const (
	// WayAny stands for no way in particular: nothing has to stay reachable.
	WayAny         Way = ""
	WayKey         Way = "key"
	WayCertificate Way = "mtls"
	WayToken       Way = "oauth"
)
