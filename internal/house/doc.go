// Package house holds the rules of the house that no linter holds: who may import whom over the whole dependency closure, what
// may lie where, what every package and every fuzz target must have. It has tests only; rules_test.go is the table to read.
package house
