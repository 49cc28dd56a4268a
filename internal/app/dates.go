package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"

	"counterfoil/internal/config"
	"counterfoil/internal/trust"
)

// dated gives every certificate that the program uses, as it was at the start: what is replaced on disk is used after the next.
func (p *parts) dated(cfg config.Config) ([]trust.Dated, error) {
	out := p.keys.Dated()
	for _, door := range []struct {
		use       trust.Use
		cert, key string
	}{
		{trust.ForWallets, cfg.PublicTLSCert, cfg.PublicTLSKey}, {trust.ForManagement, cfg.ManagementTLSCert, cfg.ManagementTLSKey},
		{trust.ForPortal, cfg.PortalTLSCert, cfg.PortalTLSKey},
	} {
		if door.cert == "" {
			continue
		}
		pair, err := tls.LoadX509KeyPair(door.cert, door.key)
		if err != nil {
			return nil, fmt.Errorf("load TLS certificate %s: %w", door.cert, err)
		}
		chain, err := parseAll(pair.Certificate)
		if err != nil {
			return nil, fmt.Errorf("read TLS certificate %s: %w", door.cert, err)
		}
		out = slices.Concat(out, trust.DatedChain(door.use, chain))
	}
	authorities, err := clientAuthorities(cfg.ManagementClientCA)
	return slices.Concat(out, authorities), err
}

func parseAll(ders [][]byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for _, der := range ders {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("parse certificate: %w", err)
		}
		out = append(out, c)
	}
	return out, nil
}

// clientAuthorities dates the authorities whose clients the management door lets in: they are no chain, each stands for itself.
func clientAuthorities(file string) ([]trust.Dated, error) {
	if file == "" {
		return nil, nil
	}
	all, err := trust.ReadCertificates(file)
	if err != nil {
		return nil, fmt.Errorf("COUNTERFOIL_MANAGEMENT_CLIENT_CA: %w", err)
	}
	var out []trust.Dated
	for _, c := range all {
		out = slices.Concat(out, trust.DatedChain(trust.ForClients, []*x509.Certificate{c}))
	}
	return out, nil
}
