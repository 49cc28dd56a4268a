package typemeta

import (
	"math"
	"strconv"
)

// Contrast gives the contrast ratio of two colours like #1a2b3c, from 1 to 21 (WCAG 2.2, relative luminance); 1 for what is no colour.
func Contrast(one, other string) float64 {
	const flare = 0.05
	a, b := luminance(one)+flare, luminance(other)+flare
	return max(a, b) / min(a, b)
}

func luminance(colour string) float64 {
	n, err := strconv.ParseUint(colour[min(1, len(colour)):], 16, 32)
	if err != nil {
		return 0
	}
	channel := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 0xff
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
