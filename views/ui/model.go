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

// Status is a word with its tone.
type Status struct {
	Word string
	Tone Tone
}
