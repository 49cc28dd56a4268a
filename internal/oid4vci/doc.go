// Package oid4vci translates between the wire of OpenID4VCI and the domain: it reads what wallets send, calls
// a use case, and writes what wallets expect, byte for byte. It knows no HTTP server: requests come in as values,
// answers go out as values.
//
//	offer ─▶ metadata ─▶ token ─▶ nonce ─▶ credential ─▶ notification
//
// Files: urls.go (every URL), offer.go, metadata.go (issuer and authorization server), service.go (what the endpoints
// share), token.go, nonce.go, credential.go, proof.go (the list a key proof is held to), notification.go,
// refusal.go (domain refusals → protocol errors).
//
// Implements OpenID4VCI 1.0 §§4, 6, 7, 8, 11, 12 and Appendix F for the pre-authorized code and dc+sd-jwt; see
// COVERAGE.md for what is there and where it deviates.
package oid4vci
