package wallet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"

	"counterfoil/internal/jose"
	"counterfoil/internal/secret"
	"counterfoil/internal/strictjson"
)

const es256 = "ES256"

// token is the token endpoint's answer (OpenID4VCI 1.0 §6.2).
type token struct {
	Access string `json:"access_token"`
	Type   string `json:"token_type"`
}

// holder is one key of the wallet.
type holder struct {
	signer jose.Signer
	public jose.PublicKey
}

func (w *Wallet) newHolder() (holder, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), w.random)
	if err != nil {
		return holder{}, fmt.Errorf("make a key: %w", err)
	}
	signer, err := jose.NewSigner(key, es256, nil)
	if err != nil {
		return holder{}, fmt.Errorf("make a signer: %w", err)
	}
	public, err := jose.FromPublic(key.Public())
	if err != nil {
		return holder{}, fmt.Errorf("make a public key: %w", err)
	}
	return holder{signer: signer, public: public}, nil
}

// sign makes a JWT of the given type with the key's public part in the header.
func (h holder) sign(typ string, claims map[string]any) (string, error) {
	payload, err := strictjson.Encode(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	jwt, err := h.signer.Sign(map[string]any{"typ": typ, "jwk": h.public.JWK()}, payload)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return jwt, nil
}

// dpopKey is the key that the access token is bound to, and the server's last nonce.
type dpopKey struct {
	holder
	nonce string
}

// proof makes a DPoP proof for one request (RFC 9449 §4.2); access is empty at the token endpoint.
func (c *collection) proof(method, at, access string) (string, error) {
	jti, err := secret.Token(c.random, 16) // 128 bits
	if err != nil {
		return "", fmt.Errorf("draw jti: %w", err)
	}
	claims := map[string]any{"jti": jti, "htm": method, "htu": at, "iat": c.clock().Unix()}
	if c.dpop.nonce != "" {
		claims["nonce"] = c.dpop.nonce
	}
	if access != "" {
		hash := sha256.Sum256([]byte(access))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(hash[:])
	}
	return c.dpop.sign("dpop+jwt", claims)
}

// post sends a request with a DPoP proof when the wallet uses one, and once more when the server
// asks for its nonce (RFC 9449 §8).
func (c *collection) post(ctx context.Context, at, contentType, body string) (answer, error) {
	for try := 0; ; try++ {
		header := http.Header{"Content-Type": {contentType}}
		scheme := "Bearer"
		if c.dpop != nil {
			proof, err := c.proof(http.MethodPost, at, c.token.Access)
			if err != nil {
				return answer{}, err
			}
			header["DPoP"] = []string{proof}
			scheme = "DPoP"
		}
		if c.token.Access != "" {
			header["Authorization"] = []string{scheme + " " + c.token.Access}
		}
		a, err := c.do(ctx, http.MethodPost, at, header, body)
		if err != nil || c.dpop == nil {
			return a, err
		}
		fresh := a.header.Get("DPoP-Nonce")
		retry := try == 0 && fresh != "" && fresh != c.dpop.nonce &&
			(a.status == http.StatusBadRequest || a.status == http.StatusUnauthorized)
		if fresh != "" {
			c.dpop.nonce = fresh
		}
		if !retry || !asksForNonce(a) {
			return a, nil
		}
	}
}

func asksForNonce(a answer) bool {
	const code = "use_dpop_nonce"
	return a.refused("").Code == code || containsError(a.header.Get("WWW-Authenticate"), code)
}

func (c *collection) redeem(ctx context.Context) (string, error) {
	if c.request.DPoP {
		h, err := c.newHolder()
		if err != nil {
			return "", err
		}
		c.dpop = &dpopKey{holder: h}
	}
	form := url.Values{"grant_type": {preAuthorized}, "pre-authorized_code": {c.offer.Grants[preAuthorized].Code}}
	if c.request.TxCode != "" {
		form.Set("tx_code", c.request.TxCode)
	}
	a, err := c.post(ctx, c.server.Token, "application/x-www-form-urlencoded", form.Encode())
	if err != nil {
		return "", err
	}
	if a.status != http.StatusOK {
		return "", a.refused("token")
	}
	if err := decode(a.body, &c.token); err != nil {
		return "", err
	}
	if c.token.Access == "" {
		return "", fmt.Errorf("the token answer has no access token")
	}
	if c.dpop != nil && c.token.Type != "DPoP" {
		return "", fmt.Errorf("the token is not bound to the wallet's key")
	}
	return "Code accepted, access token of type " + c.token.Type, nil
}
