// Package config turns the environment into a Config. It reports all faults at once, each by
// the name of its variable, and never prints a value that may be a secret. It opens nothing but
// the files that _FILE variables name.
//
// Files: config.go (the settings, with defaults and docs), load.go (environment → Config),
// check.go and check_management.go (what must hold), table.go (the settings as a table for the README).
package config
