// Package manage is the management door: the JSON API that a bank's back-ends call. It reads requests strictly, calls a
// use case, and answers in JSON; errors are problem documents (RFC 9457) that also carry error and
// error_description, as other systems of this kind do. It decides nothing about offers.
//
// Files: manage.go (every route), offers.go, read.go (strict reading), health.go, errors.go.
package manage
