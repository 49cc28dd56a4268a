package oid4vci

import (
	"context"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oauth"
	"counterfoil/internal/strictjson"
)

const (
	maxNotificationID = 256
	maxDescription    = 500
)

// notificationRequest is the request of OpenID4VCI 1.0 §11.1; unknown members are ignored.
type notificationRequest struct {
	ID          string `json:"notification_id"`
	Event       string `json:"event"`
	Description string `json:"event_description"`
}

// Notification records what a wallet did with a batch (OpenID4VCI 1.0 §11). The same notification again succeeds.
func (s *Service) Notification(ctx context.Context, r Request) error {
	access, dpop, err := s.authorize(ctx, r, PathNotification, func(token string) (issuance.Access, error) {
		a, err := s.issuance.Authorize(ctx, token)
		return a, refuseAccess(err)
	})
	if err != nil {
		return err
	}
	n, kind, e := readNotification(r)
	if e != nil {
		s.noteRefusal(ctx, access.Offer.ID, PathNotification, e)
		return e
	}
	err = s.issuance.Notify(ctx, issuance.Notify{
		Access: access, NotificationID: n.ID, Kind: kind, Description: n.Description, Spent: s.spentJTI(dpop),
	})
	return refuseNotification(err)
}

func readNotification(r Request) (notificationRequest, issuance.EventKind, *oauth.Error) {
	var n notificationRequest
	if e := jsonBody(r.ContentType, invalidNotificationRequest); e != nil {
		return n, "", bad(invalidNotificationRequest, e.Description)
	}
	if err := strictjson.Decode(r.Body, &n); err != nil {
		return n, "", bad(invalidNotificationRequest, "the body is not the JSON object of a notification: "+reason(err))
	}
	if n.ID == "" || len(n.ID) > maxNotificationID || !describable(n.ID) {
		return n, "", bad(invalidNotificationRequest, "notification_id is missing, too long or not printable")
	}
	if len(n.Description) > maxDescription || !describable(n.Description) {
		return n, "", bad(invalidNotificationRequest, "event_description must be ASCII without quote and backslash, at most 500 characters")
	}
	switch n.Event {
	case "credential_accepted":
		return n, issuance.WalletConfirmed, nil
	case "credential_failure":
		return n, issuance.WalletFailed, nil
	case "credential_deleted":
		return n, issuance.WalletDeleted, nil
	}
	return n, "", bad(invalidNotificationRequest, "event must be credential_accepted, credential_failure or credential_deleted")
}

// describable tells whether a text has only the characters of OpenID4VCI 1.0 §11.1. Databases differ in what else they take:
// PostgreSQL refuses NUL, which would be a fault for what is the wallet's mistake.
func describable(text string) bool { return oauth.NewError(0, "", text).Description == text }
