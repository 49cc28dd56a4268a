package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"counterfoil/internal/app"
	"counterfoil/internal/outbound"
	"counterfoil/internal/wallet"
)

type walletCommand struct {
	Collect walletCollectCommand `cmd:"" help:"Collect the credential of an offer, verify it, print its claims."`
}

type walletCollectCommand struct {
	Offer  string `arg:"" help:"The offer: openid-credential-offer://?credential_offer_uri=…"`
	TxCode string `name:"tx-code" help:"The transaction code, when the offer asks for one."`
	Proofs int    `default:"1" help:"How many credentials to ask for, each bound to a key of its own."`
	DPoP   bool   `name:"dpop" help:"Bind the access token to a key (RFC 9449)."`
	Root   string `help:"PEM file of the root that must have certified the issuer; the demo's when left out and there."`
	JSON   bool   `name:"json" help:"Print the result as JSON."`
}

// Run collects and prints.
func (c walletCollectCommand) Run(ctx context.Context) error {
	w, err := wallet.New(wallet.Options{
		Client: outbound.NewClient(app.WalletOptions()),
		Roots:  c.roots(), Clock: time.Now, Random: rand.Reader,
	})
	if err != nil {
		return fmt.Errorf("set up the wallet: %w", err)
	}
	got, err := w.Collect(ctx, wallet.Request{Offer: c.Offer, TxCode: c.TxCode, Proofs: c.Proofs, DPoP: c.DPoP})
	if err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	if c.JSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(got)
	}
	return printCollected(os.Stdout, got)
}

// roots gives the file that must hold the trusted root, or "" when there is none to find.
func (c walletCollectCommand) roots() string {
	if c.Root != "" {
		return c.Root
	}
	dir := os.Getenv("COUNTERFOIL_DATA_DIR")
	if dir == "" {
		dir = "./data"
	}
	demo := filepath.Join(dir, app.KeysDir, "root.crt.pem")
	if _, err := os.Stat(demo); err != nil {
		return ""
	}
	return demo
}

func printCollected(w io.Writer, got wallet.Collected) error {
	for _, step := range got.Steps {
		if _, err := fmt.Fprintf(w, "  ✓ %s\n", step); err != nil {
			return err
		}
	}
	for i, cred := range got.Credentials {
		claims, err := json.MarshalIndent(cred.Claims, "  ", "  ")
		if err != nil {
			return fmt.Errorf("print claims: %w", err)
		}
		if _, err := fmt.Fprintf(w, "\nCredential %d of %d: %s, issued by %s, valid until %s\n  %s\n", i+1, len(got.Credentials),
			cred.VCT, cred.Issuer, cred.ExpiresAt.UTC().Format(time.RFC3339), claims); err != nil {
			return err
		}
	}
	return nil
}
