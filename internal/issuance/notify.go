package issuance

import (
	"context"
	"fmt"
)

// Notify is a wallet saying what it did with a batch (OpenID4VCI 1.0 §11).
type Notify struct {
	Access         Access
	NotificationID string
	Kind           EventKind
	Description    string
	Spent          []Spent
}

// Notify records a notification; the same one again changes nothing. NotFound for an id
// that this grant was not given.
func (s *Service) Notify(ctx context.Context, n Notify) error {
	err := s.Gates.Confirm(ctx, Confirmation{
		Batch: n.NotificationID, TokenHash: n.Access.Grant.TokenHash,
		Kind: n.Kind, At: s.Clock(), Cause: n.Description, Spent: n.Spent,
	})
	if err != nil {
		s.noteLost(ctx, n.Access.Offer.ID, err)
		return fmt.Errorf("confirm: %w", err)
	}
	return nil
}
