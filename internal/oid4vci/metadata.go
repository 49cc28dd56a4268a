package oid4vci

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/oauth"
	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// FormatSDJWTVC is the format identifier of SD-JWT VC (OpenID4VCI 1.0 Appendix A.3).
const FormatSDJWTVC = "dc+sd-jwt"

const (
	typMetadata      = "openidvci-issuer-metadata+jwt" // without a 4: OpenID4VCI 1.0 §12.2.3
	es256            = "ES256"
	metadataLifetime = 24 * time.Hour
	minBatch         = 2
)

// Metadata is the documents that describe the issuer, as the bytes that are served.
type Metadata struct {
	urls   URLs
	types  *typemeta.Catalog
	name   string
	signer jose.Signer

	mu      sync.Mutex
	edition documents
}

// documents is what was written of one edition of the catalog.
type documents struct {
	number   uint64
	issuer   []byte
	server   []byte
	claims   map[string]any
	signed   []byte
	signedAt time.Time
}

// NewMetadata writes the documents. The signer is the access certificate's key, which signs nothing else.
func NewMetadata(urls URLs, types *typemeta.Catalog, name string, signer jose.Signer) (*Metadata, error) {
	m := &Metadata{urls: urls, types: types, name: name, signer: signer}
	_, err := m.Issuer()
	return m, err
}

// write gives the documents of the catalog as it is now, written anew when it was replaced; mu is held.
func (m *Metadata) write() (*documents, error) {
	number := m.types.Edition()
	if m.edition.number == number {
		return &m.edition, nil
	}
	types := m.types.All()
	next := documents{number: number, claims: issuerMetadata(m.urls, types, m.name)}
	var err error
	if next.issuer, err = strictjson.Encode(next.claims); err != nil {
		return nil, fmt.Errorf("write issuer metadata: %w", err)
	}
	if next.server, err = strictjson.Encode(serverMetadata(m.urls, types)); err != nil {
		return nil, fmt.Errorf("write authorization server metadata: %w", err)
	}
	m.edition = next
	return &m.edition, nil
}

// Issuer gives credential issuer metadata as JSON (OpenID4VCI 1.0 §12.2.4).
func (m *Metadata) Issuer() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.write()
	if err != nil {
		return nil, err
	}
	return d.issuer, nil
}

// Server gives authorization server metadata (RFC 8414).
func (m *Metadata) Server() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.write()
	if err != nil {
		return nil, err
	}
	return d.server, nil
}

// Signed gives credential issuer metadata as a JWT (OpenID4VCI 1.0 §12.2.3), signed anew when half its life is over.
func (m *Metadata) Signed(now time.Time) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := m.write()
	if err != nil {
		return nil, err
	}
	if d.signed != nil && now.Sub(d.signedAt) < metadataLifetime/2 && !now.Before(d.signedAt) {
		return d.signed, nil
	}
	if err := m.signer.ValidAt(now); err != nil {
		return nil, fmt.Errorf("sign metadata: %w", err)
	}
	claims := map[string]any{"sub": m.urls.Issuer, "iss": m.urls.Issuer, "iat": now.Unix(), "exp": now.Add(metadataLifetime).Unix()}
	for name, value := range d.claims {
		claims[name] = value
	}
	payload, err := strictjson.Encode(claims)
	if err != nil {
		return nil, fmt.Errorf("write signed metadata: %w", err)
	}
	jwt, err := m.signer.Sign(map[string]any{"typ": typMetadata}, payload)
	if err != nil {
		return nil, fmt.Errorf("sign metadata: %w", err)
	}
	d.signed, d.signedAt = []byte(jwt), now
	return d.signed, nil
}

func issuerMetadata(urls URLs, types []typemeta.Type, name string) map[string]any {
	configurations := map[string]any{}
	for _, t := range types {
		configurations[t.ID] = Configuration(t)
	}
	m := map[string]any{
		"credential_issuer":                   urls.Issuer,
		"credential_endpoint":                 urls.At(PathCredential),
		"nonce_endpoint":                      urls.At(PathNonce),
		"notification_endpoint":               urls.At(PathNotification),
		"credential_configurations_supported": configurations,
		"display":                             []any{map[string]any{"name": name, "locale": "en"}},
	}
	if batch := BatchSize(types); batch >= minBatch {
		m["batch_credential_issuance"] = map[string]any{"batch_size": batch}
	}
	return m
}

// Configuration is what wallets are told of a type: its entry in credential_configurations_supported (OpenID4VCI 1.0 §12.2.4).
func Configuration(t typemeta.Type) map[string]any {
	return map[string]any{
		"format": FormatSDJWTVC, "vct": t.VCT, "scope": t.Policy.Scope,
		"cryptographic_binding_methods_supported": []string{"jwk"},
		"credential_signing_alg_values_supported": []string{es256},
		"proof_types_supported":                   map[string]any{"jwt": map[string]any{"proof_signing_alg_values_supported": proofAlgorithms()}},
		"credential_metadata":                     t.Metadata(),
	}
}

// BatchSize is how many proofs a request may have, for every type alike: the metadata has one number for the whole issuer (OpenID4VCI
// 1.0 §12.2.4). A type that gives fewer credentials at once answers with as many as it gives (§14.6).
func BatchSize(types []typemeta.Type) int {
	batch := 1
	for _, t := range types {
		batch = max(batch, t.Policy.BatchSize)
	}
	return batch
}

func serverMetadata(urls URLs, types []typemeta.Type) map[string]any {
	var scopes []string
	for _, t := range types {
		scopes = append(scopes, t.Policy.Scope)
	}
	slices.Sort(scopes)
	return map[string]any{
		"issuer":                urls.Issuer,
		"token_endpoint":        urls.At(PathToken),
		"grant_types_supported": []string{issuance.GrantPreAuthorizedCode},
		"pre-authorized_grant_anonymous_access_supported": true,
		"token_endpoint_auth_methods_supported":           []string{"none"},
		"dpop_signing_alg_values_supported":               oauth.DPoPAlgorithms(),
		"authorization_details_types_supported":           []string{detailsType},
		"scopes_supported":                                slices.Compact(scopes),
	}
}

func proofAlgorithms() []string { return []string{es256} }
