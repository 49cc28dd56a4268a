package outbound_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"counterfoil/internal/outbound"
)

// counter is a handler that counts its requests.
type counter struct{ n atomic.Int32 }

// ServeHTTP implements http.Handler.
func (c *counter) ServeHTTP(http.ResponseWriter, *http.Request) { c.n.Add(1) }

// rude is a real TCP server that does with each connection what it is told.
func rude(t *testing.T, do func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close() // rude
				do(c)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// heard reads the request, then goes on.
func heard(do func(c net.Conn)) func(c net.Conn) {
	return func(c net.Conn) {
		if _, err := c.Read(make([]byte, 4096)); err == nil {
			do(c)
		}
	}
}

func says(text string) func(c net.Conn) {
	return heard(func(c net.Conn) { _, _ = io.WriteString(c, text) })
}

// reset says something and drops the connection as a crashed machine does.
func reset(text string) func(c net.Conn) {
	return heard(func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	})
}

// silence takes what comes and never answers.
func silence(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// call makes a POST and reads the answer as those who keep nothing of it do.
func call(client *http.Client, url string) (status int, err error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(`{}`))
	if err != nil {
		return 0, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = outbound.Read(res, 0)
	return res.StatusCode, err
}

func here() *http.Client { return outbound.NewClient(outbound.Options{Allow: outbound.Loopback()}) }

func TestNewClient_calls_what_is_no_answer_a_failure(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, c := range map[string]struct{ url, want string }{
		"CB-056 a header of 1 MB":   {rude(t, says("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("a", 1<<20)+"\r\n\r\n")), "connection broken"},
		"CB-056 100000 headers":     {rude(t, says("HTTP/1.1 200 OK\r\n"+strings.Repeat("X: a\r\n", 100_000)+"\r\n")), "connection broken"},
		"CB-060 another protocol":   {rude(t, says("SSH-2.0-OpenSSH_9.9\r\n")), "connection broken"},
		"CB-060 no status":          {rude(t, says("HTTP/1.1 OK OK\r\n\r\n")), "connection broken"},
		"CB-060 two lengths":        {rude(t, says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx")), "connection broken"},
		"CB-060 a length below 0":   {rude(t, says("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nxx")), "connection broken"},
		"CB-062 refused":            {closed.URL, "connection refused"},
		"CB-063 reset in the body":  {rude(t, reset("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")), "connection broken"},
		"CB-063 closed in the body": {rude(t, says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")), "connection broken"},
		"CB-063 closed in a chunk":  {rude(t, says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf")), "connection broken"},
		"reset before the status":   {rude(t, reset("")), "connection broken"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := call(here(), c.url); err == nil || outbound.Describe(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// CB-041, CB-042: a redirect is an answer like any other, wherever it leads; the body is not sent on.
func TestNewClient_follows_no_redirect_of_any_kind(t *testing.T) {
	port, reached := served(t, "127.0.0.1")
	for _, target := range []string{"http://127.0.0.1:" + port + "/", "http://169.254.169.254/latest/meta-data/", "https://bank.example/", "/elsewhere", "//127.0.0.1:" + port, ""} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			asked := atomic.Int32{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.Header().Set("Location", target)
				w.WriteHeader(status)
			}))
			got, err := call(here(), server.URL)
			server.Close()
			if got != status || err != nil || asked.Load() != 1 || reached.n.Load() != 0 {
				t.Errorf("%d to %q: got %d %v, asked %d times, the target %d", status, target, got, err, asked.Load(), reached.n.Load())
			}
		}
	}
}

// counted counts what a client reads from its connections.
type counted struct {
	net.Conn
	read *atomic.Int64
}

// Read implements io.Reader.
func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// CB-057: of an answer without end 64 KiB are read and the connection ends; the status counts.
func TestDiscard_reads_64_KiB(t *testing.T) {
	for name, head := range map[string]string{
		"1 GB":                    "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
		"without a length":        "HTTP/1.1 200 OK\r\n\r\n",
		"one chunk without bound": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{})
			url := rude(t, heard(func(c net.Conn) {
				defer close(ended)
				_, err := io.WriteString(c, head)
				for err == nil {
					_, err = c.Write(make([]byte, 32<<10))
				}
			}))
			client, read := here(), atomic.Int64{}
			transport, ok := client.Transport.(*http.Transport)
			if !ok {
				t.Fatal("another transport")
			}
			dial := transport.DialContext
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				return counted{conn, &read}, err
			}
			if status, err := call(client, url); status != http.StatusOK || err != nil {
				t.Errorf("got %d %v", status, err)
			}
			<-ended // so the connection was closed, not kept
			if n := read.Load(); n < outbound.MaxRead || n > outbound.MaxRead+16<<10 {
				t.Errorf("%d bytes were read", n) // buffers come on top
			}
		})
	}
}

// bounds are whole seconds that something may take.
type bounds struct{ least, most int }

// fails sees a call fail for want of time, within bounds.
func fails(t *testing.T, client *http.Client, url string, b bounds) {
	t.Helper()
	start := time.Now()
	_, err := call(client, url)
	took := time.Since(start)
	if outbound.Describe(err) != "no answer in time" && !strings.HasPrefix(url, "https://bank.example") || err == nil {
		t.Errorf("got %v", err)
	}
	if took < time.Duration(b.least)*time.Second || took > time.Duration(b.most)*time.Second {
		t.Errorf("it took %v", took)
	}
}

// CB-059: 15 s in all for who takes the request and says nothing, or says it a byte at a time.
func TestNewClient_gives_up_after_15_s(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(c net.Conn){
		"silent": silence,
		"drips": heard(func(c net.Conn) {
			_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
			for tick := time.NewTicker(time.Second); err == nil; <-tick.C {
				_, err = io.WriteString(c, "x")
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fails(t, here(), rude(t, do), bounds{14, 18})
		})
	}
}

// Connecting takes 3 s at most: here the system drops what would connect, because nobody takes what is waiting already.
func TestNewClient_connects_within_3_s(t *testing.T) {
	t.Parallel()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd) // nothing was sent
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := "127.0.0.1:" + strconv.Itoa(name.(*syscall.SockaddrInet4).Port) //nolint:forcetypeassert // it was bound as that
	const enough = 16
	full := false
	for range enough {
		c, err := net.DialTimeout("tcp", at, 300*time.Millisecond)
		if full = err != nil; full {
			break
		}
		defer c.Close() // nothing was sent
	}
	if !full {
		t.Skip("this system takes connections that nobody waits for")
	}
	fails(t, here(), "http://"+at, bounds{2, 5})
}

// A TLS handshake takes 5 s at most.
func TestNewClient_shakes_hands_within_5_s(t *testing.T) {
	t.Parallel()
	fails(t, here(), "https"+strings.TrimPrefix(rude(t, silence), "http"), bounds{4, 8})
}

// CB-064, CB-067: who is called must prove by a certificate that counts, in TLS 1.2 or later, that it is them.
func TestNewClient_wants_good_TLS(t *testing.T) {
	versions := func(low, high uint16) *tls.Config { return &tls.Config{MinVersion: low, MaxVersion: high} }
	for name, c := range map[string]struct {
		config  *tls.Config
		trusted bool
		host    string
		want    string
	}{
		"trusted, TLS 1.2":        {versions(tls.VersionTLS12, tls.VersionTLS12), true, "127.0.0.1", ""},
		"trusted, TLS 1.3":        {versions(tls.VersionTLS13, tls.VersionTLS13), true, "127.0.0.1", ""},
		"CB-064 self-signed":      {nil, false, "127.0.0.1", "TLS certificate not accepted"},
		"CB-066 another name":     {nil, true, "localhost", "TLS certificate not accepted"},
		"CB-067 TLS 1.0":          {versions(tls.VersionTLS10, tls.VersionTLS10), true, "127.0.0.1", "TLS handshake failed"},
		"CB-067 up to TLS 1.1":    {versions(tls.VersionTLS10, tls.VersionTLS11), true, "127.0.0.1", "TLS handshake failed"},
		"plain HTTP behind https": {nil, true, "", "TLS handshake failed"},
	} {
		t.Run(name, func(t *testing.T) {
			reached := &counter{}
			server := httptest.NewUnstartedServer(reached)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.TLS = c.config
			server.StartTLS()
			t.Cleanup(server.Close)
			client := here()
			if transport, ok := client.Transport.(*http.Transport); ok && c.trusted {
				roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:forcetypeassert // httptest's own
				transport.TLSClientConfig = &tls.Config{RootCAs: roots}
			}
			url := strings.Replace(server.URL, "127.0.0.1", c.host, 1)
			if c.host == "" {
				url = "https" + strings.TrimPrefix(rude(t, says("HTTP/1.1 200 OK\r\n\r\n")), "http")
			}
			_, err := call(client, url)
			if (c.want == "") != (err == nil) || err != nil && outbound.Describe(err) != c.want || (reached.n.Load() == 1) != (c.want == "") {
				t.Errorf("got %v after %d requests, want %q", err, reached.n.Load(), c.want)
			}
			// A handshake alone is judged alike, and is no request.
			before := reached.n.Load()
			err = outbound.Handshake(t.Context(), client, url)
			if (c.want == "") != (err == nil) || err != nil && outbound.Describe(err) != c.want || reached.n.Load() != before {
				t.Errorf("a handshake gives %v after %d requests, want %q", err, reached.n.Load()-before, c.want)
			}
		})
	}
}

// CB-074: the proxies that TestMain set would answer nothing. Go passes over them for loopback addresses, so this asks by name.
func TestNewClient_uses_no_proxy_of_the_environment(t *testing.T) {
	port, reached := served(t, "127.0.0.1")
	z := newZone(t, map[string][]string{"bank.example": {"127.0.0.1"}})
	if proxied, err := (&http.Client{}).Get("http://bank.example:" + port + "/"); err == nil {
		proxied.Body.Close() // the test has failed already
		t.Fatal("the proxies of this test are not used by a client that may")
	}
	status, err := call(outbound.NewClient(outbound.Options{Allow: outbound.Loopback(), Resolver: z.resolver()}), "http://bank.example:"+port+"/")
	if status != http.StatusOK || err != nil || reached.n.Load() != 1 {
		t.Errorf("got %d %v, reached %d times", status, err, reached.n.Load())
	}
}

// CB-121: a receiver may end a connection that was kept. A request that it had already taken is not sent a second time behind the caller's
// back: that is an attempt, and it counts.
func TestNewClient_sends_nothing_twice(t *testing.T) {
	requests, connections := atomic.Int32{}, atomic.Int32{}
	url := rude(t, func(c net.Conn) {
		connections.Add(1)
		buffer := make([]byte, 4096)
		for n := 1; ; n++ {
			if _, err := c.Read(buffer); err != nil {
				return
			}
			requests.Add(1)
			if n == 2 {
				return // with the second request in hand
			}
			_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	})
	client := here()
	for n, want := range []bool{true, false, true} {
		if _, err := call(client, url); (err == nil) != want {
			t.Errorf("request %d: %v", n+1, err)
		}
		if got := requests.Load(); got != int32(n+1) {
			t.Errorf("after request %d the receiver has %d", n+1, got)
		}
	}
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// CB-121: one that ended while nothing was sent costs nothing, or that attempt; never a repeat, and the next goes through.
func TestNewClient_leaves_connections_that_have_ended(t *testing.T) {
	requests := atomic.Int32{}
	url := rude(t, heard(func(c net.Conn) {
		requests.Add(1)
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
	}))
	client := here()
	succeeded := int32(0)
	for range 20 {
		if _, err := call(client, url); err == nil {
			succeeded++
		} else if errors.Is(err, outbound.ErrAddress) {
			t.Fatal(err)
		}
	}
	if n := requests.Load(); n != succeeded || n < 10 {
		t.Errorf("%d requests came, %d were answered", n, succeeded)
	}
}
