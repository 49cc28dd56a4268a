package main

import (
	"context"
	"fmt"
	"os"
	"os/user"

	"counterfoil/internal/staff"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Look at every entry of the audit trail, and name the first that was changed or is missing."`
}

type auditVerifyCommand struct {
	Expect string `help:"The last hash as it was printed earlier: the command fails unless the trail still holds it."`
}

// Run verifies the audit trail.
func (c auditVerifyCommand) Run(ctx context.Context) error {
	return withStaff(ctx, func(ctx context.Context, s *staff.Service) error {
		v, err := s.Audit.Verify(ctx, c.Expect)
		if err != nil {
			return err
		}
		if v.Broken != 0 {
			return fmt.Errorf("the audit trail is broken at entry %d: %s", v.Broken, v.Why)
		}
		if !v.Held {
			return fmt.Errorf("the audit trail has no entry with the hash %s", c.Expect)
		}
		_, err = fmt.Fprintf(os.Stdout, "%d entries, none changed, none missing.\nLast hash: %s\n", v.Entries, v.Head)
		return err
	})
}

// atCommandLine gives a context in which who types the command does what is done.
func atCommandLine(ctx context.Context) context.Context {
	name := ""
	if u, err := user.Current(); err == nil { // a container may know no names
		name = u.Username
	}
	return staff.As(ctx, staff.Actor{Name: name, Via: staff.ViaCommand})
}
