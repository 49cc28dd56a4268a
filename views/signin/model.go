package signin

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// Show is the page. Demo people sign in with one click; otherwise there is a form, and what else is set up.
type Show struct {
	Page  layout.Page
	Next  string
	Name  string
	Error string
	// Help is the way to what the guides say about the error.
	Help   string
	People []Person
	// Passkeys and SSO are offered beside the password.
	Passkeys, SSO bool
	Languages     []ui.Choice
}

// Setup is the page on which somebody with a setup code chooses a password.
type Setup struct {
	Page     layout.Page
	Name     string
	Problems []ui.Problem
}

// Person is somebody of the demo.
type Person struct{ Name, Display, Role string }

// Second is the page that asks for the second proof.
type Second struct {
	Page layout.Page
	Next string
	// Error is what is wrong, Help the way to what the guides say about it.
	Error, Help    string
	TOTP, Passkeys bool
}
