package portal

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
)

const (
	eventStream = "text/event-stream"
	// heartbeat keeps proxies from closing a silent stream, tells the browser that it still hears us, and notices a browser that is gone and
	// a session that has ended.
	heartbeat = 10 * time.Second
	// unheard is how long a browser may leave what was sent without an acknowledgement: one that vanished is noticed within half a minute.
	unheard = 15 * time.Second
	// lookEvery is how often the stream of an offer looks for what no hint told: time does things too, and hints may be lost.
	lookEvery = 4 * time.Second
	// streamLife ends a stream, so that the session is looked at again.
	streamLife  = 15 * time.Minute
	flushWithin = 5 * time.Second
)

// view is what somebody watches by a stream.
type view struct {
	// viewer is a person or a display, and browser what its browser is known by.
	viewer, browser string
	// changed hints that there is something else to show, until end is called.
	changed <-chan struct{}
	end     func()
	// look gives what is shown, as a value that can be compared, every so often.
	look  func(context.Context) (any, error)
	every time.Duration
	// welcome tells whether the viewer may go on watching.
	welcome func(context.Context) (bool, error)
}

// stream sends a tick whenever the offer changed.
func (p *portal) stream(c *fiber.Ctx) error {
	o, err := p.Record.Offer(c.UserContext(), id(c))
	if err != nil {
		return err
	}
	token, person := p.token(c), who(c)
	welcome := func(ctx context.Context) (bool, error) {
		now, _, err := p.Staff.Glance(ctx, token)
		if staff.KindOf(err) == staff.Denied {
			return false, nil
		}
		return now.May(staff.ReadOffers), err
	}
	look := func(ctx context.Context) (any, error) { return p.scene(ctx, o.ID, person) }
	v := view{viewer: string(person.ID), browser: token, look: look, every: lookEvery, welcome: welcome}
	return p.ticks(c, v, func() (<-chan struct{}, func()) { return p.Watch.Subscribe(o.ID) })
}

// scene is what a counter screen shows, as far as it tells when to draw it anew.
type scene struct {
	status     issuance.Status
	events     int
	deliveries string
	trouble    trouble
	ended      bool
	after      issuance.OfferID
	// display is that of who watches.
	paired, connected bool
	shown             string
}

func (p *portal) scene(ctx context.Context, id issuance.OfferID, person staff.Person) (scene, error) {
	o, err := p.Record.Offer(ctx, id)
	if err != nil {
		return scene{}, err
	}
	t, err := p.Record.Timeline(ctx, id)
	if err != nil {
		return scene{}, err
	}
	after, err := p.after(ctx, o)
	if err != nil {
		return scene{}, err
	}
	now := p.Clock()
	s := scene{status: o.Status, events: len(t.Events), trouble: current(o, latest(o, t), now), ended: ended(o, t, now), after: after}
	for _, d := range t.Deliveries {
		s.deliveries += fmt.Sprint(d.Status, d.State, d.Attempts, d.Held, " ")
	}
	if person.May(staff.CreateOffers) {
		d, err := p.Displays.Of(ctx, person.ID)
		if err != nil {
			return scene{}, err
		}
		s.paired, s.connected, s.shown = d.PairedAt(now), d.ConnectedAt(now), d.Offer
	}
	return s, nil
}

// ticks is a stream of ticks to a viewer, for as long as it is welcome. A tick says nothing: the page fetches its part anew, so that a lost
// or doubled one does no harm. Hints, when there are any, come from subscribe.
func (p *portal) ticks(c *fiber.Ctx, v view, subscribe func() (changed <-chan struct{}, end func())) error {
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return errCrossOrigin
	}
	s, err := p.streams.open(v.viewer, v.browser)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		fiber.HeaderContentType: eventStream, "X-Accel-Buffering": "no", fiber.HeaderConnection: "close",
	} {
		c.Set(name, value)
	}
	conn := c.Context().Conn()
	v.changed, v.end = subscribe()
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer p.streams.close(s)
		defer v.end()
		defer p.caught()
		p.write(w, conn, s, v)
	})
	return nil
}

// caught is deferred where nothing else catches a panic, which would end the process.
func (p *portal) caught() {
	if r := recover(); r != nil {
		p.Log.Error("stream", "panic", fmt.Sprint(r))
	}
}

// welcome tells whether a viewer may go on; a database that is away ends no stream.
func welcome(v view) bool {
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	yes, err := v.welcome(ctx)
	return yes || err != nil
}

// looked gives what is shown now, or what was shown before when that cannot be read: it is read again in a moment, and by the page, which
// says so.
func looked(v view, before any) any {
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	now, err := v.look(ctx)
	if err != nil {
		return before
	}
	return now
}

// write sends ticks and heartbeats until the browser is gone, it is no longer welcome, a newer stream of the viewer wants its place, the
// stream is old or the program stops. A heartbeat also says when to come back, which depends on how many will (see streams.retry).
func (p *portal) write(w *bufio.Writer, conn net.Conn, s *seat, v view) {
	send := func(text string) bool {
		deadline := time.Now().Add(flushWithin) //nolint:forbidigo // of the socket, not of the domain
		if err := conn.SetWriteDeadline(deadline); err != nil {
			return false
		}
		_, err := w.WriteString(text)
		return err == nil && w.Flush() == nil
	}
	beat, looks, life := time.NewTicker(heartbeat), time.NewTicker(v.every), time.NewTimer(streamLife)
	defer beat.Stop()
	defer looks.Stop()
	defer life.Stop()
	gone := closed(conn)
	shown := looked(v, nil)
	for ok := send(fmt.Sprintf("retry: %d\n\nevent: tick\ndata: 0\n\n", p.streams.retry(s))); ok; {
		select {
		case <-v.changed:
			shown = looked(v, shown)
			ok = send("event: tick\ndata: 1\n\n")
		case <-looks.C:
			if now := looked(v, shown); now != shown {
				shown = now
				ok = send("event: tick\ndata: 1\n\n")
			}
		case <-beat.C:
			ok = welcome(v) && send(fmt.Sprintf("event: beat\ndata: 0\nretry: %d\n\n", p.streams.retry(s)))
		case <-s.wanted:
			send(fmt.Sprintf("retry: %d\n\n", retryTaken))
			return
		case <-gone:
			return
		case <-life.C:
			return
		case <-p.Stopping:
			return
		}
	}
}

// closed tells when the browser closes the connection, or has not been there for a while: writing would notice it only after several beats.
// Nothing else reads from the connection, because it is not used again.
func closed(conn net.Conn) <-chan struct{} {
	gone := make(chan struct{})
	if conn.SetReadDeadline(time.Time{}) != nil || limitUnheard(conn, unheard) != nil {
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
