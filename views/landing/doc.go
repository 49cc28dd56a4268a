// Package landing is the page that a customer's phone opens from an offer's address: what is offered, and how it gets into a wallet.
//
// Files: model.go (what the page shows), words.go (every text of the page, to be translated in one place), show.templ.
package landing
