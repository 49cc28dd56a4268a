package staff

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"counterfoil/internal/secret"
)

// People is the durable record of people.
type People interface {
	// Person returns a person; NotFound.
	Person(ctx context.Context, id PersonID) (Person, error)
	// PersonByName returns a person; NotFound.
	PersonByName(ctx context.Context, name string) (Person, error)
	// ListPeople returns everybody by name.
	ListPeople(ctx context.Context) ([]Person, error)
	// ExternalPerson records a person of an identity provider, or gives the one that is there the new name to show and roles. It returns
	// the person as it then is.
	ExternalPerson(ctx context.Context, p Person) (Person, error)
	// SetLanguage notes the language that a person reads, as BCP 47.
	SetLanguage(ctx context.Context, id PersonID, tag string) error
}

// PeopleAdmin is what changes who may use the portal. A change that names somebody to keep is Conflict, and changes nothing, when that
// person is no administrator (any more): of two who take the role from each other, one is left.
type PeopleAdmin interface {
	// AddPerson records a person, with a setup code when there is one; Conflict when the name is taken.
	AddPerson(ctx context.Context, p Person, setup *Setup) error
	// ResetAccess replaces the password hash (empty: none), forgets whatever else the person could show, sets the setup code, if there is
	// one, and ends their sessions and the pairing of their display; NotFound, Conflict.
	ResetAccess(ctx context.Context, name, hash string, setup *Setup, keep PersonID) error
	// SetDisabled disables (ending all sessions and the pairing of the display) or enables a person; NotFound, Conflict.
	SetDisabled(ctx context.Context, name string, disabled bool, keep PersonID) error
	// SetRoles replaces a person's roles; NotFound, Conflict.
	SetRoles(ctx context.Context, name string, roles []Role, keep PersonID) error
	// UseSetup gives the person of a setup code a password hash and uses the code up: of racing callers one gets it. NotFound.
	UseSetup(ctx context.Context, name string, codeHash []byte, hash string, now time.Time) (Person, error)
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
	// EndAtProvider removes the sessions that an identity provider's word is about, and the pairings of their displays; Conflict when the
	// same word came before.
	EndAtProvider(ctx context.Context, l ProviderLogout) error
	// EndOldSessions removes sessions past their limits: not seen since idleBefore, or over at now.
	EndOldSessions(ctx context.Context, idleBefore, now time.Time) error
}

// Record is everything that is durable about people and how they sign in.
type Record interface {
	People
	PeopleAdmin
	Sessions
	Steps
	FactorRecord
	PasskeyRecord
	AuditRecord
}

// hashesAtOnce bounds the memory that password checks may take together.
const hashesAtOnce = 2

// Service is the use cases of people and sessions.
type Service struct {
	// Audit is the audit trail, which the use cases write to.
	Audit *Audit
	// SecondStep says that nobody gets on with a password alone.
	SecondStep bool

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
		Audit: NewAudit(r, clock), record: r, clock: clock, random: random, decoy: decoy,
		hashing: make(chan struct{}, hashesAtOnce), tries: newTries(),
	}, nil
}

// KindOf gives the kind of a refusal, or 0 for a fault.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}
