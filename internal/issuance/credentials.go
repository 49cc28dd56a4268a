package issuance

import "context"

// Credentials is the record of what was signed.
type Credentials interface {
	// ListCredentials returns credentials, newest first.
	ListCredentials(ctx context.Context, f CredentialFilter) ([]Credential, error)
}

// CredentialFilter selects credentials for a list. Zero values do not restrict; Limit is required.
type CredentialFilter struct {
	ID    string
	Offer OfferID
	// Types are credential configuration ids.
	Types []string
	// After is the credential that the page before ended with: its time of issuance and its id.
	After Place
	Limit int
}
