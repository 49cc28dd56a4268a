package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
	"counterfoil/internal/trust"
)

type keysCommand struct {
	Master keysMasterCommand `cmd:"" help:"Print a fresh master key for COUNTERFOIL_MASTER_KEY_FILE."`
	Show   keysShowCommand   `cmd:"" help:"Show the certificates in the data dir and how long they are valid."`
}

type (
	keysMasterCommand struct{}
	keysShowCommand   struct{}
)

// Run prints 32 random bytes in base64.
func (keysMasterCommand) Run() error {
	const bytes = 32
	key := make([]byte, bytes)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("draw randomness: %w", err)
	}
	_, err := fmt.Fprintln(os.Stdout, base64.StdEncoding.EncodeToString(key))
	return err
}

// Run lists the certificates by purpose.
func (keysShowCommand) Run(context.Context) error {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	now := time.Now()
	set, err := trust.LoadDir(filepath.Join(cfg.DataDir, app.KeysDir), now)
	if err != nil {
		return fmt.Errorf("read certificates: %w", err)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PURPOSE\tSUBJECT\tVALID UNTIL\tDAYS LEFT")
	for _, v := range set.Validity(now) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", v.Purpose, v.Subject, v.NotAfter.UTC().Format(time.RFC3339), v.DaysLeft)
	}
	return w.Flush()
}
