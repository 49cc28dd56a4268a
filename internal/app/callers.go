package app

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"counterfoil/internal/accesstoken"
	"counterfoil/internal/config"
	"counterfoil/internal/outbound"
	"counterfoil/internal/staff"
	"counterfoil/internal/trust"
	"counterfoil/web/manage"
)

// access is how callers of the management door show who they are.
func (p *parts) access(cfg config.Config, o Options) (manage.Access, error) {
	switch cfg.ManagementAuth {
	case config.AuthNone:
		return manage.Open(), nil
	case config.AuthKey:
		return manage.ByKey(p.clients), nil
	case config.AuthMTLS:
		return manage.ByCertificate(p.clients, o.Clock), nil
	case config.AuthOAuth:
		tokens, err := newTokens(cfg, o)
		if err != nil {
			return manage.Access{}, err
		}
		return manage.ByToken(p.clients, tokens), nil
	}
	return manage.Access{}, errors.New("COUNTERFOIL_MANAGEMENT_AUTH is not known")
}

// newTokens takes the tokens of the authorization server that the settings name. A bank's own may well be on a private network; this
// machine is called only when it is the one that was named.
func newTokens(cfg config.Config, o Options) (*accesstoken.Verifier, error) {
	options := outbound.Options{Allow: outbound.Private()}
	if cfg.OAuthOnLoopback() {
		options.Allow = append(options.Allow, outbound.Loopback()...)
	}
	v, err := accesstoken.New(accesstoken.Options{
		Issuer: cfg.ManagementOAuthIssuer, Audience: cfg.ManagementOAuthAudience, Client: outbound.NewClient(options),
		CheckURL: func(raw string) error { return outbound.CheckURL(raw, options) }, Clock: o.Clock,
	})
	if err != nil {
		return nil, fmt.Errorf("COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER: %w", err)
	}
	return v, nil
}

// clientCAs reads the authorities whose client certificates a door takes; nil when it asks for none.
func clientCAs(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	all, err := trust.ReadCertificates(file)
	if err != nil {
		return nil, fmt.Errorf("COUNTERFOIL_MANAGEMENT_CLIENT_CA: %w", err)
	}
	pool := x509.NewCertPool()
	for _, c := range all {
		pool.AddCert(c)
	}
	return pool, nil
}

// WithClients opens the database for one command about the clients of the management door.
func WithClients(ctx context.Context, cfg config.Config, log *slog.Logger, do func(*staff.Clients) error) error {
	s, err := openOnce(ctx, cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(do(staff.NewClients(s, time.Now, rand.Reader, log)), s.Close())
}
