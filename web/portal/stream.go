package portal

import (
	"bufio"
	"context"
	"fmt"
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
	streamLife   = 15 * time.Minute
	flushWithin  = 5 * time.Second
	maxPerPerson = 10
	maxStreams   = 1000
)

// streams counts the open streams.
type streams struct {
	mu       sync.Mutex
	byPerson map[staff.PersonID]int
	total    int
}

func newStreams() *streams { return &streams{byPerson: map[staff.PersonID]int{}} }

func (s *streams) open(p staff.PersonID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byPerson[p] >= maxPerPerson || s.total >= maxStreams {
		return false
	}
	s.byPerson[p]++
	s.total++
	return true
}

func (s *streams) close(p staff.PersonID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byPerson[p]--; s.byPerson[p] == 0 {
		delete(s.byPerson, p)
	}
	s.total--
}

// stream sends a tick whenever the offer changed. A tick says nothing: the page fetches its part anew, so that a lost or doubled one
// does no harm.
func (p *portal) stream(c *fiber.Ctx) error {
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return errCrossOrigin
	}
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return err
	}
	person := who(c).ID
	if !p.streams.open(person) {
		return fiber.ErrTooManyRequests
	}
	for name, value := range map[string]string{
		fiber.HeaderContentType: eventStream, "X-Accel-Buffering": "no", fiber.HeaderConnection: "close",
	} {
		c.Set(name, value)
	}
	conn, token := c.Context().Conn(), p.token(c)
	welcome := func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
		defer cancel()
		now, err := p.Staff.Glance(ctx, token)
		return err == nil && now.May(staff.ReadOffers) || err != nil && staff.KindOf(err) != staff.Denied // a database that is away ends no session
	}
	changed, end := p.Watch.Subscribe(o.ID)
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer p.streams.close(person)
		defer end()
		defer func() {
			// A panic here would end the process: nothing outside this function catches it.
			if r := recover(); r != nil {
				p.Log.Error("stream", "panic", fmt.Sprint(r))
			}
		}()
		p.write(w, conn, changed, welcome)
	})
	return nil
}

// write sends ticks and heartbeats until the browser is gone, its person is no longer welcome, the stream is old or the
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
	for ok := send("retry: 3000\n\nevent: tick\ndata: 0\n\n"); ok; {
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
