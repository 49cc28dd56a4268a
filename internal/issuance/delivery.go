package issuance

import "time"

// DeliveryState is how far a delivery has come.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryQueued    DeliveryState = "queued"
	DeliveryDelivered DeliveryState = "delivered"
	// DeliveryExhausted means that every attempt of the schedule failed.
	DeliveryExhausted DeliveryState = "exhausted"
	// DeliveryCancelled means that its endpoint was deleted before it was delivered.
	DeliveryCancelled DeliveryState = "cancelled"
)

// DeliveryStates lists every state once.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{DeliveryQueued, DeliveryDelivered, DeliveryExhausted, DeliveryCancelled}
}

// DeliveryID names a delivery.
type DeliveryID int64

// Delivery is the handing of one event to one callback endpoint. A queued delivery with
// Attempts > 0 was refused or not reached at LastAt and will be tried again at NextAt.
type Delivery struct {
	ID DeliveryID
	// Offer is empty when the event is about none.
	Offer    OfferID
	Sequence int // of the event
	// EventID and Status are what receivers drop repeats by; WebhookID is both in one.
	EventID   string
	WebhookID string
	Status    CallbackStatus
	// ErrorDetails accompanies FAILED, refusals and expiring certificates, and nothing else.
	ErrorDetails string
	Endpoint     EndpointID
	// Held tells that its endpoint is paused or switched off: nothing goes before it is on again.
	Held      bool
	State     DeliveryState
	Attempts  int
	CreatedAt time.Time
	NextAt    time.Time
	LastAt    time.Time
	// LastResult says in a few words what the last attempt brought ("HTTP 500", "connection refused"), or why there is none.
	LastResult string
}

// What stands in results beside the status of HTTP and what hinders connections.
const (
	ResultNoURL    = "the URL cannot be called"
	ResultUnsent   = "cannot be sent"
	ResultRedirect = "redirects are not followed"
	ResultGone     = "endpoint switched off"
	ResultUnwanted = "no longer asked for"
	ResultDeleted  = "the endpoint was deleted"
)

// MaxResponse is how much of a receiver's answer is kept, in bytes.
const MaxResponse = 2 << 10

// Attempt is how one attempt at a delivery ended.
type Attempt struct {
	Delivery DeliveryID
	// Lease is the one under which the attempt was made.
	Lease time.Time
	// At is when it began, Took how long it lasted.
	At   time.Time
	Took time.Duration
	// State is the delivery's state from now on; DeliveryQueued means try again at NextAt.
	State  DeliveryState
	NextAt time.Time
	Result string
	// HTTPStatus is 0 when there was no answer; Response is the beginning of it, at most MaxResponse bytes.
	HTTPStatus int
	Response   []byte
	// Broken tells that the attempt was given up on this side: it does not count, and leaves no trace.
	Broken bool
}

// DeliveryFilter selects deliveries of an endpoint for a list, newest first. Zero values do not restrict; Limit is required.
type DeliveryFilter struct {
	States   []DeliveryState
	Statuses []CallbackStatus
	Offer    OfferID
	// Types are the credential configuration ids of their offers; what is about no offer is kept.
	Types []string
	// Before keeps what is older than this delivery.
	Before DeliveryID
	Limit  int
}

// Replay selects what is delivered once more: everything between From and Until (zero: without bound) that an endpoint asks for now, or
// only what was given up of it.
type Replay struct {
	Endpoint    EndpointID
	From, Until time.Time
	FailedOnly  bool
	At          time.Time
}
