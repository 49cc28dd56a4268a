// Package manage is the management door: the JSON API that a bank's back-ends call. It finds out who calls, reads requests
// strictly, calls a use case, and answers in JSON; errors are problem documents (RFC 9457) that also carry error and
// error_description, as other systems of this kind do. It decides nothing about offers.
//
// Who calls is found out before any handler runs (authenticate), what they may do stands at each route (need), and which types they
// have to do with is asked between the handlers and the domain (restricted).
//
// openapi.yaml is written first and by hand, and a recorder in the tests holds every answer to it. The handlers are ours and not generated
// from it: a generated server reads bodies with Fiber's BodyParser, which keeps the last of two equal members, passes over unknown ones, and
// turns what is wrong into one text, while this door refuses both and names the place.
//
// Files: openapi.go and openapi.yaml (the contract), codes.go (every error code), manage.go (every route), auth.go (who calls), restrict.go (clients for some types only), read.go (strict reading), list.go (pages
// and filters), once.go (what came before under the same Idempotency-Key), wait.go (long polls), offers.go, qr.go, events.go, credentials.go,
// types.go, callbacks.go, deliveries.go, clients.go, certificates.go, health.go, errors.go.
package manage
