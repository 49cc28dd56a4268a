// Package samples is every page in every state, made of what a handler could give it. The gallery serves them for looking at, and what they
// look like as HTML is kept in golden: a change to a page shows as a change there.
package samples
