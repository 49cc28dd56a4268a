package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "counterfoil:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

// run parses the command line and carries out its command.
func run(ctx context.Context, args []string) error {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("counterfoil"),
		kong.Description("Issues digital credentials into EUDI Wallets (OpenID4VCI 1.0). Settings come from COUNTERFOIL_ variables; see the README."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return fmt.Errorf("set up the command line: %w", err)
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return kctx.Run()
}

// commands is every command, in the order that help lists them.
type commands struct {
	Demo      demoCommand      `cmd:"" help:"Start everything for a demonstration: test certificates, sample types, one-click sign-in, a demo wallet."`
	Serve     serveCommand     `cmd:"" help:"Start for production. Refuses test certificates, plain http and an open management door."`
	Doctor    doctorCommand    `cmd:"" help:"Look at the installation as wallets meet it, and say what keeps it from going live and how to fix it."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database to this version and stop."`
	Staff     staffCommand     `cmd:"" help:"Make and look after the accounts of people who use the portal."`
	Clients   clientsCommand   `cmd:"" help:"Make and look after the programs that may call the management API, and their keys."`
	Audit     auditCommand     `cmd:"" help:"Look whether the audit trail is whole."`
	Keys      keysCommand      `cmd:"" help:"Make a master key; show the certificates and how long they are valid."`
	Wallet    walletCommand    `cmd:"" help:"A wallet for trials: collects what an offer promises and verifies what it gets."`
	Callbacks callbacksCommand `cmd:"" help:"Try callbacks: take them on this machine, verify and print them."`
	Gallery   galleryCommand   `cmd:"" help:"Serve every page of the portal in every state, from samples, for looking at."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}
