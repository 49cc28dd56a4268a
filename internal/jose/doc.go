// Package jose signs and reads compact JWTs strictly: canonical base64url, no doubled
// members, no critical extensions, no compression, algorithms from an allow-list that fits the key.
// It never fetches a key (jku, x5u) and never trusts an algorithm that only the token names. Which
// claims must hold is for the packages that know the token's purpose.
//
// It is the one door to lestrrat-go/jwx/v2, which upstream no longer maintains; a move to
// its successor stays inside this folder.
//
// Files: signer.go, token.go (parsing and verifying), key.go (public keys), keyset.go (keys of an authorization server), chain.go (certificates).
//
// Implements RFC 7515, RFC 7517, RFC 7638 and RFC 7519 as far as EC keys go; keysets also with RSA and Ed25519 (RFC 7518, RFC 8037).
package jose
