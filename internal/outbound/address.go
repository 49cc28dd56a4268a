package outbound

import (
	"net"
	"net/netip"
	"slices"
)

// Loopback is this machine as only itself can reach it.
func Loopback() []netip.Prefix { return prefixes("127.0.0.0/8", "::1/128") }

// Private is the inside of a house: RFC 1918, RFC 4193, and carrier-grade NAT (RFC 6598), which is private in all but name.
func Private() []netip.Prefix {
	return prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "100.64.0.0/10")
}

// Own is this machine by the addresses of its interfaces, whatever ranges they are of; nothing when the system does not tell.
func Own() []netip.Prefix {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Prefix
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			ip := p.Addr().Unmap()
			out = append(out, netip.PrefixFrom(ip, ip.BitLen()))
		}
	}
	return out
}

// check judges an address that is about to be called.
func (o Options) check(ip netip.Addr) error {
	if ip.Zone() != "" { // no prefix contains an address with a zone, so it would pass every range below
		return ErrAddress
	}
	ip = ip.Unmap()
	if within(ip, never()) {
		return ErrAddress
	}
	if within(ip, o.Allow) {
		// A translator that may be called must not be the way round to what may not.
		if inner, ok := translated(ip); ok {
			return o.check(inner)
		}
		return nil
	}
	if within(ip, closed()) || !o.AllowOwn && o.own(ip) {
		return ErrAddress
	}
	return nil
}

// own tells an address of this machine's interfaces, which may be public ones: behind them are the management door and whatever
// else listens here. When the system does not tell, every address counts as one.
func (o Options) own(ip netip.Addr) bool {
	interfaces := o.Interfaces
	if interfaces == nil {
		interfaces = net.InterfaceAddrs
	}
	addrs, err := interfaces()
	return err != nil || slices.ContainsFunc(addrs, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr().Unmap() == ip
	})
}

// never is what no option opens: where clouds hand out credentials (AWS, its containers, Azure, Alibaba, Oracle, Google, Tencent,
// OpenStack), and what is no address of one host: unspecified, multicast, broadcast. So are translations whose IPv4 address cannot be
// read out: local NAT64 (RFC 8215), Teredo (RFC 4380).
func never() []netip.Prefix {
	return prefixes(
		"169.254.169.0/24", "169.254.170.0/24", "169.254.0.23/32", "fd00:ec2::254/128", "fd00:ec2::23/128", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32",
		"fd20:ce::254/128", "fe80::a9fe:a9fe/128",
		"0.0.0.0/8", "::/128", "224.0.0.0/4", "ff00::/8", "255.255.255.255/32", "64:ff9b:1::/48", "2001::/32",
	)
}

// closed is what only Allow opens: this machine, its link, private networks, and ranges that no public service is reached at
// (IANA special-purpose registries), among them translations that could hide any of the others.
func closed() []netip.Prefix {
	return slices.Concat(Loopback(), Private(), prefixes(
		"169.254.0.0/16", "fe80::/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "::/96", "64:ff9b::/96", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	))
}

// translated gives the IPv4 address that a translating IPv6 address leads to: IPv4-compatible (RFC 4291 §2.5.5.1) and NAT64
// (RFC 6052 §2.2) have it in their last four bytes, 6to4 (RFC 3056 §2) behind its prefix. Loopback is compatible in form only.
func translated(ip netip.Addr) (netip.Addr, bool) {
	b := ip.As16()
	switch {
	case ip.Is4() || ip.IsLoopback():
	case within(ip, prefixes("::/96", "64:ff9b::/96")):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case within(ip, prefixes("2002::/16")):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

func within(ip netip.Addr, ranges []netip.Prefix) bool {
	return slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}
