package ui

import (
	"slices"
	"strings"
)

// Problem is what is wrong with a field, named by its id; with the form as a whole when it names none. Guide is the way to the paragraph of
// the guides about it.
type Problem struct{ Field, Text, Guide string }

// Has tells whether a field is among the problems.
func Has(problems []Problem, field string) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Field == field })
}

// Choice is a box to tick.
type Choice struct {
	Name, Label, Help string
	Chosen            bool
}

// Fact is one thing to know of something.
type Fact struct{ Label, Value string }

// Described gives the ids of what describes a field: its help, which may be none, and what is wrong with it.
func Described(problems []Problem, field, help string) string {
	if !Has(problems, field) {
		return help
	}
	return strings.TrimSpace(help + " " + field + "-error")
}
