package typemeta

import (
	"embed"
	"io/fs"
)

//go:embed samples/*.json
var samples embed.FS

// Samples gives the bundled types.
func Samples() fs.FS {
	sub, err := fs.Sub(samples, "samples")
	if err != nil {
		panic("typemeta: " + err.Error()) // the folder is embedded above
	}
	return sub
}
