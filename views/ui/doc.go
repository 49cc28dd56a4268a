// Package ui is the parts that several pages use.
package ui
