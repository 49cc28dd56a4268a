package demowallet

import "counterfoil/views/layout"

// Show is the page.
type Show struct {
	Page  layout.Page
	Offer string
	// Error is why nothing was collected, Guide the way to what the guides say about that.
	Error, Guide string
	Steps        []string
	Credential   *Credential
}

// Credential is what was collected and verified.
type Credential struct {
	Name, Issuer, ValidUntil string
	Disclosable              int
	Claims                   []Claim
}

// Claim is one line of the credential.
type Claim struct{ Name, Value string }
