package portal

import (
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// limitUnheard ends a connection whose other end leaves what was sent without an acknowledgement for so long (TCP_USER_TIMEOUT of tcp(7),
// RFC 5482): by itself the system would go on trying for a quarter of an hour.
func limitUnheard(conn net.Conn, limit time.Duration) error {
	if wrapped, is := conn.(interface{ NetConn() net.Conn }); is { // by TLS
		conn = wrapped.NetConn()
	}
	tcp, is := conn.(syscall.Conn)
	if !is {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return fmt.Errorf("limit a connection: %w", err)
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(limit.Milliseconds()))
	})
	if err != nil {
		return fmt.Errorf("limit a connection: %w", err)
	}
	if set != nil {
		return fmt.Errorf("limit a connection: %w", set)
	}
	return nil
}
