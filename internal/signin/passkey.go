package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"counterfoil/internal/staff"
)

const (
	maxPasskeys    = 10
	maxPasskeyName = 60
)

// Passkeys is the use cases of passkeys (WebAuthn Level 3). User verification is always asked for: a passkey stands for both proofs.
type Passkeys struct {
	staff  *staff.Service
	record Record
	party  *webauthn.WebAuthn
	clock  func() time.Time
}

// Record is what is durable about people who sign in in these ways.
type Record interface {
	staff.People
	staff.PasskeyRecord
}

// NewPasskeys makes the use cases for a portal at an origin, such as https://portal.bank.example. The error is that of an origin that
// cannot have passkeys.
func NewPasskeys(s *staff.Service, r Record, clock func() time.Time, host, origin string) (*Passkeys, error) {
	party, err := webauthn.New(&webauthn.Config{RPID: host, RPDisplayName: staff.Product, RPOrigins: []string{origin}})
	if err != nil {
		return nil, fmt.Errorf("set up passkeys: %w", err)
	}
	return &Passkeys{staff: s, record: r, party: party, clock: clock}, nil
}

// holder is a person as the library asks for one. The user handle is the person's id, which says nothing of the person.
type holder struct {
	person staff.Person
	keys   []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.person.ID) }
func (h holder) WebAuthnName() string                       { return h.person.Name }
func (h holder) WebAuthnDisplayName() string                { return h.person.Display }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (p *Passkeys) holder(ctx context.Context, person staff.Person) (holder, error) {
	list, err := p.record.Passkeys(ctx, person.ID)
	if err != nil {
		return holder{}, fmt.Errorf("read passkeys: %w", err)
	}
	h := holder{person: person}
	for _, k := range list {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return holder{}, fmt.Errorf("read passkey: %w", err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// BeginAdd begins to make a passkey for a person.
func (p *Passkeys) BeginAdd(ctx context.Context, person staff.Person) (staff.Ceremony, error) {
	h, err := p.holder(ctx, person)
	if err != nil {
		return staff.Ceremony{}, err
	}
	options, session, err := p.party.BeginRegistration(h,
		webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		}))
	if err != nil {
		return staff.Ceremony{}, fmt.Errorf("begin passkey: %w", err)
	}
	return p.ceremony(ctx, staff.StepAddPasskey, person.ID, options, session)
}

func (p *Passkeys) ceremony(ctx context.Context, kind staff.StepKind, person staff.PersonID, options any, session *webauthn.SessionData) (staff.Ceremony, error) {
	data, err := json.Marshal(session)
	if err != nil {
		return staff.Ceremony{}, fmt.Errorf("write ceremony: %w", err)
	}
	out, err := json.Marshal(options)
	if err != nil {
		return staff.Ceremony{}, fmt.Errorf("write options: %w", err)
	}
	step, err := p.staff.Begin(ctx, kind, person, data)
	return staff.Ceremony{Options: out, Step: step}, err
}

// ended takes the step of a ceremony and gives what the library wants of it.
func (p *Passkeys) ended(ctx context.Context, token string, kind staff.StepKind) (staff.Step, webauthn.SessionData, error) {
	step, err := p.staff.Take(ctx, token, kind)
	if err != nil {
		return staff.Step{}, webauthn.SessionData{}, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(step.Data, &session); err != nil {
		return staff.Step{}, webauthn.SessionData{}, fmt.Errorf("read ceremony: %w", err)
	}
	return step, session, nil
}

func notAccepted() error { return staff.Refuse(staff.Denied, "The passkey was not accepted.") }

func badPasskey(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return notAccepted()
	}
	return err
}

// Add ends the making of a passkey with the browser's answer. Denied; Conflict when there are too many.
func (p *Passkeys) Add(ctx context.Context, person staff.Person, token, name string, answer []byte) error {
	step, session, err := p.ended(ctx, token, staff.StepAddPasskey)
	if err != nil {
		return err
	}
	if step.Person != person.ID {
		return notAccepted()
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return badPasskey(err)
	}
	h, err := p.holder(ctx, person)
	if err != nil {
		return err
	}
	made, err := p.party.CreateCredential(h, session, parsed)
	if err != nil {
		return badPasskey(err)
	}
	kept, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("write passkey: %w", err)
	}
	k := staff.Passkey{
		ID: staff.PasskeyID(base64.RawURLEncoding.EncodeToString(made.ID)), Person: person.ID, Name: oneLine(name, "Passkey"), Credential: kept, CreatedAt: p.clock(),
	}
	if err := p.record.AddPasskey(staff.Audited(ctx, staff.ActPasskeyAdded, person.Recorded(), k.Name), k, maxPasskeys); err != nil {
		return fmt.Errorf("keep passkey: %w", err)
	}
	return nil
}

