package approvals

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// Inbox is the page of what waits, oldest first. More tells that there is more than is shown.
type Inbox struct {
	Page layout.Page
	Rows []Row
	More bool
}

// Row is one offer that waits.
type Row struct {
	Href, Type, Reference, By string
	// Asked is when, Until when it expires.
	Asked, Until string
	// Corrects tells that it replaces another offer; Own that the reader made it.
	Corrects, Own bool
}

// Show is the page of one offer.
type Show struct {
	Page  layout.Page
	ID    string
	Type  string
	Facts []Fact
	// Claims is what the credential will say. Compared tells that what the offer before said stands beside it; Corrects is the address
	// of that offer, and is empty when there is none.
	Claims   []Claim
	Compared bool
	Corrects string
	// Corrected leads to the offer that corrects this one; empty when there is none.
	Corrected string
	// Content names exactly what is shown, for the answer.
	Content string
	// Own tells that the reader made the offer, so that somebody else has to decide.
	Own bool
	// Problem says why the decision was not taken; ReasonError what is wrong with the reason of a rejection. Guide is the way to what the
	// guides say about either.
	Problem     string
	Reason      string
	ReasonError string
	Guide       string
}

// Fact is one line about the offer.
type Fact struct{ Name, Text string }

// Claim is one line of what the credential will say. Change says how it differs from before; without a word it does not. Picture tells
// that the values are pictures, as data URIs.
type Claim struct {
	Label, Value, Before string
	Change               ui.Status
	Picture              bool
}
