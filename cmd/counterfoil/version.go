package main

import (
	"fmt"
	"os"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints the version that Go recorded when it built the program.
func (versionCommand) Run() error {
	_, err := fmt.Fprintln(os.Stdout, "counterfoil", version())
	return err
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}
