package accesstoken

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"counterfoil/internal/jose"
)

// leeway is how far the clocks may be apart.
const leeway = 60 * time.Second

// ErrRefused is in every error about a token that is not taken. The text behind it says why and repeats nothing of the token.
var ErrRefused = errors.New("the access token is not taken")

// ErrAway is in the error when the issuer's keys are needed and cannot be read; trying again may help.
var ErrAway = errors.New("the keys of the authorization server cannot be read")

// Caller is what a token says of who sent it.
type Caller struct {
	ClientID string
	Scopes   []string
}

// Verifier takes the tokens of one issuer.
type Verifier struct {
	issuer   *issuer
	audience string
	clock    func() time.Time
}

// claims are those of RFC 9068 §2.2 that decide here.
type claims struct {
	Issuer    string   `json:"iss"`
	Audience  any      `json:"aud"`
	Expires   *float64 `json:"exp"`
	NotBefore *float64 `json:"nbf"`
	IssuedAt  *float64 `json:"iat"`
	ClientID  string   `json:"client_id"`
	Scope     string   `json:"scope"`
	Bound     any      `json:"cnf"`
}

// Verify checks a token as RFC 9068 §4 says. ErrRefused, ErrAway.
func (v *Verifier) Verify(ctx context.Context, compact string) (Caller, error) {
	t, err := jose.Parse(compact)
	if err != nil {
		return Caller{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	// An ID token has typ JWT or none (RFC 9068 §5, RFC 8725 §3.11). The media type may have its prefix.
	if typ := strings.TrimPrefix(strings.ToLower(t.Typ()), "application/"); typ != "at+jwt" {
		return Caller{}, refused("its typ is not at+jwt")
	}
	var c claims
	if err := t.Claims(&c); err != nil {
		return Caller{}, refused("a claim is of the wrong type")
	}
	// What needs no key comes first: a token of somebody else must not make this one ask the issuer.
	if err := v.judge(c); err != nil {
		return Caller{}, err
	}
	if err := v.issuer.verify(ctx, t); err != nil {
		return Caller{}, err
	}
	return Caller{ClientID: c.ClientID, Scopes: strings.Fields(c.Scope)}, nil
}

// judge holds the claims to what was configured, and to the time.
func (v *Verifier) judge(c claims) error {
	now := v.clock()
	switch {
	case c.Issuer != v.issuer.name:
		return refused("it is from another issuer")
	case !meant(c.Audience, v.audience):
		return refused("it is for another audience")
	case c.Bound != nil:
		return refused("it is bound to a key that is not shown")
	case c.ClientID == "":
		return refused("it names no client")
	case c.Expires == nil || c.IssuedAt == nil:
		return refused("it has no times")
	case !now.Before(moment(*c.Expires).Add(leeway)):
		return refused("it has expired")
	case moment(*c.IssuedAt).After(now.Add(leeway)), c.NotBefore != nil && moment(*c.NotBefore).After(now.Add(leeway)):
		return refused("it is not valid yet")
	}
	return nil
}

// meant tells whether aud is the audience or a list with it (RFC 7519 §4.1.3).
func meant(aud any, audience string) bool {
	list, many := aud.([]any)
	return aud == any(audience) || many && slices.Contains(list, any(audience))
}

// moment reads a NumericDate (RFC 7519 §2), which may have a fraction. What lies beyond any calendar is cut to its ends.
func moment(seconds float64) time.Time {
	const end = 1 << 40                                               // seconds, some 35,000 years
	return time.UnixMilli(int64(max(-end, min(end, seconds)) * 1000)) // milliseconds
}

func refused(why string) error { return fmt.Errorf("%w: %s", ErrRefused, why) }
