//go:build bench

package bench_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
	"counterfoil/internal/staff"
	"counterfoil/internal/store/storetest"
)

const (
	viewers = 250 // each with a browser that watches one offer in as many tabs as it may have
	tabs    = 4
)

// counter is the program that ships, as a process of its own, so that its memory is its own too.
type counter struct {
	bank
	t      *testing.T
	cfg    config.Config
	portal string
	cmd    *exec.Cmd
	// cookie is the name of the session's cookie.
	cookie string
}

func openCounter(t *testing.T) *counter {
	t.Helper()
	dir, at := t.TempDir(), make([]string, 3)
	for i := range at {
		at[i] = anyPort()
	}
	program := filepath.Join(dir, "counterfoil")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/counterfoil").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	env := []string{
		"COUNTERFOIL_DATA_DIR=" + dir, "COUNTERFOIL_DATABASE_URL=" + storetest.PostgreSQL(t), "COUNTERFOIL_PUBLIC_URL=http://" + at[0],
		"COUNTERFOIL_PUBLIC_ADDR=" + at[0], "COUNTERFOIL_MANAGEMENT_ADDR=" + at[1], "COUNTERFOIL_PORTAL_ADDR=" + at[2],
	}
	cfg, err := config.Load(env)
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{bank: bank{management: "http://" + at[1]}, t: t, cfg: cfg, portal: "http://" + at[2], cmd: exec.Command(program, "demo")}
	c.cmd.Env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+dir)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait() // it was killed
	})
	c.await("the program is ready", func() bool {
		res, err := http.Get(c.management + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.portal+"/sign-in", strings.NewReader("as=demo-clerk"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if len(res.Cookies()) != 1 {
		t.Fatalf("signing in answered %d", res.StatusCode)
	}
	c.cookie = res.Cookies()[0].Name
	return c
}

func (c *counter) await(what string, holds func() bool) {
	c.t.Helper()
	deadline, often := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
	defer often.Stop()
	for !holds() {
		select {
		case <-deadline:
			c.t.Fatalf("not within a minute: %s", what)
		case <-often.C:
		}
	}
}

// memory is what the process holds, in megabytes.
func (c *counter) memory() float64 {
	c.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		c.t.Fatal(err)
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		c.t.Fatal("no VmRSS")
	}
	kilobytes, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		c.t.Fatal(err)
	}
	return kilobytes / 1024
}

// clerks signs people in and gives the tokens of their sessions.
func (c *counter) clerks(n int) (tokens []string) {
	c.t.Helper()
	err := app.WithStaff(c.t.Context(), c.cfg, slog.New(slog.DiscardHandler), func(s *staff.Service) error {
		for i := range n {
			p, err := s.AddPerson(c.t.Context(), staff.NewPerson{Name: fmt.Sprintf("clerk-%d", i), Roles: []staff.Role{staff.Operator}, Password: "correct horse battery staple"})
			if err != nil {
				return err
			}
			in, err := s.Open(c.t.Context(), p, staff.ByPassword, "", staff.From{})
			if err != nil {
				return err
			}
			tokens = append(tokens, in.Token.Reveal())
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return tokens
}

// watched is what one offer's streams said last.
type watched struct {
	mu     sync.Mutex
	opened int
	said   []time.Time
}

// watch opens a stream and notes when it says that something changed, until the context ends.
func (c *counter) watch(ctx context.Context, client *http.Client, offer, token string, w *watched) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.portal+"/offers/"+offer+"/stream", nil)
	if err != nil {
		c.t.Error(err)
		return
	}
	req.Header.Set("Cookie", c.cookie+"="+token)
	res, err := client.Do(req)
	if err != nil {
		c.t.Error(err)
		return
	}
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); kind != "text/event-stream" {
		c.t.Errorf("a stream answered %d with %q", res.StatusCode, kind)
		return
	}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if lines.Text() != "event: tick" {
			continue
		}
		w.mu.Lock()
		if w.opened < tabs {
			w.opened++ // the first tick of a stream says that it is open
		} else {
			w.said = append(w.said, time.Now())
		}
		w.mu.Unlock()
	}
}

// SS-051: what a thousand streams cost, and how long a step of a wallet takes to reach those who watch its offer.
func TestBench_thousand_streams(t *testing.T) {
	c := openCounter(t)
	tokens := c.clerks(viewers)
	offers, uris := make([]string, viewers), make([]string, viewers)
	watching := make([]*watched, viewers)
	for i := range offers {
		var err error
		if offers[i], uris[i], err = c.create(); err != nil {
			t.Fatal(err)
		}
		watching[i] = &watched{}
	}
	before := c.memory()
	ctx, end := context.WithCancel(t.Context())
	var open sync.WaitGroup
	t.Cleanup(open.Wait)
	t.Cleanup(end)
	for i, token := range tokens {
		client := &http.Client{Transport: &http.Transport{}}
		for range tabs {
			open.Go(func() { c.watch(ctx, client, offers[i], token, watching[i]) })
		}
	}
	count := func(of func(*watched) int) (n int) {
		for _, w := range watching {
			w.mu.Lock()
			n += of(w)
			w.mu.Unlock()
		}
		return n
	}
	c.await("all streams are open", func() bool { return count(func(w *watched) int { return w.opened }) == viewers*tabs })
	with := c.memory()
	var delays []time.Duration
	for i, uri := range uris {
		link, err := url.Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		res, err := http.Get(link.Query().Get("credential_offer_uri"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("the offer answered %d, %v", res.StatusCode, err)
		}
		_ = res.Body.Close()
		w := watching[i]
		c.await("the step shows in every tab", func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return len(w.said) >= tabs
		})
		for _, at := range w.said[:tabs] {
			delays = append(delays, at.Sub(begun))
		}
	}
	fmt.Printf("%d streams: %.0f MB before, %.0f MB with them, wanted at most 50 MB more\n", viewers*tabs, before, with)
	fmt.Printf("… from a wallet's step to its tick: median %.1f ms, p95 %.1f ms, wanted ≤ 1,000 ms\n", percentile(delays, 50), percentile(delays, 95))
}
