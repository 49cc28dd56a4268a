package staff

import (
	"context"
	"fmt"
	"strings"
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

// SignIn checks a password and opens a session. It returns the token for the browser. Denied,
// with the same words, for an unknown name, a wrong password and a disabled person; Limited after too
// many tries on one name.
func (s *Service) SignIn(ctx context.Context, name, password string) (secret.Text, Person, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if !s.tries.allow(name, s.clock()) {
		return secret.Text{}, Person{}, Refuse(Limited, "Too many tries. Wait a minute and try again.")
	}
	p, err := s.people.PersonByName(ctx, name)
	if err != nil && KindOf(err) != NotFound {
		return secret.Text{}, Person{}, fmt.Errorf("find person: %w", err)
	}
	hash := p.PasswordHash
	if hash == "" || len(password) > MaxPassword {
		hash, password = s.decoy, ""
	}
	s.hashing <- struct{}{}
	right, err := verifyPassword(hash, password)
	<-s.hashing
	if err != nil {
		return secret.Text{}, Person{}, err
	}
	if !right || p.Disabled {
		return secret.Text{}, Person{}, Refuse(Denied, "The name or the password is not right.")
	}
	token, err := s.open(ctx, p)
	return token, p, err
}

// SignInAs opens a session without a password: demo mode only, the caller sees to that.
func (s *Service) SignInAs(ctx context.Context, name string) (secret.Text, Person, error) {
	p, err := s.people.PersonByName(ctx, name)
	if err != nil {
		return secret.Text{}, Person{}, fmt.Errorf("find person: %w", err)
	}
	token, err := s.open(ctx, p)
	return token, p, err
}

// open makes a fresh token at every sign-in, so that one planted before is worth nothing.
func (s *Service) open(ctx context.Context, p Person) (secret.Text, error) {
	token, err := secret.Token(s.random, tokenBytes)
	if err != nil {
		return secret.Text{}, fmt.Errorf("draw session token: %w", err)
	}
	now := s.clock()
	err = s.sessions.AddSession(ctx, Session{
		TokenHash: secret.Hash(token), Person: p.ID, CreatedAt: now, SeenAt: now, EndsAt: now.Add(AbsoluteLimit),
	})
	if err != nil {
		return secret.Text{}, fmt.Errorf("add session: %w", err)
	}
	return secret.NewText(token), nil
}

// Session returns who holds a token and notes that they are there; Denied when it is unknown, ended, idle too long or its
// person is disabled.
func (s *Service) Session(ctx context.Context, token string) (Person, error) {
	return s.session(ctx, token, true)
}

// Glance is Session for what a page does by itself: a screen that refreshes does not keep a session from running idle.
func (s *Service) Glance(ctx context.Context, token string) (Person, error) {
	return s.session(ctx, token, false)
}

func (s *Service) session(ctx context.Context, token string, touch bool) (Person, error) {
	hash := secret.Hash(token)
	session, p, err := s.sessions.Session(ctx, hash)
	if KindOf(err) == NotFound {
		return Person{}, Refuse(Denied, "signed out")
	}
	if err != nil {
		return Person{}, fmt.Errorf("find session: %w", err)
	}
	now := s.clock()
	if !session.holds(p, now) {
		return Person{}, Refuse(Denied, "signed out")
	}
	if touch && now.Sub(session.SeenAt) > touchEvery {
		if err := s.sessions.TouchSession(ctx, hash, now); err != nil {
			return Person{}, fmt.Errorf("touch session: %w", err)
		}
	}
	return p, nil
}

// holds tells whether the session of this person lets them in.
func (n Session) holds(p Person, now time.Time) bool {
	return !p.Disabled && now.Before(n.EndsAt) && now.Sub(n.SeenAt) <= IdleLimit
}

// SignOut ends a session, and the pairing of the person's display.
func (s *Service) SignOut(ctx context.Context, token string) error {
	if err := s.sessions.EndSession(ctx, secret.Hash(token)); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// Sweep removes sessions past their limits.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.clock()
	if err := s.sessions.EndOldSessions(ctx, now.Add(-IdleLimit), now); err != nil {
		return fmt.Errorf("end old sessions: %w", err)
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
