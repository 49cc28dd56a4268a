package audit

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// Show is the page: what is looked for, and what was found.
type Show struct {
	Page           layout.Page
	Who, From, To  string
	Acts           []Option
	Problems       []ui.Problem
	Rows           []Row
	Searched       bool
	Older, Newest  string // links; empty when there is no such page
	CSV, JSONLines string // links to the whole of what was looked for
	Verdict        *Verdict
}

// Option is something to choose.
type Option struct {
	Value, Label string
	Selected     bool
}

// Row is an entry.
type Row struct{ Number, At, Who, Door, Address, What, Object, Details string }

// Verdict is what became of verifying the chain.
type Verdict struct {
	Whole      bool
	Text, Head string
}
