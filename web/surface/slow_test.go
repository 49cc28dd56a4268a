package surface_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/web/surface"
)

// small is a door that takes up to 1 MiB.
func small() *fiber.App {
	app := surface.New(surface.Door{
		Name: "test", BodyLimit: 1 << 20, Log: slog.New(slog.DiscardHandler), Headers: surface.APIHeaders(),
		Phrase: func(c *fiber.Ctx, err error) error {
			return c.Status(max(surface.StatusOf(err), fiber.StatusBadRequest)).SendString("refused")
		},
	})
	app.Post("/echo", func(c *fiber.Ctx) error { return c.SendString("ok") })
	surface.Close(app)
	return app
}

// hurried starts a door whose limits are those that ship but for the time to read a request, which is shorter so that nobody waits
// for it in a test.
func hurried(t *testing.T, patience time.Duration) string {
	t.Helper()
	app := small()
	// NO-016, NO-055: the time that ships.
	if limit := app.Server().ReadTimeout; limit <= 0 || limit > 15*time.Second {
		t.Errorf("a request may take %s to come", limit)
	}
	app.Server().ReadTimeout, app.Server().IdleTimeout = patience, patience
	l, err := surface.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = app.Listener(l) }()
	t.Cleanup(func() {
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// A client that never stops sending, however slowly, is hung up on: each byte buys it no more time.
func TestDoor_hangs_up_on_who_never_ends(t *testing.T) {
	const patience = 300 * time.Millisecond
	addr := hurried(t, patience)
	const head = "POST /echo HTTP/1.1\r\nHost: x\r\n"
	for name, c := range map[string]struct{ begin, drip string }{
		"NO-055 headers, a byte at a time":      {head + "X-Long: ", "a"},
		"NO-055 many headers":                   {head, "X: 1\r\n"},
		"a request line that has no end":        {"POST /", "a"},
		"a body, a byte at a time":              {head + "Content-Length: 100000\r\n\r\n", "a"},
		"NO-016 chunks, each of a byte":         {head + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"},
		"NO-016 an extension that has no end":   {head + "Transfer-Encoding: chunked\r\n\r\n1;", "a"},
		"a trailer that has no end":             {head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", "a"},
		"nothing behind a promise of something": {head + "Content-Length: 5\r\n\r\n", ""},
		"nothing at all":                        {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, addr, 100*patience)
			go func() {
				_, err := io.WriteString(conn, c.begin)
				tick := time.NewTicker(patience / 10)
				defer tick.Stop()
				for err == nil && c.drip != "" {
					<-tick.C
					_, err = io.WriteString(conn, c.drip)
				}
			}()
			all, err := io.ReadAll(conn)
			if err != nil && strings.Contains(err.Error(), "timeout") {
				t.Fatalf("it was not hung up: %v", err)
			}
			if strings.Contains(string(all), " 200 ") {
				t.Errorf("got %.200s", all)
			}
		})
	}
}

// NO-042: what ends its lines with a line feed alone is handled, refused or waited out as unfinished, and nothing hides behind it.
func TestDoor_reads_bare_line_feeds_one_way(t *testing.T) {
	addr := hurried(t, 300*time.Millisecond)
	const hidden = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
	for name, raw := range map[string]string{
		"NO-042 everywhere":          "POST /echo HTTP/1.1\nHost: x\nContent-Length: 0\nConnection: close\n\n",
		"NO-042 behind the headers":  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\n\n",
		"in front of another length": "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\nContent-Length: 60\r\n\r\n" + hidden,
		"in front of chunks":         "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 60\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"inside a value":             "POST /echo HTTP/1.1\r\nHost: x\r\nX: a\n\nContent-Length: 0\r\n\r\n" + hidden,
		"a bare carriage return":     "POST /echo HTTP/1.1\r\nHost: x\r\nX: a\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + hidden,
	} {
		t.Run(name, func(t *testing.T) {
			statuses, all := send(t, addr, raw)
			if len(statuses) > 1 || !strings.Contains("200 400 408", strings.Join(statuses, "")) {
				t.Errorf("got %v: %.300s", statuses, all)
			}
		})
	}
}

// NO-056 with fewer: who is connected and says nothing keeps nobody out.
func TestDoor_answers_beside_many_that_say_nothing(t *testing.T) {
	addr := serve(t)
	for range 500 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() // nothing was sent
	}
	begin := time.Now()
	statuses, _ := send(t, addr, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	if fmt.Sprint(statuses) != "[200]" || time.Since(begin) > 2*time.Second {
		t.Errorf("got %v after %s", statuses, time.Since(begin))
	}
}
