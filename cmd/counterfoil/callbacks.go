package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
	"unicode"

	"counterfoil/internal/callback"
	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

type callbacksCommand struct {
	Listen callbacksListenCommand `cmd:"" help:"Take callbacks on this machine, verify each and print it: a receiver for trials."`
}

type callbacksListenCommand struct {
	Addr   string `default:"127.0.0.1:9000" help:"Where to listen, as host:port."`
	Secret string `env:"COUNTERFOIL_CALLBACK_SECRET" help:"What callbacks are signed with, whsec_…; one is made and printed when left out."`
	Status int    `default:"204" help:"What to answer to a callback that was verified: 500 to see it come again, 410 to see the endpoint switched off."`
}

// Run takes callbacks until the context is done.
func (c callbacksListenCommand) Run(ctx context.Context) error {
	const lowest, highest = 200, 599
	if c.Status < lowest || c.Status > highest {
		return fmt.Errorf("--status must be %d to %d", lowest, highest)
	}
	key, made := secret.NewText(c.Secret), c.Secret == ""
	if made {
		var err error
		if key, err = issuance.NewSecret(rand.Reader); err != nil {
			return fmt.Errorf("make a secret: %w", err)
		}
	}
	receiver, err := callback.NewReceiver(key, c.Status, time.Now, func(r callback.Received) { fmt.Fprintln(os.Stdout, callbackLine(r)) })
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := invite(os.Stdout, l.Addr().String(), key, made); err != nil {
		return err
	}
	if err := receiver.Serve(ctx, l); err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, "\nStopped.")
	return err
}

// invite says how to start what calls. A secret that was given is known to who gave it, and is not printed.
func invite(w io.Writer, addr string, key secret.Text, made bool) error {
	shown := "# and COUNTERFOIL_CALLBACK_SECRET as it was given here"
	if made {
		shown = "export COUNTERFOIL_CALLBACK_SECRET=" + key.Reveal()
	}
	_, err := fmt.Fprintf(w, `
  Waiting for callbacks on http://%s . In another terminal:

    export COUNTERFOIL_CALLBACK_URL=http://%s
    %s
    make run        # or: counterfoil demo

  Stop: Ctrl-C

`, addr, addr, shown)
	return err
}

// callbackLine is a callback in one line: when, what, which offer, whether it can be believed, why it failed, whether it came before.
func callbackLine(r callback.Received) string {
	const widest = len("OFFER_CREATED")
	line := fmt.Sprintf("%s  %-*s  %s  ", r.At.Format(time.TimeOnly), widest, onScreen(r.Status), onScreen(r.About))
	if r.Reason != "" {
		return line + "NOT VERIFIED: " + r.Reason
	}
	line += "verified"
	if r.Details != "" {
		line += "  " + onScreen(r.Details)
	}
	if r.Repeats > 0 {
		line += fmt.Sprintf("  (again, number %d)", r.Repeats+1)
	}
	return line
}

// onScreen makes text of others fit for a terminal: nothing in it moves the cursor, and it ends.
func onScreen(text string) string {
	const longest = 200
	plain := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if letters := []rune(plain); len(letters) > longest {
		plain = string(letters[:longest]) + "…"
	}
	if plain == "" {
		return "-"
	}
	return plain
}
