package outbound_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// TestMain sets proxies that lead nowhere, before anything reads them: what a client reaches here, it reaches without (CB-074).
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		if err := os.Setenv(name, "http://127.0.0.1:9"); err != nil { // discard (RFC 863): nobody listens
			panic(err)
		}
	}
	_ = os.Unsetenv("NO_PROXY")
	_ = os.Unsetenv("no_proxy")
	os.Exit(m.Run())
}

// zone is a DNS server on a port of this machine. It says of a name what the test says, and that there is no other.
type zone struct {
	at string

	mu    sync.Mutex
	asked map[string]int
	names map[string][]string
}

// newZone starts a zone. A name with several addresses gives one at each question for that kind of address, and stays with the last.
func newZone(t *testing.T, names map[string][]string) *zone {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	z := &zone{at: conn.LocalAddr().String(), asked: map[string]int{}, names: names}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply, ok := z.reply(buffer[:n]); ok {
				_, _ = conn.WriteTo(reply, from) // as UDP does
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return z
}

// resolver asks this zone whatever the system is told to ask.
func (z *zone) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", z.at)
	}}
}

func (z *zone) reply(query []byte) ([]byte, bool) {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil {
		return nil, false
	}
	question, err := parser.Question()
	if err != nil {
		return nil, false
	}
	addr, known := z.answer(question)
	header.Response, header.RecursionAvailable = true, true
	if !known {
		header.RCode = dnsmessage.RCodeNameError
	}
	message := dnsmessage.Message{Header: header, Questions: []dnsmessage.Question{question}}
	resource := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET}
	switch {
	case question.Type == dnsmessage.TypeA && addr.Is4():
		message.Answers = []dnsmessage.Resource{{Header: resource, Body: &dnsmessage.AResource{A: addr.As4()}}}
	case question.Type == dnsmessage.TypeAAAA && addr.Is6():
		message.Answers = []dnsmessage.Resource{{Header: resource, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}}}
	}
	packed, err := message.Pack()
	return packed, err == nil
}

// answer gives the address that is this question's turn.
func (z *zone) answer(q dnsmessage.Question) (netip.Addr, bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	addrs, known := z.names[name]
	if !known {
		return netip.Addr{}, false
	}
	key := name + q.Type.String()
	n := min(z.asked[key], len(addrs)-1)
	z.asked[key]++
	return netip.MustParseAddr(addrs[n]), true
}
