package system

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// Show is the page: what was looked at, in groups, worst first.
type Show struct {
	Page layout.Page
	// Verdict is all of it in a sentence; Ready tells that nothing failed.
	Verdict string
	Ready   bool
	At      string
	Groups  []Group
	// MayRun shows the button that looks again.
	MayRun bool
}

// Group is what ended alike.
type Group struct {
	ID, Title string
	Checks    []Check
}

// Check is one thing that was looked at; Fix is empty when nothing is to be done.
type Check struct {
	Name, Found, Fix string
	Status           ui.Status
}
