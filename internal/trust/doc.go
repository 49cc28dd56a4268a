// Package trust holds the keys that Counterfoil signs with, by purpose, each with the certificate chain that
// vouches for it. It makes the demo's own chain and tells a demo chain from a real one. It never
// decides what is signed.
//
// Files: set.go (keys by purpose), demo.go (a chain for demonstrations), files.go (PEM files in a folder),
// certificates.go (what is read of one), chain.go (what a chain is held to), dated.go (when they end).
//
// Certificates follow HAIP 1.0 §§4.1 and 6.1.1 (leaf not self-signed, anchor not in the chain) and, where they
// cost nothing, ISO/IEC 18013-5 Annex B.
package trust
