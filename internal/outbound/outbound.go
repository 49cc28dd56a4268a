package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Bounds of a request.
const (
	connectTime = 3 * time.Second
	tlsTime     = 5 * time.Second
	totalTime   = 15 * time.Second
	idleTime    = 60 * time.Second
	perHost     = 64
	maxHeader   = 32 << 10
	maxURL      = 2000
)

// MaxRead is how much of an answer Discard reads, in bytes.
const MaxRead = 64 << 10

// Options opens what is closed unless somebody needs it.
type Options struct {
	// Allow are networks that may be called although they are not public; plain http is taken to those of them that are
	// loopback. Where clouds keep credentials, and what is no address of a host at all, stays shut whatever is here.
	Allow []netip.Prefix
	// AllowOwn allows what is an address of this machine by its interfaces alone. A service must not be sent to its
	// own doors; a wallet for trials may well run beside the issuer it collects from.
	AllowOwn bool
	// Interfaces gives the addresses of this machine; nil asks the system, at every dial.
	Interfaces func() ([]net.Addr, error)
	// Resolver resolves names; nil is the system's.
	Resolver *net.Resolver
}

// Fault is what can be wrong with an address. Its text repeats no input.
type Fault struct{ code, text string }

// Error implements error.
func (f *Fault) Error() string { return f.text }

// Code names the fault for programs.
func (f *Fault) Code() string { return f.code }

// The faults there are.
var (
	ErrAddress = &Fault{"address_blocked", "the address is not allowed"}
	ErrURL     = &Fault{"url_invalid", "the URL must have a host, and no user, fragment or spaces"}
	ErrScheme  = &Fault{"scheme", "the URL must begin with https://"}
	ErrPlain   = &Fault{"https_required", "the URL must be https: plain http is for this machine alone, where the settings allow it"}
)

// NewClient makes a guarded client. It connects within 3 s, its requests take at most 15 s in all, with the reading of the answer.
func NewClient(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: connectTime, Control: o.control, Resolver: o.Resolver}
	return &http.Client{
		Timeout: totalTime,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: tlsTime, IdleConnTimeout: idleTime,
			MaxIdleConnsPerHost: perHost, MaxResponseHeaderBytes: maxHeader, Proxy: nil, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// control sees the address that is about to be dialled, after every resolution.
func (o Options) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrAddress
	}
	return o.check(at.Addr())
}

// Handshake connects to the host of a URL as a guarded client does, over TLS when the URL is https, and hangs up without having sent
// a request.
func Handshake(ctx context.Context, client *http.Client, raw string) error {
	u, err := url.Parse(raw)
	transport, guarded := client.Transport.(*http.Transport)
	if err != nil || !guarded {
		return ErrURL
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme // the resolver knows http and https by name
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime+tlsTime)
	defer cancel()
	conn, err := transport.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close() //nolint:errcheck // nothing was sent
	if u.Scheme != "https" {
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if transport.TLSClientConfig != nil {
		config = transport.TLSClientConfig.Clone()
	}
	config.ServerName = u.Hostname()
	if err := tls.Client(conn, config).HandshakeContext(ctx); err != nil {
		return fmt.Errorf("shake hands: %w", err)
	}
	return nil
}

// Read reads an answer to its end or MaxRead, keeps its first bytes, and closes it. An answer that breaks off is an error, because it
// says nothing for sure. One that is longer has said enough: its connection ends, and that is none.
func Read(res *http.Response, keep int64) (kept []byte, err error) {
	defer res.Body.Close() //nolint:errcheck // it was read as far as it matters
	var beginning bytes.Buffer
	_, err = io.CopyN(&beginning, res.Body, keep)
	if err == nil {
		_, err = io.CopyN(io.Discard, res.Body, MaxRead-keep)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return beginning.Bytes(), fmt.Errorf("read answer: %w", err)
	}
	return beginning.Bytes(), nil
}

// What Describe says.
const (
	troubleAddress     = "address not allowed"
	troubleName        = "name not found"
	troubleTime        = "no answer in time"
	troubleRefused     = "connection refused"
	troubleCertificate = "TLS certificate not accepted"
	troubleTLS         = "TLS handshake failed"
	troubleBroken      = "connection broken"
)

// Describe says in a few words, fit for staff, why a request failed.
func Describe(err error) string {
	var timeout interface{ Timeout() bool }
	var dns *net.DNSError
	text := fmt.Sprint(err)
	switch {
	case errors.Is(err, ErrAddress):
		return troubleAddress
	case errors.As(err, &dns):
		return troubleName
	case errors.As(err, &timeout) && timeout.Timeout():
		return troubleTime
	case errors.Is(err, syscall.ECONNREFUSED):
		return troubleRefused
	case strings.Contains(text, "certificate") || strings.Contains(text, "x509"):
		return troubleCertificate
	case strings.Contains(text, "tls:") || strings.Contains(text, "HTTPS client"):
		return troubleTLS
	}
	return troubleBroken
}
