package people

import (
	"counterfoil/views/layout"
	"counterfoil/views/ui"
)

// List is the page of everybody.
type List struct {
	Page      layout.Page
	Rows      []Row
	MayManage bool
}

// Row is a person of the list.
type Row struct {
	Href, Display, Name, Roles, Since string
	Status                            ui.Status
}

// Form is the form of a new person, with what was typed and what is wrong with it.
type Form struct {
	Page          layout.Page
	Name, Display string
	Roles         []ui.Choice
	Problems      []ui.Problem
}

// Show is the page of one person.
type Show struct {
	Page                layout.Page
	Href, Display, Name string
	Status              ui.Status
	Facts               []ui.Fact
	// Said is what was just done; Code a setup code that was just made.
	Said, Code string
	Problems   []ui.Problem
	Sessions   []Session
	// MayManage tells that the reader may change the person: Self that it is the reader, whom another has to change.
	MayManage, Self bool
	// External tells that the person signs in at an identity provider, where roles and access are looked after.
	External, Disabled bool
	Roles              []ui.Choice
}

// Session is a browser in which the person is signed in.
type Session struct{ ID, Browser, Address, Method, Since, Seen string }
