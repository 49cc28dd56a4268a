package config

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"counterfoil/internal/brand"
)

// maxName bounds the bank's name, in characters: it stands on a phone's screen.
const maxName = 60

// checkBrand holds what pages show of the bank. The logo is read when the program starts.
func (c Config) checkBrand() []error {
	var faults []error
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if utf8.RuneCountInString(c.BrandName) > maxName || !utf8.ValidString(c.BrandName) || slices.ContainsFunc([]rune(c.BrandName), unprintable) {
		faults = append(faults, fault("BRAND_NAME", "must be at most %d printable characters", maxName))
	}
	if c.BrandAccent != "" {
		if _, err := brand.ParseColour(c.BrandAccent); err != nil {
			faults = append(faults, fault("BRAND_ACCENT", "%s", err))
		}
	}
	return faults
}
