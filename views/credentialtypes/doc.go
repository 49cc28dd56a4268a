// Package credentialtypes is the pages of credential types: which there are, how one is changed, and a trial of it.
package credentialtypes
