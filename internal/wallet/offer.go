package wallet

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

const preAuthorized = "urn:ietf:params:oauth:grant-type:pre-authorized_code"

// offer is a credential offer (OpenID4VCI 1.0 §4.1.1).
type offer struct {
	Issuer         string   `json:"credential_issuer"`
	Configurations []string `json:"credential_configuration_ids"`
	Grants         map[string]struct {
		Code   string `json:"pre-authorized_code"`
		TxCode *struct {
			InputMode   string `json:"input_mode"`
			Length      int    `json:"length"`
			Description string `json:"description"`
		} `json:"tx_code"`
	} `json:"grants"`
}

// issuerMetadata is what the wallet needs of credential issuer metadata (OpenID4VCI 1.0 §12.2.4).
type issuerMetadata struct {
	Issuer         string                   `json:"credential_issuer"`
	Credential     string                   `json:"credential_endpoint"`
	Nonce          string                   `json:"nonce_endpoint"`
	Notification   string                   `json:"notification_endpoint"`
	Servers        []string                 `json:"authorization_servers"`
	Configurations map[string]configuration `json:"credential_configurations_supported"`
}

// configuration is one entry of credential_configurations_supported.
type configuration struct {
	Format   string `json:"format"`
	VCT      string `json:"vct"`
	Metadata struct {
		Display []struct {
			Name string `json:"name"`
		} `json:"display"`
	} `json:"credential_metadata"`
}

// serverMetadata is what the wallet needs of authorization server metadata (RFC 8414).
type serverMetadata struct {
	Issuer string `json:"issuer"`
	Token  string `json:"token_endpoint"`
}

func (c *collection) fetchOffer(ctx context.Context) (string, error) {
	u, err := url.Parse(strings.TrimSpace(c.request.Offer))
	if err != nil {
		return "", errors.New("this is not an offer URI")
	}
	q := u.Query()
	value, reference := q.Get("credential_offer"), q.Get("credential_offer_uri")
	switch {
	case (value == "") == (reference == ""):
		return "", errors.New("an offer URI has exactly one of credential_offer and credential_offer_uri (OpenID4VCI 1.0 §4.1)")
	case value != "":
		err = decode([]byte(value), &c.offer)
	default:
		err = c.getJSON(ctx, "offer", reference, &c.offer)
	}
	if err != nil {
		return "", err
	}
	if c.offer.Issuer == "" || len(c.offer.Configurations) == 0 || c.offer.Grants[preAuthorized].Code == "" {
		return "", errors.New("the offer has no issuer, no credential or no pre-authorized code")
	}
	c.result.Issuer = c.offer.Issuer
	return "Offer of " + c.offer.Issuer + " fetched", nil
}

func (c *collection) fetchMetadata(ctx context.Context) (string, error) {
	at, err := wellKnown(c.offer.Issuer, "openid-credential-issuer")
	if err != nil {
		return "", err
	}
	if err := c.getJSON(ctx, "issuer metadata", at, &c.metadata); err != nil {
		return "", err
	}
	if c.metadata.Issuer != c.offer.Issuer {
		return "", errors.New("the metadata is another issuer's (OpenID4VCI 1.0 §12.2.4)")
	}
	config, ok := c.metadata.Configurations[c.offer.Configurations[0]]
	if !ok || config.Format != "dc+sd-jwt" {
		return "", fmt.Errorf("the offered credential %q is not in the metadata as dc+sd-jwt", c.offer.Configurations[0])
	}
	c.config = config
	server := c.offer.Issuer
	if len(c.metadata.Servers) > 0 {
		server = c.metadata.Servers[0]
	}
	if at, err = wellKnown(server, "oauth-authorization-server"); err != nil {
		return "", err
	}
	if err := c.getJSON(ctx, "authorization server metadata", at, &c.server); err != nil {
		return "", err
	}
	if c.server.Issuer != server {
		return "", errors.New("the authorization server metadata is another server's (RFC 8414 §3.3)")
	}
	return "Metadata read: " + c.name(), nil
}

// name is how the issuer calls the credential, or its configuration id.
func (c *collection) name() string {
	if d := c.config.Metadata.Display; len(d) > 0 && d[0].Name != "" {
		return d[0].Name
	}
	return c.offer.Configurations[0]
}

// wellKnown inserts a well-known segment between host and path (OpenID4VCI 1.0 §12.2.2, RFC 8414 §3).
func wellKnown(issuer, name string) (string, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" {
		return "", errors.New("the issuer identifier is not a URL")
	}
	u.Path = "/.well-known/" + name + strings.TrimSuffix(u.Path, "/")
	return u.String(), nil
}
