package store

import (
	"context"
	"fmt"
	"time"

	"counterfoil/internal/issuance"
)

// Claims implements issuance.Approvals.
func (s *Store) Claims(ctx context.Context, id issuance.OfferID) (claims, before []byte, err error) {
	if unheard(string(id)) {
		return nil, nil, noOffer()
	}
	var row sealedRow
	found := s.reads.WithContext(ctx).Raw("SELECT data_key, claims, claims_before FROM offers WHERE id = ?", string(id)).Scan(&row)
	if found.Error != nil {
		return nil, nil, fmt.Errorf("read claims: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return nil, nil, noOffer()
	}
	if claims, err = s.open(id, "claims", row.DataKey, row.Claims); err != nil {
		return nil, nil, fmt.Errorf("open claims: %w", err)
	}
	if before, err = s.open(id, "claims_before", row.DataKey, row.Before); err != nil {
		return nil, nil, fmt.Errorf("open claims before: %w", err)
	}
	return claims, before, nil
}

// ListPending implements issuance.Approvals. The status stands in the query, or SQLite would not know that its index fits.
func (s *Store) ListPending(ctx context.Context, now time.Time, limit int) ([]issuance.Offer, error) {
	var rows []offerRow
	err := s.reads.WithContext(ctx).Raw("SELECT "+offerColumns+" FROM offers WHERE status = 'pending' AND expires_at > ? ORDER BY created_at, id LIMIT ?",
		millis(now), limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list pending offers: %w", err)
	}
	return offersOf(rows), nil
}

// Approve implements issuance.Approvals.
func (s *Store) Approve(ctx context.Context, a issuance.Approve) (issuance.Offer, error) {
	if unheard(string(a.Offer)) {
		return issuance.Offer{}, noOffer()
	}
	err := s.change(ctx, a.Offer, func(t *tx) error {
		version, err := t.advance(a.Offer, issuance.Sources(issuance.StatusReady),
			"status = ?, expires_at = valid_for + ?, approver = ?, approved_by = ?", "expires_at > ? AND maker <> ? AND content = ?",
			string(issuance.StatusReady), millis(a.At), a.By.ID, a.By.Name, millis(a.At), a.By.ID, blob(a.Content))
		if err != nil {
			return err
		}
		if version == 0 {
			return issuance.Refuse(issuance.Conflict, "offer_not_pending", "the offer no longer waits for approval")
		}
		return t.event(issuance.Event{Offer: a.Offer, Sequence: version, Kind: issuance.OfferApproved, At: a.At, Cause: "approved by " + a.By.Name})
	})
	if err != nil {
		if _, missing := s.Offer(ctx, a.Offer); issuance.KindOf(missing) == issuance.NotFound {
			return issuance.Offer{}, missing
		}
		return issuance.Offer{}, err
	}
	return s.Offer(ctx, a.Offer)
}

// LiveReplacement implements issuance.Approvals.
func (s *Store) LiveReplacement(ctx context.Context, id issuance.OfferID) (issuance.Offer, error) {
	if unheard(string(id)) {
		return issuance.Offer{}, noOffer()
	}
	var row offerRow
	found := s.reads.WithContext(ctx).Raw("SELECT "+offerColumns+" FROM offers WHERE replaces = ? AND status IN "+live, string(id)).Scan(&row)
	if found.Error != nil {
		return issuance.Offer{}, fmt.Errorf("find replacement: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return issuance.Offer{}, noOffer()
	}
	return row.offer(), nil
}

// replace records on the offer that a new one replaces that it does, if it is in one of the statuses that allow it. Who does it twice at
// once waits here, and is then refused by the index on what is replaced.
func (t *tx) replace(d issuance.Draft) error {
	old := d.Offer.Replaces
	if old == "" {
		return nil
	}
	version, err := t.advance(old, d.ReplacedFrom, "", "")
	if err != nil {
		return err
	}
	if version == 0 {
		return issuance.ErrCollected
	}
	return t.event(issuance.Event{Offer: old, Sequence: version, Kind: issuance.OfferCorrected, At: d.Offer.CreatedAt, Cause: "corrected by " + d.Offer.CreatedBy})
}

// endReplaced ends the offer that the one which was just issued replaces, and those which that one replaces, if they are still open: even
// when a wallet is about to collect one. It gives those that it ended.
func (t *tx) endReplaced(id issuance.OfferID, at time.Time) (ended []issuance.OfferID, err error) {
	const cause = issuance.CauseReplaced
	for range maxReplaced {
		if id == "" {
			break
		}
		version, err := t.advance(id, issuance.Sources(issuance.StatusExpired), "status = ?, cause = ?, "+destroy, "expires_at > ?",
			string(issuance.StatusCancelled), cause, millis(at))
		if err != nil {
			return nil, err
		}
		if version > 0 {
			ended = append(ended, id)
			if err := t.event(issuance.Event{Offer: id, Sequence: version, Kind: issuance.OfferCancelled, At: at, Cause: cause}); err != nil {
				return nil, err
			}
		}
		var before string
		if err := t.Raw("SELECT COALESCE(replaces, '') FROM offers WHERE id = ?", string(id)).Scan(&before).Error; err != nil {
			return nil, fmt.Errorf("find replaced offer: %w", err)
		}
		id = issuance.OfferID(before)
	}
	return ended, nil
}

// maxReplaced bounds how far back corrections of corrections are followed.
const maxReplaced = 20

// live are the statuses of an offer that was collected or still may be.
const live = "('pending', 'ready', 'retrieved', 'redeemed', 'issued', 'confirmed')"

// replacedOnce makes inserting an offer change nothing when the one that it replaces has another in its place: the index offers_replaced_once.
const replacedOnce = "ON CONFLICT (replaces) WHERE replaces IS NOT NULL AND status IN " + live + " DO NOTHING"
