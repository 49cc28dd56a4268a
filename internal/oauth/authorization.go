package oauth

import "strings"

// Scheme is how an access token was presented.
type Scheme string

// The schemes.
const (
	None   Scheme = ""
	Bearer Scheme = "Bearer"
	DPoP   Scheme = "DPoP"
)

// maxAccessToken bounds what is looked up, in bytes; ours are 43.
const maxAccessToken = 512

// ParseAuthorization reads the Authorization headers of a request. No header, or another scheme than Bearer
// and DPoP, gives None; two headers are invalid_request. Schemes are case-insensitive (RFC 9110 §11.1).
func ParseAuthorization(headers []string) (Scheme, string, *Error) {
	if len(headers) == 0 {
		return None, "", nil
	}
	if len(headers) > 1 {
		return None, "", InvalidRequest("there must be one Authorization header")
	}
	name, token, _ := strings.Cut(headers[0], " ")
	var scheme Scheme
	switch strings.ToLower(name) {
	case "bearer":
		scheme = Bearer
	case "dpop":
		scheme = DPoP
	default:
		return None, "", nil
	}
	if token == "" || len(token) > maxAccessToken || strings.Trim(token, token68) != "" {
		return None, "", InvalidToken("the access token is not well-formed")
	}
	return scheme, token, nil
}

// token68 is the alphabet of RFC 9110 §11.2.
const token68 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
