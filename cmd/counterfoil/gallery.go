package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"counterfoil/internal/app"
)

type galleryCommand struct {
	Addr string `default:"127.0.0.1:8083" help:"Where to listen."`
}

// Run serves every page in every state, for looking at.
func (g galleryCommand) Run(ctx context.Context) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return app.Gallery(ctx, g.Addr, log, func(at net.Addr) {
		fmt.Fprintf(os.Stdout, "The gallery is at http://%s. Ctrl-C ends it.\n", at)
	})
}
