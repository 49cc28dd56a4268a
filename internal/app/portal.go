package app

import (
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/callback"
	"counterfoil/internal/config"
	"counterfoil/internal/outbound"
	"counterfoil/internal/signin"
	"counterfoil/internal/staff"
	"counterfoil/internal/wallet"
	"counterfoil/web/portal"
)

// newPortal makes the portal; only the demo has people who sign in with one click, and a wallet.
func newPortal(cfg config.Config, o Options, p *parts) (*fiber.App, error) {
	d := portal.Dependencies{
		Offers: p.service, Repeats: p.service, Record: p.service, Approvals: p.service, Corrections: p.service, Credentials: p.store, Staff: p.staff, Account: p.staff, Displays: p.displays, Callbacks: p.callbackUse, Pings: p.deliverer,
		People: p.staff, Clients: p.clients, Audit: p.staff.Audit,
		CallbackBody: callback.Body, Doctor: p.doctor(cfg, o), Drafts: p.store, Types: p.types, Watch: p.watch, URLs: p.urls, Brand: p.brand,
		Clock: o.Clock, Random: o.Random, Log: o.Log, TrustedProxies: cfg.TrustedProxies, Observe: p.metrics.observe, Watching: p.metrics.watching, Secure: cfg.PortalSecure(), Stopping: p.stopping,
	}
	dated, err := p.dated(cfg)
	if err != nil {
		return nil, err
	}
	d.Office = portal.Office{TypeAdmin: p.typeAdmin, Trials: &trials{options: o}, Certificates: dated, APIKeys: p.clients, Trouble: p.trouble}
	if err := addWays(&d, cfg, o, p); err != nil {
		return nil, err
	}
	if !o.Demo {
		return portal.New(d), nil
	}
	for _, person := range demoStaff() {
		d.DemoStaff = append(d.DemoStaff, portal.DemoPerson{Name: person.Name, Display: person.Display, Role: string(person.Role)})
	}
	w, err := wallet.New(wallet.Options{
		Client: outbound.NewClient(WalletOptions()), Clock: o.Clock, Random: o.Random,
		Roots: filepath.Join(cfg.DataDir, KeysDir, "root.crt.pem"),
	})
	if err != nil {
		return nil, fmt.Errorf("set up demo wallet: %w", err)
	}
	d.DemoWallet = w
	return portal.New(d), nil
}

// addWays adds the ways to sign in that need to know how browsers reach the portal.
func addWays(d *portal.Dependencies, cfg config.Config, o Options, p *parts) error {
	host, origin, reached := cfg.Portal()
	if !reached {
		return nil
	}
	d.Address = origin
	passkeys, err := signin.NewPasskeys(p.staff, p.store, p.clock, host, origin)
	if err != nil {
		return fmt.Errorf("COUNTERFOIL_PORTAL_URL: %w", err)
	}
	d.Passkeys = passkeys
	if cfg.OIDCIssuer == "" {
		return nil
	}
	settings := signin.SSOSettings{
		Issuer: cfg.OIDCIssuer, ClientID: cfg.OIDCClientID, ClientSecret: cfg.OIDCClientSecret, Redirect: origin + portal.SSOBack,
		RoleClaim: cfg.OIDCRoleClaim, Roles: map[string]staff.Role{},
	}
	for value, role := range cfg.OIDCRoles {
		settings.Roles[value] = staff.Role(role)
	}
	d.SSO = signin.NewSSO(p.staff, p.store, settings, signin.SSOClient(http.DefaultTransport), p.clock, o.Random)
	return nil
}
