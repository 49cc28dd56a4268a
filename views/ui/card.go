package ui

import (
	"context"
	"strings"

	"counterfoil/views/i18n"
)

// Card is a credential as wallets draw it.
type Card struct {
	Name, Description, Issuer string
	Background, Text          string // colours, like #1a2b3c
	// Logo is a picture as data URI; LogoElsewhere tells that there is one, but at an address that the page may not load.
	Logo, LogoAlt string
	LogoElsewhere bool
	// Contrast is that of text and background, when people cannot read it; else empty.
	Contrast string
}

// label says the drawing to who does not see it.
func (c Card) label(ctx context.Context) string {
	parts := []string{c.Name}
	for _, part := range []string{c.Description, c.LogoAlt, c.Issuer} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return i18n.T(ctx, "Card in the wallet: %s", strings.Join(parts, ". "))
}

// wrap breaks a text into lines of at most so many characters, because a drawing does not; what is over ends in an ellipsis.
func wrap(text string, width, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		word = cut(word, width)
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		lines = append(lines, line)
	}
	if len(lines) > most {
		lines[most-1] = cut(lines[most-1]+"…"+lines[most], width)
		lines = lines[:most]
	}
	return lines
}

func cut(text string, width int) string {
	if r := []rune(text); len(r) > width {
		return strings.TrimRight(string(r[:width-1]), " …") + "…"
	}
	return text
}

func first(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}
