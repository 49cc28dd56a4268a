package outbound_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"counterfoil/internal/outbound"
)

// prefixes reads CIDRs.
func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// served is a real server on loopback that counts who got there.
func served(t *testing.T, host string) (port string, reached *counter) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skip(err) // no such address on this machine
	}
	reached = &counter{}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: reached}} //nolint:exhaustruct // started below
	server.Start()
	t.Cleanup(server.Close)
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), reached //nolint:forcetypeassert // it was asked for
}

// The spellings of CB-013 to CB-034, when something resolves them as some resolver does: what was not noticed when the URL was configured
// is when it is dialled. Some are addresses to Go itself, some it asks no resolver for; none of them may get there.
func TestNewClient_dials_no_spelling_of_a_closed_address(t *testing.T) {
	port, reached := served(t, "127.0.0.1")
	for row, c := range map[string]struct {
		means string
		hosts []string
		asks  bool // whether Go asks a resolver for them
	}{
		"CB-013 localhost in other words": {"127.0.0.1", []string{"a.localhost", "localhost.localdomain", "LOCALHOST.example", "ip6-loopback"}, true},
		"CB-014 with a dot behind":        {"127.0.0.1", []string{"loopback.example.", "a.localhost."}, true},
		"CB-016 fewer numbers":            {"127.0.0.1", []string{"127.1", "127.0.1", "0"}, false},
		"CB-017 one number":               {"127.0.0.1", []string{"2130706433", "02130706433"}, false},
		"CB-018 octal":                    {"127.0.0.1", []string{"0177.0.0.1", "017700000001", "127.0.0.01"}, false},
		"CB-019 hex":                      {"127.0.0.1", []string{"0x7f.0.0.1", "0x7f000001", "0X7F000001", "0x7f.1", "127.0.0.0x1"}, true},
		"metadata in hex":                 {"169.254.169.254", []string{"0xa9fea9fe", "0xa9.254.0251.0xfe"}, true},
		"CB-020 unspecified":              {"0.0.0.0", []string{"zero.bank.example"}, true},
		"CB-020 unspecified, IPv6":        {"::", []string{"zero6.bank.example"}, true},
		"CB-021 IPv6 loopback":            {"::1", []string{"six.bank.example"}, true},
		"CB-022 IPv4-mapped":              {"::ffff:127.0.0.1", []string{"mapped.bank.example"}, true},
		"CB-022 IPv4-compatible":          {"::127.0.0.1", []string{"compatible.bank.example"}, true},
		"CB-022 NAT64":                    {"64:ff9b::7f00:1", []string{"nat64.bank.example"}, true},
		"CB-022 local NAT64":              {"64:ff9b:1::7f00:1", []string{"nat64local.bank.example"}, true},
		"CB-022 6to4":                     {"2002:7f00:1::", []string{"6to4.bank.example"}, true},
		"CB-022 Teredo":                   {"2001:0:7f00:1::1", []string{"teredo.bank.example"}, true},
		"CB-024 private":                  {"10.1.2.3", []string{"ten.bank.example", "10.1.2.3.nip.example"}, true},
		"CB-024 private, IPv6":            {"fd12:3456::1", []string{"unique.bank.example"}, true},
		"CB-025 metadata":                 {"169.254.169.254", []string{"metadata.google.internal", "metadata"}, true},
		"CB-025 metadata of containers":   {"169.254.170.2", []string{"tasks.bank.example"}, true},
		"CB-025 link-local":               {"169.254.1.1", []string{"link.bank.example"}, true},
		"CB-025 link-local, IPv6":         {"fe80::1", []string{"link6.bank.example"}, true},
		"CB-026 metadata over IPv6":       {"fd00:ec2::254", []string{"imds.bank.example"}, true},
		"CB-027 carrier-grade NAT":        {"100.64.0.1", []string{"cgnat.bank.example"}, true},
		"CB-029 multicast":                {"224.0.0.1", []string{"many.bank.example"}, true},
		"CB-034 a name in other letters":  {"127.0.0.1", []string{"bаnk.example", "xn--bnk-6cd.example"}, true},
	} {
		t.Run(row, func(t *testing.T) {
			names := map[string][]string{"xn--bnk-6cd.example": {"127.0.0.1"}}
			for _, host := range c.hosts {
				names[strings.ToLower(strings.TrimSuffix(host, "."))] = []string{c.means}
			}
			client := outbound.NewClient(outbound.Options{Resolver: newZone(t, names).resolver()})
			open := outbound.NewClient(outbound.Options{Resolver: newZone(t, names).resolver(), Allow: outbound.Loopback()})
			for _, host := range c.hosts {
				url := "http://" + host + ":" + port + "/"
				_, err := client.Get(url)
				var dns *net.DNSError
				if asked := errors.Is(err, outbound.ErrAddress); asked != c.asks || !asked && !errors.As(err, &dns) {
					t.Errorf("%s: got %v", url, err)
				}
				if n := reached.n.Load(); n != 0 {
					t.Fatalf("%s got there", url)
				}
				if !c.asks || c.means != "127.0.0.1" {
					continue
				}
				// The other side: where it is allowed it does get there, so the resolver was asked and nothing else was in the way.
				res, err := open.Get(url)
				if err != nil {
					t.Fatalf("%s, allowed: %v", url, err)
				}
				res.Body.Close() // empty
				if n := reached.n.Swap(0); n != 1 {
					t.Errorf("%s, allowed: reached %d times", url, n)
				}
			}
		})
	}
}

