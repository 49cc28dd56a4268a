package signin

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
)

// SSOSettings is how people sign in at an OpenID Provider.
type SSOSettings struct {
	Issuer, ClientID string
	ClientSecret     secret.Text
	// Redirect is where the provider sends people back to.
	Redirect string
	// RoleClaim is the claim of the ID token that says what somebody is; Roles maps its values.
	RoleClaim string
	Roles     map[string]staff.Role
}

// ErrAway means that the provider cannot be asked just now.
var ErrAway = errors.New("the identity provider cannot be reached")

// SSO is single sign-on by OpenID Connect: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1, RFC 9700 §2.1).
// People are known by issuer and subject, never by an e-mail address; what they may do comes from the provider at every sign-in.
type SSO struct {
	staff    *staff.Service
	record   Record
	settings SSOSettings
	client   *http.Client
	clock    func() time.Time
	random   io.Reader

	mu       sync.Mutex
	provider *oidc.Provider // once it was reached
}

// NewSSO makes single sign-on; the client is used for every call to the provider.
func NewSSO(s *staff.Service, r Record, settings SSOSettings, client *http.Client, clock func() time.Time, random io.Reader) *SSO {
	return &SSO{staff: s, record: r, settings: settings, client: client, clock: clock, random: random}
}

// ssoStep is what is remembered of a sign-in while the person is at the provider.
type ssoStep struct{ Verifier, Nonce, Next string }

// discover reads the provider's metadata, once. ErrAway.
func (s *SSO) discover(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider == nil {
		provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), s.client), s.settings.Issuer)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrAway, err)
		}
		s.provider = provider
	}
	return s.provider, &oauth2.Config{
		ClientID: s.settings.ClientID, ClientSecret: s.settings.ClientSecret.Reveal(), RedirectURL: s.settings.Redirect,
		Endpoint: s.provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile"},
	}, nil
}

// Begin gives where the browser goes to sign in, and what it holds until it comes back to next. ErrAway.
func (s *SSO) Begin(ctx context.Context, next string) (url string, step secret.Text, err error) {
	_, config, err := s.discover(ctx)
	if err != nil {
		return "", secret.Text{}, err
	}
	nonce, err := secret.Token(s.random, nonceBytes)
	if err != nil {
		return "", secret.Text{}, fmt.Errorf("draw nonce: %w", err)
	}
	memory := ssoStep{Verifier: oauth2.GenerateVerifier(), Nonce: nonce, Next: next}
	data, err := json.Marshal(memory)
	if err != nil {
		return "", secret.Text{}, fmt.Errorf("write step: %w", err)
	}
	if step, err = s.staff.Begin(ctx, staff.StepSSO, "", data); err != nil {
		return "", secret.Text{}, err
	}
	return config.AuthCodeURL(step.Reveal(), oidc.Nonce(nonce), oauth2.S256ChallengeOption(memory.Verifier)), step, nil
}

// Finish ends a sign-in with what the provider sent back: state is what the browser held, iss who answered (RFC 9207; empty when it
// does not say). It returns where the person wanted to go. Denied when anything does not fit or the person has no role here; ErrAway.
func (s *SSO) Finish(ctx context.Context, state, iss, code string, from staff.From) (in staff.SignedIn, next string, err error) {
	in, next, err = s.finish(ctx, state, iss, code, from)
	if staff.KindOf(err) == staff.Denied {
		if err := s.staff.Failed(ctx, "", staff.BySSO, from); err != nil {
			return staff.SignedIn{}, "", err
		}
	}
	return in, next, err
}

