package app

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/callback"
	"counterfoil/internal/config"
	"counterfoil/web/manage"
	"counterfoil/web/wallet"
)

// door is one listener and what answers on it.
type door struct {
	app      *fiber.App
	listener net.Listener
	tls      bool
}

// openDoors makes the three doors and starts listening: wallet, management, portal, in this order.
func openDoors(cfg config.Config, o Options, p *parts) ([]*door, error) {
	portalApp, err := newPortal(cfg, o, p)
	if err != nil {
		return nil, err
	}
	access, err := p.access(cfg, o)
	if err != nil {
		return nil, err
	}
	var doors []*door
	for _, d := range []struct {
		app                       *fiber.App
		addr, cert, key, clientCA string
	}{
		{wallet.New(wallet.Dependencies{
			Protocol: p.protocol, Nonces: p.protocol, Offers: p.service, Metadata: p.metadata, Brand: p.brand, URLs: p.urls, Types: p.types, Clock: o.Clock, Log: o.Log,
			Limited: !o.Demo, TrustedProxies: cfg.TrustedProxies, Observe: p.metrics.observe,
		}), cfg.PublicAddr, cfg.PublicTLSCert, cfg.PublicTLSKey, ""},
		{manage.New(manage.Dependencies{
			Offers: p.service, Callbacks: p.callbackUse, Endpoints: p.store, Deliveries: p.store, Replays: p.callbackUse, Pings: p.deliverer,
			Answers: p.store, Credentials: p.store, Types: p.types, TypeAdmin: p.typeAdmin,
			Signing: p.keys, Access: access, Clients: p.clients, Keys: p.clients, Metrics: p.writeMetrics, CallbackBody: callback.Body, Watch: p.watch, Clock: o.Clock, Stopping: p.stopping, URLs: p.urls, Ready: p.ready, Log: o.Log, TrustedProxies: cfg.TrustedProxies, Observe: p.metrics.observe,
		}), cfg.ManagementAddr, cfg.ManagementTLSCert, cfg.ManagementTLSKey, cfg.ManagementClientCA},
		{portalApp, cfg.PortalAddr, cfg.PortalTLSCert, cfg.PortalTLSKey, ""},
	} {
		l, secure, err := listen(d.addr, d.cert, d.key, d.clientCA)
		if err != nil {
			for _, open := range doors {
				err = errors.Join(err, open.listener.Close())
			}
			return nil, err
		}
		doors = append(doors, &door{app: d.app, listener: l, tls: secure})
	}
	return doors, nil
}

// url gives where the door listens, for a person on this machine.
func (d *door) url() string {
	host, port, err := net.SplitHostPort(d.listener.Addr().String())
	if err != nil {
		return d.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if d.tls {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

func (d *door) serve() error {
	if err := d.app.Listener(d.listener); err != nil {
		return fmt.Errorf("serve %s: %w", d.url(), err)
	}
	return nil
}

// close lets requests in flight finish.
func (d *door) close(ctx context.Context) error {
	if err := d.app.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("close %s: %w", d.url(), err)
	}
	if err := d.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close %s: %w", d.url(), err)
	}
	return nil
}
