package store

import (
	"context"
	"fmt"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// keep is what is set when an offer expires or fails: its codes are destroyed, its claims wait until the time that follows. Those that nobody
// approved are destroyed with it: they must not come into another offer.
const keep = "tx_code = NULL, tx_mac = NULL, claims_before = NULL, claims_until = CASE WHEN status = 'pending' THEN 0 ELSE CAST(? AS BIGINT) END, " +
	"data_key = CASE WHEN status = 'pending' THEN NULL ELSE data_key END, claims = CASE WHEN status = 'pending' THEN NULL ELSE claims END"

// RenewTxCode implements issuance.Repairs.
func (s *Store) RenewTxCode(ctx context.Context, r issuance.RenewedCode) error {
	gone := issuance.Refuse(issuance.Conflict, "offer_ended", "the offer was used or has ended")
	return s.change(ctx, r.Offer, func(t *tx) error {
		wrapped, _, err := t.sealed(r.Offer)
		if err != nil {
			return err
		}
		if wrapped == nil {
			return gone
		}
		key, err := s.sealer.OpenDataKey(wrapped, secret.AAD("offers", "data_key", string(r.Offer)))
		if err != nil {
			return err
		}
		code, err := key.Seal([]byte(r.Code.Reveal()), secret.AAD("offers", "tx_code", string(r.Offer)))
		if err != nil {
			return err
		}
		version, err := t.advance(r.Offer, issuance.Sources(issuance.StatusRedeemed), "tx_mac = ?, tx_code = ?",
			"expires_at > ? AND tx_mode <> '' AND data_key IS NOT NULL", blob(r.MAC), blob(code), millis(r.At))
		if err != nil {
			return err
		}
		if version == 0 {
			return gone
		}
		return t.event(issuance.Event{Offer: r.Offer, Sequence: version, Kind: issuance.CodeRenewed, At: r.At, Cause: r.Cause})
	})
}

// sealed reads the wrapped data key and the sealed claims of an offer; nil once destroyed. They change in no other way, so what was read
// holds when a guard then finds them still there.
func (t *tx) sealed(id issuance.OfferID) (wrapped, claims []byte, err error) {
	var row sealedRow
	found := t.Raw("SELECT data_key, claims FROM offers WHERE id = ?", string(id)).Scan(&row)
	if found.Error != nil {
		return nil, nil, fmt.Errorf("read claims: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return nil, nil, noOffer()
	}
	return row.DataKey, row.Claims, nil
}

// RepeatOffer implements issuance.Repairs.
func (s *Store) RepeatOffer(ctx context.Context, r issuance.Repeat) error {
	old := r.Draft.Offer.Replaces
	if unheard(string(old)) {
		return noOffer()
	}
	return s.change(ctx, old, func(t *tx) error {
		if _, err := t.expire(old, r.At); err != nil { // what time has decided holds, though no sweep ran
			return err
		}
		wrapped, claims, err := t.sealed(old)
		if err != nil {
			return err
		}
		if err := t.giveWay(old, r); err != nil {
			return err
		}
		draft := r.Draft
		if draft.Claims, err = s.open(old, "claims", wrapped, claims); err != nil {
			return err
		}
		again, err := s.seal(draft)
		if err != nil {
			return err
		}
		if err := t.insertOffer(draft, again); err != nil {
			return err
		}
		return t.event(issuance.Event{Offer: draft.Offer.ID, Sequence: draft.Offer.Version, Kind: issuance.OfferCreated, At: r.At})
	})
}

// giveWay ends an offer whose claims another one gets, and destroys its own. Of several who try one changes the row.
func (t *tx) giveWay(old issuance.OfferID, r issuance.Repeat) error {
	const alone = " AND data_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM offers n WHERE n.replaces = offers.id AND n.status IN " + live + ")"
	kind := issuance.OfferCancelled
	version, err := t.advance(old, issuance.Sources(issuance.StatusRedeemed), "status = ?, cause = ?, "+destroy, "expires_at > ?"+alone,
		string(issuance.StatusCancelled), r.Cause, millis(r.At))
	if err == nil && version == 0 {
		kind = issuance.OfferReplaced
		version, err = t.advance(old, []issuance.Status{issuance.StatusExpired, issuance.StatusFailed}, destroy, "claims_until > ?"+alone, millis(r.At))
	}
	if err != nil {
		return err
	}
	if version == 0 {
		return issuance.Refuse(issuance.Conflict, "offer_ended", "the offer cannot be shown again")
	}
	return t.event(issuance.Event{Offer: old, Sequence: version, Kind: kind, At: r.At, Cause: r.Cause})
}

// Successor implements issuance.Repairs.
func (s *Store) Successor(ctx context.Context, id issuance.OfferID) (issuance.OfferID, error) {
	if unheard(string(id)) {
		return "", noOffer()
	}
	var next string
	found := s.reads.WithContext(ctx).Raw("SELECT id FROM offers WHERE replaces = ? ORDER BY created_at DESC, id LIMIT 1", string(id)).Scan(&next)
	if found.Error != nil {
		return "", fmt.Errorf("read successor: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return "", noOffer()
	}
	return issuance.OfferID(next), nil
}
