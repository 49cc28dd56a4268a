package portal_test

import (
	"bufio"
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestCounter_hides_the_code_until_it_is_asked_for(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	a := clerk.do(post(offer+"/reveal", nil).with("HX-Request", "true"))
	code := a.page(t).Find("output").Text()
	if a.status != http.StatusOK || len(strings.ReplaceAll(code, " ", "")) != 6 || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("revealed: %d %q", a.status, code)
	}
	plain := strings.ReplaceAll(code, " ", "")
	for _, path := range []string{offer, offer + "/live", offer + "/code", offer + "/qr.svg", "/", "/offers"} { // PF-119
		if body := clerk.do(get(path)).body; strings.Contains(body, code) || strings.Contains(body, plain) {
			t.Errorf("%s shows the code", path)
		}
	}
	if whole := clerk.do(post(offer+"/reveal", nil)).page(t); whole.Find("output").Text() != code {
		t.Error("without scripts the code is not shown")
	}
	clerk.do(post(offer+"/cancel", nil))
	if a := clerk.do(post(offer+"/reveal", nil)); a.status != http.StatusConflict && a.status != http.StatusNotFound {
		t.Errorf("after the end the code answers %d", a.status)
	}
	if a := clerk.do(get(offer + "/qr.svg")); a.status != http.StatusConflict {
		t.Errorf("after the end the QR code answers %d", a.status)
	}
	if a := clerk.do(post(offer+"/cancel", nil)); a.status != http.StatusConflict && a.status != http.StatusSeeOther {
		t.Errorf("a second cancel answers %d", a.status)
	}
}

// A browser without scripts loads the page again until somebody holds it still.
func TestCounter_is_held_still_when_asked(t *testing.T) {
	t.Parallel()
	clerk := open(t).signIn("demo-clerk")
	offer := clerk.create()
	const moves = `<noscript><meta http-equiv="refresh" content="5"></noscript>`
	for query, want := range map[string]bool{"": true, "?hold=no": true, "?hold=yes": false, "?stay=yes&hold=yes": false} {
		if a := clerk.do(get(offer + query)); a.status != http.StatusOK || strings.Contains(a.body, moves) != want || strings.Contains(a.body, offer+"?hold=yes") != want {
			t.Errorf("with %q it moves: %v", query, !want)
		}
	}
	clerk.do(post(offer+"/cancel", nil))
	if a := clerk.do(get(offer)); strings.Contains(a.body, "hold=yes") {
		t.Error("a page that does not move can be held")
	}
}

// stream opens the stream of an offer and gives the beginning of the answer and its lines, until the context ends.
func (p person) stream(ctx context.Context, path string, header http.Header) (answer, <-chan string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.portal+path+"/stream", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header = header
	r.Header.Set("Cookie", p.cookie)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer resp.Body.Close()
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return answer{status: resp.StatusCode, header: resp.Header}, lines
}

// next gives the next line that is not empty.
func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case line, open := <-lines:
			if line != "" || !open {
				return line
			}
		case <-limit:
			t.Fatal("the stream says nothing")
		}
	}
}

// retries is how a stream begins: when to come back, from one second to four and a half when there are few.
var retries = regexp.MustCompile(`^retry: [1-4]\d{3}$`)

func TestStream_ticks_and_says_nothing_else(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, lines := clerk.stream(ctx, offer, http.Header{"Last-Event-ID": {"999"}}) // SS-009, SS-016
	for name, want := range map[string]string{                                  // SS-028
		"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": "",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if got := next(t, lines); !retries.MatchString(got) { // SS-087, SS-088
		t.Errorf("the stream begins with %q", got)
	}
	for _, want := range []string{"event: tick", "data: 0"} {
		if got := next(t, lines); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	clerk.do(post(offer+"/cancel", nil))
	for _, want := range []string{"event: tick", "data: 1"} {
		if got := next(t, lines); got != want {
			t.Errorf("after a change: got %q, want %q", got, want)
		}
	}
}

func TestStream_is_refused_where_it_must_be(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	for name, c := range map[string]struct {
		request request
		status  int
	}{
		"SS-004 an unknown offer": {get("/offers/nowhere/stream"), 404},
		"SS-011 another site":     {get(offer+"/stream").with("Sec-Fetch-Site", "cross-site"), 403},
		"SS-006 POST":             {post(offer+"/stream", nil), 405},
	} {
		if a := clerk.do(c.request); a.status != c.status {
			t.Errorf("%s: got %d", name, a.status)
		}
	}
}

func TestStream_ends_with_its_session(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	_, lines := clerk.stream(t.Context(), clerk.create(), http.Header{})
	next(t, lines)
	clerk.do(post("/sign-out", nil))
	limit := time.After(2 * time.Minute) // SS-032: two heartbeats; the rest is for a busy machine
	for {
		select {
		case _, open := <-lines:
			if !open {
				return
			}
		case <-limit:
			t.Fatal("the stream goes on for somebody who has signed out")
		}
	}
}
