package problem

import "counterfoil/views/layout"

// Show is the page.
type Show struct {
	Page      layout.Page
	Text      string
	RequestID string
}
