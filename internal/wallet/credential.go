package wallet

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"counterfoil/internal/strictjson"
)

// credentialResponse is the credential endpoint's answer (OpenID4VCI 1.0 §8.3).
type credentialResponse struct {
	Credentials []struct {
		Credential string `json:"credential"`
	} `json:"credentials"`
	NotificationID string `json:"notification_id"`
}

// containsError finds error="code" in a WWW-Authenticate header.
func containsError(header, code string) bool {
	return strings.Contains(header, `error="`+code+`"`)
}

func (c *collection) collect(ctx context.Context) (string, error) {
	nonce, err := c.fetchNonce(ctx)
	if err != nil {
		return "", err
	}
	proofs := make([]string, 0, max(c.request.Proofs, 1))
	for range max(c.request.Proofs, 1) {
		h, err := c.newHolder()
		if err != nil {
			return "", err
		}
		jwt, err := h.sign("openid4vci-proof+jwt", map[string]any{
			"aud": c.metadata.Issuer, "iat": c.clock().Unix(), "nonce": nonce,
		})
		if err != nil {
			return "", err
		}
		c.holders, proofs = append(c.holders, h), append(proofs, jwt)
	}
	body, err := strictjson.Encode(map[string]any{
		"credential_configuration_id": c.offer.Configurations[0],
		"proofs":                      map[string]any{"jwt": proofs},
	})
	if err != nil {
		return "", fmt.Errorf("encode request: %w", err)
	}
	a, err := c.post(ctx, c.metadata.Credential, "application/json", string(body))
	if err != nil {
		return "", err
	}
	if a.status != http.StatusOK {
		return "", a.refused("credential")
	}
	if err := decode(a.body, &c.answer); err != nil {
		return "", err
	}
	if n := len(c.answer.Credentials); n == 0 || n > len(proofs) {
		return "", fmt.Errorf("the issuer answered with %d credentials for %d proofs", n, len(proofs))
	}
	return fmt.Sprintf("%d of %d credentials received", len(c.answer.Credentials), len(proofs)), nil
}

// fetchNonce asks for a c_nonce (OpenID4VCI 1.0 §7).
func (c *collection) fetchNonce(ctx context.Context) (string, error) {
	a, err := c.do(ctx, http.MethodPost, c.metadata.Nonce, http.Header{}, "")
	if err != nil {
		return "", err
	}
	if a.status != http.StatusOK {
		return "", a.refused("nonce")
	}
	var n struct {
		Nonce string `json:"c_nonce"`
	}
	if err := decode(a.body, &n); err != nil {
		return "", err
	}
	if fresh := a.header.Get("DPoP-Nonce"); fresh != "" && c.dpop != nil {
		c.dpop.nonce = fresh
	}
	return n.Nonce, nil
}

// notify tells the issuer that the credentials were stored (OpenID4VCI 1.0 §11).
func (c *collection) notify(ctx context.Context) (string, error) {
	if c.metadata.Notification == "" || c.answer.NotificationID == "" {
		return "", nil
	}
	body, err := strictjson.Encode(map[string]any{
		"notification_id": c.answer.NotificationID, "event": "credential_accepted",
	})
	if err != nil {
		return "", fmt.Errorf("encode notification: %w", err)
	}
	a, err := c.post(ctx, c.metadata.Notification, "application/json", string(body))
	if err != nil {
		return "", err
	}
	if a.status < http.StatusOK || a.status >= http.StatusMultipleChoices {
		return "", a.refused("notification")
	}
	return "Issuer told that the credential is stored", nil
}
