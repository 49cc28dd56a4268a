package qr

import (
	"fmt"

	qrcode "github.com/skip2/go-qrcode"
)

// Level is how much of a code may be lost to dirt or glare before it cannot be read (ISO/IEC 18004 §7.5.1).
type Level string

// The levels, and about how much each repairs.
const (
	L Level = "L" // 7 %
	M Level = "M" // 15 %: what screens need
	Q Level = "Q" // 25 %
	H Level = "H" // 30 %
)

// Levels lists the levels from the least to the most.
func Levels() []Level { return []Level{L, M, Q, H} }

// Code is an encoded QR code: its modules in rows, true is dark, with the quiet zone.
type Code struct{ modules [][]bool }

// Encode encodes content at a level. It fails when the content is too long for any code at that level, or the level is none.
func Encode(content string, level Level) (Code, error) {
	levels := map[Level]qrcode.RecoveryLevel{L: qrcode.Low, M: qrcode.Medium, Q: qrcode.High, H: qrcode.Highest}
	recovery, known := levels[level]
	if !known {
		return Code{}, fmt.Errorf("encode QR code: %q is no level", level)
	}
	q, err := qrcode.New(content, recovery)
	if err != nil {
		return Code{}, fmt.Errorf("encode QR code: %w", err)
	}
	return Code{q.Bitmap()}, nil
}

// Modules gives the side of the code in modules, with the quiet zone.
func (c Code) Modules() int { return len(c.modules) }
