package store

import (
	"context"
	"fmt"
	"strconv"

	"counterfoil/internal/issuance"
)

// OfferByCode implements issuance.Gates.
func (s *Store) OfferByCode(ctx context.Context, codeHash []byte) (issuance.Offer, []byte, error) {
	var row struct {
		Row   offerRow `gorm:"embedded"`
		TxMac []byte
	}
	found := s.reads.WithContext(ctx).Raw("SELECT "+offerColumns+", tx_mac FROM offers WHERE code_hash = ?", codeHash).Scan(&row)
	if found.Error != nil {
		return issuance.Offer{}, nil, fmt.Errorf("find offer by code: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return issuance.Offer{}, nil, issuance.Refuse(issuance.NotFound, "code_unknown", "the pre-authorized code is not known")
	}
	return row.Row.offer(), row.TxMac, nil
}

// Redeem implements issuance.Gates. The guarded update is the gate: of racing redemptions one changes the row.
func (s *Store) Redeem(ctx context.Context, r issuance.Redemption) error {
	return s.change(ctx, r.Offer, func(t *tx) error {
		version, err := t.advance(r.Offer, issuance.Sources(issuance.StatusRedeemed),
			"status = ?, expires_at = ?, tx_code = NULL, tx_mac = NULL", "expires_at > ? AND attempts < ? AND tx_mac IS NOT DISTINCT FROM ?",
			string(issuance.StatusRedeemed), millis(r.Grant.ExpiresAt), millis(r.At), r.MaxAttempts, blob(r.TxCodeMAC))
		if err != nil {
			return err
		}
		if version == 0 {
			return issuance.Refuse(issuance.Conflict, "code_spent", "the code was used before or the offer has ended")
		}
		if err := t.spend(r.Spent); err != nil {
			return err
		}
		g := r.Grant
		if err := t.Exec("INSERT INTO grants (token_hash, offer_id, type, thumbprint, identifiers, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
			blob(g.TokenHash), string(g.Offer), g.Type, g.Thumbprint, g.Identifiers, millis(g.ExpiresAt)).Error; err != nil {
			return fmt.Errorf("record grant: %w", err)
		}
		return t.event(issuance.Event{Offer: r.Offer, Sequence: version, Kind: issuance.OfferRedeemed, At: r.At})
	})
}

// CountWrongCode implements issuance.Gates: a step of its own, so that a wrong guess counts whatever follows.
func (s *Store) CountWrongCode(ctx context.Context, w issuance.WrongCode) (left int, err error) {
	open := issuance.Sources(issuance.StatusRedeemed)
	err = s.change(ctx, w.Offer, func(t *tx) error {
		if err := t.spend(w.Spent); err != nil {
			return err
		}
		version, err := t.advance(w.Offer, open, "attempts = attempts + 1", "expires_at > ? AND attempts + 1 < ?", millis(w.At), w.MaxAttempts)
		if err != nil {
			return err
		}
		if version > 0 {
			return t.rejected(w, version, &left)
		}
		left = 0
		const cause = "too many wrong transaction codes"
		version, err = t.advance(w.Offer, open, "attempts = attempts + 1, status = ?, cause = ?, "+keep, "expires_at > ? AND attempts + 1 >= ?",
			string(issuance.StatusFailed), cause, millis(w.At.Add(issuance.ClaimsKept)), millis(w.At), w.MaxAttempts)
		if err != nil {
			return err
		}
		if version == 0 {
			return issuance.Refuse(issuance.Conflict, "code_spent", "the code was used before or the offer has ended")
		}
		return t.event(issuance.Event{Offer: w.Offer, Sequence: version, Kind: issuance.OfferFailed, At: w.At, Cause: cause})
	})
	return left, err
}

func (t *tx) rejected(w issuance.WrongCode, version int, left *int) error {
	var attempts int
	if err := t.Raw("SELECT attempts FROM offers WHERE id = ?", string(w.Offer)).Scan(&attempts).Error; err != nil {
		return fmt.Errorf("read attempts: %w", err)
	}
	*left = w.MaxAttempts - attempts
	cause := fmt.Sprintf("wrong transaction code, %d more tries", *left)
	if *left == 1 {
		cause = "wrong transaction code, 1 more try"
	}
	return t.event(issuance.Event{Offer: w.Offer, Sequence: version, Kind: issuance.CodeRejected, At: w.At, Cause: cause, Code: strconv.Itoa(*left)})
}
