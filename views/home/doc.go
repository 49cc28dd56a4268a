// Package home is the page a person starts from.
package home
