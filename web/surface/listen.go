package surface

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Bounds of listening on after a refusal.
const (
	lingerTime  = 2 * time.Second
	lingerBytes = 8 << 20
)

// Listen opens the socket of a door. A caller that is refused while it still sends gets to read the answer: its connection is closed for
// writing at once, and for good when it is done, after 2 s or after 8 MiB. Closing with something unread would reset the connection
// and take the answer with it (RFC 9112 §9.6). The error is that of net.Listen, with the address.
func Listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return listener{l}, nil
}

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &conn{TCPConn: tcp}, err
	}
	return c, err //nolint:wrapcheck // the server compares it
}

// conn is a connection that can be asked to linger when it is closed.
type conn struct {
	*net.TCPConn
	linger atomic.Bool
}

func (c *conn) Close() error {
	// What the caller goes on to send is nobody's: faults of reading it are not either.
	if c.linger.Swap(false) && c.CloseWrite() == nil && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil { //nolint:forbidigo // time on the wire is no rule of the domain
		_, _ = io.CopyN(io.Discard, c.TCPConn, lingerBytes)
	}
	if err := c.TCPConn.Close(); err != nil {
		return fmt.Errorf("close connection: %w", err)
	}
	return nil
}

// linger lets the caller read the answer before the connection is closed.
func linger(c *fiber.Ctx) {
	raw := c.Context().Conn()
	if secure, ok := raw.(interface{ NetConn() net.Conn }); ok {
		raw = secure.NetConn()
	}
	if own, ok := raw.(*conn); ok {
		own.linger.Store(true)
	}
}
