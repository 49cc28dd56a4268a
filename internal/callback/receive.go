package callback

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counterfoil/internal/secret"
	"counterfoil/internal/strictjson"
)

// The secrets that Standard Webhooks 1.0.0 allows ("Signature scheme"), in bytes before they are written in base64.
const (
	secretPrefix = "whsec_"
	minSecret    = 24
	maxSecret    = 64
)

// ErrSecret is a secret that nobody should sign with.
var ErrSecret = errors.New("the secret must be whsec_ and the base64 of 24 to 64 bytes")

// Received is one callback as a receiver took it.
type Received struct {
	At time.Time
	// Reason is why it was not verified; empty when it was. What is below is the caller's word until then.
	Reason string
	Status string
	// About is the offer, or the event when it is about none.
	About   string
	Details string
	// Repeats is how many verified ones with the same eventId and status came before.
	Repeats int
}

// Receiver takes callbacks as a back-end does, verifies each, and tells of it. It is for trials: what it saw it forgets when it ends.
type Receiver struct {
	verifier *standardwebhooks.Webhook
	status   int
	clock    func() time.Time
	tell     func(Received)

	mu   sync.Mutex
	seen map[string]int
}

// NewReceiver makes a receiver that answers status to what it could verify and 401 to the rest, and calls tell for each, one at a
// time. ErrSecret when the secret is none.
func NewReceiver(key secret.Text, status int, clock func() time.Time, tell func(Received)) (*Receiver, error) {
	text, ok := strings.CutPrefix(key.Reveal(), secretPrefix)
	raw, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) < minSecret || len(raw) > maxSecret {
		return nil, ErrSecret
	}
	verifier, err := standardwebhooks.NewWebhookRaw(raw)
	if err != nil {
		return nil, ErrSecret
	}
	return &Receiver{verifier: verifier, status: status, clock: clock, tell: tell, seen: map[string]int{}}, nil
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	const maxBody = 64 << 10 // bytes; a callback has a few hundred
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	status := r.status
	if got := r.take(body, req.Header); got.Reason != "" {
		status = http.StatusUnauthorized
	}
	w.WriteHeader(status)
}

// take verifies a callback, counts it and tells of it.
func (r *Receiver) take(body []byte, header http.Header) Received {
	got := Received{At: r.clock(), Reason: reason(r.verifier.Verify(body, header))}
	var p Payload
	if err := strictjson.Decode(body, &p); err != nil && got.Reason == "" {
		got.Reason = "the body is not that of a callback"
	}
	got.Status, got.About, got.Details = p.Status, cmp.Or(p.OfferID, p.EventID), p.ErrorDetails
	r.mu.Lock()
	defer r.mu.Unlock()
	if got.Reason == "" {
		key := p.EventID + " " + p.Status
		got.Repeats = r.seen[key]
		r.seen[key]++
	}
	r.tell(got)
	return got
}

// reason says why a signature does not verify; empty for nil.
func reason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, standardwebhooks.ErrRequiredHeaders):
		return "it is not signed"
	case errors.Is(err, standardwebhooks.ErrMessageTooOld):
		return "it was signed more than five minutes ago"
	case errors.Is(err, standardwebhooks.ErrMessageTooNew):
		return "it was signed in the future"
	case errors.Is(err, standardwebhooks.ErrNoMatchingSignature):
		return "it was signed with another secret, or changed on the way"
	}
	return "its headers cannot be read"
}

// Serve takes callbacks from l until ctx is done, then lets requests in flight finish.
func (r *Receiver) Serve(ctx context.Context, l net.Listener) error {
	const patience = 5 * time.Second
	server := &http.Server{Handler: r, ReadHeaderTimeout: patience, ReadTimeout: totalRead}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("receive callbacks: %w", err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Shutdown(limit); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop receiving callbacks: %w", err)
	}
	return nil
}

// totalRead is how long a caller may take to send a callback: as long as ours may take in all.
const totalRead = 15 * time.Second
