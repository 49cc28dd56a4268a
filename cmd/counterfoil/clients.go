package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
	"counterfoil/internal/staff"
)

type clientsCommand struct {
	Add     clientsAddCommand     `cmd:"" help:"Make a client, and its key, which is shown once. A client with an identity gets no key."`
	List    clientsListCommand    `cmd:"" help:"List every client and its keys."`
	Key     clientsKeyCommand     `cmd:"" help:"Make another key of a client, so that it can change keys without a gap; two may be live."`
	Revoke  clientsRevokeCommand  `cmd:"" help:"End a key, from the next call on."`
	Disable clientsDisableCommand `cmd:"" help:"Shut a client out, from the next call on."`
	Enable  clientsEnableCommand  `cmd:"" help:"Let a client in again."`
}

type clientsAddCommand struct {
	Name     string        `arg:"" help:"What the record calls the client."`
	Scope    []string      `required:"" help:"What it may do: offers:create, offers:read, offers:cancel, credentials:revoke, types:write, callbacks:write, keys:manage, audit:read; may be given several times."`
	Type     []string      `help:"A credential configuration it has to do with; all when left out."`
	Network  []string      `help:"A network it may call from, as in 192.0.2.0/24; anywhere when left out."`
	Identity []string      `help:"What it shows instead of a key: san:dns:NAME, san:uri:URI or spki:sha256:HEX of its certificate, or oauth:CLIENT_ID."`
	Expires  time.Duration `help:"How long its key lasts, as in 2160h; until it is revoked when left out."`
}

type clientsKeyCommand struct {
	Name    string        `arg:"" help:"Whose key."`
	Expires time.Duration `help:"How long it lasts, as in 2160h; until it is revoked when left out."`
}

type (
	clientsListCommand   struct{}
	clientsRevokeCommand struct {
		KeyID string `arg:"" name:"key-id" help:"Which key: its id, not the key itself."`
	}
	clientsDisableCommand struct {
		Name string `arg:"" help:"Which client."`
	}
	clientsEnableCommand struct {
		Name string `arg:"" help:"Which client."`
	}
)

// operator is who types the commands: somebody who has the database may do everything.
func operator() staff.Client { return staff.Trusted("command line") }

// Run makes a client.
func (c clientsAddCommand) Run(ctx context.Context) error {
	n := staff.NewClient{Name: c.Name, Types: c.Type, Identities: c.Identity, KeyLife: c.Expires}
	for _, s := range c.Scope {
		n.Scopes = append(n.Scopes, staff.Scope(s))
	}
	for _, text := range c.Network {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return errors.New("a network is written as a CIDR, as in 192.0.2.0/24")
		}
		n.Networks = append(n.Networks, network)
	}
	return withClients(ctx, func(ctx context.Context, s *staff.Clients) error {
		client, key, err := s.AddClient(ctx, n, operator())
		if err != nil {
			return fmt.Errorf("add %s: %w", c.Name, err)
		}
		if key == nil {
			_, err := fmt.Fprintf(os.Stdout, "%s may call, as %s.\n", client.Name, strings.Join(client.Identities, ", "))
			return err
		}
		return tellKey(client, *key)
	})
}

// tellKey prints a key, which nobody can see again.
func tellKey(client staff.Client, key staff.FreshKey) error {
	until := "until it is revoked"
	if !key.ExpiresAt.IsZero() {
		until = "until " + key.ExpiresAt.UTC().Format(time.RFC3339)
	}
	_, err := fmt.Fprintf(os.Stdout, "%s may call, %s, with key %s.\nKey (shown this once): %s\n", client.Name, until, key.ID, key.Secret.Reveal())
	return err
}

// Run makes another key.
func (c clientsKeyCommand) Run(ctx context.Context) error {
	return withClient(ctx, c.Name, func(ctx context.Context, s *staff.Clients, client staff.Client) error {
		key, err := s.NewKey(ctx, client.ID, c.Expires, operator())
		if err != nil {
			return err
		}
		return tellKey(client, key)
	})
}

// Run ends a key.
func (c clientsRevokeCommand) Run(ctx context.Context) error {
	return withClients(ctx, func(ctx context.Context, s *staff.Clients) error {
		list, err := s.ListClients(ctx)
		if err != nil {
			return err
		}
		for _, client := range list {
			for _, key := range client.Keys {
				if string(key.ID) == c.KeyID {
					return s.RevokeKey(ctx, client.ID, key.ID, staff.WayAny)
				}
			}
		}
		return errors.New("there is no key of this id; counterfoil clients list shows them")
	})
}

// Run shuts a client out.
func (c clientsDisableCommand) Run(ctx context.Context) error {
	return withClient(ctx, c.Name, func(ctx context.Context, s *staff.Clients, client staff.Client) error {
		return s.DisableClient(ctx, client.ID, staff.WayAny)
	})
}

// Run lets a client in again.
func (c clientsEnableCommand) Run(ctx context.Context) error {
	return withClient(ctx, c.Name, func(ctx context.Context, s *staff.Clients, client staff.Client) error {
		return s.EnableClient(ctx, client.ID, operator())
	})
}

// Run lists every client, and below each its keys.
func (clientsListCommand) Run(ctx context.Context) error {
	return withClients(ctx, func(ctx context.Context, s *staff.Clients) error {
		list, err := s.ListClients(ctx)
		if err != nil {
			return err
		}
		return printClients(os.Stdout, list, time.Now())
	})
}

func printClients(out io.Writer, list []staff.Client, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range list {
		state := "active"
		if c.Disabled {
			state = "disabled"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Name, state, spaced(c.Scopes, "nothing"))
		fmt.Fprintf(w, "  types\t%s\n  networks\t%s\n", spaced(c.Types, "all"), spaced(c.Networks, "anywhere"))
		if len(c.Identities) > 0 {
			fmt.Fprintf(w, "  identities\t%s\n", spaced(c.Identities, ""))
		}
		for _, k := range c.Keys {
			fmt.Fprintf(w, "  key %s\t%s\t%s\n", k.ID, keyState(k, now), lastUse(k))
		}
	}
	return w.Flush()
}

// keyState says in words whether a key opens anything.
func keyState(k staff.Key, now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked " + k.RevokedAt.UTC().Format(time.RFC3339)
	case k.ExpiresAt.IsZero():
		return "live"
	case k.LiveAt(now):
		return "live until " + k.ExpiresAt.UTC().Format(time.RFC3339)
	}
	return "expired " + k.ExpiresAt.UTC().Format(time.RFC3339)
}

func lastUse(k staff.Key) string {
	if k.LastUsedAt.IsZero() {
		return "never used"
	}
	return "last used " + k.LastUsedAt.UTC().Format(time.RFC3339)
}

// spaced joins values with commas, or gives the word for none.
func spaced[T any](list []T, none string) string {
	if len(list) == 0 {
		return none
	}
	words := make([]string, 0, len(list))
	for _, v := range list {
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, ", ")
}

// withClients opens the database that the settings name for one command.
func withClients(ctx context.Context, do func(context.Context, *staff.Clients) error) error {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	ctx = atCommandLine(ctx)
	return app.WithClients(ctx, cfg, slog.New(slog.NewTextHandler(os.Stderr, nil)), func(s *staff.Clients) error { return do(ctx, s) })
}

// withClient does something to the client of a name.
func withClient(ctx context.Context, name string, do func(context.Context, *staff.Clients, staff.Client) error) error {
	return withClients(ctx, func(ctx context.Context, s *staff.Clients) error {
		client, err := s.ClientByName(ctx, name)
		if err == nil {
			err = do(ctx, s, client)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}
