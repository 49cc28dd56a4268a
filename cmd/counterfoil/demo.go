package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
)

type demoCommand struct{}

// Run starts everything for a demonstration and says what to try first. The log goes to a file in
// the data dir, so that the terminal keeps showing what matters.
func (demoCommand) Run(ctx context.Context) error {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	if err := cfg.CheckDemo(); err != nil {
		return fmt.Errorf("not for a demo:\n%w", err)
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("make the data dir: %w", err)
	}
	logPath := filepath.Join(cfg.DataDir, "counterfoil.log")
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	defer logFile.Close() //nolint:errcheck // nothing is left to save
	a, err := app.New(ctx, cfg, app.Options{Demo: true, Log: slog.New(slog.NewJSONHandler(logFile, nil))})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if err := welcome(os.Stdout, a, cfg, logPath); err != nil {
		return err
	}
	if err := a.Run(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, "\nStopped.")
	return err
}

func welcome(w io.Writer, a *app.App, cfg config.Config, logPath string) error {
	at := a.Addresses()
	flags, hint := callerFlags(cfg.ManagementAuth)
	_, err := fmt.Fprintf(w, `
  Counterfoil demo. Test certificates, not for production.

    Wallet door       %s
    Management API    %s
    Staff portal      %s

  Try first
    1. As a back-end, make an offer:

       curl -s%s %s/offers -H 'Content-Type: application/json' -d '{
         "credential_configuration_id": "IdentityCredential",
         "claims": {"given_name": "Erika", "family_name": "Mustermann",
                    "document_number": "T22000129", "issuing_country": "DE"},
         "tx_code": {"input_mode": "numeric", "length": 6}}'
%s
    2. As the customer, collect it with the demo wallet:

       ./bin/counterfoil wallet collect '<credential_offer_uri>' --tx-code <tx_code_value>

    3. As the clerk, open %s , sign in with one click,
       make an offer and press "Demo wallet" below its QR code.

  Data: %s   Log: %s   Stop: Ctrl-C

`, cfg.PublicURL, at.Management, at.Portal, flags, at.Management, hint, at.Portal, cfg.DataDir, logPath)
	return err
}

// callerFlags gives what curl needs to show who calls, and how one comes by it.
func callerFlags(auth string) (flags, hint string) {
	client := "\n       Stop the demo, make a client, and start it again:" +
		"\n       ./bin/counterfoil clients add me --scope offers:create --scope offers:read"
	switch auth {
	case config.AuthKey:
		return " -H 'Authorization: Bearer <key>'", client + "\n"
	case config.AuthMTLS:
		return " --cert <certificate> --key <its key>", client + " --identity san:dns:<its name>\n"
	case config.AuthOAuth:
		return " -H 'Authorization: Bearer <access token>'", client + " --identity oauth:<its client_id>\n"
	}
	return "", ""
}
