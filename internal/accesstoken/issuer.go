package accesstoken

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"counterfoil/internal/jose"
	"counterfoil/internal/strictjson"
)

const (
	// fresh is how long keys are used without being read again: a key that the issuer has withdrawn is gone here after it.
	fresh = 10 * time.Minute
	// stale is how long keys are used while they cannot be read again.
	stale = time.Hour
	// refetch is the least time between two readings, whatever tokens come.
	refetch = 30 * time.Second
	// fetchTime bounds one reading.
	fetchTime = 8 * time.Second
	// maxDocument bounds metadata and keys, in bytes.
	maxDocument = 256 << 10
)

// Options is what a Verifier is made from.
type Options struct {
	Issuer, Audience string
	// Client reads metadata and keys; it must follow no redirects.
	Client *http.Client
	// CheckURL refuses addresses that must not be called.
	CheckURL func(raw string) error
	Clock    func() time.Time
}

// New makes a Verifier. It asks nobody before the first token comes: an issuer that is away must not keep this program from starting.
func New(o Options) (*Verifier, error) {
	if err := o.CheckURL(o.Issuer); err != nil {
		return nil, fmt.Errorf("authorization server: %w", err)
	}
	return &Verifier{
		issuer:   &issuer{name: o.Issuer, client: o.Client, check: o.CheckURL, clock: o.Clock},
		audience: o.Audience, clock: o.Clock,
	}, nil
}

// issuer is the authorization server with its keys as last read.
type issuer struct {
	name   string
	client *http.Client
	check  func(raw string) error
	clock  func() time.Time

	mu      sync.Mutex
	keys    jose.KeySet
	readAt  time.Time // of the keys
	triedAt time.Time
	reading chan struct{} // closed when the reading that is under way has ended; nil when there is none
	lastErr error
}

// algorithms are those by which a token may be signed.
func algorithms() []string { return []string{"ES256", "RS256", "PS256", "EdDSA"} }

// verify checks the signature by the keys at hand. It reads them again when they have not the token's, and, without making anybody wait,
// when they are old.
func (i *issuer) verify(ctx context.Context, t jose.Token) error {
	keys, readAt, _ := i.snapshot()
	if age := i.clock().Sub(readAt); !readAt.IsZero() && age < stale {
		if age >= fresh {
			i.read(ctx)
		}
		err := keys.Verify(t, algorithms()...)
		if !errors.Is(err, jose.ErrUnknownKey) {
			return asRefusal(err)
		}
	}
	if reading := i.read(ctx); reading != nil {
		select {
		case <-reading:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrAway, ctx.Err())
		}
	}
	keys, readAt, lastErr := i.snapshot()
	if readAt.IsZero() || i.clock().Sub(readAt) >= stale {
		return fmt.Errorf("%w: %w", ErrAway, lastErr)
	}
	return asRefusal(keys.Verify(t, algorithms()...))
}

func asRefusal(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

func (i *issuer) snapshot() (jose.KeySet, time.Time, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys, i.readAt, i.lastErr
}

// read begins to read the keys again, unless that was tried a moment ago. It gives what is closed when the reading under way has ended,
// or nil when there is none. Whether it went well, the next snapshot tells.
func (i *issuer) read(ctx context.Context) <-chan struct{} {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.clock()
	if i.reading == nil && (i.triedAt.IsZero() || now.Sub(i.triedAt) >= refetch) {
		i.triedAt, i.reading = now, make(chan struct{})
		// Others wait for this reading too, so it does not end with the request that began it.
		go i.fetch(context.WithoutCancel(ctx), i.reading)
	}
	return i.reading
}

func (i *issuer) fetch(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	keys, err := i.discover(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.lastErr = err; err == nil {
		i.keys, i.readAt = keys, i.clock()
	}
	i.reading = nil
	close(done)
}

// discover reads the metadata where RFC 8414 §3.1 and OpenID Connect Discovery 1.0 §4.1 put it, and then the keys.
func (i *issuer) discover(ctx context.Context) (jose.KeySet, error) {
	u, err := url.Parse(i.name)
	if err != nil {
		return jose.KeySet{}, fmt.Errorf("read issuer: %w", err)
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	origin := u.Scheme + "://" + u.Host
	var faults []error
	for _, at := range []string{
		origin + "/.well-known/oauth-authorization-server" + path, origin + path + "/.well-known/openid-configuration",
	} {
		jwks, err := i.metadata(ctx, at)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		raw, err := i.get(ctx, jwks)
		if err != nil {
			return jose.KeySet{}, err
		}
		keys, err := jose.ParseKeySet(raw)
		if err != nil {
			return jose.KeySet{}, fmt.Errorf("read keys: %w", err)
		}
		return keys, nil
	}
	return jose.KeySet{}, errors.Join(faults...)
}

// metadata gives the address of the keys. The document must name the very issuer that it was asked of (RFC 8414 §3.3).
func (i *issuer) metadata(ctx context.Context, at string) (string, error) {
	raw, err := i.get(ctx, at)
	if err != nil {
		return "", err
	}
	var doc struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := strictjson.Decode(raw, &doc); err != nil {
		return "", fmt.Errorf("read metadata: %w", err)
	}
	if doc.Issuer != i.name {
		return "", errors.New("read metadata: it names another issuer")
	}
	if err := i.check(doc.JWKSURI); err != nil {
		return "", fmt.Errorf("read metadata: jwks_uri: %w", err)
	}
	return doc.JWKSURI, nil
}

func (i *issuer) get(ctx context.Context, at string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, fmt.Errorf("ask authorization server: %w", err)
	}
	r.Header.Set("Accept", "application/json")
	res, err := i.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask authorization server: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // nothing is left to lose
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask authorization server: it answered %d", res.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("ask authorization server: %w", err)
	}
	if len(raw) > maxDocument {
		return nil, errors.New("ask authorization server: its answer is too long")
	}
	return raw, nil
}
