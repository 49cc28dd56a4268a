package staff

import (
	"context"
	"time"

	"counterfoil/internal/secret"
)

// PasskeyID names a passkey: its credential id, in base64url.
type PasskeyID string

// Passkey is a discoverable WebAuthn credential of a person.
type Passkey struct {
	ID     PasskeyID
	Person PersonID
	// Name is what the person calls it.
	Name string
	// Credential is what is kept to verify it, in JSON.
	Credential        []byte
	CreatedAt, UsedAt time.Time
}

// PasskeyRecord is the durable record of passkeys.
type PasskeyRecord interface {
	// AddPasskey records a passkey, if the person has fewer than limit; Conflict.
	AddPasskey(ctx context.Context, k Passkey, limit int) error
	// Passkeys returns those of a person, oldest first.
	Passkeys(ctx context.Context, id PersonID) ([]Passkey, error)
	// UsePasskey notes that a passkey was used, with its new counter; NotFound.
	UsePasskey(ctx context.Context, id PasskeyID, credential []byte, at time.Time) error
	// RemovePasskey forgets a passkey of a person; NotFound.
	RemovePasskey(ctx context.Context, person PersonID, id PasskeyID) error
}

// Ceremony is a WebAuthn ceremony that was begun: Options go to the browser's navigator.credentials, Step is what the browser holds
// until it answers.
type Ceremony struct {
	Options []byte // JSON
	Step    secret.Text
}
