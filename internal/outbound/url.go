package outbound

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckURL holds a URL that somebody configured to what can be called at all: https, or http to this machine where that is
// allowed; a host that is a name or an address in its one usual spelling. It resolves nothing: what a name leads to is judged when
// it is dialled. The error is a *Fault.
func CheckURL(raw string, o Options) error {
	if len(raw) > maxURL || !utf8.ValidString(raw) || strings.ContainsFunc(raw, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return ErrURL
	}
	u, err := url.Parse(raw)
	if err == nil && u.Scheme != "http" && u.Scheme != "https" {
		return ErrScheme
	}
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || strings.HasSuffix(raw, "#") || u.Opaque != "" {
		return ErrURL
	}
	host := strings.ToLower(u.Hostname())
	if !called(host, u.Port()) {
		return ErrURL
	}
	ip, err := netip.ParseAddr(host)
	isIP := err == nil
	switch {
	case strings.Contains(host, ":") && !isIP:
		return ErrURL
	case u.Scheme == "http" && !o.plain(host):
		return ErrPlain
	case isIP:
		return o.check(ip)
	case host == "localhost" && !o.loopback(), strings.HasSuffix(host, "."), strings.HasSuffix(host, ".localhost"), numeric(host):
		return ErrAddress
	}
	return nil
}

// plain tells a host that may be called without TLS: this machine, where that is allowed.
func (o Options) plain(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" && o.loopback() || err == nil && ip.Unmap().IsLoopback() && o.check(ip) == nil
}

// loopback tells whether the name localhost can lead anywhere.
func (o Options) loopback() bool {
	return within(netip.AddrFrom4([4]byte{127, 0, 0, 1}), o.Allow) || within(netip.IPv6Loopback(), o.Allow)
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
