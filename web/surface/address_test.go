package surface_test

import (
	"strings"
	"testing"
)

// The proxies at 127.0.0.0/8 and 10.0.0.0/8 are trusted; what stands before the first address that is none of theirs anybody could
// have written.
func TestAddress_believes_trusted_proxies_only(t *testing.T) {
	addr := serve(t)
	for name, row := range map[string]struct{ forwarded, want string }{
		"nothing is said":                     {"", "127.0.0.1"},
		"one proxy":                           {"X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7"},
		"two proxies":                         {"X-Forwarded-For: 192.0.2.7, 10.1.2.3\r\n", "192.0.2.7"},
		"a caller who lies":                   {"X-Forwarded-For: 198.51.100.1, 192.0.2.7\r\n", "192.0.2.7"},
		"a caller who lies in another header": {"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7"},
		"IPv6":                                {"X-Forwarded-For: 2001:db8::7\r\n", "2001:db8::7"},
		"IPv4 in IPv6":                        {"X-Forwarded-For: ::ffff:192.0.2.7\r\n", "192.0.2.7"},
		"no address":                          {"X-Forwarded-For: unknown\r\n", "127.0.0.1"},
		"an address with a port":              {"X-Forwarded-For: 192.0.2.7:1234\r\n", "127.0.0.1"},
		"a thousand":                          {"X-Forwarded-For: " + strings.Repeat("10.0.0.1,", 1000) + "10.0.0.2\r\n", "10.0.0.1"},
	} {
		_, all := send(t, addr, "GET /address HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"+row.forwarded+"\r\n")
		if !strings.Contains(all, "["+row.want+"]") {
			t.Errorf("%s: want %s, got %s", name, row.want, all)
		}
	}
}
