// Package staff is the domain of the people who use the portal: who they are, what their
// roles allow, and their sessions. It denies by default. It never reads a cookie and never
// renders a page.
//
// Files: role.go (roles and what they allow), person.go (values and refusals), password.go (argon2id),
// service.go (accounts and sign-in), session.go (sessions).
package staff
