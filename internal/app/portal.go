package app

import (
	"fmt"
	"path/filepath"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/callback"
	"counterfoil/internal/config"
	"counterfoil/internal/outbound"
	"counterfoil/internal/wallet"
	"counterfoil/web/portal"
)

// newPortal makes the portal; only the demo has people who sign in with one click, and a wallet.
func newPortal(cfg config.Config, o Options, p *parts) (*fiber.App, error) {
	d := portal.Dependencies{
		Offers: p.service, Record: p.service, Staff: p.staff, Displays: p.displays, Callbacks: p.callbackUse, Pings: p.deliverer, CallbackBody: callback.Body,
		Doctor: p.doctor(cfg, o), Types: p.types, Watch: p.watch, URLs: p.urls, Issuer: p.metadata.Name(),
		Clock: o.Clock, Random: o.Random, Log: o.Log, TrustedProxies: cfg.TrustedProxies, Observe: p.metrics.observe, Secure: cfg.PortalTLSCert != "", Stopping: p.stopping,
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
