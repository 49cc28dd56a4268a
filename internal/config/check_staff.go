package config

import (
	"net"
	"net/url"
	"slices"
)

// checkStaff holds how staff reach the portal and sign in.
func (c Config) checkStaff() []error {
	var faults []error
	if c.PortalURL != "" && !isOrigin(c.PortalURL) {
		faults = append(faults, fault("PORTAL_URL", "must be https://host, without a path; http on loopback only"))
	}
	if c.OIDCIssuer == "" {
		for name, value := range map[string]bool{"OIDC_CLIENT_ID": c.OIDCClientID != "", "OIDC_CLIENT_SECRET": !c.OIDCClientSecret.IsZero(), "OIDC_ROLES": len(c.OIDCRoles) > 0} {
			if value {
				faults = append(faults, fault(name, "is set without %sOIDC_ISSUER", Prefix))
			}
		}
		return faults
	}
	if !isIssuer(c.OIDCIssuer) {
		faults = append(faults, fault("OIDC_ISSUER", "must be an https URL without query and fragment; http on loopback only"))
	}
	if c.OIDCClientID == "" {
		faults = append(faults, fault("OIDC_CLIENT_ID", "must be set with %sOIDC_ISSUER", Prefix))
	}
	if _, _, reached := c.Portal(); !reached {
		faults = append(faults, fault("PORTAL_URL", "must be set with %sOIDC_ISSUER: people are sent back there", Prefix))
	}
	if len(c.OIDCRoles) == 0 {
		faults = append(faults, fault("OIDC_ROLES", "must be set with %sOIDC_ISSUER: nobody could do anything", Prefix))
	}
	for _, role := range c.OIDCRoles {
		if !slices.Contains([]string{"operator", "approver", "administrator", "auditor"}, role) {
			faults = append(faults, fault("OIDC_ROLES", "must map to operator, approver, administrator or auditor"))
			break
		}
	}
	return faults
}

// isOrigin tells an origin (RFC 6454) that a browser reaches safely: https, or http on this machine.
func isOrigin(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && isIssuer(raw) && u.Path == ""
}

// Portal gives the host and the origin that browsers reach the portal by; false when nobody said.
func (c Config) Portal() (host, origin string, reached bool) {
	if c.PortalURL != "" {
		u, err := url.Parse(c.PortalURL)
		if err != nil {
			return "", "", false
		}
		return u.Hostname(), c.PortalURL, true
	}
	if !loopback(c.PortalAddr) {
		return "", "", false
	}
	_, port, err := net.SplitHostPort(c.PortalAddr)
	if err != nil || port == "0" { // which is not known before it listens
		return "", "", false
	}
	scheme := "http"
	if c.PortalTLSCert != "" {
		scheme = "https"
	}
	return "localhost", scheme + "://localhost:" + port, true
}

// PortalSecure tells that browsers reach the portal by https, at its own certificate or at that of a proxy.
func (c Config) PortalSecure() bool {
	u, err := url.Parse(c.PortalURL)
	return c.PortalTLSCert != "" || err == nil && u.Scheme == "https"
}
