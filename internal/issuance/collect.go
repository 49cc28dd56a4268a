package issuance

import (
	"context"
	"crypto/sha256"
	"fmt"

	"counterfoil/internal/secret"
	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// Access is a grant that was presented and found good, with what it leads to.
type Access struct {
	Grant  Grant
	Offer  Offer
	Type   typemeta.Type
	claims []byte
}

// Authorize finds the grant of an access token. Denied when the token is unknown or its
// time is over.
func (s *Service) Authorize(ctx context.Context, token string) (Access, error) {
	g, o, claims, err := s.Grants.Grant(ctx, secret.Hash(token))
	if KindOf(err) == NotFound {
		return Access{}, Refuse(Denied, "invalid_token", "the access token is unknown")
	}
	if err != nil {
		return Access{}, fmt.Errorf("find grant: %w", err)
	}
	if !s.Clock().Before(g.ExpiresAt) {
		refusal := Refuse(Denied, "token_expired", "the access token has expired")
		s.NoteRefusal(ctx, o.ID, refusal.Code, refusal.Reason)
		return Access{}, refusal
	}
	t, ok := s.Types.Version(g.Type, o.TypeVersion)
	if !ok {
		claims = nil // a type that was taken away leaves nothing to collect
	}
	return Access{Grant: g, Offer: o, Type: t, claims: claims}, nil
}

// Collect is a request for credentials: one for each holder key.
type Collect struct {
	Access Access
	Keys   []HolderKey
	// Spent are the single-use values the request paid with (c_nonce, DPoP jti).
	Spent []Spent
}

// Collected is what the wallet gets: credentials in the order of the keys.
type Collected struct {
	Credentials    []string
	NotificationID string
}

// Collect signs one credential for each holder key, the first of them when there are more than the type gives at once, and records them. Signing happens outside any
// transaction; a crash before the record is made loses only unsent signatures. Conflict when the
// offer is not open for collecting or its limit is reached; Conflict with CodeReplayed when a
// spent value is known, and then nothing is handed out.
func (s *Service) Collect(ctx context.Context, c Collect) (Collected, error) {
	if c.Access.claims == nil {
		return Collected{}, Refuse(Conflict, "offer_gone", "the offer can no longer be collected")
	}
	var claims map[string]any
	if err := strictjson.Decode(c.Access.claims, &claims); err != nil {
		return Collected{}, fmt.Errorf("read stored claims: %w", err)
	}
	if err := s.checkApproved(c.Access.Offer, c.Access.claims); err != nil {
		return Collected{}, err
	}
	batch, err := s.token()
	if err != nil {
		return Collected{}, err
	}
	now := s.Clock()
	c.Keys = c.Keys[:min(len(c.Keys), c.Access.Type.Policy.BatchSize)]
	out := Collected{NotificationID: batch}
	records := make([]Credential, 0, len(c.Keys))
	for _, key := range c.Keys {
		minted, err := s.Minter.Mint(ctx, Prepared{Type: c.Access.Type, Claims: claims, Holder: key, At: now})
		if err != nil {
			return Collected{}, fmt.Errorf("mint: %w", err)
		}
		record, err := s.credential(c.Access.Offer.ID, batch, key, minted)
		if err != nil {
			return Collected{}, err
		}
		records = append(records, record)
		out.Credentials = append(out.Credentials, minted.Credential)
	}
	err = s.Gates.Settle(ctx, Settlement{
		Offer: c.Access.Offer.ID, TokenHash: c.Access.Grant.TokenHash, At: now, Batch: batch,
		Credentials: records, Spent: c.Spent,
		Limit: collectionsPerOffer * c.Access.Type.Policy.BatchSize, Replaces: c.Access.Offer.Replaces,
	})
	if err != nil {
		return Collected{}, fmt.Errorf("settle: %w", err)
	}
	return out, nil
}

func (s *Service) credential(offer OfferID, batch string, key HolderKey, m Minted) (Credential, error) {
	id, err := secret.ID(s.Random, offerIDBytes)
	if err != nil {
		return Credential{}, fmt.Errorf("draw credential id: %w", err)
	}
	digest := sha256.Sum256([]byte(m.Credential))
	return Credential{
		ID: id, Offer: offer, Batch: batch, Format: m.Format, Thumbprint: key.Thumbprint,
		Digest: digest[:], IssuedAt: m.IssuedAt, ExpiresAt: m.ExpiresAt,
	}, nil
}
