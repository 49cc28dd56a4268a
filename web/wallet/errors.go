package wallet

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oauth"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/strictjson"
	"counterfoil/views/landing"
	"counterfoil/web/surface"
)

// resourceError is an error at an endpoint that takes an access token: 401 and 403 carry a challenge there.
type resourceError struct{ err error }

func (e resourceError) Error() string { return e.err.Error() }
func (e resourceError) Unwrap() error { return e.err }

func asResource(err error) error { return resourceError{err} }

// body is what every refusal says (RFC 6749 §5.2).
type body struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitzero"`
}

// phrase answers an error, in JSON where wallets call and as a page where people do. It is the only place where the wallet door does.
func (d *door) phrase(c *fiber.Ctx, err error) error {
	var atPage pageError
	if errors.As(err, &atPage) {
		return d.phrasePage(c, err)
	}
	e := d.protocolError(c, err)
	var atResource resourceError
	if errors.As(err, &atResource) && (e.Status == fiber.StatusUnauthorized || e.Status == fiber.StatusForbidden) {
		challenge := e
		if e.Code == "" {
			challenge = nil
		}
		for _, value := range oauth.Challenge(challenge) {
			c.Append(fiber.HeaderWWWAuthenticate, value)
		}
	} else if e.Status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Basic") // RFC 6749 §5.2 wants a challenge for a client that tried to authenticate
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Status(e.Status)
	if e.Code == "" {
		return nil
	}
	b, encodeErr := strictjson.Encode(body{e.Code, e.Description})
	if encodeErr != nil {
		return encodeErr
	}
	return answer(c, b)
}

// phrasePage answers an error as a page. What the address of an unknown offer was makes no difference.
func (d *door) phrasePage(c *fiber.Ctx, err error) error {
	show := landing.Show{}
	switch {
	case issuance.KindOf(err) == issuance.NotFound:
		show.State = landing.Missing
		return d.render(c, fiber.StatusNotFound, show)
	case surface.StatusOf(err) == fiber.StatusTooManyRequests:
		show.State = landing.Crowded
		return d.render(c, fiber.StatusTooManyRequests, show)
	}
	surface.Fault(c, d.Log, err)
	show.RequestID = surface.RequestID(c)
	if surface.Unavailable(c, err) {
		show.State = landing.Away
		return d.render(c, fiber.StatusServiceUnavailable, show)
	}
	show.State = landing.Broken
	return d.render(c, fiber.StatusInternalServerError, show)
}

// protocolError turns any error into one that may be told.
func (d *door) protocolError(c *fiber.Ctx, err error) *oauth.Error {
	var protocol *oauth.Error
	if errors.As(err, &protocol) {
		return protocol
	}
	var refusal *issuance.Error
	if errors.As(err, &refusal) {
		return offerError(refusal)
	}
	switch status := surface.StatusOf(err); status {
	case 0:
	case fiber.StatusNotFound:
		return oauth.NewError(status, "not_found", "there is nothing at this address")
	case fiber.StatusMethodNotAllowed:
		return oauth.NewError(status, "method_not_allowed", "this address takes other methods, see Allow")
	case fiber.StatusTooManyRequests:
		return oauth.NewError(status, "temporarily_unavailable", "too many requests, try again in a minute")
	case fiber.StatusRequestEntityTooLarge:
		return oauth.NewError(status, malformedCode(c.Path()), "the body is too large")
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return oauth.NewError(status, malformedCode(c.Path()), "address and headers are together larger than 32 KiB")
	default:
		return oauth.NewError(status, malformedCode(c.Path()), "this is not HTTP as this address takes it")
	}
	surface.Fault(c, d.Log, err)
	if surface.Unavailable(c, err) {
		return oauth.NewError(fiber.StatusServiceUnavailable, "temporarily_unavailable", "the server is busy, try again")
	}
	return oauth.NewError(fiber.StatusInternalServerError, "server_error", "something went wrong here, try again; request "+surface.RequestID(c))
}

// malformedCode is what an endpoint calls a request that it cannot read (OpenID4VCI 1.0 §8.3.1.2, §11.3, RFC 6749 §5.2).
func malformedCode(path string) string {
	switch {
	case strings.HasSuffix(path, oid4vci.PathCredential):
		return "invalid_credential_request"
	case strings.HasSuffix(path, oid4vci.PathNotification):
		return "invalid_notification_request"
	}
	return "invalid_request"
}

// offerError phrases a refusal where a wallet fetches an offer.
func offerError(e *issuance.Error) *oauth.Error {
	if e.Code == issuance.CodeNotReady { // unlike what is gone, it is worth coming back for
		return oauth.NewError(fiber.StatusConflict, e.Code, e.Reason)
	}
	switch e.Kind {
	case issuance.NotFound:
		return oauth.NewError(fiber.StatusNotFound, "not_found", e.Reason)
	case issuance.Conflict, issuance.Expired, issuance.Locked:
		return oauth.NewError(fiber.StatusGone, "offer_gone", e.Reason)
	case issuance.Denied:
		return oauth.NewError(fiber.StatusForbidden, "access_denied", e.Reason)
	case issuance.Invalid:
		return oauth.NewError(fiber.StatusBadRequest, "invalid_request", e.Reason)
	}
	return oauth.NewError(fiber.StatusInternalServerError, "server_error", "")
}
