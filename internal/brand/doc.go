// Package brand is how the bank's pages look: its name, its logo and its accent, from settings.
package brand