func (s *SSO) finish(ctx context.Context, state, iss, code string, from staff.From) (in staff.SignedIn, next string, err error) {
	step, err := s.staff.Take(ctx, state, staff.StepSSO)
	if err != nil {
		return staff.SignedIn{}, "", err
	}
	var memory ssoStep
	if err := json.Unmarshal(step.Data, &memory); err != nil {
		return staff.SignedIn{}, "", fmt.Errorf("read step: %w", err)
	}
	if iss != "" && iss != s.settings.Issuer {
		return staff.SignedIn{}, "", notBelieved()
	}
	provider, config, err := s.discover(ctx)
	if err != nil {
		return staff.SignedIn{}, "", err
	}
	token, err := s.idToken(ctx, provider, config, code, memory)
	if err != nil {
		return staff.SignedIn{}, "", err
	}
	person, session, err := s.person(ctx, token)
	if err != nil {
		return staff.SignedIn{}, "", err
	}
	in, err = s.staff.Open(ctx, person, staff.BySSO, session, from)
	return in, memory.Next, err
}

func notBelieved() error {
	return staff.Refuse(staff.Denied, "The identity provider’s answer was not accepted.")
}

// idToken gets the ID token for a code and verifies it: signature, issuer, audience, time and nonce.
func (s *SSO) idToken(ctx context.Context, provider *oidc.Provider, config *oauth2.Config, code string, memory ssoStep) (*oidc.IDToken, error) {
	ctx = oidc.ClientContext(ctx, s.client)
	answer, err := config.Exchange(ctx, code, oauth2.VerifierOption(memory.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		return nil, notBelieved()
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	raw, _ := answer.Extra("id_token").(string)
	token, err := provider.Verifier(&oidc.Config{ClientID: s.settings.ClientID, Now: s.clock}).Verify(ctx, raw)
	if err != nil || !secret.ConstantTimeEqual([]byte(token.Nonce), []byte(memory.Nonce)) {
		return nil, notBelieved()
	}
	return token, nil
}

// person finds or makes the account of who signed in, with the roles that the provider says now, and gives the provider's session (sid;
// empty when it does not say).
func (s *SSO) person(ctx context.Context, token *oidc.IDToken) (person staff.Person, session string, err error) {
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return staff.Person{}, "", notBelieved()
	}
	session, _ = claims["sid"].(string)
	roles := s.roles(claims[s.settings.RoleClaim])
	if len(roles) == 0 {
		return staff.Person{}, "", staff.Refuse(staff.Denied, "You have no role here. Ask whoever looks after access.")
	}
	external := token.Issuer + " " + token.Subject
	id, err := secret.ID(s.random, idBytes)
	if err != nil {
		return staff.Person{}, "", fmt.Errorf("draw person id: %w", err)
	}
	const nameBytes = 10
	name := "sso-" + strings.ToLower(base32.StdEncoding.EncodeToString(secret.Hash(external)[:nameBytes]))
	person, err = s.record.ExternalPerson(ctx, staff.Person{
		ID: staff.PersonID(id), Name: name, Display: displayOf(claims, name), Roles: roles, External: external, CreatedAt: s.clock(),
	})
	if err != nil {
		return staff.Person{}, "", fmt.Errorf("record person: %w", err)
	}
	return person, session, nil
}

// roles maps the role claim, a text or a list of texts; what is not mapped counts nothing.
func (s *SSO) roles(claim any) []staff.Role {
	list, isList := claim.([]any)
	if !isList {
		list = []any{claim}
	}
	var out []staff.Role
	for _, one := range list {
		text, _ := one.(string)
		if role, mapped := s.settings.Roles[text]; mapped && !slices.Contains(out, role) {
			out = append(out, role)
		}
	}
	return out
}

// displayOf is how a person is shown: what the provider calls them, on one line.
func displayOf(claims map[string]any, fallback string) string {
	for _, claim := range []string{"name", "preferred_username"} {
		if text, _ := claims[claim].(string); strings.TrimSpace(text) != "" {
			return oneLine(text, fallback)
		}
	}
	return fallback
}

// Randomness, in bytes.
const (
	nonceBytes = 32
	idBytes    = 16
)

// ssoTimeout bounds each call to the provider.
const ssoTimeout = 10 * time.Second

// SSOClient is an HTTP client for the provider: bounded in time, and following nobody elsewhere.
func SSOClient(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, Timeout: ssoTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
