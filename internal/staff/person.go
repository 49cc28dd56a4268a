package staff

import (
	"slices"
	"time"
)

// PersonID names a person for the record.
type PersonID string

// Person is somebody who may sign in to the portal.
type Person struct {
	ID       PersonID
	Name     string // what they sign in with, lower case
	Display  string // how they are shown
	Roles    []Role
	Disabled bool
	// PasswordHash is an argon2id hash in PHC form; empty when the person has no password.
	PasswordHash string
	// External is who the person is at an identity provider, issuer and subject; empty for a local account.
	External string
	// Language is the one the person chose to read, as BCP 47; empty: as their browser asks.
	Language  string
	CreatedAt time.Time
}

// May tells whether any of the person's roles allows the action.
func (p Person) May(a Action) bool {
	return !p.Disabled && slices.ContainsFunc(p.Roles, func(r Role) bool { return allows(r, a) })
}

// Recorded is how the audit trail names the person: somebody of an identity provider also by what it calls them, because their name here says
// nothing.
func (p Person) Recorded() string {
	if p.External == "" {
		return p.Name
	}
	return p.Display + " (" + p.Name + ")"
}

// SessionID names a session for whom it belongs to; it opens nothing.
type SessionID string

// Session is one signed-in browser. The token that the browser holds is stored only as a hash.
type Session struct {
	ID        SessionID
	Method    Method
	From      From
	TokenHash []byte
	Person    PersonID
	CreatedAt time.Time
	SeenAt    time.Time
	EndsAt    time.Time // absolute limit
	// Provider is the session at the identity provider (sid); empty when there is none.
	Provider string
}

// Kind says what sort of refusal an Error is.
type Kind int

// The kinds of refusal.
const (
	Invalid Kind = iota + 1
	NotFound
	Conflict
	Denied
	Limited
)

// Error is an expected refusal; Reason is safe to show.
type Error struct {
	Kind   Kind
	Reason string
	// Code is for programs, and Fields the places in their request that do not fit; both only where programs call.
	Code   string
	Fields []Field
}

// Field is one place that does not fit (a pointer, RFC 6901), and why.
type Field struct{ Pointer, Reason string }

// Error gives the reason.
func (e *Error) Error() string { return e.Reason }

// Refuse makes a refusal.
func Refuse(k Kind, reason string) *Error { return &Error{Kind: k, Reason: reason} }
