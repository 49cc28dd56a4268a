package problem

import "counterfoil/views/layout"

// Show is the page.
type Show struct {
	Page      layout.Page
	Text      string
	RequestID string
	// Help leads to the paragraph of the guide that says more.
	Help string
	// Again loads the page that failed once more, Back leads to the page before; each is empty when there is none.
	Again, Back string
	// SignIn leads to signing in, for who must.
	SignIn string
}
