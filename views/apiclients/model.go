package apiclients

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// List is the page of every client.
type List struct {
	Page      layout.Page
	Rows      []Row
	MayManage bool
}

// Row is a client of the list.
type Row struct {
	Href, Name, May, Used string
	Status                ui.Status
}

// Form is the form of a client, with what was typed and what is wrong with it. Href is the page of one that is there already, and Seen
// counts how often what it may do was changed when the form was opened.
type Form struct {
	Page                       layout.Page
	Href, Seen                 string
	Name, Networks, Identities string
	Scopes, Types, Lives       []ui.Choice
	// ByIdentity tells that the client shows a certificate or a token instead of a key.
	ByIdentity bool
	Problems   []ui.Problem
}

// Show is the page of one client.
type Show struct {
	Page       layout.Page
	Href, Name string
	Status     ui.Status
	Facts      []ui.Fact
	// Said is what was just done; Key a key that was just made.
	Said, Key string
	Problems  []ui.Problem
	Keys      []Key
	Lives     []ui.Choice
	// MayManage tells that the reader may change the client; MayHaveKey that another key fits.
	MayManage, MayHaveKey, HasKeys, Disabled bool
}

// Key is a key, never the key itself.
type Key struct {
	ID, Made, Used string
	Status         ui.Status
	Live           bool
}
