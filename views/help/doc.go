// Package help is the guides inside the portal: for the counter, what to do about everything that can be wrong, for administrators, and the keys.
//
// The texts are Markdown, a folder a language, each written for its readers and not translated piece by piece. Pictures of the finished
// screens lie beside them; make help-pictures makes them again. Both are embedded and made into HTML once.
//
// Every heading has an id that never changes, because what goes wrong in the portal leads to it: At gives the way to one. What is
// emphasised in a text is the name of something on a page, in English in every language: it is shown as the portal says it.
package help
