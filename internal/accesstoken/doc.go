// Package accesstoken tells who calls by a JWT access token that another authorization server gave out (RFC 9068). It reads that
// server's metadata and keys, keeps them for a while, and fetches them again when a token names a key that it has not seen. What a
// caller may do it does not decide: it gives the client's id and the scopes that the token states.
//
// It takes a token only from one issuer and for one audience, only when typ says that it is an access token, and never one
// that is bound to a key or certificate (cnf): it cannot see whether the caller has that, and to take it as a bearer token would
// undo the binding.
//
// Files: verify.go (the token), issuer.go (metadata and keys).
//
// Implements RFC 9068 §4, RFC 8414 §3 and OpenID Connect Discovery 1.0 §4.
package accesstoken
