package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"counterfoil/internal/outbound"
	"counterfoil/internal/strictjson"
)

// maxDocument bounds what is read of an answer, in bytes.
const maxDocument = 1 << 20

// errTooLong means that an answer goes on beyond maxDocument.
var errTooLong = errors.New("the answer is too long")

// answer is what came back for one URL.
type answer struct {
	// err is why there is no answer; whatever is below is then zero.
	err    error
	status int
	header http.Header
	body   []byte
	tls    *tls.ConnectionState
	remote netip.Addr
	// from and to are this machine's clock before and after.
	from, to time.Time
}

// fetch asks for one document and reads it whole.
func (d *Doctor) fetch(ctx context.Context, client *http.Client, url, accept string) answer {
	a := answer{from: d.Clock()}
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if at, err := netip.ParseAddrPort(info.Conn.RemoteAddr().String()); err == nil {
			a.remote = at.Addr().Unmap()
		}
	}}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodGet, url, nil)
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("Cache-Control", "no-cache") // what was kept on the way says nothing about now
	res, err := client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close() //nolint:errcheck // it was read as far as it matters
	a.body, err = io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err == nil && len(a.body) > maxDocument {
		err = errTooLong
	}
	if err != nil {
		return answer{err: err}
	}
	a.status, a.header, a.tls, a.to = res.StatusCode, res.Header, res.TLS, d.Clock()
	return a
}

// fault says in a few words why an answer is not a document of a media type, or "".
func (a answer) fault(mediaType string) string {
	if a.err != nil {
		return trouble(a.err)
	}
	got, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")) // what does not parse is not the type that is wanted
	switch {
	case a.status >= 300 && a.status < 400:
		return fmt.Sprintf("answers with a redirect (HTTP %d), which wallets need not follow", a.status)
	case a.status != http.StatusOK:
		return fmt.Sprintf("answers HTTP %d", a.status)
	case got != mediaType:
		return "answers with another media type than " + mediaType
	}
	return ""
}

// object reads an answer that should be a JSON object; a fault says why it is none.
func (a answer) object() (members map[string]any, fault string) {
	if fault := a.fault("application/json"); fault != "" {
		return nil, fault
	}
	if err := strictjson.Decode(a.body, &members); err != nil || members == nil {
		return nil, "answers what is not a JSON object"
	}
	return members, ""
}

// trouble says in a few words why there is no answer.
func trouble(err error) string {
	if errors.Is(err, errTooLong) {
		return fmt.Sprintf("answers more than %d KiB", maxDocument>>10)
	}
	return "does not answer: " + outbound.Describe(err)
}

// tlsFault says what is wrong with TLS, and how to fix it; false when the error is about something else.
func tlsFault(err error) (found, fix string, is bool) {
	var (
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
	)
	switch {
	case errors.As(err, &name):
		return "The certificate is for another host name.", "Have a certificate made for the host of COUNTERFOIL_PUBLIC_URL.", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "A certificate of the chain has expired, or is not valid yet.", "Renew the certificate, and look at the clock of this machine.", true
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return "The chain does not lead to an authority that this machine trusts.",
			"Use a certificate of a public authority, and send its intermediates too: the file has the leaf first, then them.", true
	}
	if described := outbound.Describe(err); strings.HasPrefix(described, "TLS") {
		return "There is no common ground for TLS: perhaps something older than TLS 1.2, or no TLS at all, answers there.",
			"Switch on TLS 1.2 and 1.3 with ECDHE and AES-GCM where TLS ends, and look at the port of COUNTERFOIL_PUBLIC_URL.", true
	}
	return "", "", false
}

// shown makes text of others fit to be read: printable, and short.
func shown(text string) string {
	const longest = 200
	letters := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?")))
	if len(letters) > longest {
		return string(letters[:longest]) + "…"
	}
	return string(letters)
}
