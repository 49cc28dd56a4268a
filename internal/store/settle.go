package store

import (
	"context"
	"fmt"

	"counterfoil/internal/issuance"
)

// Settle implements issuance.Gates.
func (s *Store) Settle(ctx context.Context, c issuance.Settlement) error {
	var ended []issuance.OfferID
	err := s.change(ctx, c.Offer, func(t *tx) error {
		n := len(c.Credentials)
		const guard = "expires_at > ? AND collected + ? <= ?"
		kind := issuance.CredentialIssued
		version, err := t.advance(c.Offer, issuance.Sources(issuance.StatusIssued), "status = ?, collected = collected + ?", guard,
			string(issuance.StatusIssued), n, millis(c.At), n, c.Limit)
		if err == nil && version == 0 {
			kind = issuance.CredentialReissued
			again := []issuance.Status{issuance.StatusIssued, issuance.StatusConfirmed}
			version, err = t.advance(c.Offer, again, "collected = collected + ?", guard, n, millis(c.At), n, c.Limit)
		}
		if err != nil {
			return err
		}
		if version == 0 {
			return issuance.Refuse(issuance.Conflict, "offer_gone", "the offer can no longer be collected")
		}
		if err := t.spend(c.Spent); err != nil {
			return err
		}
		if err := t.insertBatch(c); err != nil {
			return err
		}
		if ended, err = t.endReplaced(c.Replaces, c.At); err != nil {
			return err
		}
		return t.event(issuance.Event{Offer: c.Offer, Sequence: version, Kind: kind, At: c.At})
	})
	if err == nil {
		s.changed(false, ended...)
	}
	return err
}

func (t *tx) insertBatch(c issuance.Settlement) error {
	if err := t.Exec("INSERT INTO batches (id, offer_id, token_hash, created_at) VALUES (?, ?, ?, ?)",
		c.Batch, string(c.Offer), c.TokenHash, millis(c.At)).Error; err != nil {
		return fmt.Errorf("record batch: %w", err)
	}
	for _, r := range c.Credentials {
		if err := t.Exec("INSERT INTO credentials (id, offer_id, batch_id, format, thumbprint, digest, issued_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			r.ID, string(r.Offer), r.Batch, r.Format, r.Thumbprint, r.Digest, millis(r.IssuedAt), millis(r.ExpiresAt)).Error; err != nil {
			return fmt.Errorf("record credential: %w", err)
		}
	}
	return nil
}

// Confirm implements issuance.Gates.
func (s *Store) Confirm(ctx context.Context, n issuance.Confirmation) error {
	unknown := issuance.Refuse(issuance.NotFound, "notification_unknown", "the notification id is not known for this access token")
	if unheard(n.Batch) {
		return unknown
	}
	var id string
	found := s.reads.WithContext(ctx).Raw("SELECT offer_id FROM batches WHERE id = ? AND token_hash = ?", n.Batch, n.TokenHash).Scan(&id)
	if found.Error != nil {
		return fmt.Errorf("find batch: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return unknown
	}
	column := map[issuance.EventKind]string{
		issuance.WalletConfirmed: "confirmed_at", issuance.WalletFailed: "failed_at", issuance.WalletDeleted: "deleted_at",
	}[n.Kind]
	if column == "" {
		return fmt.Errorf("confirm: %s is no notification", n.Kind)
	}
	return s.change(ctx, issuance.OfferID(id), func(t *tx) error {
		if err := t.spend(n.Spent); err != nil {
			return err
		}
		done := t.Exec("UPDATE batches SET "+column+" = ? WHERE id = ? AND "+column+" IS NULL", millis(n.At), n.Batch)
		if done.Error != nil {
			return fmt.Errorf("record notification: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return nil // the same notification again
		}
		return t.confirmed(issuance.OfferID(id), n)
	})
}

func (t *tx) confirmed(id issuance.OfferID, n issuance.Confirmation) error {
	set := "wallet_said = ?"
	if n.Kind == issuance.WalletConfirmed {
		set += ", status = CASE WHEN status = 'issued' THEN 'confirmed' ELSE status END"
	}
	version, err := t.advance(id, []issuance.Status{issuance.StatusIssued, issuance.StatusConfirmed}, set, "", string(n.Kind))
	if err != nil || version == 0 {
		return err
	}
	return t.event(issuance.Event{Offer: id, Sequence: version, Kind: n.Kind, At: n.At, Cause: n.Cause})
}
