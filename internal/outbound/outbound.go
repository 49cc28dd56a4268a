package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
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

// Options opens what is closed unless somebody needs it.
type Options struct {
	// AllowLoopback allows this machine, and plain http to it.
	AllowLoopback bool
	// AllowPrivate allows private address ranges.
	AllowPrivate bool
}

// What can be wrong with an address. The texts repeat no input.
var (
	ErrAddress = errors.New("the address is not allowed")
	ErrURL     = errors.New("the URL must be https with a host, without user, fragment or spaces")
)

// NewClient makes a guarded client. Its requests take at most 15 s in all.
func NewClient(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: connectTime, Control: o.control}
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
	return o.check(at.Addr().Unmap())
}

// check judges an address that is not an IPv4 address within an IPv6 one.
func (o Options) check(ip netip.Addr) error {
	switch {
	case ip.Zone() != "": // no prefix contains an address with a zone, so it would pass every range below
	case ip.IsLoopback():
		if o.AllowLoopback {
			return nil
		}
	case ip.IsUnspecified(), ip.IsMulticast(), ip.IsLinkLocalUnicast(), ip.IsInterfaceLocalMulticast(), metadata(ip):
	case ip.IsPrivate(), within(ip, shared()):
		if o.AllowPrivate {
			return nil
		}
	case within(ip, reserved()):
	default:
		return nil
	}
	return ErrAddress
}

// metadata tells the addresses where clouds hand out credentials (AWS, Azure, Alibaba, Google); no option opens them.
func metadata(ip netip.Addr) bool {
	return within(ip, []string{"169.254.169.254/32", "fd00:ec2::254/128", "168.63.129.16/32", "100.100.100.200/32", "fd20:ce::254/128"})
}

// shared is carrier-grade NAT (RFC 6598): private in all but name.
func shared() []string { return []string{"100.64.0.0/10"} }

// reserved are ranges that no service is reached at (IANA special-purpose registries), and translations that could hide
// any of the others.
func reserved() []string {
	return []string{"0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
		"fec0::/10"}
}

func within(ip netip.Addr, ranges []string) bool {
	for _, r := range ranges {
		if netip.MustParsePrefix(r).Contains(ip) {
			return true
		}
	}
	return false
}

// CheckURL holds a URL that somebody configured to what can be called at all: https, or http to this machine where that is
// allowed; a host that is a name or an address in its one usual spelling.
func CheckURL(raw string, o Options) error {
	if len(raw) > maxURL || !utf8.ValidString(raw) || strings.ContainsFunc(raw, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return ErrURL
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || strings.HasSuffix(raw, "#") || u.Opaque != "" {
		return ErrURL
	}
	host := strings.ToLower(u.Hostname())
	if !called(host, u.Port()) {
		return ErrURL
	}
	ip, err := netip.ParseAddr(host)
	isIP := err == nil
	local := host == "localhost" || isIP && ip.Unmap().IsLoopback()
	switch {
	case u.Scheme == "http" && (!local || !o.AllowLoopback), u.Scheme != "http" && u.Scheme != "https":
		return ErrURL
	case isIP:
		return o.check(ip.Unmap())
	case local && !o.AllowLoopback, strings.HasSuffix(host, "."), strings.HasSuffix(host, ".localhost"), numeric(host):
		return ErrAddress
	}
	return nil
}

// called tells whether host and port can be called, and mean what they show. A name in letters beyond ASCII must come as it is
// asked for (xn--…): some of them are turned into the digits and dots of an address on the way.
func called(host, port string) bool {
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) {
		return false
	}
	return strings.Contains(host, ":") || !slices.Contains(strings.Split(strings.TrimSuffix(host, "."), "."), "") // an IPv6 address, or no empty label
}

// numeric tells a host whose last label is a number: some resolvers read 127.1, 2130706433 or 0x7f.1 as addresses.
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && (strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x"))
}

// Describe says in a few words, fit for staff, why a request failed.
func Describe(err error) string {
	var timeout interface{ Timeout() bool }
	var dns *net.DNSError
	text := fmt.Sprint(err)
	switch {
	case errors.Is(err, ErrAddress):
		return "address not allowed"
	case errors.As(err, &dns):
		return "name not found"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case strings.Contains(text, "certificate") || strings.Contains(text, "x509"):
		return "TLS certificate not accepted"
	case strings.Contains(text, "tls:") || strings.Contains(text, "HTTPS client"):
		return "TLS handshake failed"
	}
	return "connection broken"
}
