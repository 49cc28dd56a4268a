package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"counterfoil/internal/outbound"
	"counterfoil/internal/strictjson"
	"counterfoil/views/i18n"
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

// fault says why the answer of an address is not a document of a media type; empty when it is.
func (a answer) fault(where, mediaType string) i18n.Text {
	if a.err != nil {
		return trouble(where, a.err)
	}
	status := strconv.Itoa(a.status)
	got, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")) // what does not parse is not the type that is wanted
	switch {
	case a.status >= 300 && a.status < 400:
		return i18n.Say("%s answers with a redirect (HTTP %s), which wallets need not follow.", where, status)
	case a.status != http.StatusOK:
		return i18n.Say("%s answers HTTP %s.", where, status)
	case got != mediaType:
		return i18n.Say("%s answers with another media type than %s.", where, mediaType)
	}
	return i18n.Text{}
}

// object reads the answer of an address that should be a JSON object; a fault says why it is none.
func (a answer) object(where string) (members map[string]any, fault i18n.Text) {
	if fault := a.fault(where, "application/json"); !fault.Empty() {
		return nil, fault
	}
	if err := strictjson.Decode(a.body, &members); err != nil || members == nil {
		return nil, i18n.Say("%s answers what is not a JSON object.", where)
	}
	return members, i18n.Text{}
}

// trouble says why an address gives no answer.
func trouble(where string, err error) i18n.Text {
	if errors.Is(err, errTooLong) {
		return i18n.Say("%s answers more than %s.", where, strconv.Itoa(maxDocument>>10)+" KiB")
	}
	return i18n.Say("%s does not answer: %s.", where, i18n.Phrase(outbound.Describe(err)))
}

// tlsFault says what is wrong with TLS, and how to fix it; false when the error is about something else.
func tlsFault(err error) (found, fix i18n.Text, is bool) {
	var (
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
	)
	switch {
	case errors.As(err, &name):
		return i18n.Say("The certificate is for another host name."), i18n.Say("Have a certificate made for the host of COUNTERFOIL_PUBLIC_URL."), true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return i18n.Say("A certificate of the chain has expired, or is not valid yet."), i18n.Say("Renew the certificate, and look at the clock of this machine."), true
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return i18n.Say("The chain does not lead to an authority that this machine trusts."),
			i18n.Say("Use a certificate of a public authority, and send its intermediates too: the file has the leaf first, then them."), true
	}
	if described := outbound.Describe(err); strings.HasPrefix(described, "TLS") {
		return i18n.Say("There is no common ground for TLS: perhaps something older than TLS 1.2, or no TLS at all, answers there."),
			i18n.Say("Switch on TLS 1.2 and 1.3 with ECDHE and AES-GCM where TLS ends, and look at the port of COUNTERFOIL_PUBLIC_URL."), true
	}
	return i18n.Text{}, i18n.Text{}, false
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
