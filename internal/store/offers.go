package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

func noOffer() error {
	return issuance.Refuse(issuance.NotFound, "offer_not_found", "there is no such offer")
}

// unheard tells a name, as it came in a URL or a body, that nothing can have: PostgreSQL takes no text with these bytes and
// would call the question a fault, though it is only a name that is not found.
func unheard(name string) bool { return !utf8.ValidString(name) || strings.ContainsRune(name, 0) }

// AddOffer implements issuance.Offers.
func (s *Store) AddOffer(ctx context.Context, d issuance.Draft) error {
	sealed, err := s.seal(d)
	if err != nil {
		return fmt.Errorf("seal offer: %w", err)
	}
	if d.Idempotency != nil {
		if _, others := s.claims.LoadOrStore(string(d.Idempotency.KeyHash), true); others {
			return issuance.ErrIdempotencyInProgress
		}
		defer s.claims.Delete(string(d.Idempotency.KeyHash))
	}
	err = s.change(ctx, d.Offer.ID, func(t *tx) error {
		if err := t.claimIdempotency(d); err != nil {
			return err
		}
		if err := t.replace(d); err != nil {
			return err
		}
		if err := t.insertOffer(d, sealed); err != nil {
			return err
		}
		t.made = string(d.Offer.ID)
		return t.created(d.Offer)
	})
	if err == nil && d.Offer.Replaces != "" {
		s.changed(false, d.Offer.Replaces)
	}
	return err
}

// created records that an offer was made and, where it waits for approval, that it was asked for.
func (t *tx) created(o issuance.Offer) error {
	if err := t.event(issuance.Event{Offer: o.ID, Sequence: 1, Kind: issuance.OfferCreated, At: o.CreatedAt}); err != nil || o.Status != issuance.StatusPending {
		return err
	}
	return t.event(issuance.Event{Offer: o.ID, Sequence: o.Version, Kind: issuance.ApprovalAsked, At: o.CreatedAt})
}

