package config

import "net/url"

// The ways to show who calls the management door.
const (
	AuthNone  = "none"
	AuthKey   = "key"
	AuthMTLS  = "mtls"
	AuthOAuth = "oauth"
)

// checkManagement holds the management door to being open on this machine only, and to never taking a key or token in the clear.
func (c Config) checkManagement() []error {
	var faults []error
	for _, extra := range []struct{ auth, name, value string }{
		{AuthMTLS, "MANAGEMENT_CLIENT_CA", c.ManagementClientCA},
		{AuthOAuth, "MANAGEMENT_OAUTH_ISSUER", c.ManagementOAuthIssuer},
		{AuthOAuth, "MANAGEMENT_OAUTH_AUDIENCE", c.ManagementOAuthAudience},
	} {
		switch used := c.ManagementAuth == extra.auth; {
		case used && extra.value == "":
			faults = append(faults, fault(extra.name, "must be set while %sMANAGEMENT_AUTH is %s", Prefix, extra.auth))
		case !used && extra.value != "": // somebody believes that it is asked for
			faults = append(faults, fault(extra.name, "is set, but %sMANAGEMENT_AUTH is not %s", Prefix, extra.auth))
		}
	}
	switch c.ManagementAuth {
	case AuthNone:
		if !loopback(c.ManagementAddr) {
			faults = append(faults, fault("MANAGEMENT_ADDR", "must be a loopback address while %sMANAGEMENT_AUTH is none", Prefix))
		}
		return faults
	case AuthMTLS:
		if c.ManagementTLSCert == "" {
			faults = append(faults, fault("MANAGEMENT_TLS_CERT", "must be set while %sMANAGEMENT_AUTH is mtls", Prefix))
		}
	case AuthKey, AuthOAuth:
		if !loopback(c.ManagementAddr) && c.ManagementTLSCert == "" {
			faults = append(faults, fault("MANAGEMENT_ADDR", "is not loopback, so %sMANAGEMENT_TLS_CERT must be set", Prefix))
		}
		if c.ManagementOAuthIssuer != "" && !isIssuer(c.ManagementOAuthIssuer) {
			faults = append(faults, fault("MANAGEMENT_OAUTH_ISSUER", "must be an https URL without query and fragment; http on loopback only"))
		}
	default:
		faults = append(faults, fault("MANAGEMENT_AUTH", "must be none, key, mtls or oauth"))
	}
	return faults
}

// isIssuer holds an issuer identifier to RFC 8414 §2; http only to this machine, for trials.
func isIssuer(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && u.String() == raw &&
		(u.Scheme == "https" || u.Scheme == "http" && loopback(u.Host))
}

// OAuthOnLoopback tells whether the authorization server is on this machine, where nothing else must be called because of it.
func (c Config) OAuthOnLoopback() bool {
	u, err := url.Parse(c.ManagementOAuthIssuer)
	return err == nil && loopback(u.Host)
}
