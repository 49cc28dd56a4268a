package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"counterfoil/internal/outbound"
)

func TestCheckURL(t *testing.T) {
	open := outbound.Options{AllowLoopback: true, AllowPrivate: true}
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
	res, err := outbound.NewClient(outbound.Options{AllowLoopback: true}).Get(server.URL)
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
	res, err := outbound.NewClient(outbound.Options{AllowLoopback: true}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close() // empty
	if reached || res.StatusCode != http.StatusFound {
		t.Errorf("status %d, reached %v", res.StatusCode, reached)
	}
}