func (t *tx) insertOffer(d issuance.Draft, sealed sealedRow) error {
	o := d.Offer
	var tx issuance.TxCode
	if o.TxCode != nil {
		tx = *o.TxCode
	}
	var approval issuance.Approval
	if o.Approval != nil {
		approval = *o.Approval
	}
	done := t.Exec(`INSERT INTO offers (id, type, type_version, status, version, created_at, expires_at, channel, created_by, reference, scheme,
		tx_mode, tx_length, tx_description, attempts, collected, cause, code_hash, tx_mac, data_key, claims, tx_code,
		maker, valid_for, content, claims_before, replaces, reference_key, customer)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, ''), ?, COALESCE(?, (SELECT customer FROM offers WHERE id = ?))) `+replacedOnce,
		string(o.ID), o.Type, o.TypeVersion, string(o.Status), o.Version, millis(o.CreatedAt), millis(o.ExpiresAt), string(o.Channel), o.CreatedBy,
		o.Reference, o.Scheme, string(tx.InputMode), tx.Length, tx.Description,
		d.CodeHash, d.TxCodeMAC, sealed.DataKey, sealed.Claims, sealed.TxCode,
		o.Maker, approval.ValidFor.Milliseconds(), approval.Content, sealed.Before, string(o.Replaces), referenceKey(o.Reference), blob(d.Customer), string(o.Replaces))
	if done.Error != nil {
		return fmt.Errorf("insert offer: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return issuance.ErrReplaced
	}
	return nil
}

// claimIdempotency takes the key for this offer, or finds it taken, or finds another process about to.
func (t *tx) claimIdempotency(d issuance.Draft) error {
	if d.Idempotency == nil {
		return nil
	}
	if t.store.postgres {
		var mine bool
		lock := int64(binary.BigEndian.Uint64(d.Idempotency.KeyHash)) //nolint:gosec // any number names the lock
		if err := t.Raw("SELECT pg_try_advisory_xact_lock(?)", lock).Scan(&mine).Error; err != nil {
			return fmt.Errorf("claim idempotency key: %w", err)
		}
		if !mine {
			return issuance.ErrIdempotencyInProgress
		}
	}
	var code []byte
	if !d.TxCode.IsZero() {
		var err error
		if code, err = t.store.sealer.Seal([]byte(d.TxCode.Reveal()), answeredCodeAAD(d.Idempotency.KeyHash)); err != nil {
			return err
		}
	}
	const created = 201
	done := t.Exec("INSERT INTO answers (key_hash, request_hash, status, lease_until, expires_at, offer_id, tx_code) VALUES (?, ?, ?, 0, ?, ?, ?) ON CONFLICT DO NOTHING",
		blob(d.Idempotency.KeyHash), blob(d.Idempotency.RequestHash), created, millis(d.Idempotency.ExpiresAt), string(d.Offer.ID), code)
	if done.Error != nil {
		return fmt.Errorf("claim idempotency key: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return issuance.ErrIdempotencyKeyTaken
	}
	return nil
}

func answeredCodeAAD(keyHash []byte) []byte { return secret.AAD("answers", "tx_code", string(keyHash)) }

// Idempotent implements issuance.Offers.
func (s *Store) Idempotent(ctx context.Context, keyHash []byte) (issuance.Idempotent, error) {
	var row struct {
		RequestHash []byte
		OfferID     string
		TxCode      []byte
	}
	found := s.reads.WithContext(ctx).Raw("SELECT request_hash, COALESCE(offer_id, '') AS offer_id, tx_code FROM answers WHERE key_hash = ?", keyHash).Scan(&row)
	if found.Error != nil {
		return issuance.Idempotent{}, fmt.Errorf("read idempotency key: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return issuance.Idempotent{}, issuance.Refuse(issuance.NotFound, "idempotency_key_unknown", "this Idempotency-Key is not known")
	}
	out := issuance.Idempotent{RequestHash: row.RequestHash}
	if row.OfferID == "" {
		return out, nil
	}
	var err error
	if out.Offer, err = s.Offer(ctx, issuance.OfferID(row.OfferID)); err != nil {
		return issuance.Idempotent{}, err
	}
	if row.TxCode != nil {
		code, err := s.sealer.Open(row.TxCode, answeredCodeAAD(keyHash))
		if err != nil {
			return issuance.Idempotent{}, err
		}
		out.TxCode = secret.NewText(string(code))
	}
	return out, nil
}

// Offer implements issuance.Offers.
func (s *Store) Offer(ctx context.Context, id issuance.OfferID) (issuance.Offer, error) {
	if unheard(string(id)) {
		return issuance.Offer{}, noOffer()
	}
	var row offerRow
	found := s.reads.WithContext(ctx).Raw("SELECT "+offerColumns+" FROM offers WHERE id = ?", string(id)).Scan(&row)
	if found.Error != nil {
		return issuance.Offer{}, fmt.Errorf("read offer: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return issuance.Offer{}, noOffer()
	}
	return row.offer(), nil
}

// referenceKey is what a reference is found by: its letters are small, so that nobody has to remember their case.
func referenceKey(reference string) string { return strings.ToLower(reference) }

// ListOffers implements issuance.Offers.
func (s *Store) ListOffers(ctx context.Context, f issuance.Filter) ([]issuance.Offer, error) {
	where, args := filtered(f)
	var rows []offerRow
	err := s.reads.WithContext(ctx).Raw("SELECT "+offerColumns+" FROM offers WHERE "+where+" ORDER BY created_at DESC, id LIMIT ?",
		append(args, f.Limit)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	return offersOf(rows), nil
}

// CountOffers implements issuance.Offers.
func (s *Store) CountOffers(ctx context.Context, f issuance.Filter) (map[issuance.Status]int, error) {
	where, args := filtered(f)
	var rows []struct {
		Now string
		N   int
	}
	err := s.reads.WithContext(ctx).Raw("SELECT CASE WHEN status IN ? AND expires_at <= ? THEN ? ELSE status END AS now, count(*) AS n FROM offers WHERE "+where+" GROUP BY 1",
		append([]any{issuance.Sources(issuance.StatusExpired), millis(f.At), string(issuance.StatusExpired)}, args...)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count offers: %w", err)
	}
	out := make(map[issuance.Status]int, len(rows))
	for _, r := range rows {
		out[issuance.Status(r.Now)] = r.N
	}
	return out, nil
}

// filtered is the condition of a filter.
func filtered(f issuance.Filter) (where string, args []any) {
	terms := []string{"1 = 1"}
	put := func(term string, values ...any) { terms, args = append(terms, term), append(args, values...) }
	if f.CreatedBy != "" {
		put("created_by = ?", f.CreatedBy)
	}
	if f.Maker != "" {
		put("maker <> '' AND maker = ?", f.Maker) // said twice, or SQLite does not know that the index fits
	}
	if f.Channel != "" {
		put("channel = ?", string(f.Channel))
	}
	if f.Reference != "" {
		put("reference = ?", f.Reference)
	}
	if key := referenceKey(f.ReferencePrefix); key != "" {
		put("reference_key <> '' AND reference_key >= ? AND reference_key < ?", key, key+string(utf8.MaxRune)) // which no reference has
	}
	if f.Customer != nil {
		put("customer = ?", blob(f.Customer))
	}
	if len(f.Types) > 0 {
		put("type IN ?", f.Types)
	}
	if len(f.Statuses) > 0 {
		term, values := statusAt(f)
		put(term, values...)
	}
	if !f.CreatedFrom.IsZero() {
		put("created_at >= ?", millis(f.CreatedFrom))
	}
	if !f.CreatedUntil.IsZero() {
		put("created_at <= ?", millis(f.CreatedUntil))
	}
	if !f.After.CreatedAt.IsZero() {
		at := millis(f.After.CreatedAt)
		put("(created_at < ? OR created_at = ? AND id > ?)", at, at, string(f.After.ID))
	}
	return strings.Join(terms, " AND "), args
}

// statusAt is the condition that an offer has one of the statuses at a time, whether or not a sweep has written down that it expired.
func statusAt(f issuance.Filter) (term string, args []any) {
	var open, ended []issuance.Status
	for _, status := range f.Statuses {
		if status.Ended() {
			ended = append(ended, status)
		} else {
			open = append(open, status)
		}
	}
	var terms []string
	put := func(term string, values ...any) { terms, args = append(terms, term), append(args, values...) }
	if len(open) > 0 {
		put("status IN ? AND expires_at > ?", open, millis(f.At))
	}
	if len(ended) > 0 {
		put("status IN ?", ended)
	}
	if slices.Contains(ended, issuance.StatusExpired) {
		put("status IN ? AND expires_at <= ?", issuance.Sources(issuance.StatusExpired), millis(f.At))
	}
	return "(" + strings.Join(terms, " OR ") + ")", args
}

// EndOffer implements issuance.Offers.
func (s *Store) EndOffer(ctx context.Context, e issuance.End) (issuance.Offer, error) {
	kind := issuance.OfferCancelled
	if e.To == issuance.StatusFailed {
		kind = issuance.OfferFailed
	}
	err := s.change(ctx, e.Offer, func(t *tx) error {
		from := e.From
		if len(from) == 0 {
			from = issuance.Sources(e.To)
		}
		version, err := t.advance(e.Offer, from, "status = ?, cause = ?, "+destroy, "expires_at > ?",
			string(e.To), e.Cause, millis(e.At))
		if err != nil {
			return err
		}
		if version == 0 {
			return issuance.Refuse(issuance.Conflict, "offer_ended", "the offer was used or has ended")
		}
		return t.event(issuance.Event{Offer: e.Offer, Sequence: version, Kind: kind, At: e.At, Cause: e.Cause})
	})
	if err != nil {
		if _, missing := s.Offer(ctx, e.Offer); issuance.KindOf(missing) == issuance.NotFound {
			return issuance.Offer{}, missing
		}
		return issuance.Offer{}, err
	}
	return s.Offer(ctx, e.Offer)
}
