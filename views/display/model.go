package display

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// Show is the page of the display.
type Show struct {
	Page layout.Page
	// Paired tells that there is a stream to listen to.
	Paired bool
	Live   Live
}

// Live is the part that moves: a pairing code, a QR code with steps, or a message.
type Live struct {
	Code string // pairing code, in groups
	QR   string // address of the picture
	// Modules is how many the picture has on a side: each is drawn as a whole number of pixels.
	Modules int
	Steps   []string
	// Left is the seconds until the offer expires, LeftText the same as m:ss.
	Left     int
	LeftText string
	Message  Message
}

// Message is a sign, a few large words and what to do.
type Message struct {
	Sign, Title, Text string
	Tone              string // "", now, bad
	// Code is the transaction code in groups, where the policy of the type lets the display show it.
	Code string
}

// Pair is the page where a display is paired.
type Pair struct {
	Page    layout.Page
	Address string // of the display's page
	Code    string // as it was typed
	// Error is what is wrong with it, Guide the way to what the guides say about that.
	Error, Guide string
	// Language is the tag that was chosen, Languages what there is to choose from.
	Language  string
	Languages []Language
	// Status is how the person's display fares; empty when they have none.
	Status ui.Status
}

// Language is one of a choice; Name is what it is called in itself.
type Language struct {
	Tag, Name string
	Chosen    bool
}
