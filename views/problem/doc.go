// Package problem is the page that says what went wrong.
package problem
