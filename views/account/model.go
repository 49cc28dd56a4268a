package account

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// Show is the page of somebody's own account.
type Show struct {
	Page layout.Page
	// Must tells that nothing else opens before a second step is set up, and recovery codes are made.
	Must                 bool
	Name, Display, Roles string
	Languages            []ui.Choice
	// Appearances are the choices of light and dark.
	Appearances []ui.Choice
	// SSO tells that they sign in at an identity provider, where the rest is looked after.
	SSO bool
	// MayHavePasskeys tells that the portal's address is one for passkeys.
	MayHavePasskeys bool
	Passkeys        []Passkey
	TOTP            bool
	// Any tells that a password alone is not enough; RecoveryCodes counts what is left for when all is lost.
	Any           bool
	RecoveryCodes int
	Sessions      []Session
}

// Passkey is one passkey.
type Passkey struct{ ID, Name, Since, Used string }

// Session is one browser that is signed in; Here is this one.
type Session struct {
	ID, Browser, Address, Method, Since, Seen string
	Here                                      bool
}

// TOTP is an authenticator app that is being set up.
type TOTP struct {
	Page          layout.Page
	Step, Key, QR string
	Error         string
}

// Codes is recovery codes, shown once.
type Codes struct {
	Page  layout.Page
	Codes []string
}
