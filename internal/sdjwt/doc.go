// Package sdjwt builds and reads SD-JWTs: it turns claims into a payload with digests and
// disclosures, and back. It knows bytes; what may be disclosed is for its caller, signing too.
//
// Files: build.go, parse.go (the compact form), disclose.go (payload and disclosures → claims).
//
// Implements RFC 9901 §§4 and 7.1 with SHA-256 in the compact serialization.
package sdjwt
