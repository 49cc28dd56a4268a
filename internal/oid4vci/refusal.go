package oid4vci

import (
	"errors"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oauth"
)

// bad makes an error of status 400.
func bad(code, description string) *oauth.Error {
	const status = 400
	return oauth.NewError(status, code, description)
}

// The codes of OpenID4VCI 1.0 §8.3.1.2 and §11.3.
const (
	invalidCredentialRequest    = "invalid_credential_request"
	unknownConfiguration        = "unknown_credential_configuration"
	unknownIdentifier           = "unknown_credential_identifier"
	invalidProof                = "invalid_proof"
	invalidNonce                = "invalid_nonce"
	invalidEncryptionParameters = "invalid_encryption_parameters"
	requestDenied               = "credential_request_denied"
	invalidDetails              = "invalid_authorization_details" // RFC 9396 §5
	invalidNotificationID       = "invalid_notification_id"
	invalidNotificationRequest  = "invalid_notification_request"
)

// refuseToken phrases a domain refusal at the token endpoint (RFC 6749 §5.2, OpenID4VCI 1.0 §6.3).
func refuseToken(err error) error {
	var e *issuance.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Code == issuance.CodeProofReplayed {
		return oauth.InvalidDPoPProof("the jti of the proof was used before")
	}
	if e.Code == issuance.CodeTypeNotOffered {
		return bad(invalidDetails, e.Reason)
	}
	switch e.Kind {
	case issuance.Invalid:
		return oauth.InvalidRequest(e.Reason)
	case issuance.NotFound, issuance.Conflict, issuance.Expired, issuance.Denied, issuance.Locked:
		return oauth.InvalidGrant(e.Reason)
	}
	return err
}

// refuseAccess phrases a refused access token (RFC 6750 §3.1).
func refuseAccess(err error) error {
	var e *issuance.Error
	if !errors.As(err, &e) {
		return err
	}
	return oauth.InvalidToken(e.Reason)
}

// refuseCredential phrases a domain refusal at the credential endpoint (OpenID4VCI 1.0 §8.3.1.2).
func refuseCredential(err error) error {
	var e *issuance.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Code == issuance.CodeProofReplayed {
		return unauthorized(oauth.InvalidDPoPProof("the jti of the proof was used before"))
	}
	if e.Code == issuance.CodeReplayed {
		return bad(invalidNonce, "the nonce was used before, ask for a fresh one")
	}
	switch e.Kind {
	case issuance.Invalid:
		return bad(invalidCredentialRequest, e.Reason)
	case issuance.NotFound, issuance.Conflict, issuance.Expired, issuance.Denied, issuance.Locked:
		return bad(requestDenied, e.Reason)
	}
	return err
}

// refuseNotification phrases a domain refusal at the notification endpoint (OpenID4VCI 1.0 §11.3).
func refuseNotification(err error) error {
	var e *issuance.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Code == issuance.CodeProofReplayed {
		return unauthorized(oauth.InvalidDPoPProof("the jti of the proof was used before"))
	}
	switch e.Kind {
	case issuance.Invalid:
		return bad(invalidNotificationRequest, e.Reason)
	case issuance.NotFound, issuance.Conflict, issuance.Expired, issuance.Denied, issuance.Locked:
		return bad(invalidNotificationID, e.Reason)
	}
	return err
}
