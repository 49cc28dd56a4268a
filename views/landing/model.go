package landing

import "time"

// State is what the page has to say.
type State int

// The states: of the offer, and what can go wrong on the way to it.
const (
	Open      State = iota // waits for a wallet
	Opened                 // a wallet has fetched it
	Pending                // waits for approval
	Redeemed               // a wallet is collecting
	Issued                 // a wallet has it
	Expired                // its time is over
	Withdrawn              // cancelled, or stopped for safety
	Missing                // there is none at this address
	Crowded                // too many requests
	Away                   // the database is away
	Broken                 // a fault
)

// Show is the page. Of an offer that no wallet can collect any more it tells its state only.
type Show struct {
	State State
	// Stylesheets, Icon and Logo are paths; there may be no logo.
	Stylesheets []string
	Icon, Logo  string
	// Issuer is who offers it; empty when the page is about no offer.
	Issuer string
	// Offer is there while a wallet may collect.
	Offer *Offer
	// Languages are the others that the page can be read in.
	Languages []Language
	// RequestID names a request that went wrong, for support.
	RequestID string
}

// Offer is what is offered: never a claim and never a code.
type Offer struct {
	Credential string
	Left       time.Duration // until it expires
	Code       bool          // the wallet asks for a transaction code
	Links      []Link        // the recommended one first
}

// Language leads to the page in another language; Name is what it calls itself.
type Language struct{ Tag, Name, Href string }

// Link opens the offer in a wallet.
type Link struct{ Scheme, URI string }

// tone is how the state is meant where no offer is shown, sign its picture; the heading says it in words.
func (s Show) tone() string {
	switch s.State {
	case Open, Opened, Redeemed, Issued:
		return ""
	case Pending, Missing:
		return "quiet"
	case Expired, Withdrawn, Crowded, Away, Broken:
	}
	return "bad"
}

func (s Show) sign() string {
	switch s.State {
	case Issued:
		return "✓"
	case Open, Opened, Pending, Redeemed:
		return "…"
	case Missing:
		return "–"
	case Expired, Withdrawn, Crowded, Away, Broken:
	}
	return "!"
}
