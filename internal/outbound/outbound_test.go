package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"counterfoil/internal/outbound"
)

// inside allows this machine and private networks.
func inside() outbound.Options {
	return outbound.Options{Allow: slices.Concat(outbound.Loopback(), outbound.Private())}
}

func TestCheckURL(t *testing.T) {
	open := inside()
	cases := map[string]struct {
		url     string
		options outbound.Options
		ok      bool
	}{
		"a name":                      {"https://bank.example/callbacks?x=1", outbound.Options{}, true},
		"CB-001 empty":                {"", open, false},
		"CB-003 http":                 {"http://bank.example", open, false},
		"CB-004 ftp":                  {"ftp://bank.example", open, false},
		"CB-004 file":                 {"file:///etc/passwd", open, false},
		"CB-005 javascript":           {"javascript:alert(1)", open, false},
		"CB-006 user":                 {"https://user:pass@bank.example", open, false},
		"CB-007 fragment":             {"https://bank.example/#x", open, false},
		"CB-008 long":                 {"https://bank.example/" + strings.Repeat("a", 4000), open, false},
		"CB-009 CRLF":                 {"https://bank.example/\r\nX: y", open, false},
		"CB-010 space":                {"https://bank.example/ x", open, false},
		"CB-014 localhost with a dot": {"https://localhost./", open, false},
		"localhost":                   {"https://localhost/", outbound.Options{}, false},
		"CB-015 127.0.0.1":            {"https://127.0.0.1/", outbound.Options{}, false},
		"http to loopback, allowed":   {"http://127.0.0.1:9000/", open, true},
		"CB-016 127.1":                {"https://127.1/", open, false},
		"CB-017 one number":           {"https://2130706433/", open, false},
		"in hex":                      {"https://0x7f.0x1/", open, false},
		"in octal":                    {"https://0177.0.0.1/", open, false},
		"CB-020 0.0.0.0":              {"https://0.0.0.0/", open, false},
		"IPv6 loopback":               {"https://[::1]/", outbound.Options{}, false},
		"IPv4 in IPv6":                {"https://[::ffff:127.0.0.1]/", outbound.Options{}, false},
		"CB-024 private":              {"https://10.1.2.3/", outbound.Options{}, false},
		"CB-024 private, allowed":     {"https://10.1.2.3/", open, true},
		"CB-025 metadata":             {"https://169.254.169.254/", open, false},
		"CB-026 metadata over IPv6":   {"https://[fd00:ec2::254]/", open, false},
		"CB-027 carrier-grade NAT":    {"https://100.64.0.1/", outbound.Options{}, false},
		"NAT64 of loopback":           {"https://[64:ff9b::7f00:1]/", open, false},
		"6to4":                        {"https://[2002:7f00:1::]/", open, false},
		"multicast":                   {"https://224.0.0.1/", open, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if err := outbound.CheckURL(c.url, c.options); (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Every spelling that some resolver, some library or some kernel reads as an address of this machine or of a private network. None of
// them may be configured, and with everything open that can be opened some still may not.
func TestCheckURL_knows_addresses_in_every_spelling(t *testing.T) {
	shut := outbound.Options{}
	open := inside()
	cases := map[string]struct {
		hosts []string
		open  bool // whether the options open it
	}{
		"CB-013 localhost":     {[]string{"localhost", "LOCALHOST", "LocalHost"}, true},
		"CB-015 IPv4 loopback": {[]string{"127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1.2.3"}, true},
		"CB-014 localhost in other words": {[]string{
			"localhost.", "LOCALHOST.", "a.localhost", "localhost.localhost", "127.0.0.1.", "bank.example.",
		}, false},
		"CB-016 fewer numbers": {[]string{"127.1", "127.0.1", "10.1", "192.168.1", "169.254.43518", "0"}, false},
		"CB-017 one number":    {[]string{"2130706433", "02130706433", "3232235777", "2852039166", "4294967295", "00"}, false},
		"CB-018 octal": {[]string{
			"0177.0.0.1", "0177.0.0.01", "017700000001", "0000177.0.0.1", "127.0.0.01", "010.0.0.1", "0251.0376.0251.0376",
		}, false},
		"CB-019 hex":         {[]string{"0x7f.0.0.1", "0x7f000001", "0X7F000001", "0x7f.1", "127.0.0.0x1", "0xa9fea9fe", "0xa9.254.0251.0xfe"}, false},
		"too much of it":     {[]string{"127.0.0.1.1", "256.0.0.1", "127.0.0.256", "1.2.3.4.5", "999999999999"}, false},
		"CB-020 unspecified": {[]string{"0.0.0.0", "0.1.2.3", "[::]", "[0:0:0:0:0:0:0:0]", "[::ffff:0.0.0.0]"}, false},
		"CB-021 IPv6 loopback": {[]string{
			"[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0001]", "[::ffff:127.0.0.1]", "[::FFFF:7F00:1]",
			"[0:0:0:0:0:ffff:127.0.0.1]",
		}, true},
		"CB-022 IPv4 within IPv6": {[]string{
			"[::127.0.0.1]", "[::7f00:1]", "[::a9fe:a9fe]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
			"[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::1]",
		}, false},
		"a zone": {[]string{
			"[::1%25lo]", "[fe80::1%25eth0]", "[fd00::1%25eth0]", "[fd00:ec2::254%25eth0]", "[2002:7f00:1::%25a]", "[64:ff9b::7f00:1%25a]",
			"[2a00:1450::1%25eth0]", "[::ffff:169.254.169.254%251]", "[::ffff:8.8.8.8%25eth0]",
		}, false},
		"CB-024 private": {[]string{
			"10.0.0.0", "10.1.2.3", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "[::ffff:10.1.2.3]",
			"[fc00::1]", "[fd12:3456::1]", "[fdff::1]",
		}, true},
		"CB-025 link-local": {[]string{
			"169.254.169.254", "169.254.0.1", "169.254.255.255", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[fe80::1]", "[febf::1]",
			"[fec0::1]", "[feff::1]",
		}, false},
		"CB-026 where clouds keep credentials": {[]string{
			"[fd00:ec2::254]", "[fd00:0ec2:0:0:0:0:0:254]", "[FD00:EC2::254]", "100.100.100.200", "[::ffff:100.100.100.200]", "[fd20:ce::254]",
			"168.63.129.16", "192.0.0.192",
		}, false},
		"CB-027 carrier-grade NAT": {[]string{"100.64.0.0", "100.64.0.1", "100.127.255.255", "[::ffff:100.64.0.1]"}, true},
		"CB-028 reserved": {[]string{
			"192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "240.0.0.1", "255.255.255.255", "192.88.99.1",
			"[100::1]", "[2001:db8::1]", "[2001::1]", "[3fff::1]", "[5f00::1]",
		}, false},
		"CB-029 multicast": {[]string{"224.0.0.1", "239.255.255.255", "[ff01::1]", "[ff02::1]", "[ff05::2]", "[ff0e::1]"}, false},
		"CB-034 letters and digits of other scripts": {[]string{
			"①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "127．0．0．1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localhoſt", "ba\u00adnk.example", "bаnk.example", "bank\u200b.example",
		}, false},
		"escapes": {[]string{"%31%32%37.0.0.1", "127%2e0.0.1", "localhost%00", "%6cocalhost", "[%3a:1]", "127.0.0.1%20"}, false},
		"an address with something behind it": {[]string{
			"127.0.0.1\\@bank.example", "bank.example\\.evil.example", "127.0.0.1@bank.example", "bank.example@127.0.0.1", "@bank.example", ":@bank.example",
		}, false},
		"no address":          {[]string{"[]", "[::1", "::1", "[127.0.0.1]", "[localhost]", "[1]", "[:::1]", "[v1.fe80]", "", ":443", "..", ".", "a..b", ".bank.example"}, false},
		"a port that is none": {[]string{"bank.example:0", "bank.example:65536", "bank.example:99999999999", "bank.example:-1", "bank.example:x"}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, host := range c.hosts {
				url := "https://" + host + "/callbacks"
				if err := outbound.CheckURL(url, shut); err == nil {
					t.Errorf("%s is taken", url)
				}
				if err := outbound.CheckURL(url, open); (err == nil) != c.open {
					t.Errorf("%s with everything open: %v", url, err)
				}
			}
		})
	}
}

// Addresses beside the ranges must stay usable: a bank that cannot be called is no safer.
func TestCheckURL_takes_what_can_be_called(t *testing.T) {
	for _, url := range []string{
		"https://bank.example", "https://bank.example/", "https://bank.example:8443/a/b?c=d", "HTTPS://BANK.EXAMPLE/", "https://bank.example:/",
		"https://xn--bnk-rla.example/", "https://9bank.example/", "https://1.bank.example/", "https://under_score.bank.example/",
		"https://8.8.8.8/", "https://9.255.255.255/", "https://11.0.0.0/", "https://100.63.255.255/", "https://100.128.0.0/", "https://126.255.255.255/",
		"https://128.0.0.1/", "https://169.253.255.255/", "https://172.15.255.255/", "https://172.32.0.0/", "https://192.167.255.255/", "https://223.255.255.255/",
		"https://[2a00:1450:4001::1]/", "https://[2620:fe::fe]:443/", "https://[::ffff:8.8.8.8]/",
		"https://bank.example/" + strings.Repeat("a", 1900), "https://localhost.bank.example/", "https://127.0.0.1.bank.example/",
	} {
		if err := outbound.CheckURL(url, outbound.Options{}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestCheckURL_refuses_what_is_no_https_address(t *testing.T) {
	open := inside()
	faults := map[string]error{"CB-003": outbound.ErrPlain, "CB-004": outbound.ErrScheme, "CB-005": outbound.ErrScheme}
	for name, urls := range map[string][]string{
		"CB-001 nothing": {"", " ", "/", "//bank.example/", "bank.example", "https:", "https://", "https:///callbacks", "https:bank.example"},
		"CB-003 http, also to what only looks like this machine": {
			"http://bank.example/", "http://10.1.2.3/", "http://localhost.bank.example/", "http://127.0.0.1.bank.example/", "http://127.1/", "http://0.0.0.0/",
		},
		"CB-004 other schemes": {
			"ftp://bank.example/", "gopher://bank.example/", "file:///etc/passwd", "file://bank.example/", "ws://bank.example/", "unix:///run/x.sock",
			"httpss://bank.example/", "https+unix://x/", "dict://127.0.0.1:11211/",
		},
		"CB-005 programs": {"javascript:alert(1)", "JavaScript://bank.example/%0aalert(1)", "data:text/html,x", "vbscript:x", "blob:https://bank.example/x"},
		"CB-006 user":     {"https://user:pass@bank.example/", "https://user@bank.example/", "https://@bank.example/", "https://:pass@bank.example/", "https://bank.example%40evil.example/"},
		"CB-007 fragment": {"https://bank.example/#", "https://bank.example/#x", "https://bank.example/?a#b"},
		"CB-008 long":     {"https://bank.example/" + strings.Repeat("a", 1980), "https://" + strings.Repeat("a.", 1000) + "example/"},
		"CB-009 lines":    {"https://bank.example/\r\nX: y", "https://bank.example\r\n/", "\nhttps://bank.example/", "https://bank.example/\u2028x", "https://bank.example/\u0085"},
		"CB-010 space and control": {
			" https://bank.example/", "https://bank.example/ ", "https://bank.example/a b", "https://bank.example/\t", "https://bank.example/\x00", "https://bank.example/\x7f",
			"https://bank .example/", "https://bank.example/\u00a0",
		},
		"escapes that are none":  {"https://bank.example/%zz", "https://bank.example/%", "https://%zz/"},
		"bytes that are no text": {"https://bank.example/\xff", "https://\xff.example/"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, url := range urls {
				err := outbound.CheckURL(url, open)
				if err == nil {
					t.Errorf("%q is taken", url)
				} else if fault := new(outbound.Fault); !errors.As(err, &fault) || strings.Contains(err.Error(), "example") {
					t.Errorf("%q: %v", url, err)
				}
				if want := faults[name[:6]]; want != nil && !errors.Is(err, want) {
					t.Errorf("%q: got %v, want %v", url, err, want)
				}
			}
		})
	}
}

// The check of the URL is for who types it; this one is for what the name turns out to be when it is dialled.
func TestNewClient_dials_no_address_in_any_spelling(t *testing.T) {
	open := outbound.NewClient(inside())
	shut := outbound.NewClient(outbound.Options{})
	for _, host := range []string{
		"169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "[fd00:ec2::254%25lo]", "100.100.100.200", "0.0.0.0", "[::]", "[::a9fe:a9fe]",
		"[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fe80::1%25lo]", "224.0.0.1", "255.255.255.255", "[64:ff9b::7f00:1%25lo]",
	} {
		for name, client := range map[string]*http.Client{"open": open, "shut": shut} {
			refused(t, client, name+" "+host, "http://"+host+"/")
		}
	}
	for _, host := range []string{"127.0.0.1", "127.8.8.8", "[::1]", "[::ffff:127.0.0.1]", "localhost", "10.1.2.3", "192.168.0.1", "[fd12::1]", "100.64.0.1", "①②⑦.⓪.⓪.①"} {
		refused(t, shut, "shut "+host, "http://"+host+"/")
	}
}

// refused sees that the client does not even dial.
func refused(t *testing.T, client *http.Client, name, url string) {
	t.Helper()
	res, err := client.Get(url)
	if err == nil {
		res.Body.Close() // the test has failed already
	}
	if !errors.Is(err, outbound.ErrAddress) {
		t.Errorf("%s: got %v", name, err)
	}
}

// CB-074: a proxy of the environment would dial for us, past every check.
func TestNewClient_uses_no_proxy(t *testing.T) {
	transport, ok := outbound.NewClient(outbound.Options{}).Transport.(*http.Transport)
	if !ok || transport.Proxy != nil {
		t.Errorf("got %+v", transport)
	}
}

func TestNewClient_checks_the_address_it_dials(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		url := strings.Replace(server.URL, "127.0.0.1", host, 1)
		res, err := outbound.NewClient(outbound.Options{}).Get(url)
		if err == nil {
			res.Body.Close() // the test has failed already
		}
		if !errors.Is(err, outbound.ErrAddress) || outbound.Describe(err) != "address not allowed" {
			t.Errorf("%s: got %v", host, err)
		}
	}
	res, err := outbound.NewClient(outbound.Options{Allow: outbound.Loopback()}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close() // empty
}

func TestNewClient_follows_no_redirect(t *testing.T) {
	reached := false
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer target.Close()
	server := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusFound))
	defer server.Close()
	res, err := outbound.NewClient(outbound.Options{Allow: outbound.Loopback()}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close() // empty
	if reached || res.StatusCode != http.StatusFound {
		t.Errorf("status %d, reached %v", res.StatusCode, reached)
	}
}

func TestHandshake_is_guarded(t *testing.T) {
	for url, want := range map[string]string{
		"https://10.0.0.1/": "address not allowed", "https://169.254.169.254/": "address not allowed", "http://127.0.0.1:1": "connection refused",
		"https://[::1]:1/": "connection refused",
	} {
		if err := outbound.Handshake(t.Context(), here(), url); err == nil || outbound.Describe(err) != want {
			t.Errorf("%s: got %v, want %s", url, err, want)
		}
	}
}
