// Package certificates is the page that says when certificates and keys end.
package certificates
