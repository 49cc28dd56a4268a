// Package layout is the shell around every page of the portal.
package layout
