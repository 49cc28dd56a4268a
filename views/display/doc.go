// Package display is the customer display, a second screen that nobody signs in to, and the page where somebody pairs it.
package display
