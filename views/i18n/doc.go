// Package i18n says the portal's texts in the reader's language.
//
// A text stands in English where it is used and is looked up by itself in the catalogues of this folder, one JSON file a language.
// What no catalogue has is said in English, so that nobody meets an empty place; a test holds the catalogues to what the code says.
// The catalogue is golang.org/x/text/message: kept by the Go team, already among our modules, with the plural rules and numbers of CLDR.
package i18n
