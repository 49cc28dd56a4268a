// Package staff is the domain of those who may do something: the people who use the portal, what their roles
// allow, and their sessions and the displays they turn to customers; the programs that call the management door, their scopes and keys; and
// the audit trail of what all of them did. It denies by default. It never reads a cookie or a header and never renders a page.
//
// Files: role.go (roles and what they allow), person.go (values and refusals), password.go (argon2id), people.go (accounts), service.go
// (what is durable), signin.go and factors.go (sign-in), session.go (sessions), display.go (customer displays); client.go (clients and what
// they may), key.go (API keys), clients.go (making and closing both), authenticate.go (who calls); audit.go (what is recorded), trail.go
// (reading and verifying it).
package staff
