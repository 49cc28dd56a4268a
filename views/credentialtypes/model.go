package credentialtypes

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// List is the page of all types.
type List struct {
	Page   layout.Page
	Rows   []Row
	MayAdd bool
}

// Row is one type in the list.
type Row struct{ Href, Name, ID, VCT, Version, Format, Policy string }

// Show is the page of one type.
type Show struct {
	Page layout.Page
	Href string
	Name string
	// Said is what was just done.
	Said     string
	Facts    []Fact
	Card     ui.Card
	Claims   []Claim
	Displays []Display
	Versions []Version
	// Document is the Type Metadata as wallets get it; Config is what the issuer decides beside it, empty for the defaults.
	Document, Config string
	// ChangeHref is empty for who may only look.
	ChangeHref string
	Trial      *Trial
}

// Fact is one thing to know.
type Fact struct{ Label, Value string }

// Claim is one line of the table of claims.
type Claim struct{ Label, Path, Needed, Kind, Sharing string }

// Display is how the type is shown in one language.
type Display struct{ Language, Name, Description, Colours string }

// Version is one version that was added.
type Version struct{ Number, At, By string }

// Trial is what came of a trial: the steps that were done, and what went wrong when something did.
type Trial struct {
	Steps  []string
	Error  string
	Claims []Fact
}

// Form is the page where a type is added or changed.
type Form struct {
	Page layout.Page
	// Title and Lead tell adding from changing.
	Title, Lead          string
	ID, Metadata, Config string
	// Fixed tells that the id is that of a type that is there.
	Fixed  bool
	Errors []Error
}

// Error is one fault: Href leads to the field, Text says where in the document and what, Pointer the place for programs. Guide is the way to
// what the guides say about it.
type Error struct{ Href, Pointer, Text, Guide string }

// Warning is what is allowed but will look or work badly. Guide is the way to what the guides say about it.
type Warning struct{ Text, Guide string }

// Review is the page between the check and the confirmation: what changes.
type Review struct {
	Page     layout.Page
	Title    string
	Lead     string
	Warnings []Warning
	Before   *ui.Card
	After    ui.Card
	Changes  []Change
	// ID, Metadata, Config and Seen are sent again with the confirmation; Seen stands for all that is shown.
	ID, Metadata, Config, Seen string
	// Same tells that nothing changes, so that there is nothing to confirm.
	Same     bool
	BackHref string
	Trial    *Trial
}

// Change is one document, before and after.
type Change struct {
	ID, Title, Lead string
	// Count says how much changes.
	Count string
	Lines []Line
}

// Line is one line of a change. Sign is + or −, or a space for what stays; Word says it for who does not see it.
type Line struct{ Sign, Word, Text string }
