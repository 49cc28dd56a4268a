// Package wallet is the wallet door: the routes of OpenID4VCI over HTTP. It carries bytes between Fiber and package
// oid4vci, sets headers, and phrases errors; it decides nothing.
//
// Files: wallet.go (every route), documents.go (what is public and cached), endpoints.go (what wallets call), landing.go (the page that
// people open), errors.go.
package wallet
