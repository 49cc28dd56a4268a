package oauth

import "strings"

// The HTTP statuses of errors (RFC 6749 §5.2, RFC 6750 §3.1): a codec knows no HTTP library.
const (
	badRequest   = 400
	unauthorized = 401
	forbidden    = 403
)

// Error is a protocol error: a code from a specification, a description for the wallet's developer, and the
// status it is answered with.
type Error struct {
	Code        string
	Description string
	Status      int
	// Clock tells that a time in the request is too far from ours. The wallet is told in the description.
	Clock bool
}

// OfClock marks the error as one of clocks.
func (e *Error) OfClock() *Error {
	e.Clock = true
	return e
}

// Error gives the code and the description.
func (e *Error) Error() string { return e.Code + ": " + e.Description }

// NewError makes an error. The description keeps only the characters that RFC 6749 §5.2 and OpenID4VCI 1.0
// §8.3.1.2 allow: printable ASCII without double quote and backslash.
func NewError(status int, code, description string) *Error {
	clean := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, description)
	return &Error{Code: code, Description: clean, Status: status}
}

// InvalidRequest is RFC 6749 §5.2 invalid_request.
func InvalidRequest(description string) *Error {
	return NewError(badRequest, "invalid_request", description)
}

// InvalidGrant is RFC 6749 §5.2 invalid_grant.
func InvalidGrant(description string) *Error {
	return NewError(badRequest, "invalid_grant", description)
}

// InvalidClient is RFC 6749 §5.2 invalid_client.
func InvalidClient(description string) *Error {
	return NewError(unauthorized, "invalid_client", description)
}

// UnsupportedGrantType is RFC 6749 §5.2 unsupported_grant_type.
func UnsupportedGrantType(description string) *Error {
	return NewError(badRequest, "unsupported_grant_type", description)
}

// InvalidDPoPProof is RFC 9449 §5 invalid_dpop_proof, answered 400 by the authorization server; a resource
// answers it 401.
func InvalidDPoPProof(description string) *Error {
	return NewError(badRequest, codeInvalidProof, description)
}

// UseDPoPNonce is RFC 9449 §8 use_dpop_nonce.
func UseDPoPNonce() *Error {
	return NewError(badRequest, CodeUseNonce, "the DPoP proof must carry the nonce from the DPoP-Nonce header")
}

// InvalidToken is RFC 6750 §3.1 invalid_token.
func InvalidToken(description string) *Error {
	return NewError(unauthorized, "invalid_token", description)
}

// InsufficientScope is RFC 6750 §3.1 insufficient_scope.
func InsufficientScope(description string) *Error {
	return NewError(forbidden, "insufficient_scope", description)
}

const codeInvalidProof = "invalid_dpop_proof"

// CodeUseNonce asks the wallet to try again with the nonce of the answer (RFC 9449 §8).
const CodeUseNonce = "use_dpop_nonce"
