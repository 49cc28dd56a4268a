package apptest

import (
	"context"
	"testing"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
)

// Run opens the app and serves until the test ends; a stop that is not clean fails the test.
func Run(t testing.TB, cfg config.Config, o app.Options) app.Addresses {
	t.Helper()
	a, err := app.New(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the program did not stop cleanly: %v", err)
		}
	})
	return a.Addresses()
}
