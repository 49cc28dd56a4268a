package e2e_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"counterfoil/internal/store/storetest"
)

// cable is the way to a database, or to the portal, that a test can pull out and put back.
type cable struct {
	listener net.Listener
	to       string
	bytes    atomic.Int64 // that went either way

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

// newCable gives a cable and the database URL that leads through it.
func newCable(t *testing.T, database string) (*cable, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{listener: l, to: u.Host}
	t.Cleanup(func() {
		c.pull()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	go c.accept()
	u.Host = l.Addr().String()
	return c, u.String()
}

func (c *cable) accept() {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return // closed at the end of the test
		}
		far, err := net.Dial("tcp", c.to)
		if err != nil || !c.keep(near, far) {
			_ = near.Close()
			continue
		}
		go func() { _, _ = io.Copy(far, counted{near, &c.bytes}) }()
		go func() { _, _ = io.Copy(near, counted{far, &c.bytes}) }()
	}
}

// counted counts what is read.
type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err //nolint:wrapcheck // io.Copy compares it
}

// keep remembers both ends, or closes them when the cable is out.
func (c *cable) keep(ends ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, ends...)
	if c.cut {
		c.hangUp()
	}
	return !c.cut
}

func (c *cable) hangUp() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	c.hangUp()
}

func (c *cable) putBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = false
}

func TestOutage_of_the_database_is_told_and_passes_by_itself(t *testing.T) {
	t.Parallel()
	c, database := newCable(t, storetest.PostgreSQL(t))
	b := openBank(t, database)
	offer := b.create(identity(nil))
	code := b.code(offer)

	c.pull()
	for name, call := range map[string]func() (int, []byte, error){
		"an offer is made": func() (int, []byte, error) { return send(http.MethodPost, b.management+"/offers", identity(nil)) },
		"an offer is read": func() (int, []byte, error) { return send(http.MethodGet, b.management+"/offers/"+offer.OfferID, nil) },
		"readiness":        func() (int, []byte, error) { return send(http.MethodGet, b.management+"/readyz", nil) },
		"a wallet fetches": func() (int, []byte, error) {
			return send(http.MethodGet, b.wallet+"/oidc4vci/offers/"+offer.OfferID, nil)
		},
		"a code is redeemed":  func() (int, []byte, error) { return b.redeem(code, "") },
		"a token is used":     func() (int, []byte, error) { return b.collect("x", "{}") },
		"the portal signs in": func() (int, []byte, error) { return b.signInAs("demo-clerk") },
	} {
		if status, body, err := call(); err != nil || status != http.StatusServiceUnavailable {
			t.Errorf("%s: got %d %s %v", name, status, body, err)
		}
	}
	for _, alive := range []string{b.management + "/livez", b.wallet + "/.well-known/openid-credential-issuer", b.portal + "/sign-in"} {
		if status, _, err := send(http.MethodGet, alive, nil); err != nil || status != http.StatusOK {
			t.Errorf("%s answers %d %v", alive, status, err)
		}
	}

	c.putBack()
	eventually(t, patience, "readiness", func() bool {
		status, _, err := send(http.MethodGet, b.management+"/readyz", nil)
		return err == nil && status == http.StatusOK
	})
	if status, body, err := b.redeem(code, ""); err != nil || status != http.StatusOK {
		t.Errorf("the code was lost: %d %s %v", status, body, err)
	}
}
