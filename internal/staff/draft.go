package staff

import "time"

// Draft is what a person typed into the form of a new offer and has not sent yet.
type Draft struct {
	Person PersonID
	// Type is the credential type; a person has one draft of each.
	Type string
	// Form tells the form that wrote it from other ones: the hash of its token.
	Form []byte
	// Content is the portal's; it is sealed where it is kept, because it holds claims.
	Content []byte
	SavedAt time.Time
}
