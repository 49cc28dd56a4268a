package staff

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"counterfoil/internal/secret"
)

// The limits of a session, and of guessing a password.
const (
	IdleLimit     = 30 * time.Minute
	AbsoluteLimit = 12 * time.Hour
	tokenBytes    = 32
	// touchEvery keeps reading pages from writing to the database each time.
	touchEvery = time.Minute
	// triesAtOnce passwords may be tried for one name at once, and then one every tryEvery.
	triesAtOnce = 10
	tryEvery    = 30 * time.Second
	// maxTried bounds the memory of the limiter.
	maxTried = 10_000
)

// Session returns who holds a token, and their session, and notes that they are there; Denied when it is unknown, ended, idle too long
// or its person is disabled.
func (s *Service) Session(ctx context.Context, token string) (Person, Session, error) {
	return s.session(ctx, token, true)
}

// Glance is Session for what a page does by itself: a screen that refreshes does not keep a session from running idle.
func (s *Service) Glance(ctx context.Context, token string) (Person, Session, error) {
	return s.session(ctx, token, false)
}

func (s *Service) session(ctx context.Context, token string, touch bool) (Person, Session, error) {
	hash := secret.Hash(token)
	session, p, err := s.record.Session(ctx, hash)
	if KindOf(err) == NotFound {
		return Person{}, Session{}, Refuse(Denied, "signed out")
	}
	if err != nil {
		return Person{}, Session{}, fmt.Errorf("find session: %w", err)
	}
	now := s.clock()
	if !session.holds(p, now) {
		return Person{}, Session{}, Refuse(Denied, "signed out")
	}
	if touch && now.Sub(session.SeenAt) > touchEvery {
		if err := s.record.TouchSession(ctx, hash, now); err != nil {
			return Person{}, Session{}, fmt.Errorf("touch session: %w", err)
		}
	}
	return p, session, nil
}

// Left tells how long the session lasts when nothing is done any more, and whether doing something makes that longer.
func (n Session) Left(now time.Time) (left time.Duration, longer bool) {
	idle, whole := n.SeenAt.Add(IdleLimit).Sub(now), n.EndsAt.Sub(now)
	return max(0, min(idle, whole)), idle < whole
}

func (n Session) live(now time.Time) bool {
	return now.Before(n.EndsAt) && now.Sub(n.SeenAt) <= IdleLimit
}

// ListSessions returns the person's sessions that have not ended, newest first.
func (s *Service) ListSessions(ctx context.Context, id PersonID) ([]Session, error) {
	list, err := s.record.ListSessions(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	now := s.clock()
	return slices.DeleteFunc(list, func(one Session) bool { return !one.live(now) }), nil
}

// EndSessions ends a session of the person, or, when one is empty, every session but keep.
func (s *Service) EndSessions(ctx context.Context, p Person, one, keep SessionID) error {
	details := DetailOneSession
	if one == "" {
		details = DetailOtherSessions
	}
	if err := s.record.EndSessions(Audited(ctx, ActSessionEnded, p.Recorded(), details), p.ID, one, keep); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// holds tells whether the session of this person lets them in.
func (n Session) holds(p Person, now time.Time) bool {
	return !p.Disabled && n.live(now)
}

// SignOut ends a session, and the pairing of the person's display.
func (s *Service) SignOut(ctx context.Context, token string, from From) error {
	hash := secret.Hash(token)
	_, p, err := s.record.Session(ctx, hash)
	if KindOf(err) == NotFound {
		return nil
	}
	if err == nil {
		ctx = As(ctx, Actor{Name: p.Recorded(), Via: ViaPortal, Address: from.Address})
		err = s.record.EndSession(Audited(ctx, ActSignedOut, p.Recorded(), ""), hash)
	}
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// ProviderLogout is an identity provider saying that somebody signed out there (OpenID Connect Back-Channel Logout 1.0): the person, as
// issuer and subject, or the session, or both.
type ProviderLogout struct {
	Issuer, Subject, Session string
	// Once is a hash that is the same when the provider's word comes again; SpentUntil is when it need not be remembered any more.
	Once       []byte
	SpentUntil time.Time
}

// EndAtProvider ends the sessions that an identity provider's word is about; there may be none. Conflict when the same word came before.
func (s *Service) EndAtProvider(ctx context.Context, l ProviderLogout) error {
	if err := s.record.EndAtProvider(Audited(ctx, ActSessionEnded, "", DetailAtProvider), l); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// Sweep removes sessions and steps past their limits.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.clock()
	if err := s.record.EndOldSessions(ctx, now.Add(-IdleLimit), now); err != nil {
		return fmt.Errorf("end old sessions: %w", err)
	}
	if err := s.record.EndOldSteps(ctx, now); err != nil {
		return fmt.Errorf("end old steps: %w", err)
	}
	return nil
}

// tries limits guesses by name, in this process.
type tries struct {
	mu     sync.Mutex
	byName map[string]*rate.Limiter
}

func newTries() *tries { return &tries{byName: map[string]*rate.Limiter{}} }

func (t *tries) allow(name string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.byName[name]
	if l == nil {
		if len(t.byName) >= maxTried {
			clear(t.byName)
		}
		l = rate.NewLimiter(rate.Every(tryEvery), triesAtOnce)
		t.byName[name] = l
	}
	return l.AllowN(now, 1)
}