// A name that leads somewhere harmless when it is looked at and elsewhere when it is called (DNS rebinding): each dial is judged by the
// address it goes to.
func TestNewClient_refuses_a_second_answer_that_is_closed(t *testing.T) {
	port, harmless := served(t, "127.0.0.1")
	other, err := net.Listen("tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Skip(err)
	}
	inner := &counter{}
	server := &httptest.Server{Listener: other, Config: &http.Server{Handler: inner}} //nolint:exhaustruct // started below
	server.Start()
	t.Cleanup(server.Close)
	z := newZone(t, map[string][]string{"rebind.example": {"127.0.0.1", "127.0.0.2"}})
	client := outbound.NewClient(outbound.Options{Resolver: z.resolver(), Allow: prefixes("127.0.0.1/32")})
	res, err := client.Get("http://rebind.example:" + port + "/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close() // empty
	client.CloseIdleConnections()
	if _, err := client.Get("http://rebind.example:" + port + "/"); !errors.Is(err, outbound.ErrAddress) {
		t.Errorf("the second answer: %v", err)
	}
	if harmless.n.Load() != 1 || inner.n.Load() != 0 {
		t.Errorf("the first was reached %d times, the second %d", harmless.n.Load(), inner.n.Load())
	}
}

// The same with an address of the internet, which nothing here is sent to: the dial ends where it is about to begin.
func TestNewClient_refuses_loopback_after_a_public_answer(t *testing.T) {
	z := newZone(t, map[string][]string{"rebind.example": {"8.8.8.8", "127.0.0.1"}})
	judged := 0
	client := outbound.NewClient(outbound.Options{Resolver: z.resolver(), Interfaces: func() ([]net.Addr, error) {
		judged++ // asked of public addresses only, as the last question
		return nil, errors.New("not today")
	}})
	for n, want := range []int{1, 1} {
		if _, err := client.Get("http://rebind.example/"); !errors.Is(err, outbound.ErrAddress) || judged != want {
			t.Errorf("answer %d: %v, judged as public %d times", n+1, err, judged)
		}
	}
}

// CB-024: what the settings allow is open, to the last address of the network and no further.
func TestOptions_Allow_opens_networks(t *testing.T) {
	everything := prefixes("0.0.0.0/0", "::/0")
	for name, c := range map[string]struct {
		allow        []netip.Prefix
		open, closed []string
	}{
		"a network": {prefixes("10.20.0.0/16"), []string{"10.20.0.0", "10.20.255.255", "[::ffff:10.20.1.1]"}, []string{"10.19.255.255", "10.21.0.0", "192.168.0.1", "127.0.0.1"}},
		"one host":  {prefixes("192.168.7.7/32"), []string{"192.168.7.7"}, []string{"192.168.7.6", "192.168.7.8"}},
		"IPv6":      {prefixes("fd12::/48"), []string{"[fd12::1]"}, []string{"[fd12:0:1::1]", "[fd00:ec2::254]", "[fd12::1%25eth0]"}},
		"link-local, but not where credentials are": {
			prefixes("169.254.0.0/16", "fe80::/10"), []string{"169.254.1.1"}, []string{"169.254.169.254", "169.254.170.2", "169.254.170.23", "[fe80::1%25eth0]", "[fe80::a9fe:a9fe]"},
		},
		"a translator, but not to what is closed": {
			prefixes("64:ff9b::/96", "2002::/16", "::/96"),
			[]string{"[64:ff9b::808:808]", "[2002:808:808::1]", "[::8.8.8.8]", "[::1]"},
			[]string{"[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::a01:203]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[::127.0.0.1]", "[::a9fe:a9fe]", "[64:ff9b:1::808:808]"},
		},
		"everything": {
			everything, []string{"127.0.0.1", "10.1.2.3", "[::1]", "203.0.113.1", "[64:ff9b::7f00:1]"},
			[]string{
				"169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "[fd00:ec2::23]", "100.100.100.200", "168.63.129.16", "192.0.0.192",
				"[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[::a9fe:a9fe]", "0.0.0.0", "0.1.2.3", "[::]", "224.0.0.1", "[ff02::1]", "255.255.255.255", "[2001::1]",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := outbound.Options{Allow: c.allow, Interfaces: func() ([]net.Addr, error) { return nil, nil }}
			for _, host := range c.open {
				if err := outbound.CheckURL("https://"+host+"/", o); err != nil {
					t.Errorf("%s: %v", host, err)
				}
			}
			client := outbound.NewClient(o)
			for _, host := range c.closed {
				if err := outbound.CheckURL("https://"+host+"/", o); !errors.Is(err, outbound.ErrAddress) {
					t.Errorf("%s: %v", host, err)
				}
				refused(t, client, host, "http://"+host+"/")
			}
		})
	}
}

// Plain http is for this machine only, and only where this machine is allowed.
func TestCheckURL_takes_http_to_allowed_loopback_only(t *testing.T) {
	for url, allow := range map[string]struct {
		networks []netip.Prefix
		want     bool
	}{
		"http://127.0.0.1:9/": {prefixes("127.0.0.0/8"), true}, "http://localhost:9/": {prefixes("::1/128"), true}, "http://[::1]:9/": {prefixes("::1/128"), true},
		"http://127.0.0.2:9/": {prefixes("127.0.0.1/32"), false}, "http://[::1]:8/": {prefixes("127.0.0.0/8"), false},
		"http://10.1.2.3/": {prefixes("10.0.0.0/8"), false}, "http://10.1.2.4/": {prefixes("0.0.0.0/0"), false}, "http://8.8.8.8/": {prefixes("0.0.0.0/0"), false},
		"http://localhost/": {prefixes("10.0.0.0/8"), false}, "https://localhost/": {prefixes("10.0.0.0/8"), false},
	} {
		if err := outbound.CheckURL(url, outbound.Options{Allow: allow.networks}); (err == nil) != allow.want {
			t.Errorf("%s with %v: %v", url, allow.networks, err)
		}
	}
}

// A machine with a public address must not be sent to its own doors by it.
func TestNewClient_calls_no_address_of_its_own(t *testing.T) {
	own := func() ([]net.Addr, error) {
		return []net.Addr{
			&net.IPNet{IP: net.ParseIP("127.0.0.1"), Mask: net.CIDRMask(8, 32)}, &net.IPNet{IP: net.ParseIP("9.8.7.6"), Mask: net.CIDRMask(24, 32)},
			&net.IPNet{IP: net.ParseIP("2a00:1450::1"), Mask: net.CIDRMask(64, 128)}, &net.IPAddr{IP: net.ParseIP("9.8.7.5")},
		}, nil
	}
	z := newZone(t, map[string][]string{"us.bank.example": {"9.8.7.6"}})
	guarded := outbound.Options{Interfaces: own, Resolver: z.resolver()}
	client := outbound.NewClient(guarded)
	for _, host := range []string{"9.8.7.6", "[::ffff:9.8.7.6]", "[2a00:1450::1]", "us.bank.example"} {
		refused(t, client, host, "http://"+host+"/")
	}
	for _, host := range []string{"9.8.7.6", "[2a00:1450::1]"} {
		if err := outbound.CheckURL("https://"+host+"/", guarded); !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s: %v", host, err)
		}
		for name, o := range map[string]outbound.Options{
			"by network": {Interfaces: own, Allow: prefixes("9.8.7.6/32", "2a00:1450::1/128")}, "as own": {Interfaces: own, AllowOwn: true},
		} {
			if err := outbound.CheckURL("https://"+host+"/", o); err != nil {
				t.Errorf("%s, allowed %s: %v", host, name, err)
			}
		}
	}
	if err := outbound.CheckURL("https://9.8.7.7/", guarded); err != nil {
		t.Errorf("a neighbour: %v", err)
	}
	if err := outbound.CheckURL("https://127.0.0.1/", outbound.Options{Interfaces: own, AllowOwn: true}); err == nil {
		t.Error("loopback is open to who may only call public addresses of its own")
	}
}

// The real addresses of the machine that runs this, by the real question to the system.
func TestNewClient_knows_the_addresses_of_this_machine(t *testing.T) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	// Everything that an interface has is allowed by its kind, so that only being its own is left to refuse it.
	for _, a := range addrs {
		prefix := netip.MustParsePrefix(a.String())
		if ip := prefix.Addr(); ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			continue
		}
		if err := outbound.CheckURL("https://"+net.JoinHostPort(prefix.Addr().String(), "443")+"/", outbound.Options{}); !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s: %v", prefix, err)
		}
	}
}

// Each of the checks is made for every dial, so it must cost nothing beside one.
func BenchmarkCheckURL(b *testing.B) {
	for b.Loop() {
		if err := outbound.CheckURL("https://8.8.8.8/", outbound.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// A resolver that is silent, as a name server that is away: the 3 s to connect are for it too.
func TestNewClient_waits_3_s_for_a_resolver(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() // nothing was sent
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", silent.LocalAddr().String())
	}}
	fails(t, outbound.NewClient(outbound.Options{Resolver: resolver}), "https://bank.example/", bounds{least: 2, most: 5})
}
