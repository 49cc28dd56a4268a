// Package apiclients is the pages on which administrators look after the programs that may call the management API.
package apiclients
