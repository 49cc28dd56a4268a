package manage

import (
	"fmt"
	"strings"
)

// errorCode is one code that this door answers: what it means and what to do about it. Codes are stable; words may change.
type errorCode struct {
	code string
	// status is that of the answer; 0 is a code that a faulty member has.
	status  int
	meaning string
	remedy  string
}

// errorCodes is every code, in the order in which a caller meets them. ERRORS.md is written from it, and a test finds codes that are not
// in it.
func errorCodes() []errorCode {
	return []errorCode{
		{"credentials_in_url", 400, "A key or token stands in the URL, where logs would keep it.", "Send it in the Authorization header, and change the key: it may have been logged."},
		{"unauthenticated", 401, "Nobody is known by the key, certificate or token, or none came. The answer is the same for every reason.", "Check that the key is whole, not revoked and not expired."},
		{"insufficient_scope", 403, "The client may not do this.", "WWW-Authenticate names the scope that is missing."},
		{"network_not_allowed", 403, "The client may not call from this address.", "Call from a network of the client."},
		{"configuration_not_allowed", 403, "The client is restricted to other credential configurations.", "Use a client of this configuration."},
		{"too_many_requests", 429, "Too many tries from this address.", "Wait as long as Retry-After says."},
		{"not_found", 404, "There is nothing at this address.", "Look at the path."},
		{"method_not_allowed", 405, "The address takes other methods.", "Allow lists them."},
		{"bad_request", 400, "This is not HTTP as the door takes it.", "Use an HTTP library."},
		{"headers_too_large", 431, "Address and headers are together larger than 32 KiB.", "Send less."},
		{"payload_too_large", 413, "The body is larger than 1 MiB.", "Send less."},
		{"unsupported_media_type", 415, "The body is not application/json, or is encoded.", "Set Content-Type: application/json."},
		{"malformed_json", 400, "The body is no JSON object.", "The description says what is wrong with it."},
		{"duplicate_key", 400, "A member stands twice in the body.", "The pointer names it."},
		{"unknown_field", 400, "The body has a member that is not described.", "The pointer names it."},
		{"unknown_parameter", 400, "The query has a parameter that is not known here, or one twice.", "Look at the operation's parameters."},
		{"invalid_cursor", 400, "The cursor is not one that was given here.", "Begin again without one."},
		{"invalid_idempotency_key", 400, "The Idempotency-Key is not one text of 1 to 255 visible ASCII characters.", "Use a UUID."},
		{"idempotency_key_reused", 422, "The Idempotency-Key came with another request before.", "Use a new key for a new request."},
		{"idempotency_in_progress", 409, "The first request with the Idempotency-Key is being worked on.", "Try again in a moment."},
		{"validation_failed", 422, "Members or parameters do not fit; errors names each.", "Correct them."},
		{"unknown_credential_configuration", 400, "No credential configuration has this id.", "GET /types lists them."},
		{"invalid_claims", 422, "The claims do not fit the type; errors names each.", "Correct them."},
		{"offer_not_found", 404, "There is no such offer, or not for this client.", "Look at the id."},
		{"offer_ended", 409, "The offer was used or has ended.", "Make a new one."},
		{"offer_not_ready", 409, "The offer waits for somebody to approve it.", "Try again later; its status is pending until then."},
		{"offer_gone", 409, "The offer can no longer be redeemed.", "Make a new one."},
		{"credential_not_found", 404, "There is no such credential, or not for this client.", "Look at the id."},
		{"not_revocable", 409, "The credential was issued without a status list.", "It ends at expires_at."},
		{"type_not_found", 404, "There is no such credential type.", "GET /types lists them."},
		{"type_changed", 409, "Another version of the type was added at the same time.", "Look at it, then send yours again."},
		{"callback_not_found", 404, "There is no such callback endpoint, or not for this client.", "Look at the id."},
		{"callback_state", 409, "The state of the callback endpoint does not allow this.", "Look at it."},
		{"too_many_callbacks", 422, "There are 50 callback endpoints already.", "Delete one."},
		{"delivery_not_found", 404, "There is no such delivery, or not for this client.", "Deliveries are kept for 30 days."},
		{"delivery_out", 409, "The delivery is under way, or its callback endpoint was deleted.", "Try again in a moment."},
		{"client_not_found", 404, "There is no such client.", "Look at the id."},
		{"client_changed", 409, "What the client may do was changed meanwhile.", "Read it again, and repeat the request if it is still meant."},
		{"client_exists", 409, "A client has this name.", "Use another name."},
		{"identity_taken", 409, "Another client has this identity.", "Use another one."},
		{"key_not_found", 404, "The client has no such key.", "Look at the id."},
		{"too_many_keys", 409, "Two keys of the client are live already.", "Revoke one."},
		{"last_manager", 409, "Nobody else could look after clients.", "Give keys:manage to another client first, or use the command line."},
		{"temporarily_unavailable", 503, "Nothing was done, because the database or the authorization server is away.", "Try again as Retry-After says."},
		{"server_error", 500, "Something went wrong here. Nothing was done.", "Try again; name the request_id when it stays."},

		{"missing_claim", 0, "A mandatory claim is missing.", "Send it."},
		{"unknown_claim", 0, "The type has no such claim.", "Leave it out."},
		{"reserved_claim", 0, "The issuer sets this claim.", "Leave it out."},
		{"wrong_type", 0, "A value is of another JSON type.", "The reason says which."},
		{"invalid_date", 0, "No date that exists.", "Write YYYY-MM-DD."},
		{"date_out_of_range", 0, "The date lies where it cannot.", "The reason says where."},
		{"inconsistent_dates", 0, "What ends lies before what it began with.", "The reason names the other date."},
		{"invalid_country", 0, "No country code.", "Two letters, ISO 3166-1."},
		{"invalid_currency", 0, "No currency code.", "Three letters, ISO 4217."},
		{"invalid_iban", 0, "No IBAN: country, length or check digits.", "Look at the account."},
		{"invalid_bic", 0, "No BIC.", "8 or 11 characters, ISO 9362."},
		{"invalid_lei", 0, "No LEI, or its check digits do not match.", "20 characters, ISO 17442."},
		{"invalid_amount", 0, "More decimals than the currency has.", "A JSON number without exponent; its currency is the claim currency beside it."},
		{"invalid_image", 0, "No whole JPEG or PNG.", "A data URI with base64, for example data:image/jpeg;base64,/9j/…, and nothing behind the picture's end."},
		{"image_too_large", 0, "A picture with too many bytes or pixels.", "At most 48 KiB as data URI, and 25 megapixels. 480 pixels a side are enough."},
		{"invalid_email", 0, "No e-mail address.", "Correct it."},
		{"invalid_phone", 0, "No phone number with country code.", "Write it like +49 30 123456."},
		{"callback_url_invalid", 0, "No URL that can be called.", "https, a host and a path; no user, fragment or spaces."},
		{"callback_scheme", 0, "The URL is neither https nor http.", "Use https."},
		{"callback_https_required", 0, "The URL is http.", "Use https. Plain http is for this machine alone, where the settings allow it."},
		{"callback_address_blocked", 0, "The address may not be called.", "https and public, or in a network that the settings allow."},
	}
}

// ErrorTable gives the codes as Markdown, for ERRORS.md.
func ErrorTable() string {
	var b strings.Builder
	b.WriteString("| code | status | what it means | what to do |\n|---|---|---|---|\n")
	for _, c := range errorCodes() {
		status := "member"
		if c.status != 0 {
			status = fmt.Sprint(c.status)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.code, status, c.meaning, c.remedy)
	}
	return b.String()
}
