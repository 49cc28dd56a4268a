package staff

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"counterfoil/internal/secret"
)

// NewPerson is a request for an account.
type NewPerson struct {
	Name     string
	Display  string
	Roles    []Role
	Password string // empty: the person cannot sign in with a password
}

// Setup is a code that gives somebody their first way in, or a new one. It is stored as a hash and good for once.
type Setup struct {
	Hash   []byte
	EndsAt time.Time
}

const (
	// setupLife is how long somebody has to use a setup code: over a weekend.
	setupLife = 72 * time.Hour
	// maxDisplay bounds the name to show, in characters.
	maxDisplay = 100
)

// Check gives every member that does not fit, with its place.
func (n NewPerson) Check() []Field {
	var fields []Field
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`).MatchString(strings.ToLower(n.Name)) {
		fields = append(fields, Field{"/name", "a name is 1 to 64 letters, digits, dots, dashes, underscores or @"})
	}
	if !utf8.ValidString(n.Display) || utf8.RuneCountInString(n.Display) > maxDisplay || strings.ContainsFunc(n.Display, func(r rune) bool { return r < ' ' }) {
		fields = append(fields, Field{"/display", "the name to show has at most 100 characters, on one line"})
	}
	if slices.ContainsFunc(n.Roles, func(r Role) bool { return !slices.Contains(Roles(), r) }) {
		fields = append(fields, noRole())
	}
	return fields
}

func noRole() Field { return Field{"/roles", "a role is operator, approver, administrator or auditor"} }

// checkRoles holds roles that somebody chooses for another: at least one.
func checkRoles(roles []Role) []Field {
	if slices.ContainsFunc(roles, func(r Role) bool { return !slices.Contains(Roles(), r) }) {
		return []Field{noRole()}
	}
	if len(roles) == 0 {
		return []Field{{"/roles", "somebody has at least one role"}}
	}
	return nil
}

// AddPerson makes an account. Invalid when the name, a role or the password does not fit; Conflict when the name is taken.
func (s *Service) AddPerson(ctx context.Context, n NewPerson) (Person, error) {
	return s.addPerson(ctx, n, nil)
}

// Invite makes an account and a setup code, which is shown this once: with it the person sets a password. Invalid, Conflict.
func (s *Service) Invite(ctx context.Context, n NewPerson) (Person, secret.Text, error) {
	if faults := checkRoles(n.Roles); len(n.Roles) == 0 {
		return Person{}, secret.Text{}, Misfit(append(n.Check(), faults...)...)
	}
	code, setup, err := s.newSetup()
	if err != nil {
		return Person{}, secret.Text{}, err
	}
	p, err := s.addPerson(ctx, n, &setup)
	return p, code, err
}

func (s *Service) addPerson(ctx context.Context, n NewPerson, setup *Setup) (Person, error) {
	if faults := n.Check(); len(faults) > 0 {
		return Person{}, Misfit(faults...)
	}
	id, err := secret.ID(s.random, saltLen)
	if err != nil {
		return Person{}, fmt.Errorf("draw person id: %w", err)
	}
	p := Person{ID: PersonID(id), Name: strings.ToLower(n.Name), Display: strings.TrimSpace(n.Display), Roles: once(n.Roles), CreatedAt: s.clock()}
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
	if err := s.record.AddPerson(Audited(ctx, ActPersonAdded, p.Recorded(), roleWords(p.Roles)), p, setup); err != nil {
		return Person{}, fmt.Errorf("add person: %w", err)
	}
	return p, nil
}

func roleWords(roles []Role) string {
	words := make([]string, 0, len(roles))
	for _, r := range roles {
		words = append(words, string(r))
	}
	return strings.Join(words, ", ")
}

// newSetup draws a setup code of 80 bits.
func (s *Service) newSetup() (secret.Text, Setup, error) {
	code, hash, err := s.drawCode()
	return code, Setup{Hash: hash, EndsAt: s.clock().Add(setupLife)}, err
}

// drawCode draws a code for typing, in groups of four, and gives the hash that is kept of it.
func (s *Service) drawCode() (secret.Text, []byte, error) {
	raw := make([]byte, recoveryBytes)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return secret.Text{}, nil, fmt.Errorf("draw code: %w", err)
	}
	text := base32.StdEncoding.EncodeToString(raw)
	hash := secret.Hash(text)
	var groups []string
	for ; len(text) > 0; text = text[recoveryGroup:] {
		groups = append(groups, text[:recoveryGroup])
	}
	return secret.NewText(strings.Join(groups, "-")), hash, nil
}

// SetUpAccess ends a setup code with the password that its person chose, and opens a session. Denied, with the same words, for a name and
// a code that do not belong together, one that was used or is over, and a person who is disabled; Invalid for a password that does not fit;
// Limited after too many tries on one name.
func (s *Service) SetUpAccess(ctx context.Context, name, code, password string, from From) (SignedIn, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if !s.tries.allow("setup "+name, s.clock()) {
		return SignedIn{}, Refuse(Limited, "Too many tries. Wait a minute and try again.")
	}
	if err := checkPassword(password); err != nil {
		return SignedIn{}, err
	}
	s.hashing <- struct{}{}
	hash, err := hashPassword(password, s.random)
	<-s.hashing
	if err != nil {
		return SignedIn{}, err
	}
	as := As(ctx, Actor{Name: name, Via: ViaPortal, Address: from.Address})
	p, err := s.record.UseSetup(Audited(as, ActAccessSetUp, name, ""), name, secret.Hash(plainCode(code)), hash, s.clock())
	if KindOf(err) == NotFound {
		if err := s.failed(ctx, name, ByCode, from); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, Refuse(Denied, "The name and the code do not belong together, or the code was used or is over. Ask for a new one.")
	}
	if err != nil {
		return SignedIn{}, fmt.Errorf("use setup code: %w", err)
	}
	return s.Open(ctx, p, ByCode, "", from)
}

// ResetPassword gives a person a new password, forgets what else they could show, and ends their sessions: somebody who lost a phone
// begins anew. For who is at the command line.
func (s *Service) ResetPassword(ctx context.Context, name, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := hashPassword(password, s.random)
	if err != nil {
		return err
	}
	name = strings.ToLower(name)
	if err := s.record.ResetAccess(Audited(ctx, ActAccessReset, name, ""), name, hash, nil, ""); err != nil {
		return fmt.Errorf("reset access: %w", err)
	}
	return nil
}

// ResetAccess forgets whatever a person could show, ends their sessions and gives a setup code, which is shown this once. Keep is the
// administrator who does it; empty for the command line. NotFound, Denied, Conflict.
func (s *Service) ResetAccess(ctx context.Context, name string, keep PersonID) (secret.Text, error) {
	p, err := s.other(ctx, name, keep)
	if err != nil {
		return secret.Text{}, err
	}
	if p.External != "" {
		return secret.Text{}, Refuse(Denied, "This person signs in at the identity provider; access is reset there.")
	}
	code, setup, err := s.newSetup()
	if err != nil {
		return secret.Text{}, err
	}
	if err := s.record.ResetAccess(Audited(ctx, ActAccessReset, p.Recorded(), ""), p.Name, "", &setup, keep); err != nil {
		return secret.Text{}, fmt.Errorf("reset access: %w", err)
	}
	return code, nil
}

// SetDisabled disables a person, ending all sessions, or enables them again. Keep as for ResetAccess. NotFound, Denied, Conflict.
func (s *Service) SetDisabled(ctx context.Context, name string, disabled bool, keep PersonID) error {
	p, err := s.other(ctx, name, keep)
	if err != nil {
		return err
	}
	act := ActPersonEnabled
	if disabled {
		act = ActPersonDisabled
	}
	if err := s.record.SetDisabled(Audited(ctx, act, p.Recorded(), ""), p.Name, disabled, keep); err != nil {
		return fmt.Errorf("set disabled: %w", err)
	}
	return nil
}

// SetRoles replaces what a person may do, from their next request on. Keep as for ResetAccess. NotFound, Denied, Invalid, Conflict.
func (s *Service) SetRoles(ctx context.Context, name string, roles []Role, keep PersonID) error {
	p, err := s.other(ctx, name, keep)
	if err != nil {
		return err
	}
	if p.External != "" {
		return Refuse(Denied, "This person’s roles come from the identity provider; they are changed there.")
	}
	if faults := checkRoles(roles); len(faults) > 0 {
		return Misfit(faults...)
	}
	details := roleWords(p.Roles) + DetailArrow + roleWords(once(roles))
	if err := s.record.SetRoles(Audited(ctx, ActRolesChanged, p.Recorded(), details), p.Name, once(roles), keep); err != nil {
		return fmt.Errorf("set roles: %w", err)
	}
	return nil
}

// other finds somebody whom the administrator keep changes: never themselves, so that nobody shuts themselves out.
func (s *Service) other(ctx context.Context, name string, keep PersonID) (Person, error) {
	p, err := s.record.PersonByName(ctx, strings.ToLower(name))
	if err != nil {
		return Person{}, fmt.Errorf("find person: %w", err)
	}
	if p.ID == keep {
		return Person{}, Refuse(Denied, "Another administrator has to do this for you.")
	}
	return p, nil
}

// PersonByName returns a person; NotFound.
func (s *Service) PersonByName(ctx context.Context, name string) (Person, error) {
	p, err := s.record.PersonByName(ctx, name)
	if err != nil {
		return Person{}, fmt.Errorf("find person: %w", err)
	}
	return p, nil
}

// ListPeople returns everybody by name.
func (s *Service) ListPeople(ctx context.Context) ([]Person, error) {
	list, err := s.record.ListPeople(ctx)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return list, nil
}

// SetLanguage notes the language that a person reads, as BCP 47; the caller knows that there is such a one.
func (s *Service) SetLanguage(ctx context.Context, id PersonID, tag string) error {
	if err := s.record.SetLanguage(ctx, id, tag); err != nil {
		return fmt.Errorf("set language: %w", err)
	}
	return nil
}
