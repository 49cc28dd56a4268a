package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
)

// ErrLogoutToken means that a logout token was not accepted.
var ErrLogoutToken = errors.New("the logout token was not accepted")

const (
	// logoutEvent is what a logout token says (OpenID Connect Back-Channel Logout 1.0 §2.4).
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
	// logoutAge is how old a logout token may be, and how far in the future clocks may lie apart.
	logoutAge  = 5 * time.Minute
	logoutSkew = time.Minute
	// maxLogoutToken and maxLogoutText bound the token and each text in it, in bytes.
	maxLogoutToken = 8 << 10
	maxLogoutText  = 500
)

// logoutClaims are the claims of a logout token, besides those that the library verifies.
type logoutClaims struct {
	Subject string                     `json:"sub"`
	Session string                     `json:"sid"`
	ID      string                     `json:"jti"`
	Issued  *float64                   `json:"iat"`
	Nonce   json.RawMessage            `json:"nonce"`
	Events  map[string]json.RawMessage `json:"events"`
}

// Logout ends the sessions that a logout token is about (OpenID Connect Back-Channel Logout 1.0 §2.6). The library verifies signature,
// algorithm, issuer, audience and expiry, as of an ID token. ErrLogoutToken when anything does not fit, or the token came before; ErrAway.
func (s *SSO) Logout(ctx context.Context, raw string) error {
	provider, _, err := s.discover(ctx)
	if err != nil {
		return err
	}
	if len(raw) > maxLogoutToken || !logoutType(raw) {
		return ErrLogoutToken
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: s.settings.ClientID, Now: s.clock}).Verify(oidc.ClientContext(ctx, s.client), raw)
	if err != nil {
		return ErrLogoutToken
	}
	var c logoutClaims
	if err := token.Claims(&c); err != nil || !c.fits(s.clock()) {
		return ErrLogoutToken
	}
	err = s.staff.EndAtProvider(ctx, staff.ProviderLogout{
		Issuer: token.Issuer, Subject: c.Subject, Session: c.Session,
		Once: secret.Hash("logout token " + token.Issuer + " " + c.ID), SpentUntil: token.Expiry.Add(logoutAge),
	})
	if staff.KindOf(err) == staff.Conflict {
		return ErrLogoutToken
	}
	return err
}

// fits tells whether the claims are those of a logout token at the time now. A nonce would make an ID token of it.
func (c logoutClaims) fits(now time.Time) bool {
	_, about := c.Events[logoutEvent]
	if !about || c.Nonce != nil || c.Issued == nil || c.ID == "" || c.Subject == "" && c.Session == "" {
		return false
	}
	for _, text := range []string{c.ID, c.Subject, c.Session} {
		if len(text) > maxLogoutText || strings.ContainsRune(text, 0) {
			return false
		}
	}
	var event map[string]json.RawMessage
	if json.Unmarshal(c.Events[logoutEvent], &event) != nil || event == nil { // it is an object
		return false
	}
	age := now.Sub(time.UnixMilli(int64(*c.Issued * float64(time.Second/time.Millisecond))))
	return age <= logoutAge && age >= -logoutSkew
}

// logoutType tells whether the header's typ can be that of a logout token. Providers from before it was asked for say JWT, or nothing.
func logoutType(raw string) bool {
	first, _, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		return false
	}
	var header struct {
		Type string `json:"typ"`
	}
	if err := json.Unmarshal(text, &header); err != nil {
		return false
	}
	kind := strings.TrimPrefix(strings.ToLower(header.Type), "application/")
	return kind == "" || kind == "jwt" || kind == "logout+jwt"
}
