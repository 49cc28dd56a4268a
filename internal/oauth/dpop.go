package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"counterfoil/internal/jose"
)

// The window in which a proof's iat is accepted, and bounds of its texts in bytes.
const (
	dpopPast   = 5 * time.Minute
	dpopFuture = 60 * time.Second
	maxJTI     = 256
	maxNonce   = 1024
)

// DPoPAlgorithms are the algorithms that proofs may be signed with.
func DPoPAlgorithms() []string { return []string{"ES256"} }

// DPoPRequest is a request that came with a DPoP header.
type DPoPRequest struct {
	// Headers are the values of all DPoP headers.
	Headers []string
	Method  string
	// URL is the public URL of the endpoint, not what the request claims.
	URL string
	// AccessToken is the token presented at a resource; empty at the token endpoint.
	AccessToken string
	Now         time.Time
	// CheckNonce tells whether a nonce is one of ours and still good. Every proof must carry one.
	CheckNonce func(nonce string) bool
}

// DPoPProof is a proof that holds.
type DPoPProof struct {
	Thumbprint string
	JTI        string
}

// proofClaims is the payload of a proof (RFC 9449 §4.2). Pointers tell absent from empty.
type proofClaims struct {
	JTI   string   `json:"jti"`
	HTM   string   `json:"htm"`
	HTU   string   `json:"htu"`
	IAT   *float64 `json:"iat"`
	ATH   string   `json:"ath"`
	Nonce *string  `json:"nonce"`
}

// VerifyDPoP holds a proof to the list of RFC 9449 §4.3. Errors are invalid_dpop_proof and use_dpop_nonce.
func VerifyDPoP(r DPoPRequest) (DPoPProof, *Error) {
	token, key, e := parseProof(r.Headers)
	if e != nil {
		return DPoPProof{}, e
	}
	var c proofClaims
	if err := token.Claims(&c); err != nil {
		return DPoPProof{}, InvalidDPoPProof("a claim of the proof has the wrong type")
	}
	if e := c.check(r); e != nil {
		return DPoPProof{}, e
	}
	return DPoPProof{Thumbprint: key.Thumbprint(), JTI: c.JTI}, nil
}

// parseProof is items 1, 2 and 4 to 7 of the list.
func parseProof(headers []string) (jose.Token, jose.PublicKey, *Error) {
	fail := func(why string) (jose.Token, jose.PublicKey, *Error) {
		return jose.Token{}, jose.PublicKey{}, InvalidDPoPProof(why)
	}
	if len(headers) != 1 {
		return fail("there must be one DPoP header")
	}
	token, err := jose.Parse(headers[0])
	if err != nil {
		return fail(err.Error())
	}
	if token.Typ() != "dpop+jwt" {
		return fail("typ must be dpop+jwt")
	}
	key, err := token.JWK()
	if err != nil {
		return fail(err.Error())
	}
	if err := token.Verify(key, DPoPAlgorithms()...); err != nil {
		return fail(err.Error())
	}
	return token, key, nil
}

// check is items 3 and 8 to 12 of the list.
func (c proofClaims) check(r DPoPRequest) *Error {
	switch {
	case c.JTI == "" || len(c.JTI) > maxJTI:
		return InvalidDPoPProof("jti must be a text of 1 to 256 bytes")
	case c.HTM != r.Method:
		return InvalidDPoPProof("htm is not the method of this request")
	case !sameURL(c.HTU, r.URL):
		return InvalidDPoPProof("htu is not the URL of this endpoint")
	case c.IAT == nil:
		return InvalidDPoPProof("iat is missing")
	}
	if age := float64(r.Now.Unix()) - *c.IAT; age > dpopPast.Seconds() || age < -dpopFuture.Seconds() {
		return InvalidDPoPProof("iat is too far from the time of the server").OfClock()
	}
	if r.AccessToken != "" {
		hash := sha256.Sum256([]byte(r.AccessToken))
		if c.ATH != base64.RawURLEncoding.EncodeToString(hash[:]) {
			return InvalidDPoPProof("ath is not the hash of the access token")
		}
	}
	switch {
	case c.Nonce != nil && len(*c.Nonce) > maxNonce:
		return InvalidDPoPProof("nonce is too long")
	case c.Nonce == nil || !r.CheckNonce(*c.Nonce):
		return UseDPoPNonce()
	}
	return nil
}

// BearsError tells whether a WWW-Authenticate challenge for e needs the DPoP scheme.
func (e *Error) dpop() bool { return strings.Contains(e.Code, "dpop") }

// Challenge gives the WWW-Authenticate values for an answer of 401 or 403 at a resource (RFC 6750 §3,
// RFC 9449 §7.1). e is nil when the request carried no token at all.
func Challenge(e *Error) []string {
	algs := `algs="` + strings.Join(DPoPAlgorithms(), " ") + `"`
	if e == nil {
		return []string{"Bearer", "DPoP " + algs}
	}
	dpop := `DPoP error="` + e.Code + `", error_description="` + e.Description + `", ` + algs
	if e.dpop() {
		return []string{dpop}
	}
	return []string{`Bearer error="` + e.Code + `", error_description="` + e.Description + `"`, dpop}
}
