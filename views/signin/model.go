package signin

import "counterfoil/views/layout"

// Show is the page. Demo people sign in with one click; otherwise there is a form.
type Show struct {
	Page   layout.Page
	Next   string
	Name   string
	Error  string
	People []Person
}

// Person is somebody of the demo.
type Person struct{ Name, Display, Role string }
