package app

import (
	"context"
	"fmt"

	"counterfoil/internal/staff"
)

// demoPerson is somebody who may sign in with one click.
type demoPerson struct {
	Name, Display string
	Role          staff.Role
}

// demoStaff is everybody in the demo. Their names begin with demo-, so that serve can refuse a database that has them.
func demoStaff() []demoPerson {
	return []demoPerson{
		{"demo-clerk", "Carla Clerk", staff.Operator},
		{"demo-approver", "Pia Approver", staff.Approver},
		{"demo-administrator", "Ada Administrator", staff.Administrator},
		{"demo-auditor", "Anton Auditor", staff.Auditor},
	}
}

// addDemoStaff makes the demo's accounts; they have no password.
func addDemoStaff(ctx context.Context, s *staff.Service) error {
	ctx = staff.As(ctx, staff.Actor{Name: "demo", Via: staff.ViaCommand})
	for _, d := range demoStaff() {
		_, err := s.AddPerson(ctx, staff.NewPerson{Name: d.Name, Display: d.Display, Roles: []staff.Role{d.Role}})
		if err != nil && staff.KindOf(err) != staff.Conflict {
			return fmt.Errorf("add demo staff: %w", err)
		}
	}
	return nil
}

// refuseDemoStaff gives an error when the database has a demo account that could sign in.
func refuseDemoStaff(ctx context.Context, s *staff.Service) error {
	people, err := s.ListPeople(ctx)
	if err != nil {
		return fmt.Errorf("look for demo accounts: %w", err)
	}
	for _, p := range people {
		for _, d := range demoStaff() {
			if p.Name == d.Name && !p.Disabled {
				return fmt.Errorf("the database has the demo account %s: use another database, or disable it with counterfoil staff disable %s", p.Name, p.Name)
			}
		}
	}
	return nil
}
