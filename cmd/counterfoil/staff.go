package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
)

type staffCommand struct {
	Add     staffAddCommand     `cmd:"" help:"Make an account. Asks for the password, or reads it from a pipe."`
	Reset   staffResetCommand   `cmd:"" help:"Give somebody a new password, forget their passkeys, authenticator app and recovery codes, and end their sessions."`
	Disable staffDisableCommand `cmd:"" help:"Stop somebody from signing in and end their sessions."`
	Enable  staffEnableCommand  `cmd:"" help:"Let somebody sign in again."`
	List    staffListCommand    `cmd:"" help:"List everybody."`
}

type staffAddCommand struct {
	Name     string   `arg:"" help:"What the person signs in with."`
	Role     []string `required:"" enum:"operator,approver,administrator,auditor" help:"operator, approver, administrator or auditor; may be given several times."`
	Display  string   `help:"How the person is shown; the name when left out."`
	Generate bool     `help:"Make a password and print it once, instead of asking for one."`
	Code     bool     `help:"Print a code for once, with which the person sets a password at the portal, instead of asking for one."`
}

type staffResetCommand struct {
	Name     string `arg:"" help:"Whose password."`
	Generate bool   `help:"Make a password and print it once, instead of asking for one."`
	Code     bool   `help:"Print a code for once, with which the person sets a password at the portal, instead of asking for one."`
}

type (
	staffDisableCommand struct {
		Name string `arg:"" help:"Whom."`
	}
	staffEnableCommand struct {
		Name string `arg:"" help:"Whom."`
	}
	staffListCommand struct{}
)

// Run makes an account.
func (c staffAddCommand) Run(ctx context.Context) error {
	n := staff.NewPerson{Name: c.Name, Display: c.Display}
	for _, r := range c.Role {
		n.Roles = append(n.Roles, staff.Role(r))
	}
	if c.Code {
		return withStaff(ctx, func(ctx context.Context, s *staff.Service) error {
			p, code, err := s.Invite(ctx, n)
			if err != nil {
				return fmt.Errorf("add %s: %w", c.Name, err)
			}
			return tellCode(p.Name, code)
		})
	}
	password, err := newPassword(c.Generate)
	if err != nil {
		return err
	}
	n.Password = password.Reveal()
	return withStaff(ctx, func(ctx context.Context, s *staff.Service) error {
		p, err := s.AddPerson(ctx, n)
		if err != nil {
			return fmt.Errorf("add %s: %w", c.Name, err)
		}
		return tell(c.Generate, password, "%s can sign in to the portal.\n", p.Name)
	})
}

// Run replaces a password.
func (c staffResetCommand) Run(ctx context.Context) error {
	if c.Code {
		return withStaff(ctx, func(ctx context.Context, s *staff.Service) error {
			code, err := s.ResetAccess(ctx, c.Name, "")
			if err != nil {
				return fmt.Errorf("reset %s: %w", c.Name, err)
			}
			return tellCode(strings.ToLower(c.Name), code)
		})
	}
	password, err := newPassword(c.Generate)
	if err != nil {
		return err
	}
	return withStaff(ctx, func(ctx context.Context, s *staff.Service) error {
		if err := s.ResetPassword(ctx, c.Name, password.Reveal()); err != nil {
			return fmt.Errorf("reset %s: %w", c.Name, err)
		}
		return tell(c.Generate, password, "%s has a new password, which is all that is asked for now; all sessions have ended.\n", c.Name)
	})
}

// Run disables a person.
func (c staffDisableCommand) Run(ctx context.Context) error { return setDisabled(ctx, c.Name, true) }

// Run enables a person.
func (c staffEnableCommand) Run(ctx context.Context) error { return setDisabled(ctx, c.Name, false) }

func setDisabled(ctx context.Context, name string, disabled bool) error {
	return withStaff(ctx, func(ctx context.Context, s *staff.Service) error {
		if err := s.SetDisabled(ctx, name, disabled, ""); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// Run lists everybody.
func (staffListCommand) Run(ctx context.Context) error {
	return withStaff(ctx, func(ctx context.Context, s *staff.Service) error {
		people, err := s.ListPeople(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		for _, p := range people {
			state := "active"
			if p.Disabled {
				state = "disabled"
			}
			roles := make([]string, 0, len(p.Roles))
			for _, r := range p.Roles {
				roles = append(roles, string(r))
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, p.Display, strings.Join(roles, ", "), state)
		}
		return w.Flush()
	})
}

// withStaff opens the database that the settings name for one command.
func withStaff(ctx context.Context, do func(context.Context, *staff.Service) error) error {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	ctx = atCommandLine(ctx)
	return app.WithStaff(ctx, cfg, slog.New(slog.NewTextHandler(os.Stderr, nil)), func(s *staff.Service) error { return do(ctx, s) })
}

// newPassword makes a password, asks for one at a terminal (without showing it), or reads a line from a pipe.
func newPassword(generate bool) (secret.Text, error) {
	if generate {
		const bytes = 15
		t, err := secret.Token(rand.Reader, bytes)
		if err != nil {
			return secret.Text{}, fmt.Errorf("make a password: %w", err)
		}
		return secret.NewText(t), nil
	}
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		line, err := bufio.NewReader(io.LimitReader(os.Stdin, staff.MaxPassword+2)).ReadString('\n')
		if err != nil && line == "" {
			return secret.Text{}, fmt.Errorf("read the password: %w", err)
		}
		return secret.NewText(strings.TrimRight(line, "\r\n")), nil
	}
	fmt.Fprint(os.Stderr, "Password: ")
	typed, err := term.ReadPassword(fd)
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return secret.Text{}, fmt.Errorf("read the password: %w", err)
	}
	return secret.NewText(string(typed)), nil
}

// tellCode prints a setup code, which nobody can see again.
func tellCode(name string, code secret.Text) error {
	_, err := fmt.Fprintf(os.Stdout, "%s sets a password at the portal, at /sign-in/setup, within three days.\nCode (shown this once): %s\n", name, code.Reveal())
	return err
}

// tell prints what was done, and a generated password, which nobody can see again.
func tell(generated bool, password secret.Text, format string, args ...any) error {
	if _, err := fmt.Fprintf(os.Stdout, format, args...); err != nil {
		return err
	}
	if !generated {
		return nil
	}
	_, err := fmt.Fprintf(os.Stdout, "Password (shown this once): %s\n", password.Reveal())
	return err
}
