package surface_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/web/surface"
)

// serve starts a door with one echo route and gives its address.
func serve(t *testing.T) string {
	t.Helper()
	app := surface.New(surface.Door{
		Name: "test", TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}, BodyLimit: 1 << 10, Log: slog.New(slog.DiscardHandler), Headers: surface.APIHeaders(),
		Phrase: func(c *fiber.Ctx, err error) error {
			status := surface.StatusOf(err)
			if status == 0 {
				status = fiber.StatusInternalServerError
			}
			return c.Status(status).SendString("refused")
		},
	})
	app.Post("/echo", func(c *fiber.Ctx) error { return c.SendString("ok") })
	app.Get("/address", func(c *fiber.Ctx) error { return c.SendString("[" + surface.Address(c).String() + "]") })
	app.Get("/panic", func(*fiber.Ctx) error { panic("secret in a panic") })
	surface.Close(app)
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

// dial connects to a door until the test ends, for a time.
func dial(t *testing.T, addr string, within time.Duration) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // read to its end, or hung up on
	if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// send writes raw bytes and gives the status codes of the answers until the door closes or falls silent.
func send(t *testing.T, addr, raw string) (statuses []string, all string) {
	t.Helper()
	conn := dial(t, addr, 30*time.Second)
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite() // so that the door closes when it has answered everything; it may have done so already
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		all += line
		if strings.HasPrefix(line, "HTTP/1.1 ") {
			statuses = append(statuses, strings.Fields(line)[1])
		}
		if err != nil {
			return statuses, all
		}
	}
}

// What a front proxy and this server could read differently must be refused: the version of fasthttp that Fiber v2 brings
// takes several of these.
func TestDoor_refuses_what_two_servers_could_read_differently(t *testing.T) {
	addr := serve(t)
	const second = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
	cases := map[string]struct{ raw, want string }{
		"a good request":                 {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "200"},
		"NO-040 two Content-Lengths":     {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello", "400"},
		"OF-060 length and chunks":       {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second, "200|400"},
		"LF in a chunk extension":        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;\nxx\r\n45\r\n0\r\n\r\n" + second, "400"},
		"no Host":                        {"POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400"},
		"NO-033 two Hosts":               {"POST /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n", "400"},
		"DP-006 space before the colon":  {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n", "400"},
		"NO-041 space in a header name":  {"POST /echo HTTP/1.1\r\nHost: x\r\nX y: 0\r\nContent-Length: 0\r\n\r\n", "400"},
		"NO-046 a header of 33 KiB":      {"POST /echo HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 33<<10) + "\r\nContent-Length: 0\r\n\r\n", "431"},
		"a header of 20 KiB is fine":     {"POST /echo HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 20<<10) + "\r\nContent-Length: 0\r\n\r\n", "200"},
		"OF-058 five gibibytes promised": {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5368709120\r\n\r\n", "413"},
		"OF-057 a byte too many":         {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1025\r\n\r\n" + strings.Repeat("a", 1025), "413"},
		"OF-033 TRACE":                   {"TRACE /echo HTTP/1.1\r\nHost: x\r\n\r\n", "405"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			statuses, all := send(t, addr, c.raw)
			if len(statuses) != 1 || !strings.Contains(c.want, statuses[0]) {
				t.Errorf("got %v, want %s", statuses, c.want)
			}
			if strings.Contains(all, "aaaa") || strings.Contains(all, "hello") {
				t.Errorf("the answer repeats the request: %.200s", all)
			}
		})
	}
}

func TestDoor_survives_a_panic_and_tells_nothing_of_it(t *testing.T) {
	statuses, all := send(t, serve(t), "GET /panic HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if len(statuses) != 1 || statuses[0] != "500" || strings.Contains(all, "secret") {
		t.Errorf("got %v: %s", statuses, all)
	}
}

func TestDoor_answers_in_its_own_dialect(t *testing.T) {
	addr := serve(t)
	for path, want := range map[string]string{"/none": "404", "/echo": "405", "/echo/": "404", "//echo": "404", "/ECHO": "404"} {
		statuses, all := send(t, addr, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		if len(statuses) != 1 || statuses[0] != want || !strings.Contains(all, "refused") || !strings.Contains(all, "X-Request-Id: ") {
			t.Errorf("%s: got %v: %s", path, statuses, all)
		}
		if want == "405" && !strings.Contains(all, "Allow: POST\r\n") {
			t.Errorf("%s: no Allow in %s", path, all)
		}
	}
}

func TestFasthttp_is_the_version_that_passes_these_probes(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "github.com/valyala/fasthttp").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(out)); got != "github.com/valyala/fasthttp v1.78.0" {
		t.Errorf("got %s", got)
	}
}
