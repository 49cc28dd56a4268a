package oauth

import (
	"mime"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxParameters bounds a form.
const maxParameters = 64

// Form is a form body in which no parameter appears twice.
type Form struct{ values map[string]string }

// ParseForm reads an application/x-www-form-urlencoded body (RFC 6749 §3.2). A parameter that appears twice,
// parameters in the URL, and bytes that are no text are invalid_request. Unknown parameters are kept; it is
// for the caller to ignore them.
func ParseForm(contentType, query string, body []byte) (Form, *Error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != "application/x-www-form-urlencoded" {
		return Form{}, InvalidRequest("the content type must be application/x-www-form-urlencoded")
	}
	if charset, has := params["charset"]; has && !strings.EqualFold(charset, "utf-8") {
		return Form{}, InvalidRequest("the charset must be utf-8")
	}
	if query != "" {
		return Form{}, InvalidRequest("parameters belong in the body, not in the URL")
	}
	f := Form{values: map[string]string{}}
	count := 0
	for pair := range strings.SplitSeq(string(body), "&") {
		if pair == "" {
			continue
		}
		if count++; count > maxParameters {
			return Form{}, InvalidRequest("too many parameters")
		}
		name, value, err := parsePair(pair)
		if err != nil {
			return Form{}, err
		}
		if _, twice := f.values[name]; twice {
			return Form{}, InvalidRequest("a parameter appears twice")
		}
		f.values[name] = value
	}
	return f, nil
}

func parsePair(pair string) (name, value string, e *Error) {
	rawName, rawValue, _ := strings.Cut(pair, "=")
	name, err1 := url.QueryUnescape(rawName)
	value, err2 := url.QueryUnescape(rawValue)
	if err1 != nil || err2 != nil || !text(name) || !text(value) {
		return "", "", InvalidRequest("a parameter is not well-formed")
	}
	return name, value, nil
}

// text tells whether s is UTF-8 without NUL.
func text(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Get gives a parameter; present but empty counts as absent (RFC 6749 §3.2).
func (f Form) Get(name string) (string, bool) {
	v := f.values[name]
	return v, v != ""
}
