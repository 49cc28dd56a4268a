package store

import (
	"context"
	"fmt"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

func answerAAD(keyHash []byte) []byte { return secret.AAD("answers", "body", string(keyHash)) }

// BeginAnswer takes an Idempotency-Key for this request, or gives what it was answered before. Conflict with CodeIdempotencyMismatch
// when the key came with another request, with CodeIdempotencyInProgress while the first one is being worked on.
func (s *Store) BeginAnswer(ctx context.Context, c issuance.AnswerClaim) (issuance.Answered, error) {
	done := s.db.WithContext(ctx).Exec(`INSERT INTO answers (key_hash, request_hash, status, body, lease_until, expires_at) VALUES (?, ?, 0, NULL, ?, ?)
		ON CONFLICT (key_hash) DO UPDATE SET lease_until = excluded.lease_until
		WHERE answers.status = 0 AND answers.lease_until < ? AND answers.request_hash = excluded.request_hash`,
		blob(c.KeyHash), blob(c.RequestHash), millis(c.LeaseUntil), millis(c.ExpiresAt), millis(c.At))
	if done.Error != nil {
		return issuance.Answered{}, fmt.Errorf("claim idempotency key: %w", done.Error)
	}
	if done.RowsAffected == 1 {
		return issuance.Answered{}, nil
	}
	var row struct {
		RequestHash []byte
		Status      int
		Body        []byte
	}
	if err := s.db.WithContext(ctx).Raw("SELECT request_hash, status, body FROM answers WHERE key_hash = ?", c.KeyHash).Scan(&row).Error; err != nil {
		return issuance.Answered{}, fmt.Errorf("read idempotency key: %w", err)
	}
	if !secret.ConstantTimeEqual(row.RequestHash, c.RequestHash) {
		return issuance.Answered{}, issuance.ErrIdempotencyMismatch
	}
	if row.Status == 0 {
		return issuance.Answered{}, issuance.ErrIdempotencyInProgress
	}
	body, err := s.sealer.Open(row.Body, answerAAD(c.KeyHash))
	if err != nil {
		return issuance.Answered{}, fmt.Errorf("open answer: %w", err)
	}
	return issuance.Answered{Status: row.Status, Body: body}, nil
}

// FinishAnswer keeps what the request was answered; it may hold a secret that is shown once, and is sealed.
func (s *Store) FinishAnswer(ctx context.Context, keyHash []byte, a issuance.Answered) error {
	sealed, err := s.sealer.Seal(a.Body, answerAAD(keyHash))
	if err != nil {
		return fmt.Errorf("seal answer: %w", err)
	}
	if err := s.db.WithContext(ctx).Exec("UPDATE answers SET status = ?, body = ? WHERE key_hash = ? AND status = 0", a.Status, blob(sealed), blob(keyHash)).Error; err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// DropAnswer lets go of a key whose request did nothing.
func (s *Store) DropAnswer(ctx context.Context, keyHash []byte) error {
	if err := s.db.WithContext(ctx).Exec("DELETE FROM answers WHERE key_hash = ? AND status = 0", blob(keyHash)).Error; err != nil {
		return fmt.Errorf("drop idempotency key: %w", err)
	}
	return nil
}
