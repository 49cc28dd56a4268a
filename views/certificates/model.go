package certificates

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// Show is the page: what ends, soonest first, over the twelve months from this one.
type Show struct {
	Page   layout.Page
	Months []string
	Rows   []Row
}

// Row is one certificate or key. From and Width are where its bar lies, in months from the first of this one.
type Row struct {
	Name, Subject, Ends string
	Status              ui.Status
	From, Width         string
	// Stops is what no longer works when it has ended, Fix what to do about it.
	Stops, Fix string
}
