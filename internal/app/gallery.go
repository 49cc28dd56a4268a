package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"counterfoil/web/portal"
	"counterfoil/web/surface"
)

// Gallery serves every page in every state until the context ends. It tells where as soon as it listens.
func Gallery(ctx context.Context, addr string, log *slog.Logger, tell func(net.Addr)) error {
	l, err := surface.Listen(addr)
	if err != nil {
		return err
	}
	gallery := portal.NewGallery(log)
	stopped := context.AfterFunc(ctx, func() {
		if err := gallery.Shutdown(); err != nil {
			log.Error("stop the gallery", "error", err.Error())
		}
	})
	defer stopped()
	tell(l.Addr())
	if err := gallery.Listener(l); err != nil {
		return fmt.Errorf("gallery: %w", err)
	}
	return nil
}
