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
)

// Delivery is the handing of one event to one callback endpoint. A queued delivery with
// Attempts > 0 was refused or not reached at LastAt and will be tried again at NextAt.
type Delivery struct {
	ID       int64
	Offer    OfferID
	Sequence int // of the event
	Status   CallbackStatus
	// ErrorDetails accompanies FAILED and nothing else.
	ErrorDetails string
	Endpoint     string
	State        DeliveryState
	Attempts     int
	NextAt       time.Time
	LastAt       time.Time
	// LastResult says in a few words what the last attempt brought ("HTTP 500", "connection refused").
	LastResult string
}
