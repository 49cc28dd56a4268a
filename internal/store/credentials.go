package store

import (
	"context"
	"fmt"
	"strings"

	"counterfoil/internal/issuance"
)

// ListCredentials implements issuance.Credentials.
func (s *Store) ListCredentials(ctx context.Context, f issuance.CredentialFilter) ([]issuance.Credential, error) {
	where, args := []string{"1 = 1"}, []any{}
	put := func(term string, values ...any) { where, args = append(where, term), append(args, values...) }
	if f.ID != "" {
		put("c.id = ?", f.ID)
	}
	if f.Offer != "" {
		put("c.offer_id = ?", string(f.Offer))
	}
	if len(f.Types) > 0 {
		put("o.type IN ?", f.Types)
	}
	if !f.After.CreatedAt.IsZero() {
		at := millis(f.After.CreatedAt)
		put("(c.issued_at < ? OR c.issued_at = ? AND c.id > ?)", at, at, string(f.After.ID))
	}
	var rows []struct {
		ID, OfferID, Type, BatchID, Format, Thumbprint string
		Digest                                         []byte
		IssuedAt, ExpiresAt                            int64
	}
	err := s.reads.WithContext(ctx).Raw(`SELECT c.id, c.offer_id, o.type, c.batch_id, c.format, c.thumbprint, c.digest, c.issued_at, c.expires_at
		FROM credentials c JOIN offers o ON o.id = c.offer_id WHERE `+strings.Join(where, " AND ")+" ORDER BY c.issued_at DESC, c.id LIMIT ?",
		append(args, f.Limit)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list credentials: %w", err)
	}
	out := make([]issuance.Credential, 0, len(rows))
	for _, r := range rows {
		out = append(out, issuance.Credential{
			ID: r.ID, Offer: issuance.OfferID(r.OfferID), Type: r.Type, Batch: r.BatchID, Format: r.Format, Thumbprint: r.Thumbprint, Digest: r.Digest,
			IssuedAt: moment(r.IssuedAt), ExpiresAt: moment(r.ExpiresAt),
		})
	}
	return out, nil
}
