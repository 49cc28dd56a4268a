package oid4vci

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/secret"
	"counterfoil/internal/strictjson"
)

// purpose keeps nonces of different uses apart.
type purpose string

const (
	purposeProof purpose = "c_nonce"
	purposeDPoP  purpose = "dpop"
)

// The layout of a nonce: time, randomness, keyed MAC over purpose and both. It needs no storage, and every process
// with the master key knows it.
const (
	nonceLife   = 5 * time.Minute
	timeBytes   = 8
	randomBytes = 16
	macBytes    = 16
	nonceBytes  = timeBytes + randomBytes + macBytes
)

// nonces makes and checks nonces.
type nonces struct {
	key    secret.Key
	random io.Reader
}

func (n nonces) issue(p purpose, now time.Time) (string, error) {
	b := make([]byte, timeBytes+randomBytes, nonceBytes)
	binary.BigEndian.PutUint64(b, uint64(now.UnixMilli())) // the clock is past 1970
	if _, err := io.ReadFull(n.random, b[timeBytes:]); err != nil {
		return "", fmt.Errorf("draw nonce: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(b, n.mac(p, b)...)), nil
}

func (n nonces) mac(p purpose, b []byte) []byte { return n.key.MAC([]byte(p), b)[:macBytes] }

// check tells whether a nonce is ours, for this purpose, and not too old.
func (n nonces) check(p purpose, nonce string, now time.Time) bool {
	if len(nonce) != base64.RawURLEncoding.EncodedLen(nonceBytes) {
		return false
	}
	// A text of the right length may still decode to less: encoding/base64 skips line feeds, which jose refuses.
	b, err := jose.DecodeBase64URL(nonce)
	if err != nil || len(b) != nonceBytes {
		return false
	}
	body, mac := b[:timeBytes+randomBytes], b[timeBytes+randomBytes:]
	if !secret.ConstantTimeEqual(mac, n.mac(p, body)) {
		return false
	}
	made := time.UnixMilli(int64(binary.BigEndian.Uint64(body))) //nolint:gosec // we made it
	return now.Sub(made) <= nonceLife && made.Sub(now) <= time.Minute
}

// spent is a c_nonce as a single-use value.
func (n nonces) spent(nonce string, now time.Time) issuance.Spent {
	return issuance.Spent{Hash: n.key.MAC([]byte("spent"), []byte(nonce)), ExpiresAt: now.Add(2 * nonceLife)} // beyond its life
}

// Nonce gives a fresh c_nonce as the nonce endpoint's answer (OpenID4VCI 1.0 §7.2).
func (s *Service) Nonce() ([]byte, error) {
	nonce, err := s.nonces.issue(purposeProof, s.clock())
	if err != nil {
		return nil, err
	}
	b, err := strictjson.Encode(map[string]string{"c_nonce": nonce})
	if err != nil {
		return nil, fmt.Errorf("write nonce: %w", err)
	}
	return b, nil
}

// DPoPNonce gives a fresh nonce for DPoP proofs (RFC 9449 §8). Authorization server and resource are one server here, so
// one nonce serves both; it is sent with every answer, because wallets keep only the last.
func (s *Service) DPoPNonce() (string, error) { return s.nonces.issue(purposeDPoP, s.clock()) }
