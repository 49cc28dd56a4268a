package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counterfoil/internal/app"
	"counterfoil/internal/app/apptest"
	"counterfoil/internal/config"
	"counterfoil/internal/store/storetest"
)

// patience bounds every wait in these tests. It is long because two cores run everything at once.
const patience = 30 * time.Second

// engines is every database that ships, each as the URL of a fresh one.
func engines() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{
		"SQLite":     func(testing.TB) string { return "" },
		"PostgreSQL": storetest.PostgreSQL,
	}
}

// onEachEngine runs a test on both databases.
func onEachEngine(t *testing.T, run func(t *testing.T, database string)) {
	for _, name := range slices.Sorted(maps.Keys(engines())) {
		t.Run(name, func(t *testing.T) { run(t, engines()[name](t)) })
	}
}

// bank is a running demo: the program that ships, on free ports.
type bank struct {
	t                          testing.TB
	wallet, management, portal string
	dir                        string
	log                        *syncBuffer
	// ahead is how far the program's clock is ahead of the real one, in nanoseconds.
	ahead atomic.Int64
}

// openBank starts a demo with extra settings (NAME=value) and stops it when the test ends.
func openBank(t testing.TB, database string, settings ...string) *bank {
	t.Helper()
	return openBankAhead(t, 0, database, settings...)
}

// openBankAhead is openBank with a clock that is ahead from the start.
func openBankAhead(t testing.TB, ahead time.Duration, database string, settings ...string) *bank {
	t.Helper()
	b := &bank{t: t, dir: t.TempDir(), log: &syncBuffer{}}
	b.ahead.Store(int64(ahead))
	port := freePort(t)
	env := []string{
		"COUNTERFOIL_DATA_DIR=" + b.dir,
		"COUNTERFOIL_PUBLIC_URL=http://localhost:" + port, "COUNTERFOIL_PUBLIC_ADDR=localhost:" + port,
		"COUNTERFOIL_MANAGEMENT_ADDR=127.0.0.1:0", "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:0",
	}
	if database != "" {
		env = append(env, "COUNTERFOIL_DATABASE_URL="+database)
	}
	cfg, err := config.Load(append(env, settings...))
	if err != nil {
		t.Fatal(err)
	}
	level := &slog.HandlerOptions{Level: slog.LevelDebug}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the program:\n%s", b.log.String())
		}
	})
	at := apptest.Run(t, cfg, app.Options{
		Demo: true, Log: slog.New(slog.NewJSONHandler(b.log, level)),
		Clock: b.now,
	})
	b.wallet, b.management, b.portal = cfg.PublicURL, at.Management, at.Portal
	return b
}

// freePort gives a port that was free a moment ago, from below those that the system hands out to whoever asks for any. The issuer
// identifier holds the port, so it must be known before.
func freePort(t testing.TB) string {
	t.Helper()
	const first, count = 10_000, 20_000
	for range 100 {
		port := strconv.Itoa(first + rand.IntN(count))
		l, err := net.Listen("tcp", "localhost:"+port)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
	t.Fatal("no port is free")
	return ""
}

// now is the program's time.
func (b *bank) now() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }

// root is the file of the demo's root certificate.
func (b *bank) root() string { return filepath.Join(b.dir, app.KeysDir, "root.crt.pem") }

// identity is an offer with just the mandatory claims.
func identity(extra map[string]any) map[string]any {
	body := map[string]any{
		"credential_configuration_id": "IdentityCredential",
		"claims": map[string]any{
			"given_name": "Erika", "family_name": "Mustermann", "document_number": "T22000129", "issuing_country": "DE",
		},
	}
	maps.Copy(body, extra)
	return body
}

// withCode asks for a numeric transaction code of six digits.
func withCode() map[string]any {
	return map[string]any{"tx_code": map[string]any{"input_mode": "numeric", "length": 6}}
}

// created is the answer of POST /offers, to the letter.
type created struct {
	OfferID string `json:"offer_id"`
	URI     string `json:"credential_offer_uri"`
	TxCode  string `json:"tx_code_value"`
}

func (b *bank) create(body map[string]any) created {
	b.t.Helper()
	var out created
	if status := b.call(http.MethodPost, b.management+"/offers", body, &out); status != http.StatusCreated {
		b.t.Fatalf("POST /offers answered %d", status)
	}
	return out
}

// status gives an offer's status as the management door tells it.
func (b *bank) status(id string) string {
	b.t.Helper()
	var out struct {
		Status string `json:"status"`
	}
	if status := b.call(http.MethodGet, b.management+"/offers/"+id, nil, &out); status != http.StatusOK {
		b.t.Fatalf("GET /offers/%s answered %d", id, status)
	}
	return out.Status
}

// event is one line of an offer's record.
type event struct {
	Sequence int    `json:"sequence"`
	Kind     string `json:"kind"`
	Cause    string `json:"cause"`
}

func (b *bank) events(id string) []event {
	b.t.Helper()
	var out struct {
		Events []event `json:"events"`
	}
	if status := b.call(http.MethodGet, b.management+"/offers/"+id+"/events", nil, &out); status != http.StatusOK {
		b.t.Fatalf("GET /offers/%s/events answered %d", id, status)
	}
	return out.Events
}

func (b *bank) call(method, url string, body, out any) int {
	b.t.Helper()
	status, data, err := send(method, url, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if out != nil && status < http.StatusBadRequest {
		if err := json.Unmarshal(data, out); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, url, err, data)
		}
	}
	return status
}

// send makes a JSON request; it may be called from any goroutine.
func send(method, url string, body any) (int, []byte, error) {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return 0, nil, fmt.Errorf("write the request: %w", err)
		}
		reader = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, url, reader)
	if err != nil {
		return 0, nil, fmt.Errorf("make the request: %w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return do(r)
}

func do(r *http.Request) (int, []byte, error) {
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("call %s: %w", r.URL.Path, err)
	}
	defer resp.Body.Close() // it was read
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer of %s: %w", r.URL.Path, err)
	}
	return resp.StatusCode, data, nil
}

// signInAs signs in as one of the demo's people, without a browser.
func (b *bank) signInAs(name string) (int, []byte, error) {
	r, err := http.NewRequest(http.MethodPost, b.portal+"/sign-in", strings.NewReader("as="+name))
	if err != nil {
		return 0, nil, fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return do(r)
}

// session signs somebody in, unless it is nobody, and gives a client with the cookies and the one of the session.
func (b *bank) session(name string) (*http.Client, string) {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	if name == "" {
		return client, ""
	}
	r, err := http.NewRequest(http.MethodPost, b.portal+"/sign-in", strings.NewReader("as="+name))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	at, err := url.Parse(b.portal)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range jar.Cookies(at) {
		if c.Name == "counterfoil" {
			return client, c.Name + "=" + c.Value
		}
	}
	b.t.Fatalf("no session for %s", name)
	return nil, ""
}

// eventually asks again and again until it holds, or fails the test.
func eventually(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond) // often enough for a person
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %s", limit, what)
		case <-tick.C:
		}
	}
}

// syncBuffer takes a log from many goroutines.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
