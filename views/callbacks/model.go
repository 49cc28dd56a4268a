package callbacks

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// List is the page of all endpoints, with a form for one more when the person may add it.
type List struct {
	Page layout.Page
	Rows []Row
	Form *Form
}

// Row is one endpoint in a list.
type Row struct {
	Href, Name, URL, Since string
	Status                 ui.Status
	Queued                 int
}

// Form is what an endpoint is made from, or changed to.
type Form struct {
	URL, Name string
	Statuses  []Choice
	Types     []Choice
	Errors    []ui.Problem
}

// Choice is one box to tick.
type Choice struct {
	Name, Value, Label, Help string
	Chosen                   bool
}

// Show is the page of one endpoint.
type Show struct {
	Page   layout.Page
	Href   string
	Name   string
	Status ui.Status
	Facts  []Fact
	// Secret is there when it was just made: shown this once.
	Secret string
	// Said is what was just done.
	Said string
	// MayAct shows what changes something; Paused tells that it can be resumed rather than paused.
	MayAct bool
	Paused bool
	Failed bool
	// Change is there when it may be changed.
	Change     *Form
	Range      Range
	Deliveries []Delivery
}

// Range is a time range to send again, as it was typed.
type Range struct {
	From, Until string
	Errors      []ui.Problem
}

// Fact is one thing to know.
type Fact struct{ Label, Value string }

// Delivery is one delivery in a list.
type Delivery struct {
	Href, Status, Offer, OfferHref, At, Result string
	Attempts                                   int
	State                                      ui.Status
}

// Detail is the page of one delivery.
type Detail struct {
	Page     layout.Page
	Delivery Delivery
	Back     string
	Body     string
	MayAct   bool
	Attempts []Attempt
}

// Attempt is one attempt at a delivery.
type Attempt struct{ At, Took, Result, Response string }
