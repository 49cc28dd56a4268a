package app

import (
	"crypto/tls"
	"fmt"
	"net"

	"counterfoil/web/surface"
)

// listen opens a door's socket, with TLS when it has a certificate: TLS 1.3, and TLS 1.2 with the four
// ECDHE AES-GCM suites that BCP 195 and HAIP 1.0 §3 leave. With the file clientCA, no handshake succeeds without a client
// certificate that leads to one of its authorities.
func listen(addr, cert, key, clientCA string) (net.Listener, bool, error) {
	l, err := surface.Listen(addr)
	if err != nil {
		return nil, false, err
	}
	if cert == "" {
		return l, false, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		_ = l.Close() // the first fault is the one to tell
		return nil, false, fmt.Errorf("load TLS certificate %s: %w", cert, err)
	}
	authorities, err := clientCAs(clientCA)
	if err != nil {
		_ = l.Close() // likewise
		return nil, false, err
	}
	clients := tls.NoClientCert
	if authorities != nil {
		clients = tls.RequireAndVerifyClientCert
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientAuth:   clients,
		ClientCAs:    authorities,
		MinVersion:   tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		},
		NextProtos: []string{"http/1.1"},
	}), true, nil
}
