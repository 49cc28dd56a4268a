package oid4vci

import (
	"maps"
	"slices"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/oauth"
)

const typProof = "openid4vci-proof+jwt"

// The window in which a proof's iat is accepted: wallets date proofs a minute back, and clocks differ.
const (
	proofPast   = nonceLife + time.Minute
	proofFuture = time.Minute
)

// proofClaims is the payload of a key proof (OpenID4VCI 1.0 Appendix F.1). Pointers tell absent from empty.
type proofClaims struct {
	Audience *string  `json:"aud"`
	IssuedAt *float64 `json:"iat"`
	NotYet   *float64 `json:"nbf"`
	Expires  *float64 `json:"exp"`
	Nonce    *string  `json:"nonce"`
	Issuer   any      `json:"iss"`
}

// checkProofs holds the proofs of a request to Appendix F.1 and F.4 and gives one holder key for each, and their nonces as values to
// spend: proofs may share one. All signatures are checked before a nonce is judged, and nothing is spent here.
func (s *Service) checkProofs(req credentialRequest) ([]issuance.HolderKey, []issuance.Spent, *oauth.Error) {
	texts, e := proofTexts(req.Proofs, s.batch())
	if e != nil {
		return nil, nil, e
	}
	now := s.clock()
	var keys []issuance.HolderKey
	nonces, seen := map[string]bool{}, map[string]bool{}
	for _, text := range texts {
		key, claims, e := s.checkProof(text, now)
		if e != nil {
			return nil, nil, e
		}
		if seen[key.Thumbprint()] {
			return nil, nil, bad(invalidProof, "each proof must be made with a key of its own")
		}
		seen[key.Thumbprint()], nonces[*claims.Nonce] = true, true
		keys = append(keys, issuance.HolderKey{JWK: key.JWK(), Thumbprint: key.Thumbprint()})
	}
	var spent []issuance.Spent
	for _, nonce := range slices.Sorted(maps.Keys(nonces)) { // in one order, so that two requests never wait for each other
		if !s.nonces.check(purposeProof, nonce, now) {
			return nil, nil, bad(invalidNonce, "the nonce is not one of ours or too old, ask for a fresh one")
		}
		spent = append(spent, s.nonces.spent(nonce, now))
	}
	return keys, spent, nil
}

// proofTexts reads the proofs member: an object with the one member jwt, a non-empty array of at most batch texts.
func proofTexts(v any, batch int) ([]string, *oauth.Error) {
	if v == nil {
		return nil, bad(invalidProof, "proofs is missing")
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, bad(invalidProof, "proofs must be an object with the member jwt")
	}
	list, ok := m["jwt"].([]any)
	if !ok || len(m) != 1 || len(list) == 0 {
		return nil, bad(invalidProof, "proofs must have the one member jwt, a non-empty array")
	}
	if len(list) > batch {
		return nil, bad(invalidProof, "there are more proofs than batch_size allows")
	}
	texts := make([]string, 0, len(list))
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, bad(invalidProof, "each proof must be a text")
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// checkProof verifies one proof but for the value of its nonce.
func (s *Service) checkProof(text string, now time.Time) (jose.PublicKey, proofClaims, *oauth.Error) {
	fail := func(why string) (jose.PublicKey, proofClaims, *oauth.Error) {
		return jose.PublicKey{}, proofClaims{}, bad(invalidProof, why)
	}
	token, err := jose.Parse(text)
	if err != nil {
		return fail("the proof: " + err.Error())
	}
	if token.Typ() != typProof {
		return fail("typ of the proof must be " + typProof)
	}
	if token.Has("kid") || token.Has("x5c") || token.Has("trust_chain") {
		return fail("the proof must name its key by jwk and by nothing else")
	}
	if token.Has("cty") {
		return fail("the proof must not be nested")
	}
	key, err := token.JWK()
	if err != nil {
		return fail(err.Error())
	}
	if err := token.Verify(key, proofAlgorithms()...); err != nil {
		return fail(err.Error())
	}
	var c proofClaims
	if err := token.Claims(&c); err != nil {
		return fail("a claim of the proof has the wrong type")
	}
	if e := c.check(s.urls.Issuer, now); e != nil {
		return jose.PublicKey{}, proofClaims{}, e
	}
	return key, c, nil
}

// check gives what is wrong with the claims, or nil.
func (c proofClaims) check(issuer string, now time.Time) *oauth.Error {
	at := func(seconds *float64) time.Time {
		const sane = 1e11 // far beyond any clock, well within time.Time
		return time.Unix(int64(min(max(*seconds, -sane), sane)), 0)
	}
	switch {
	case c.Audience == nil || *c.Audience != issuer:
		return bad(invalidProof, "aud must be the credential issuer identifier")
	case c.IssuedAt == nil:
		return bad(invalidProof, "iat is missing")
	case now.Sub(at(c.IssuedAt)) > proofPast || at(c.IssuedAt).Sub(now) > proofFuture:
		return bad(invalidProof, "iat is too far from the time of the server").OfClock()
	case c.NotYet != nil && at(c.NotYet).Sub(now) > proofFuture:
		return bad(invalidProof, "the proof is not valid yet").OfClock()
	case c.Expires != nil && now.Sub(at(c.Expires)) > proofFuture:
		return bad(invalidProof, "the proof has expired").OfClock()
	case c.Nonce == nil || *c.Nonce == "":
		return bad(invalidProof, "nonce is missing")
	case c.Issuer != nil:
		return bad(invalidProof, "iss must be left out, because the code was redeemed anonymously")
	}
	return nil
}
