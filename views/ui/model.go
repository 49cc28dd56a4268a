package ui

// Tone is how a status is meant; it is always said in a word as well.
type Tone string

// The tones.
const (
	Quiet Tone = ""
	Now   Tone = "now"
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// Status is a word with its tone. Guide is the way to the paragraph of the guides about it, where it says that something is wrong.
type Status struct {
	Word  string
	Tone  Tone
	Guide string
}
