package oid4vci

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oauth"
	"counterfoil/internal/strictjson"
)

// credentialRequest is the request of OpenID4VCI 1.0 §8.2; unknown members are ignored. Pointers and any tell what is
// absent from what is empty.
type credentialRequest struct {
	Identifier    *string `json:"credential_identifier"`
	Configuration *string `json:"credential_configuration_id"`
	Proofs        any     `json:"proofs"`
	// Proof is the member of drafts before 1.0; it is refused, not ignored, because it says that the wallet means
	// another protocol.
	Proof      any `json:"proof"`
	Encryption any `json:"credential_response_encryption"`
}

type credentialResponse struct {
	Credentials    []issuedCredential `json:"credentials"`
	NotificationID string             `json:"notification_id"`
}

type issuedCredential struct {
	Credential string `json:"credential"`
}

// Credential answers a credential request (OpenID4VCI 1.0 §8). Errors are *oauth.Error or faults; each refusal of a
// request whose offer is known, and each fault, goes onto that offer's timeline.
func (s *Service) Credential(ctx context.Context, r Request) ([]byte, error) {
	access, dpop, err := s.authorize(ctx, r, PathCredential, func(token string) (issuance.Access, error) {
		a, err := s.issuance.Authorize(ctx, token)
		return a, refuseAccess(err)
	})
	if err != nil {
		return nil, err
	}
	body, err := s.issue(ctx, r, access, dpop)
	if e, ok := asOAuth(err); ok {
		s.noteRefusal(ctx, access.Offer.ID, PathCredential, e)
	} else if err != nil {
		s.issuance.NoteFault(ctx, access.Offer.ID)
	}
	return body, err
}

func (s *Service) issue(ctx context.Context, r Request, access issuance.Access, dpop *oauth.DPoPProof) ([]byte, error) {
	req, e := readCredential(r)
	if e != nil {
		return nil, e
	}
	if e := s.checkSubject(req, access); e != nil {
		return nil, e
	}
	keys, nonces, e := s.checkProofs(req)
	if e != nil {
		return nil, e
	}
	got, err := s.issuance.Collect(ctx, issuance.Collect{Access: access, Keys: keys, Spent: append(s.spentJTI(dpop), nonces...)})
	if err != nil {
		return nil, refuseCredential(err)
	}
	out := credentialResponse{NotificationID: got.NotificationID}
	for _, c := range got.Credentials {
		out.Credentials = append(out.Credentials, issuedCredential{c})
	}
	b, err := strictjson.Encode(out)
	if err != nil {
		return nil, fmt.Errorf("write credential answer: %w", err)
	}
	return b, nil
}

func readCredential(r Request) (credentialRequest, *oauth.Error) {
	if e := jsonBody(r.ContentType, invalidCredentialRequest); e != nil {
		return credentialRequest{}, e
	}
	var req credentialRequest
	if err := strictjson.Decode(r.Body, &req); err != nil {
		return credentialRequest{}, bad(invalidCredentialRequest, "the body is not the JSON object of a credential request: "+reason(err))
	}
	return req, nil
}

// jsonBody wants a JSON body; application/jwt would be an encrypted request, which the metadata does not offer.
func jsonBody(contentType, code string) *oauth.Error {
	media, params, err := mime.ParseMediaType(contentType)
	if err == nil && media == "application/jwt" {
		return bad(invalidEncryptionParameters, "encrypted requests are not supported")
	}
	if charset, has := params["charset"]; err != nil || media != "application/json" || has && !strings.EqualFold(charset, "utf-8") {
		return bad(code, "the content type must be application/json")
	}
	return nil
}

// reason says why a body is not what it should be, without the place: that is named by members that the wallet chose,
// which may be long or secret.
func reason(err error) string {
	var e *strictjson.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return "not JSON"
}

// checkSubject holds what is asked for to what exists and to what the grant allows. What is unknown is reported before
// anything else is complained about.
func (s *Service) checkSubject(req credentialRequest, access issuance.Access) *oauth.Error {
	switch {
	case req.Identifier != nil && req.Configuration != nil:
		return bad(invalidCredentialRequest, "send credential_identifier or credential_configuration_id, not both")
	case req.Identifier == nil && req.Configuration == nil:
		return bad(invalidCredentialRequest, "credential_configuration_id is missing")
	case req.Identifier != nil && (!access.Grant.Identifiers || *req.Identifier != access.Grant.Type):
		// The identifiers that token answers hand out are configuration ids.
		return bad(unknownIdentifier, "the access token has no such credential_identifier")
	case req.Configuration != nil:
		if _, known := s.issuance.Types.Type(*req.Configuration); !known {
			return bad(unknownConfiguration, "there is no such credential_configuration_id")
		}
		if *req.Configuration != access.Grant.Type {
			return oauth.InsufficientScope("the access token is for another credential_configuration_id")
		}
		if access.Grant.Identifiers {
			return bad(invalidCredentialRequest, "send the credential_identifier that came with the access token")
		}
	}
	if req.Encryption != nil {
		return bad(invalidEncryptionParameters, "encrypted responses are not supported")
	}
	if req.Proof != nil {
		return bad(invalidCredentialRequest, "proof is of an earlier draft, send proofs")
	}
	return nil
}

// checkQuery refuses an access token in a raw query, where logs would keep it (RFC 6750 §3.1), and a query in which one could hide.
func checkQuery(query string) *oauth.Error {
	values, err := url.ParseQuery(query)
	switch {
	case err != nil:
		return oauth.InvalidRequest("the query of the URL is not well-formed")
	case values.Has("access_token"):
		return oauth.InvalidRequest("an access token must not be sent in the URL")
	}
	return nil
}
