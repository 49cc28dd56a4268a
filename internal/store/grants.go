package store

import (
	"context"
	"fmt"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// Grant implements issuance.Grants.
func (s *Store) Grant(ctx context.Context, tokenHash []byte) (issuance.Grant, issuance.Offer, []byte, error) {
	var row struct {
		Row            offerRow `gorm:"embedded"`
		DataKey        []byte
		Claims         []byte
		Thumbprint     string
		Identifiers    bool
		GrantExpiresAt int64
	}
	found := s.reads.WithContext(ctx).Raw(`SELECT `+offerColumns+`, data_key, claims, thumbprint, identifiers, grant_expires_at
		FROM (SELECT o.*, g.thumbprint, g.identifiers, g.expires_at AS grant_expires_at FROM grants g JOIN offers o ON o.id = g.offer_id WHERE g.token_hash = ?) q`,
		tokenHash).Scan(&row)
	if found.Error != nil {
		return issuance.Grant{}, issuance.Offer{}, nil, fmt.Errorf("find grant: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return issuance.Grant{}, issuance.Offer{}, nil, issuance.Refuse(issuance.NotFound, "grant_unknown", "the access token is not known")
	}
	offer := row.Row.offer()
	if !offer.ClaimsUntil.IsZero() {
		row.Claims = nil // kept for showing the offer again, and for no wallet
	}
	claims, err := s.open(offer.ID, "claims", row.DataKey, row.Claims)
	if err != nil {
		return issuance.Grant{}, issuance.Offer{}, nil, fmt.Errorf("open claims: %w", err)
	}
	grant := issuance.Grant{
		TokenHash: tokenHash, Offer: offer.ID, Type: offer.Type, Thumbprint: row.Thumbprint,
		Identifiers: row.Identifiers, ExpiresAt: moment(row.GrantExpiresAt),
	}
	return grant, offer, claims, nil
}

// TxCode implements issuance.Grants.
func (s *Store) TxCode(ctx context.Context, id issuance.OfferID) (secret.Text, error) {
	if unheard(string(id)) {
		return secret.Text{}, noOffer()
	}
	var row sealedRow
	if err := s.reads.WithContext(ctx).Raw("SELECT data_key, tx_code FROM offers WHERE id = ?", string(id)).Scan(&row).Error; err != nil {
		return secret.Text{}, fmt.Errorf("read transaction code: %w", err)
	}
	code, err := s.open(id, "tx_code", row.DataKey, row.TxCode)
	if err != nil {
		return secret.Text{}, fmt.Errorf("open transaction code: %w", err)
	}
	if code == nil {
		return secret.Text{}, issuance.Refuse(issuance.NotFound, "no_tx_code", "there is no transaction code, or it is no longer needed")
	}
	return secret.NewText(string(code)), nil
}