// oneLine is a name as it is shown: one printable line, or the fallback when nothing is left of it.
func oneLine(name, fallback string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, name))
	if letters := []rune(name); len(letters) > maxPasskeyName {
		name = string(letters[:maxPasskeyName])
	}
	if name == "" {
		return fallback
	}
	return name
}

// BeginSignIn begins a sign-in with any passkey that the browser has for this portal.
func (p *Passkeys) BeginSignIn(ctx context.Context) (staff.Ceremony, error) {
	options, session, err := p.party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return staff.Ceremony{}, fmt.Errorf("begin passkey: %w", err)
	}
	return p.ceremony(ctx, staff.StepPasskey, "", options, session)
}

// SignIn ends a sign-in with the browser's answer. Denied, with the same words, whatever does not fit.
func (p *Passkeys) SignIn(ctx context.Context, token string, answer []byte, from staff.From) (staff.SignedIn, error) {
	_, session, err := p.ended(ctx, token, staff.StepPasskey)
	if err != nil {
		return staff.SignedIn{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return staff.SignedIn{}, badPasskey(err)
	}
	var fault error // which the library would wrap into a refusal
	find := func(_, handle []byte) (webauthn.User, error) {
		person, err := p.record.Person(ctx, staff.PersonID(handle))
		var h holder
		if err == nil {
			h, err = p.holder(ctx, person)
		}
		if err != nil && staff.KindOf(err) != staff.NotFound {
			fault = err
		}
		return h, err
	}
	user, used, err := p.party.ValidatePasskeyLogin(find, session, parsed)
	if fault != nil {
		return staff.SignedIn{}, fmt.Errorf("find passkey: %w", fault)
	}
	h, is := user.(holder)
	if err != nil || !is || used.Authenticator.CloneWarning {
		if err := p.staff.Failed(ctx, h.person.Recorded(), staff.ByPasskey, from); err != nil {
			return staff.SignedIn{}, err
		}
		return staff.SignedIn{}, notAccepted()
	}
	kept, err := json.Marshal(used)
	if err != nil {
		return staff.SignedIn{}, fmt.Errorf("write passkey: %w", err)
	}
	err = p.record.UsePasskey(ctx, staff.PasskeyID(base64.RawURLEncoding.EncodeToString(used.ID)), kept, p.clock())
	if staff.KindOf(err) == staff.NotFound { // removed meanwhile
		return staff.SignedIn{}, notAccepted()
	}
	if err != nil {
		return staff.SignedIn{}, fmt.Errorf("note passkey: %w", err)
	}
	return p.staff.Open(ctx, h.person, staff.ByPasskey, "", from)
}

// List returns the passkeys of a person.
func (p *Passkeys) List(ctx context.Context, id staff.PersonID) ([]staff.Passkey, error) {
	list, err := p.record.Passkeys(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	return list, nil
}

// Remove forgets a passkey of a person, and the recovery codes when nothing is left that they could stand in for. NotFound; Denied
// when everybody needs a second step and this is the only one.
func (p *Passkeys) Remove(ctx context.Context, person staff.Person, id staff.PasskeyID) error {
	if err := p.staff.MayRemove(ctx, person.ID); err != nil {
		return err
	}
	if err := p.record.RemovePasskey(staff.Audited(ctx, staff.ActPasskeyRemoved, person.Recorded(), ""), person.ID, id); err != nil {
		return fmt.Errorf("forget passkey: %w", err)
	}
	return p.staff.DropSpareCodes(ctx, person.ID)
}
