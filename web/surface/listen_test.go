package surface_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Who is refused with most of the body unsent sends it to its end and still reads why; over and over, because a reset is a race.
func TestDoor_lets_who_still_sends_read_the_refusal(t *testing.T) {
	t.Parallel()
	addr := serve(t)
	const size = 4 << 20
	for range 20 {
		conn := dial(t, addr, time.Minute)
		if _, err := io.WriteString(conn, fmt.Sprintf("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)+strings.Repeat("x", size)); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d, %v", res.StatusCode, err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Lingering has an end: for who sends without one, and for who stays and says nothing.
func TestDoor_hangs_up_on_who_outstays_a_refusal(t *testing.T) {
	t.Parallel()
	addr := serve(t)
	for name, more := range map[string]string{"sends on and on": strings.Repeat("x", 1<<20), "says nothing": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, addr, time.Minute)
			if _, err := io.WriteString(conn, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 413 ") {
				t.Fatalf("got %.100q, %v", all, err)
			}
			tick := time.NewTicker(100 * time.Millisecond) // who says nothing knocks only to see whether it was hung up
			defer tick.Stop()
			for err == nil {
				if more == "" {
					<-tick.C
					_, err = io.WriteString(conn, "x")
				} else {
					_, err = io.WriteString(conn, more)
				}
			}
			if strings.Contains(err.Error(), "timeout") {
				t.Error("it was not hung up")
			}
		})
	}
}
