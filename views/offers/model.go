package offers

import (
	"net/url"

	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// Row is one offer in a list.
type Row struct {
	Href, Type, Reference, By, Created string
	Status                             ui.Status
}

// List is the page of offers, with what they are filtered by.
type List struct {
	Page                    layout.Page
	Statuses, Types, Makers []Option
	From, To, Reference     string
	// Customer is the customer's number that was searched for, which no address holds.
	Customer string
	Errors   []ui.Problem
	Rows     []Row
	// Filtered tells that the filter leaves some out, Later that this is not the first page.
	Filtered, Later bool
	// Next is the address of the next page, After what a form sends for it.
	Next, After string
}

// Form is the page where a clerk fills in claims.
type Form struct {
	Page   layout.Page
	Type   string // id
	Name   string
	Token  string // makes sending twice one offer
	Groups []Group
	Errors []ui.Problem
	// Upload tells that there is a picture to choose; MaxUpload says how large it may be.
	Upload    bool
	MaxUpload string
	// TxCode asks for a transaction code of Length digits.
	TxCode    bool
	Length    int
	Reference string
	// Customer is the customer's number as typed.
	Customer string
	// Replaces is the offer that this one corrects, Original leads to it, and Collected tells that it was collected; empty for a new offer.
	Replaces, Original string
	Collected          bool
	// Approval says that somebody has to approve, Nobody that nobody else may; empty when that is not so.
	Approval, Nobody string
	// Restored is when the draft was saved that the form was filled with; empty when it was none.
	Restored string
	Preview  Preview
}

// Action is where the form goes that is not sent yet: for another row, to be looked at or kept.
func (f Form) Action() string { return "/offers/new/" + url.PathEscape(f.Type) }

// Crop is the whole of a picture and the box it is cut by, each number from 0 to 100.
type Crop struct {
	Whole              string
	Zoom, Across, Down int
}

// Preview is what the customer will get, of what is typed so far.
type Preview struct {
	Action string
	Card   ui.Card
	Facts  []Fact
	// Saved is when the draft was kept; empty when it was not.
	Saved string
	// Pictures are the fields of pictures that were just chosen, to be shown in the form.
	Pictures []Field
	// Cut are those that were cut otherwise than the form shows.
	Cut []Field
}

// Fact is one thing that the credential will say; Picture is a data URI.
type Fact struct{ Label, Value, Picture string }

// Group is fields that belong together.
type Group struct {
	Label  string
	Fields []Field
}

// Field is one thing to fill in.
type Field struct {
	// In names the row of a list that the field stands in; empty where there is none.
	In                       string
	Name, Label, Help, Value string
	// Error is what is wrong with it, Guide the way to what the guides say about that.
	Error, Guide     string
	Kind             string // text, email, tel, long, date, radios, select, suggest, picture, list
	Day, Month, Year string
	Required         bool
	Choices          []Choices
	Max              int
	Mode             string // inputmode
	Focus            bool   // the page opens here
	// Asked says when the field is shown, Away that it is not with what the page says now, and Chooses that others depend on it.
	Asked         []Asked
	Away, Chooses bool
	// Titled tells that what stands above says the label already.
	Titled bool
	// Rows are those of a list.
	Rows []ListRow
	// MaxUpload says how large a picture may be, Action where it goes to be taken out.
	MaxUpload, Action string
	// Fresh tells that a picture takes the place of the one that the page has.
	Fresh bool
	// Crop is what a picture is cut from and by; nil when it cannot be.
	Crop *Crop
}

// Asked is what another field must say, one of several values.
type Asked struct {
	Field string   `json:"field"`
	Is    []string `json:"is"`
}

// Has tells whether there is something that a help text of the field has to say.
func (f Field) Has() bool { return f.Help != "" || f.Error != "" }

// Whole is the label, and before it the row that the field stands in.
func (f Field) Whole() string { return whole(f.In, f.Label) }

// Named is the label, and after it the row that the field stands in.
func (f Field) Named() string { return whole(f.Label, f.In) }

// Simple tells a list whose rows are a value each, which need no words of their own.
func (f Field) Simple() bool { return f.In == "" && len(f.Rows) > 0 && f.Rows[0].Simple() }

func whole(first, last string) string {
	if first == "" || last == "" {
		return first + last
	}
	return first + ", " + last
}

// ListRow is one row of a list: one field, or several with a label over them.
type ListRow struct {
	Label string
	// In names the row of another list that this one's list stands in; empty where there is none.
	In     string
	Fields []Field
	// Remove takes the row out; empty when it is the only one.
	Remove string
}

// Whole is the label, and before it the row that the list stands in.
func (r ListRow) Whole() string { return whole(r.In, r.Label) }

// Named is the label, and after it the row that the list stands in.
func (r ListRow) Named() string { return whole(r.Label, r.In) }

// Simple tells a row that is one value.
func (r ListRow) Simple() bool {
	return len(r.Fields) == 1 && r.Fields[0].Titled && len(r.Fields[0].Rows) == 0 && r.Fields[0].Kind != "list"
}

// Choices is values to choose from; a label stands over them when there are several such groups.
type Choices struct {
	Label   string
	Options []Option
}

// Option is one value of a choice.
type Option struct {
	Value, Label string
	Selected     bool
}

// Counter is the screen while the customer collects.
type Counter struct {
	Page      layout.Page
	ID        string
	Type      string
	Reference string
	// Before leads to the offer that this one took the place of; empty when there was none.
	Before string
	// Held says that a browser without scripts keeps the page as it is.
	Held bool
	// Query goes with every fetch of what moves: who chose to stay here stays here.
	Query string
	Live  Live
}

// Live is the part that moves.
type Live struct {
	ID string
	// Open means that the QR code is still of use, Connected that a phone has come for it, Over that the next customer can come, Ended that nothing more will happen.
	Open, Connected, Over, Ended bool
	QR                           string // address of the picture
	Modules                      int    // how many the picture has on a side: each is drawn as a whole number of pixels
	URI                          string
	DemoWallet                   string // address of the demo's wallet with this offer in it; empty outside the demo
	// Left is the seconds until the offer expires, LeftText the same as m:ss.
	Left     int
	LeftText string
	Code     Code
	Display  Display
	Result   Result
	// Say is what to do or say now, and Advice the same when there is trouble.
	Say    string
	Advice Advice
	Steps  []Step
	// Support is lines for those who help from afar, without a claim.
	Support []string
	// Waits means that a second person has to approve first.
	Waits bool
	// Record leads to everything that is known of the offer.
	Record string
	// MayAct tells that the person may cancel an open offer, MayRepeat that they may show this one again, MayCorrect correct it.
	MayAct, MayRepeat, MayCorrect bool
	// After leads to the offer that took the place of this one; empty when none did.
	After string
	// Home is the seconds until the page goes home by itself, HomeText the same as m:ss; 0 when it stays.
	Home     int
	HomeText string
}

// Advice says of a trouble what happened, what to say to the customer and what to do. Help is the way to what the guides say.
type Advice struct{ Happened, Tell, Do, Help string }

// Code is the transaction code: hidden until revealed. Number counts the codes that the offer has had: an older one that is shown gives way.
type Code struct {
	ID       string
	Number   int
	Asked    bool
	Revealed string // in groups
	Length   int
	// Keep tells htmx to keep what the page shows: a refresh must not hide a revealed code.
	Keep bool
}

// Display is how the customer display of the person at the counter fares. May tells that they may pair one; without a status there is none.
type Display struct {
	May       bool
	Offer     string // of the screen
	Status    ui.Status
	Connected bool
	// Shows tells that the display shows this offer.
	Shows bool
}

// Result stands where the QR code was.
type Result struct {
	Sign, Title, Text string
	Tone              string // "", bad, quiet
}

// Step is one line of the story.
type Step struct {
	Tone   string // "", now, todo, bad, note
	Title  string
	Guide  string // the way to what the guides say about a bad one
	Time   string // for people
	Exact  string // RFC 3339
	Detail string
}

// Paper is what both printed pages have: nothing that the customer's data says.
type Paper struct {
	Page                   layout.Page
	ID, Issuer, Credential string
	// Language is that of the sheet, which is the customer's; the page around it is in the clerk's.
	Language  string
	Languages []Option
	// Until is when the offer expires; empty when there is nothing to print any more.
	Until string
}

// Slip is the transaction code on paper, without the QR code: who finds one of the two has nothing.
type Slip struct {
	Paper
	Code Code
}

// Handout is the QR code of the offer's landing page on paper, without the transaction code.
type Handout struct {
	Paper
	QR     string // address of the picture
	TxCode bool
}
