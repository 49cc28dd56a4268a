// Package oauth reads and phrases the parts of OAuth that every protected endpoint shares: errors,
// form bodies, the Authorization header and DPoP proofs. It decides nothing about grants.
//
// Files: error.go, form.go, authorization.go, dpop.go, htu.go (comparing URLs).
//
// Implements RFC 6749 §§3.2, 5.2, RFC 6750 §§2.1, 3 and RFC 9449 §§4.3, 7.1, 8.
package oauth
