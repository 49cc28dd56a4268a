package staff

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"counterfoil/internal/secret"
)

// People is the durable record of people.
type People interface {
	// AddPerson records a person; Conflict when the name is taken.
	AddPerson(ctx context.Context, p Person) error
	// Person returns a person; NotFound.
	Person(ctx context.Context, id PersonID) (Person, error)
	// PersonByName returns a person; NotFound.
	PersonByName(ctx context.Context, name string) (Person, error)
	// ExternalPerson records a person of an identity provider, or gives the one that is there the new name to show and roles. It returns
	// the person as it then is.
	ExternalPerson(ctx context.Context, p Person) (Person, error)
	// SetPassword replaces a person's password hash and ends their sessions and the pairing of their display; NotFound.
	SetPassword(ctx context.Context, name, hash string) error
	// SetDisabled disables (ending all sessions and the pairing of the display) or enables a person; NotFound.
	SetDisabled(ctx context.Context, name string, disabled bool) error
	// ListPeople returns everybody by name.
	ListPeople(ctx context.Context) ([]Person, error)
}

// Sessions is the durable record of sessions.
type Sessions interface {
	// AddSession records a session.
	AddSession(ctx context.Context, s Session) error
	// Session returns a session and its person; NotFound when there is none.
	Session(ctx context.Context, tokenHash []byte) (Session, Person, error)
	// TouchSession moves SeenAt forward.
	TouchSession(ctx context.Context, tokenHash []byte, at time.Time) error
	// EndSession removes a session and unpairs its person's display; removing none is fine.
	EndSession(ctx context.Context, tokenHash []byte) error
	// ListSessions returns the sessions of a person, newest first.
	ListSessions(ctx context.Context, id PersonID) ([]Session, error)
	// EndSessions removes a session of a person, or, when one is empty, all but keep; removing none is fine.
	EndSessions(ctx context.Context, id PersonID, one, keep SessionID) error
	// EndOldSessions removes sessions past their limits: not seen since idleBefore, or over at now.
	EndOldSessions(ctx context.Context, idleBefore, now time.Time) error
}

// Record is everything that is durable about people and how they sign in.
type Record interface {
	People
	Sessions
	Steps
	FactorRecord
	PasskeyRecord
}

// hashesAtOnce bounds the memory that password checks may take together.
const hashesAtOnce = 2

// Service is the use cases of people and sessions.
type Service struct {
	record  Record
	clock   func() time.Time
	random  io.Reader
	hashing chan struct{}
	tries   *tries
	// decoy is a hash nobody's password has: checked when a name is unknown, so that time does not
	// tell names apart.
	decoy string
}

// NewService makes the use cases.
func NewService(r Record, clock func() time.Time, random io.Reader) (*Service, error) {
	nobody, err := secret.Token(random, saltLen)
	if err != nil {
		return nil, fmt.Errorf("draw decoy password: %w", err)
	}
	decoy, err := hashPassword(nobody, random)
	if err != nil {
		return nil, err
	}
	return &Service{
		record: r, clock: clock, random: random, decoy: decoy,
		hashing: make(chan struct{}, hashesAtOnce), tries: newTries(),
	}, nil
}

// NewPerson is a request for an account.
type NewPerson struct {
	Name     string
	Display  string
	Roles    []Role
	Password string // empty: the person cannot sign in with a password
}

// AddPerson makes an account. Invalid when the name, a role or the password does not fit; Conflict when the name is taken.
func (s *Service) AddPerson(ctx context.Context, n NewPerson) (Person, error) {
	name := strings.ToLower(n.Name)
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`).MatchString(name) {
		return Person{}, Refuse(Invalid, "a name is 1 to 64 letters, digits, dots, dashes, underscores or @")
	}
	for _, r := range n.Roles {
		if !slices.Contains(Roles(), r) {
			return Person{}, Refuse(Invalid, "a role is operator, approver, administrator or auditor")
		}
	}
	id, err := secret.ID(s.random, saltLen)
	if err != nil {
		return Person{}, fmt.Errorf("draw person id: %w", err)
	}
	p := Person{ID: PersonID(id), Name: name, Display: n.Display, Roles: n.Roles, CreatedAt: s.clock()}
	if p.Display == "" {
		p.Display = n.Name
	}
	if n.Password != "" {
		if err := checkPassword(n.Password); err != nil {
			return Person{}, err
		}
		if p.PasswordHash, err = hashPassword(n.Password, s.random); err != nil {
			return Person{}, err
		}
	}
	if err := s.record.AddPerson(ctx, p); err != nil {
		return Person{}, fmt.Errorf("add person: %w", err)
	}
	return p, nil
}

// ResetPassword gives a person a new password, forgets what else they could show, and ends their sessions: somebody who lost a phone
// begins anew.
func (s *Service) ResetPassword(ctx context.Context, name, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := hashPassword(password, s.random)
	if err != nil {
		return err
	}
	if err := s.record.ForgetFactors(ctx, strings.ToLower(name)); err != nil {
		return fmt.Errorf("forget second steps: %w", err)
	}
	if err := s.record.SetPassword(ctx, strings.ToLower(name), hash); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// SetDisabled disables a person, ending all sessions, or enables them again.
func (s *Service) SetDisabled(ctx context.Context, name string, disabled bool) error {
	if err := s.record.SetDisabled(ctx, strings.ToLower(name), disabled); err != nil {
		return fmt.Errorf("set disabled: %w", err)
	}
	return nil
}

// ListPeople returns everybody by name.
func (s *Service) ListPeople(ctx context.Context) ([]Person, error) {
	list, err := s.record.ListPeople(ctx)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return list, nil
}

// KindOf gives the kind of a refusal, or 0 for a fault.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}
