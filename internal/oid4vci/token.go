package oid4vci

import (
	"context"
	"errors"
	"fmt"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oauth"
	"counterfoil/internal/strictjson"
)

// detailsType is the authorization details type of OpenID4VCI 1.0 §5.1.1.
const detailsType = "openid_credential"

// maxCode bounds what is looked up, in bytes; our codes have 43.
const maxCode = 128

// tokenResponse is the answer of OpenID4VCI 1.0 §6.2.
type tokenResponse struct {
	AccessToken string          `json:"access_token"`
	TokenType   oauth.Scheme    `json:"token_type"`
	ExpiresIn   int             `json:"expires_in"`
	Details     []detailGranted `json:"authorization_details,omitzero"`
}

type detailGranted struct {
	Type          string   `json:"type"`
	Configuration string   `json:"credential_configuration_id"`
	Identifiers   []string `json:"credential_identifiers"`
}

// tokenRequest is a token request, read once.
type tokenRequest struct {
	code    string
	txCode  *string
	details []string // credential configuration ids
	proof   *oauth.DPoPProof
}

// Token exchanges a pre-authorized code. The order of checks is that of OpenID4VCI 1.0 §6.3 and leaves the code and
// its attempts untouched until everything else holds. Errors are *oauth.Error or faults.
func (s *Service) Token(ctx context.Context, r Request) ([]byte, error) {
	t, e := s.readToken(r)
	if e != nil {
		return nil, s.refuseEarly(ctx, t.code, e)
	}
	scheme, thumbprint := oauth.Bearer, ""
	if t.proof != nil {
		scheme, thumbprint = oauth.DPoP, t.proof.Thumbprint
	}
	token, err := s.issuance.RedeemCode(ctx, issuance.RedeemCode{
		Code: t.code, TxCode: t.txCode, Types: t.details, Thumbprint: thumbprint, Spent: s.spentJTI(t.proof),
	})
	if err != nil {
		return nil, refuseToken(err)
	}
	out := tokenResponse{
		AccessToken: token.AccessToken.Reveal(), TokenType: scheme, ExpiresIn: int(token.ExpiresIn.Seconds()),
	}
	if len(t.details) > 0 {
		out.Details = []detailGranted{{Type: detailsType, Configuration: token.Type, Identifiers: []string{token.Type}}}
	}
	b, err := strictjson.Encode(out)
	if err != nil {
		return nil, fmt.Errorf("write token answer: %w", err)
	}
	return b, nil
}

// refuseEarly gives a refusal that came before the code was looked up, after noting it on the offer of the code.
func (s *Service) refuseEarly(ctx context.Context, code string, e *oauth.Error) error {
	if code == "" || len(code) > maxCode || e.Code == oauth.CodeUseNonce {
		return e
	}
	if err := s.issuance.NoteRefusedCode(ctx, code, noted(e), "token request: "+e.Description); err != nil {
		return err
	}
	return e
}

// readToken reads a token request. When it refuses, the code is there as far as it was read.
func (s *Service) readToken(r Request) (tokenRequest, *oauth.Error) {
	form, e := oauth.ParseForm(r.ContentType, r.Query, r.Body)
	if e != nil {
		return tokenRequest{}, e
	}
	var t tokenRequest
	t.code, _ = form.Get("pre-authorized_code")
	// 1. Client authentication.
	if e := refuseClient(len(r.Authorization), form); e != nil {
		return t, e
	}
	grant, has := form.Get("grant_type")
	switch {
	case !has:
		return t, oauth.InvalidRequest("grant_type is missing")
	case grant != issuance.GrantPreAuthorizedCode:
		return t, oauth.UnsupportedGrantType("the grant type must be " + issuance.GrantPreAuthorizedCode)
	}
	// 2. The DPoP proof, before anything is spent.
	if t.proof, e = s.prove(r, PathToken, ""); e != nil {
		return t, e
	}
	// 3. The code and what comes with it.
	if t.code == "" {
		return t, oauth.InvalidRequest("pre-authorized_code is missing")
	}
	if len(t.code) > maxCode {
		return t, oauth.InvalidGrant("the pre-authorized code is not known")
	}
	if code, has := form.Get("tx_code"); has {
		t.txCode = &code
	}
	if resource, has := form.Get("resource"); has && resource != s.urls.Issuer {
		return t, bad("invalid_target", "the resource is not this credential issuer") // RFC 8707 §2
	}
	t.details, e = s.readDetails(form)
	return t, e
}

// refuseClient refuses client authentication: clients are anonymous here, so whoever tries to authenticate is told that
// nobody knows them. More than one method is a malformed request (RFC 6749 §§2.3, 5.2).
func refuseClient(headers int, form oauth.Form) *oauth.Error {
	_, bySecret := form.Get("client_secret")
	_, byAssertion := form.Get("client_assertion")
	_, byType := form.Get("client_assertion_type")
	methods := headers
	for _, used := range []bool{bySecret, byAssertion || byType} {
		if used {
			methods++
		}
	}
	switch methods {
	case 0:
		return nil
	case 1:
		return oauth.InvalidClient("client authentication is not supported, send none")
	}
	return oauth.InvalidRequest("there is more than one client authentication")
}

// readDetails reads authorization_details (OpenID4VCI 1.0 §6.1.1, RFC 9396): a way to pick among what is offered.
func (s *Service) readDetails(form oauth.Form) ([]string, *oauth.Error) {
	raw, has := form.Get("authorization_details")
	if !has {
		return nil, nil
	}
	invalid := bad(invalidDetails, "authorization_details must be an array of objects of type openid_credential that name an offered credential_configuration_id")
	var list []struct {
		Type          string `json:"type"`
		Configuration string `json:"credential_configuration_id"`
	}
	if err := strictjson.Decode([]byte(raw), &list); err != nil || len(list) == 0 {
		return nil, invalid
	}
	var ids []string
	for _, d := range list {
		if _, known := s.issuance.Types.Type(d.Configuration); d.Type != detailsType || !known {
			return nil, invalid
		}
		ids = append(ids, d.Configuration)
	}
	return ids, nil
}

// asOAuth gives the protocol error in err, if it is one.
func asOAuth(err error) (*oauth.Error, bool) {
	var e *oauth.Error
	ok := errors.As(err, &e)
	return e, ok
}
