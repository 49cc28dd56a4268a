package offers

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// Record is the page of everything that is known of an offer: no claim and no code.
type Record struct {
	Page   layout.Page
	ID     string
	Type   string
	Status ui.Status
	Facts  []Fact
	// Counter leads to the counter screen, Review to where a second person decides, Before and After to the offer that this one replaces and
	// the one that replaces it; empty when there is none, or not for the reader.
	Counter, Review, Before, After string
	MayCorrect                     bool
	// Problem says why the offer was not corrected, Guide is the way to what the guides say about that.
	Problem, Guide string
	Events         []RecordEvent
	Credentials    []RecordCredential
	// Deliveries are there for who may look at callbacks; MaySeeDeliveries tells.
	Deliveries       []RecordDelivery
	MaySeeDeliveries bool
}

// RecordEvent is one event with what programs know it by.
type RecordEvent struct {
	Sequence          int
	Title, Kind, Time string // Time is RFC 3339 with milliseconds
	Guide             string // the way to what the guides say about it, where something went wrong
	Cause             string
	Request           string // what the log names the request by; empty when the event came of none
}

// RecordCredential is one credential that was signed.
type RecordCredential struct{ ID, Format, Issued, Expires, Thumbprint, Digest string }

// RecordDelivery is the handing of one event to one callback endpoint.
type RecordDelivery struct {
	Href, Event string
	State       ui.Status
	Attempts    int
	Last        string
	Result      string
}
