package portal_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// SS-054: a browser that vanished without a word is noticed within half a minute. Here the system drops whatever reaches its connection, so
// that nothing is acknowledged, as when a cable was pulled.
func TestStream_of_a_browser_that_vanished_is_given_back(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.portal, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "GET %s/stream HTTP/1.1\r\nHost: portal\r\nCookie: %s\r\n\r\n", offer, clerk.cookie); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("got %v, %v", answer, err)
	}
	defer answer.Body.Close() // which would read on, were the connection not closed before
	defer conn.Close()
	b.awaitStreams("1")
	tcp, _ := conn.(*net.TCPConn)
	raw, err := tcp.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	nothing := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing[0]})
	})
	if err != nil || set != nil {
		t.Fatalf("drop what comes: %v, %v", err, set)
	}
	b.awaitStreams("0")
}
