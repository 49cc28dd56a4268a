package home

import (
	"counterfoil/views/layout"
	"counterfoil/views/offers"
	"counterfoil/views/ui"
)

// Show is the page: what can be issued, and what is open.
type Show struct {
	Page  layout.Page
	Tiles []Tile
	Open  []offers.Row
	// Display is how the person's customer display fares; empty when they have none.
	Display ui.Status
}

// Tile is one credential type that the person may issue.
type Tile struct{ Href, Name, Description string }
