package issuance

import (
	"context"
	"fmt"
)

// Sweep writes down what time has decided: expired offers, and claims and single-use values
// that are no longer needed. The caller runs it every second or so, so that EXPIRED is told within
// five seconds of the deadline.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock()
	for {
		n, err := s.Record.ExpireDue(ctx, now, sweepSize)
		if err != nil {
			return fmt.Errorf("expire offers: %w", err)
		}
		if n < sweepSize {
			break
		}
	}
	if err := s.Record.Forget(ctx, now); err != nil {
		return fmt.Errorf("forget what is over: %w", err)
	}
	return nil
}
