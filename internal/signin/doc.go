// Package signin is the bridges to ways of signing in that others keep: passkeys by go-webauthn (the WebAuthn library that Go projects use;
// kept well, BSD) and OpenID Connect by go-oidc (three modules, where the alternative brings forty; Apache). Passwords, authenticator apps and
// sessions are in package staff.
//
// Files: passkey.go, sso.go (signing in), logout.go (the provider says that somebody signed out).
package signin
