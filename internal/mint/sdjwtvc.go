package mint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/sdjwt"
	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// FormatSDJWTVC is the format identifier and JOSE typ of SD-JWT VC.
const FormatSDJWTVC = "dc+sd-jwt"

// SDJWTVC mints credentials in the format dc+sd-jwt.
type SDJWTVC struct {
	signer jose.Signer
	issuer string
	random io.Reader
}

// NewSDJWTVC makes a minter. The signer must carry its certificate chain; issuer is the credential issuer identifier.
func NewSDJWTVC(signer jose.Signer, issuer string, random io.Reader) (*SDJWTVC, error) {
	if signer.Certificate() == nil {
		return nil, errors.New("make minter: the signer has no certificate")
	}
	return &SDJWTVC{signer: signer, issuer: issuer, random: random}, nil
}

// errMismatch means that what was signed does not say what was prepared.
var errMismatch = errors.New("what was signed is not what was prepared")

// Mint signs one credential and checks it. Times are rounded to whole hours before anything is derived from
// them, so that credentials of one batch do not tell when exactly they were made (RFC 9901 §10.1).
func (m *SDJWTVC) Mint(_ context.Context, p issuance.Prepared) (issuance.Minted, error) {
	if err := m.signer.ValidAt(p.At); err != nil {
		return issuance.Minted{}, fmt.Errorf("sign credential: %w", err)
	}
	issued, expires := m.times(p)
	if !expires.After(p.At) {
		return issuance.Minted{}, fmt.Errorf("sign credential: it would be over at once: %w", jose.ErrCertificateNotValid)
	}
	always := map[string]any{
		"iss": m.issuer, "vct": p.Type.VCT,
		"iat": issued.Unix(), "nbf": issued.Unix(), "exp": expires.Unix(),
		"cnf": map[string]any{"jwk": p.Holder.JWK},
	}
	unsigned, err := sdjwt.Build(always, p.Claims, func(path []any) bool { return p.Type.SD(path) != typemeta.Never }, m.random)
	if err != nil {
		return issuance.Minted{}, fmt.Errorf("build credential: %w", err)
	}
	jwt, err := m.signer.Sign(map[string]any{"typ": FormatSDJWTVC}, unsigned.Payload)
	if err != nil {
		return issuance.Minted{}, fmt.Errorf("sign credential: %w", err)
	}
	credential := sdjwt.Combine(jwt, unsigned.Disclosures)
	if err := m.compare(credential, always, p); err != nil {
		return issuance.Minted{}, err
	}
	return issuance.Minted{Credential: credential, Format: FormatSDJWTVC, IssuedAt: issued, ExpiresAt: expires}, nil
}

// times gives the rounded times; a credential does not outlive the certificate that vouches for it.
func (m *SDJWTVC) times(p issuance.Prepared) (issued, expires time.Time) {
	issued = p.At.UTC().Truncate(time.Hour)
	expires = issued.Add(p.Type.Policy.Validity)
	if end := m.signer.Certificate().NotAfter; end.Before(expires) {
		expires = end
	}
	return issued, expires.UTC().Truncate(time.Hour)
}

// compare reads the credential back as a wallet would: signature, typ, and every claim.
func (m *SDJWTVC) compare(credential string, always map[string]any, p issuance.Prepared) error {
	parsed, err := sdjwt.Parse(credential)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	jwt, err := jose.Parse(parsed.JWT)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	public, err := jose.FromPublic(m.signer.Certificate().PublicKey)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if err := jwt.Verify(public, public.Alg()); err != nil || jwt.Typ() != FormatSDJWTVC {
		return errMismatch
	}
	said, err := sdjwt.Disclose(jwt.Payload(), parsed.Disclosures)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	prepared := map[string]any{}
	for _, part := range []map[string]any{p.Claims, always} {
		for name, value := range part {
			prepared[name] = value
		}
	}
	a, err1 := strictjson.Encode(said)
	b, err2 := strictjson.Encode(prepared)
	if err1 != nil || err2 != nil || string(a) != string(b) {
		return errMismatch
	}
	return nil
}
