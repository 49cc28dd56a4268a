package issuance

import (
	"time"

	"counterfoil/internal/secret"
)

// EndpointID names a callback endpoint.
type EndpointID string

// EndpointState is whether an endpoint is called.
type EndpointState string

// The states of an endpoint.
const (
	EndpointActive EndpointState = "active"
	// EndpointPaused holds deliveries back until somebody resumes it.
	EndpointPaused EndpointState = "paused"
	// EndpointDisabled means that the receiver answered 410 and asked never to be called again; deliveries are held back.
	EndpointDisabled EndpointState = "disabled"
)

// Health is how an endpoint that is called fares.
type Health string

// The healths of an endpoint.
const (
	Healthy       Health = "healthy"
	Failing       Health = "failing"
	HealthStopped Health = "disabled"
)

// Endpoint is a callback endpoint: where events are delivered.
type Endpoint struct {
	ID   EndpointID
	Name string
	URL  string
	// Secret signs (whsec_…); OldSecret signs beside it until OldUntil, while receivers change over.
	Secret    secret.Text
	OldSecret secret.Text
	OldUntil  time.Time
	// Types are the credential configuration ids whose events it gets; empty means all.
	Types    []string
	Statuses []CallbackStatus
	State    EndpointState
	// FailingSince is when events stopped getting through; zero while they do.
	FailingSince time.Time
	// LastResult is that of the attempt which began or ended the trouble.
	LastResult string
	CreatedAt  time.Time
	CreatedBy  string
	// Queued counts the deliveries that wait.
	Queued int
	// Configured is what the settings last said of it.
	Configured Configured
}

// Configured is what the settings say of an endpoint; the zero value is one that they do not make. A secret is told apart by its
// SHA-256, in hex.
type Configured struct {
	URL        string
	SecretHash string
}

// Health tells how the endpoint fares.
func (e Endpoint) Health() Health {
	switch {
	case e.State == EndpointDisabled:
		return HealthStopped
	case !e.FailingSince.IsZero():
		return Failing
	}
	return Healthy
}

// Leased is a delivery that one worker holds until Lease; only the holder of exactly
// this lease can finish it.
type Leased struct {
	Delivery Delivery
	Endpoint Endpoint
	Lease    time.Time
}

// Verdict is what attempts say about their endpoint.
type Verdict struct {
	Endpoint EndpointID
	Health   Health
	At       time.Time
	Result   string
}
