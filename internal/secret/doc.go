// Package secret keeps and makes secrets: text that does not print itself, random values,
// transaction codes, keys derived from one master key, keyed MACs and sealed values. It decides no
// rule of issuance; it knows bytes.
//
// Files: text.go, random.go, txcode.go, master.go (derived keys and MACs), seal.go (envelopes).
//
// AEAD comes from Tink (Apache-2.0, kept by Google), derivation from the standard library's
// HKDF (RFC 5869).
package secret
