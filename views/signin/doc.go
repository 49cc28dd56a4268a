// Package signin is the page where people sign in.
package signin
