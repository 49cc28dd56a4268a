package help

import (
	"slices"

	"counterfoil/views/layout"
)

// Show is the page of a guide.
type Show struct {
	Page  layout.Page
	Name  Name
	Guide Guide
	// Elsewhere are the parts of the administrators' guide, on the page of the one for the counter.
	Elsewhere []Part
	// Keys tells that the keys that stand alone are on.
	Keys bool
}

// Name is one of the guides.
type Name string

// The guides.
const (
	Counter        Name = "counter"
	Troubles       Name = "troubles"
	Administration Name = "administration"
	Keyboard       Name = "keyboard"
)

// Names lists the guides that have parts to lead to.
func Names() []Name { return []Name{Counter, Troubles, Administration} }

// Path is where a guide stands.
func (n Name) Path() string {
	if n == Counter {
		return "/help"
	}
	return "/help/" + string(n)
}

// Guide is a text in one language: its title, the rest as HTML, and its parts.
type Guide struct {
	Title, HTML string
	Parts       []Part
}

// Chapters gives the parts that begin a chapter.
func (g Guide) Chapters() []Part {
	return slices.DeleteFunc(slices.Clone(g.Parts), func(p Part) bool { return !p.Chapter })
}

// Part is a heading: its text, its id, and whether it begins a chapter.
type Part struct {
	Title, Anchor string
	Chapter       bool
}
