package oid4vci

import (
	"net/url"
	"strings"

	"counterfoil/internal/issuance"
)

// The paths of the wallet door below the path of the credential issuer identifier.
const (
	PathOffers       = "/oidc4vci/offers/"
	PathTypes        = "/oidc4vci/types/"
	PathToken        = "/oidc4vci/token"
	PathNonce        = "/oidc4vci/nonce"
	PathCredential   = "/oidc4vci/credential"
	PathNotification = "/oidc4vci/notification"
	// PathLanding is the page of an offer for people, short because paper shows it as a QR code.
	PathLanding = "/o/"

	wellKnownIssuer = "/.well-known/openid-credential-issuer"
	wellKnownServer = "/.well-known/oauth-authorization-server"
)

// URLs builds every URL of the wallet door from the credential issuer identifier.
type URLs struct{ Issuer string }

// At gives the public URL of a path.
func (u URLs) At(path string) string { return u.Issuer + path }

// Base gives the path of the identifier, "" when it has none.
func (u URLs) Base() string {
	parsed, err := url.Parse(u.Issuer)
	if err != nil {
		return ""
	}
	return parsed.EscapedPath()
}

// WellKnownIssuer gives the paths of issuer metadata: inserted before the identifier's path (OpenID4VCI 1.0 §12.2.2) and,
// for wallets that know only drafts, appended to it.
func (u URLs) WellKnownIssuer() []string { return u.wellKnown(wellKnownIssuer) }

// WellKnownServer gives the paths of authorization server metadata (RFC 8414 §3), likewise.
func (u URLs) WellKnownServer() []string { return u.wellKnown(wellKnownServer) }

func (u URLs) wellKnown(name string) []string {
	base := u.Base()
	if base == "" {
		return []string{name}
	}
	return []string{name + base, base + name}
}

// Landing gives the address of an offer's page for people, which leads into a wallet.
func (u URLs) Landing(id issuance.OfferID) string { return u.At(PathLanding + string(id)) }

// OfferURI gives the URI that a QR code or link shows: the offer by reference (OpenID4VCI 1.0 §4.1.3).
func (u URLs) OfferURI(scheme string, id issuance.OfferID) string {
	reference := u.At(PathOffers + string(id))
	return scheme + "://?credential_offer_uri=" + strings.ReplaceAll(url.QueryEscape(reference), "+", "%20")
}
