package portal

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
)

const (
	eventStream = "text/event-stream"
	// heartbeat keeps proxies from closing a silent stream, and notices a browser that is gone and a session that has ended.
	heartbeat = 15 * time.Second
	// streamLife ends a stream, so that the session is looked at again.
	streamLife  = 15 * time.Minute
	flushWithin = 5 * time.Second
	// retryAfter and retrySpread say when a browser comes back, in milliseconds: the browsers of a bank do not all come at once after a restart.
	retryAfter   = 1000
	retrySpread  = 3500
	maxPerViewer = 10
	maxStreams   = 1000
)

// streams counts the open streams, in all and of one viewer: a person or a display.
type streams struct {
	mu       sync.Mutex
	byViewer map[string]int
	total    int
}

func newStreams() *streams { return &streams{byViewer: map[string]int{}} }

func (s *streams) open(viewer string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byViewer[viewer] >= maxPerViewer || s.total >= maxStreams {
		return false
	}
	s.byViewer[viewer]++
	s.total++
	return true
}

func (s *streams) close(viewer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byViewer[viewer]--; s.byViewer[viewer] == 0 {
		delete(s.byViewer, viewer)
	}
	s.total--
}

// stream sends a tick whenever the offer changed.
func (p *portal) stream(c *fiber.Ctx) error {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return err
	}
	token := p.token(c)
	welcome := func(ctx context.Context) (bool, error) {
		now, _, err := p.Staff.Glance(ctx, token)
		if staff.KindOf(err) == staff.Denied {
			return false, nil
		}
		return now.May(staff.ReadOffers), err
	}
	return p.ticks(c, string(who(c).ID), func() (<-chan struct{}, func()) { return p.Watch.Subscribe(o.ID) }, welcome)
}

// ticks is a stream of ticks to a viewer, for as long as it is welcome. A tick says nothing: the page fetches its part anew, so that a lost
// or doubled one does no harm.
func (p *portal) ticks(c *fiber.Ctx, viewer string, subscribe func() (<-chan struct{}, func()), welcome func(context.Context) (bool, error)) error {
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return errCrossOrigin
	}
	if !p.streams.open(viewer) {
		return fiber.ErrTooManyRequests
	}
	for name, value := range map[string]string{
		fiber.HeaderContentType: eventStream, "X-Accel-Buffering": "no", fiber.HeaderConnection: "close",
	} {
		c.Set(name, value)
	}
	conn := c.Context().Conn()
	still := func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
		defer cancel()
		yes, err := welcome(ctx)
		return yes || err != nil // a database that is away ends no stream
	}
	changed, end := subscribe()
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer p.streams.close(viewer)
		defer end()
		defer p.caught()
		p.write(w, conn, changed, still)
	})
	return nil
}

// caught is deferred where nothing else catches a panic, which would end the process.
func (p *portal) caught() {
	if r := recover(); r != nil {
		p.Log.Error("stream", "panic", fmt.Sprint(r))
	}
}

// write sends ticks and heartbeats until the browser is gone, it is no longer welcome, the stream is old or the
// program stops.
func (p *portal) write(w *bufio.Writer, conn net.Conn, changed <-chan struct{}, welcome func() bool) {
	send := func(text string) bool {
		deadline := time.Now().Add(flushWithin) //nolint:forbidigo // of the socket, not of the domain
		if err := conn.SetWriteDeadline(deadline); err != nil {
			return false
		}
		_, err := w.WriteString(text)
		return err == nil && w.Flush() == nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	life := time.NewTimer(streamLife)
	defer life.Stop()
	gone := closed(conn)
	retry := retryAfter + rand.IntN(retrySpread) //nolint:gosec // chance that nobody gains from guessing
	for ok := send(fmt.Sprintf("retry: %d\n\nevent: tick\ndata: 0\n\n", retry)); ok; {
		select {
		case <-changed:
			ok = send("event: tick\ndata: 1\n\n")
		case <-beat.C:
			ok = welcome() && send(": beat\n\n")
		case <-gone:
			return
		case <-life.C:
			return
		case <-p.Stopping:
			return
		}
	}
}

// closed tells when the browser closes the connection: writing would notice it only after several beats. Nothing else reads from the
// connection, because it is not used again.
func closed(conn net.Conn) <-chan struct{} {
	gone := make(chan struct{})
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		close(gone)
		return gone
	}
	go func() {
		defer close(gone)
		var b [1]byte
		_, _ = conn.Read(b[:]) // any end is an end
	}()
	return gone
}
