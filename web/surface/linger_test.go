package surface_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"counterfoil/web/surface"
)

// Who is refused while still sending reads the answer to its end, over TLS as over TCP: it is not reset with what was left unread.
func TestListen_lets_who_is_refused_read_the_answer(t *testing.T) {
	theirs := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	defer theirs.Close()
	roots := x509.NewCertPool()
	roots.AddCert(theirs.Certificate())
	plain := echo(t, nil)
	secure := echo(t, &tls.Config{Certificates: theirs.TLS.Certificates, MinVersion: tls.VersionTLS12})
	const patience, rounds, size = 10 * time.Second, 5, 6 << 20
	for name, open := range map[string]func() io.ReadWriteCloser{
		"TCP": func() io.ReadWriteCloser { return dial(t, plain, patience) },
		"TLS": func() io.ReadWriteCloser {
			return tls.Client(dial(t, secure, patience), &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12})
		},
	} {
		for range rounds {
			conn := open()
			// All of it, as most clients do, before anything is read.
			if _, err := fmt.Fprintf(conn, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("a", size)); err != nil {
				t.Errorf("%s: not taken: %v", name, err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge || string(body) != "refused" {
				t.Errorf("%s: %d %q, %v", name, res.StatusCode, body, err)
			}
			_ = conn.Close() // the other side may have been quicker
		}
	}
}

// echo starts a door, with TLS when there is a configuration of it, and gives its address.
func echo(t *testing.T, config *tls.Config) string {
	t.Helper()
	app := small()
	l, err := surface.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	go func() { _ = app.Listener(l) }()
	t.Cleanup(func() {
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}
