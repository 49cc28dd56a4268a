package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// mailbox is a receiver that may misbehave: it keeps what it answered with success, and notes what came twice at the same time.
type mailbox struct {
	server *httptest.Server

	mu      sync.Mutex
	answer  http.HandlerFunc
	calls   int
	bodies  map[string]string // by webhook-id
	changed []string          // ids that came with two bodies
	out     map[string]int    // calls that are being answered, by webhook-id
	overlap []string          // ids that came while they were being answered
	taken   map[string][]string
	times   map[string]int // calls by webhook-id
}

func newMailbox(t *testing.T, answer http.HandlerFunc) *mailbox {
	t.Helper()
	m := newMailboxOf(answer)
	m.server = httptest.NewServer(m)
	t.Cleanup(m.server.Close)
	return m
}

// newMailboxOf makes a mailbox that nobody reaches yet.
func newMailboxOf(answer http.HandlerFunc) *mailbox {
	return &mailbox{answer: answer, bodies: map[string]string{}, out: map[string]int{}, taken: map[string][]string{}, times: map[string]int{}}
}

// answering answers every call with a status.
func answering(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// do changes how the mailbox answers from now on.
func (m *mailbox) do(answer http.HandlerFunc) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answer = answer
}

// answered keeps the status that was written last; only the first is sent.
type answered struct {
	http.ResponseWriter
	status int
	begun  bool
}

// WriteHeader implements http.ResponseWriter.
func (a *answered) WriteHeader(status int) {
	a.status = status
	if !a.begun {
		a.begun = true
		a.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (a *answered) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// ServeHTTP implements http.Handler.
func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id := r.Header.Get("Webhook-Id")
	answer := m.begin(id, string(body))
	a := &answered{ResponseWriter: w, status: http.StatusOK}
	defer func() { m.end(id, body, a.status) }()
	answer(a, r)
}

func (m *mailbox) begin(id, body string) http.HandlerFunc {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	m.times[id]++
	if before, has := m.bodies[id]; has && before != body {
		m.changed = append(m.changed, id)
	}
	m.bodies[id] = body
	if m.out[id] > 0 {
		m.overlap = append(m.overlap, id)
	}
	m.out[id]++
	return m.answer
}

func (m *mailbox) end(id string, body []byte, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out[id]--
	var b struct{ Status, OfferID string }
	if status >= http.StatusMultipleChoices || json.Unmarshal(body, &b) != nil {
		return
	}
	if !slices.Contains(m.taken[b.OfferID], b.Status) {
		m.taken[b.OfferID] = append(m.taken[b.OfferID], b.Status)
	}
}

// of gives the statuses of an offer that were taken, in order, without repeats.
func (m *mailbox) of(offer string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.taken[offer])
}

// came counts the calls.
func (m *mailbox) came() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// complete tells whether each offer's statuses were taken as they happened.
func (m *mailbox) complete(offers []string, want ...string) bool {
	return !slices.ContainsFunc(offers, func(id string) bool { return !slices.Equal(m.of(id), want) })
}

// honest sees that nothing came with two bodies, and tells what came more than once.
func (m *mailbox) honest(t *testing.T) (twice []string) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.changed) > 0 { // CB-082
		t.Errorf("the same id with another body: %v", m.changed)
	}
	for id, n := range m.times {
		if n > 1 {
			twice = append(twice, id)
		}
	}
	return twice
}

// atOnce gives the ids that came while they were being answered.
func (m *mailbox) atOnce() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.overlap)
}

// hold answers a call after some time, or when the caller hangs up.
func hold(d time.Duration) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
	}
}

// subscribe makes a callback endpoint and gives its id.
func (b *bank) subscribe(url string) string {
	b.t.Helper()
	var made struct {
		ID string `json:"callback_id"`
	}
	if status := b.call(http.MethodPost, b.management+"/callbacks", map[string]any{"url": url}, &made); status != http.StatusCreated {
		b.t.Fatalf("POST /callbacks answered %d", status)
	}
	return made.ID
}

// act does something with a callback endpoint: pause, resume.
func (b *bank) act(callback, action string) {
	b.t.Helper()
	if status := b.call(http.MethodPost, b.management+"/callbacks/"+callback+"/"+action, nil, nil); status != http.StatusOK {
		b.t.Fatalf("%s answered %d", action, status)
	}
}

// queued counts what waits for a callback endpoint.
func (b *bank) queued(callback string) int {
	b.t.Helper()
	var shown struct {
		Queued int `json:"queued"`
	}
	b.call(http.MethodGet, b.management+"/callbacks/"+callback, nil, &shown)
	return shown.Queued
}

// cancelled makes offers and cancels them, which makes two events of each.
func (b *bank) cancelled(offers int) []string {
	b.t.Helper()
	var ids []string
	for range offers {
		id := b.create(identity(nil)).OfferID
		if status := b.call(http.MethodPost, b.management+"/offers/"+id+"/cancel", nil, nil); status != http.StatusOK {
			b.t.Fatalf("cancel answered %d", status)
		}
		ids = append(ids, id)
	}
	return ids
}
