package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"counterfoil/internal/secret"
)

// Bounds of the numbers.
const (
	minOfferTTL    = 30 * time.Second
	maxOfferTTL    = 24 * time.Hour
	minAttempts    = 1
	maxAttempts    = 20
	minSecretBytes = 24
	maxSecretBytes = 64
)

func fault(name, format string, args ...any) error {
	return fmt.Errorf("%s%s %s", Prefix, name, fmt.Sprintf(format, args...))
}

// check reports everything that does not hold, for demo and serve alike.
func (c Config) check() []error {
	var faults []error
	if err := checkPublicURL(c.PublicURL); err != nil {
		faults = append(faults, fault("PUBLIC_URL", "%s", err))
	}
	for name, addr := range map[string]string{
		"PUBLIC_ADDR": c.PublicAddr, "MANAGEMENT_ADDR": c.ManagementAddr, "PORTAL_ADDR": c.PortalAddr,
	} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			faults = append(faults, fault(name, "must be host:port"))
		}
	}
	for name, pair := range map[string][2]string{
		"PUBLIC": {c.PublicTLSCert, c.PublicTLSKey}, "MANAGEMENT": {c.ManagementTLSCert, c.ManagementTLSKey},
		"PORTAL": {c.PortalTLSCert, c.PortalTLSKey},
	} {
		if (pair[0] == "") != (pair[1] == "") {
			faults = append(faults, fault(name+"_TLS_CERT", "and %s%s_TLS_KEY go together", Prefix, name))
		}
	}
	if c.OfferTTL < minOfferTTL || c.OfferTTL > maxOfferTTL {
		faults = append(faults, fault("OFFER_TTL", "must be %s to %s", minOfferTTL, maxOfferTTL))
	}
	if c.TxCodeAttempts < minAttempts || c.TxCodeAttempts > maxAttempts {
		faults = append(faults, fault("TX_CODE_ATTEMPTS", "must be %d to %d", minAttempts, maxAttempts))
	}
	if !c.MasterKey.IsZero() {
		if _, err := secret.ParseMaster(c.MasterKey); err != nil {
			faults = append(faults, fault("MASTER_KEY", "must be 32 bytes in base64 or hex"))
		}
	}
	return slices.Concat(faults, c.checkBrand(), c.checkCallback(), c.checkManagement(), c.checkStaff())
}

func (c Config) checkCallback() []error {
	for _, network := range c.CallbackAllow {
		if network.Addr().Is4In6() { // no address matches it: they are compared as IPv4
			return []error{fault("CALLBACK_ALLOW", "must have IPv4 networks in their usual form")}
		}
	}
	if c.CallbackURL == "" {
		if !c.CallbackSecret.IsZero() {
			return []error{fault("CALLBACK_SECRET", "is set without %sCALLBACK_URL", Prefix)}
		}
		return nil
	}
	if c.CallbackSecret.IsZero() {
		return []error{fault("CALLBACK_SECRET", "must be set with %sCALLBACK_URL: callbacks are signed", Prefix)}
	}
	raw, ok := strings.CutPrefix(c.CallbackSecret.Reveal(), "whsec_")
	key, err := base64.StdEncoding.DecodeString(raw)
	if !ok || err != nil || len(key) < minSecretBytes || len(key) > maxSecretBytes {
		return []error{fault("CALLBACK_SECRET", "must be whsec_ and the base64 of %d to %d bytes", minSecretBytes, maxSecretBytes)}
	}
	return nil
}

// CheckDemo reports what a demo may not do: anybody who reaches its portal signs in with one click.
func (c Config) CheckDemo() error {
	if !loopback(c.PortalAddr) {
		return fault("PORTAL_ADDR", "must be a loopback address in the demo: it has sign-in with one click")
	}
	return nil
}

// CheckProduction reports what a demo may do and serve may not.
func (c Config) CheckProduction() error {
	var faults []error
	if u, err := url.Parse(c.PublicURL); err == nil && u.Scheme == "http" && !loopback(u.Host) {
		faults = append(faults, fault("PUBLIC_URL", "must be https: wallets on other machines would speak in the clear"))
	}
	if c.MasterKey.IsZero() {
		faults = append(faults, fault("MASTER_KEY", "(or %sMASTER_KEY_FILE) must be set", Prefix))
	}
	if !loopback(c.PortalAddr) && c.PortalTLSCert == "" {
		faults = append(faults, fault("PORTAL_ADDR", "is not loopback, so %sPORTAL_TLS_CERT must be set", Prefix))
	}
	return errors.Join(faults...)
}

// checkPublicURL holds a credential issuer identifier to OpenID4VCI 1.0 §12.2.1: https (http for
// trials), no query, no fragment; compared byte for byte by wallets, so written without a trailing slash.
func checkPublicURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return errors.New("must be an http or https URL")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return errors.New("must have no query and no fragment")
	case u.User != nil:
		return errors.New("must have no user")
	case strings.HasSuffix(u.Path, "/"):
		return errors.New("must not end in a slash")
	case u.String() != raw || strings.ToLower(u.Host) != u.Host || strings.Contains(u.EscapedPath(), "%"):
		return errors.New("must be written in its plain form")
	}
	return nil
}

// loopback tells whether host:port (or a bare host) can be reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
