package home

import (
	"counterfoil/views/layout"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
)

// Show is the page: what can be issued, and what is open.
type Show struct {
	Page layout.Page
	// Issues tells that the person makes offers; Open are then their own.
	Issues bool
	Tiles  []Tile
	Open   []offers.Row
	// Alerts are what stands in the way, or soon will.
	Alerts []Alert
	// Today is what the person did today; nil for who makes no offers.
	Today []Figure
	// Display is how the person's customer display fares; empty when they have none.
	Display ui.Status
}

// Tile is one credential type that the person may issue.
type Tile struct{ Href, Name, Description string }

// Alert is one thing to know before a customer stands there; Href is empty for who cannot do anything about it. Guide is the way to what
// the guides say about it.
type Alert struct {
	Text, Href, Link, Guide string
	Bad                     bool
}

// Figure is one number of today.
type Figure struct {
	Label string
	Count int
}
