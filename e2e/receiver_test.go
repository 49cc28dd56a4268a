package e2e_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"
)

// receiver is a back-end that takes callbacks and answers as a test wants.
type receiver struct {
	server *httptest.Server
	secret string

	mu     sync.Mutex
	answer func(n int) int // status of the n-th request, counted from 1
	got    []delivery
}

// delivery is one callback as it came in.
type delivery struct {
	At     time.Time
	Header http.Header
	Raw    []byte
	Body   struct {
		EventID string `json:"eventId"`
		Status  string `json:"status"`
		OfferID string `json:"offerId"`
		Details string `json:"errorDetails"`
	}
}

func newReceiver(t *testing.T, answer func(n int) int) *receiver {
	t.Helper()
	key := make([]byte, 32) // 256 bits
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	r := &receiver{secret: "whsec_" + base64.StdEncoding.EncodeToString(key), answer: answer}
	r.server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.server.Close)
	return r
}

// settings makes a bank call this receiver.
func (r *receiver) settings() []string {
	return []string{"COUNTERFOIL_CALLBACK_URL=" + r.server.URL, "COUNTERFOIL_CALLBACK_SECRET=" + r.secret}
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	raw, err := io.ReadAll(req.Body)
	d := delivery{At: time.Now(), Header: req.Header.Clone(), Raw: raw}
	if err != nil || json.Unmarshal(raw, &d.Body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.got = append(r.got, d)
	status := r.answer(len(r.got))
	r.mu.Unlock()
	w.WriteHeader(status)
}

// all gives everything that came.
func (r *receiver) all() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// of gives what came for one offer, in order.
func (r *receiver) of(offer string) []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []delivery
	for _, d := range r.got {
		if d.Body.OfferID == offer {
			out = append(out, d)
		}
	}
	return out
}

// statuses gives the callback statuses that came for one offer, in order.
func (r *receiver) statuses(offer string) []string {
	var out []string
	for _, d := range r.of(offer) {
		out = append(out, d.Body.Status)
	}
	return out
}

// verify checks a signature with the Standard Webhooks library for JavaScript.
func (r *receiver) verify(t *testing.T, d delivery) {
	t.Helper()
	headers := map[string]string{}
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		headers[name] = d.Header.Get(name)
	}
	input, err := json.Marshal(map[string]any{"secret": r.secret, "headers": headers, "body": string(d.Raw)})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "wallets/verify-webhook.mjs")
	cmd.Stdin = bytes.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("signature of %s: %v: %s", d.Raw, err, out)
	}
}

// always answers every request alike.
func always(status int) func(int) int { return func(int) int { return status } }
