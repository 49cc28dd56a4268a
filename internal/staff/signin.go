package staff

import (
	"context"
	"fmt"
	"strings"
	"time"

	"counterfoil/internal/secret"
)

// Method is how a session was opened.
type Method string

// The methods.
const (
	ByPassword   Method = "password"
	BySecondStep Method = "password and second step"
	ByPasskey    Method = "passkey"
	BySSO        Method = "single sign-on"
	ByCode       Method = "setup code"
	ByDemo       Method = "demo"
)

// From is where a sign-in comes from, for the person to recognise it by.
type From struct{ Agent, Address string }

// SignedIn is how a sign-in ended: with a session, whose token the browser holds, or in a step that asks for a second proof.
type SignedIn struct {
	Token  secret.Text
	Person Person
	// Step is what the browser holds until the second proof; Token is empty then.
	Step secret.Text
}

// StepKind says what a step was begun for.
type StepKind string

// The kinds of steps.
const (
	StepSecond     StepKind = "second"
	StepTOTP       StepKind = "totp"
	StepAddPasskey StepKind = "add passkey"
	StepPasskey    StepKind = "passkey"
	StepSSO        StepKind = "sso"
)

// Step is something of a sign-in that was begun in one request and is ended in another.
type Step struct {
	Hash   []byte
	Kind   StepKind
	Person PersonID // empty when it is not known yet
	Data   []byte
	EndsAt time.Time
}

// Steps is the durable record of steps.
type Steps interface {
	// AddStep records a step.
	AddStep(ctx context.Context, s Step) error
	// Step returns a step that has not ended; NotFound.
	Step(ctx context.Context, hash []byte, kind StepKind, now time.Time) (Step, error)
	// TakeStep removes a step that has not ended and returns it: of racing callers one gets it. NotFound.
	TakeStep(ctx context.Context, hash []byte, kind StepKind, now time.Time) (Step, error)
	// EndOldSteps removes steps that are over.
	EndOldSteps(ctx context.Context, now time.Time) error
}

// stepLife is how long somebody has for the second half of a sign-in.
const stepLife = 5 * time.Minute

// Begin records a step and gives what the browser is to hold.
func (s *Service) Begin(ctx context.Context, kind StepKind, person PersonID, data []byte) (secret.Text, error) {
	token, err := secret.Token(s.random, tokenBytes)
	if err != nil {
		return secret.Text{}, fmt.Errorf("draw step token: %w", err)
	}
	if err := s.record.AddStep(ctx, Step{Hash: secret.Hash(token), Kind: kind, Person: person, Data: data, EndsAt: s.clock().Add(stepLife)}); err != nil {
		return secret.Text{}, fmt.Errorf("add step: %w", err)
	}
	return secret.NewText(token), nil
}

// Take ends a step; Denied when there is none.
func (s *Service) Take(ctx context.Context, token string, kind StepKind) (Step, error) {
	step, err := s.record.TakeStep(ctx, secret.Hash(token), kind, s.clock())
	return step, stepError(err)
}

func stepError(err error) error {
	if KindOf(err) == NotFound {
		return Refuse(Denied, "That took too long, or was done already. Please begin again.")
	}
	if err != nil {
		return fmt.Errorf("find step: %w", err)
	}
	return nil
}

// SignIn checks a password. Whoever has a passkey or an authenticator app then has to show one of them; others get a session. Denied,
// with the same words, for an unknown name, a wrong password and a disabled person; Limited after too many tries on one name.
func (s *Service) SignIn(ctx context.Context, name, password string, from From) (SignedIn, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if !s.tries.allow(name, s.clock()) {
		return SignedIn{}, Refuse(Limited, "Too many tries. Wait a minute and try again.")
	}
	p, err := s.record.PersonByName(ctx, name)
	if err != nil && KindOf(err) != NotFound {
		return SignedIn{}, fmt.Errorf("find person: %w", err)
	}
	hash := p.PasswordHash
	if hash == "" || len(password) > MaxPassword {
		hash, password = s.decoy, ""
	}
	s.hashing <- struct{}{}
	right, err := verifyPassword(hash, password)
	<-s.hashing
	if err != nil {
		return SignedIn{}, err
	}
	if !right || p.Disabled {
		if err := s.Audit.Failed(ctx, p.Recorded(), ByPassword, from); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, Refuse(Denied, "The name or the password is not right.")
	}
	f, err := s.record.Factors(ctx, p.ID)
	if err != nil {
		return SignedIn{}, fmt.Errorf("find second steps: %w", err)
	}
	if !f.Any() {
		return s.Open(ctx, p, ByPassword, "", from)
	}
	step, err := s.Begin(ctx, StepSecond, p.ID, nil)
	return SignedIn{Person: p, Step: step}, err
}

