package store

import (
	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// destroy is what is set when an offer's claims are no longer needed: without the data key nobody can read them,
// and secure_delete or VACUUM takes the bytes.
const destroy = "data_key = NULL, claims = NULL, tx_code = NULL, tx_mac = NULL, claims_until = 0, claims_before = NULL"

// seal seals the claims and the transaction code of a new offer under a data key of its own.
func (s *Store) seal(d issuance.Draft) (sealedRow, error) {
	id := string(d.Offer.ID)
	wrapped, key, err := s.sealer.NewDataKey(s.Random, secret.AAD("offers", "data_key", id))
	if err != nil {
		return sealedRow{}, err
	}
	row := sealedRow{DataKey: wrapped}
	if row.Claims, err = key.Seal(d.Claims, secret.AAD("offers", "claims", id)); err != nil {
		return sealedRow{}, err
	}
	if d.Before != nil {
		if row.Before, err = key.Seal(d.Before, secret.AAD("offers", "claims_before", id)); err != nil {
			return sealedRow{}, err
		}
	}
	if !d.TxCode.IsZero() {
		row.TxCode, err = key.Seal([]byte(d.TxCode.Reveal()), secret.AAD("offers", "tx_code", id))
	}
	return row, err
}

// open opens one sealed column of an offer; nil when it was destroyed.
func (s *Store) open(id issuance.OfferID, column string, wrapped, sealed []byte) ([]byte, error) {
	if wrapped == nil || sealed == nil {
		return nil, nil
	}
	key, err := s.sealer.OpenDataKey(wrapped, secret.AAD("offers", "data_key", string(id)))
	if err != nil {
		return nil, err
	}
	return key.Open(sealed, secret.AAD("offers", column, string(id)))
}
