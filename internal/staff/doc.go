// Package staff is the domain of those who may do something: the people who use the portal, what their roles
// allow, and their sessions and the displays they turn to customers; and the programs that call the management door, their scopes and keys. It denies by
// default. It never reads a cookie or a header and never renders a page.
//
// Files: role.go (roles and what they allow), person.go (values and refusals), password.go (argon2id),
// service.go (accounts and sign-in), session.go (sessions), display.go (customer displays); client.go (clients and what they may), key.go (API keys),
// clients.go (making and closing both), authenticate.go (who calls).
package staff
