// Package wallet is an honest wallet for trials: it resolves an offer, redeems its code, proves
// possession of its keys, verifies what it gets and tells the issuer that it stored it. It is behind the
// command line, the demo page and the tests. It keeps nothing and trusts nothing that it has
// not verified.
//
//	offer ─▶ issuer metadata ─▶ authorization server metadata ─▶ token ─▶ nonce ─▶ credential ─▶ verify ─▶ notification
//
// Files: wallet.go (the steps), offer.go (offer URIs and metadata), token.go (token request and DPoP),
// credential.go (proofs, request, notification), verify.go (what a credential must be), http.go
// (requests and the issuer's refusals).
//
// Implements the wallet side of OpenID4VCI 1.0 §§4, 6, 7, 8, 11 for the pre-authorized code, RFC 9449 and
// the holder's checks of RFC 9901 §7.1.
package wallet
