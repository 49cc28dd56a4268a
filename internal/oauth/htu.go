package oauth

import (
	"net/url"
	"strings"
)

// maxURL bounds what is compared, in bytes.
const maxURL = 2048

// sameURL compares htu with the endpoint's URL without query and fragment, after syntax- and scheme-based
// normalisation (RFC 9449 §4.3, RFC 3986 §6.2.2, §6.2.3).
func sameURL(htu, endpoint string) bool {
	a, okA := normalise(htu)
	b, okB := normalise(endpoint)
	return okA && okB && a == b
}

func normalise(raw string) (string, bool) {
	if raw == "" || len(raw) > maxURL {
		return "", false
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if (scheme == "https" && port == "443") || (scheme == "http" && port == "80") {
		port = ""
	}
	if port != "" {
		port = ":" + port
	}
	// Re-escaping the decoded path makes %61 and a the same, and keeps %2F apart from a slash.
	path := u.EscapedPath()
	if !strings.Contains(strings.ToUpper(path), "%2F") {
		path = (&url.URL{Path: u.Path}).EscapedPath()
	}
	if path == "" {
		path = "/"
	}
	return scheme + "://" + host + port + path, true
}