// SignInAs opens a session without a password: demo mode only, the caller sees to that.
func (s *Service) SignInAs(ctx context.Context, name string, from From) (SignedIn, error) {
	p, err := s.record.PersonByName(ctx, name)
	if err != nil {
		return SignedIn{}, fmt.Errorf("find person: %w", err)
	}
	return s.Open(ctx, p, ByDemo, "", from)
}

// Second ends a sign-in that a password began, with a code of the authenticator app or a recovery code. Denied when the code is wrong
// or was used; Limited after too many.
func (s *Service) Second(ctx context.Context, token, code string, from From) (SignedIn, error) {
	step, err := s.record.Step(ctx, secret.Hash(token), StepSecond, s.clock())
	if err != nil {
		return SignedIn{}, stepError(err)
	}
	p, err := s.record.Person(ctx, step.Person)
	if err != nil {
		return SignedIn{}, fmt.Errorf("find person: %w", err)
	}
	if err := s.prove(ctx, p.ID, code); err != nil {
		if KindOf(err) == Denied {
			if err := s.Audit.Failed(ctx, p.Recorded(), BySecondStep, from); err != nil {
				return SignedIn{}, err
			}
		}
		return SignedIn{}, err
	}
	if _, err := s.Take(ctx, token, StepSecond); err != nil {
		return SignedIn{}, err
	}
	return s.Open(ctx, p, BySecondStep, "", from)
}

// SecondFactors tells what the person who is between the two proofs can show; Denied.
func (s *Service) SecondFactors(ctx context.Context, token string) (Factors, error) {
	step, err := s.record.Step(ctx, secret.Hash(token), StepSecond, s.clock())
	if err != nil {
		return Factors{}, stepError(err)
	}
	f, err := s.record.Factors(ctx, step.Person)
	if err != nil {
		return Factors{}, fmt.Errorf("find second steps: %w", err)
	}
	return f, nil
}

// Failed records a sign-in that failed, of a person or, when the name is empty, of nobody known.
func (s *Service) Failed(ctx context.Context, name string, how Method, from From) error {
	return s.Audit.Failed(ctx, name, how, from)
}

// failed is Failed for a name that was typed.
func (s *Service) failed(ctx context.Context, typed string, how Method, from From) error {
	p, err := s.record.PersonByName(ctx, typed)
	if err != nil && KindOf(err) != NotFound {
		return fmt.Errorf("find person: %w", err)
	}
	return s.Audit.Failed(ctx, p.Recorded(), how, from)
}

// Open opens a session for somebody who has shown who they are; provider is their session at the identity provider, if there is one. It
// makes a fresh token at every sign-in, so that one planted before is worth nothing. Denied for a person who is disabled.
func (s *Service) Open(ctx context.Context, p Person, method Method, provider string, from From) (SignedIn, error) {
	if p.Disabled {
		if err := s.Audit.Failed(ctx, p.Recorded(), method, from); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, Refuse(Denied, "This account is disabled.")
	}
	token, err := secret.Token(s.random, tokenBytes)
	if err != nil {
		return SignedIn{}, fmt.Errorf("draw session token: %w", err)
	}
	id, err := secret.ID(s.random, saltLen)
	if err != nil {
		return SignedIn{}, fmt.Errorf("draw session id: %w", err)
	}
	now := s.clock()
	details := string(method)
	if method == BySSO { // the provider says what they may do, at every sign-in
		details += DetailSeparator + roleWords(p.Roles)
	}
	as := As(ctx, Actor{Name: p.Recorded(), Via: ViaPortal, Address: from.Address})
	err = s.record.AddSession(Audited(as, ActSignedIn, p.Recorded(), details), Session{
		ID: SessionID(id), TokenHash: secret.Hash(token), Person: p.ID, Method: method, From: cut(from), CreatedAt: now, SeenAt: now, EndsAt: now.Add(AbsoluteLimit),
		Provider: provider,
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("add session: %w", err)
	}
	return SignedIn{Token: secret.NewText(token), Person: p}, nil
}

// cut bounds what a browser says of itself.
func cut(f From) From {
	const longest = 300
	f.Agent = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, f.Agent)
	f.Agent = f.Agent[:min(len(f.Agent), longest)]
	return f
}
