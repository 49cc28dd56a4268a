// Package doctor looks at an installation as wallets and back-ends meet it, and says what keeps it from going live: each check has
// a result, what was found in one sentence, and how to fix it. It changes nothing, sends no event, and decides nothing about
// offers; no text of its has a secret.
//
//	Run ─▶ every check at once, within 15 s ─▶ Report: failed, warning, not checked, ok
//
// The public URL is asked for over the network, through the client that it is given for that: behind the name may be this machine or
// a proxy inside the house, so that client must reach those. What comes from types and callback endpoints goes through clients that do
// not. What depends on the public URL is not checked while that does not answer, so that one cause is one failure.
//
// Files: doctor.go (a run), fetch.go (one document over the network), public.go (what the public URL answers), metadata.go (signed metadata,
// Type Metadata), keys.go (certificates, mode), outside.go (logos, callback endpoints), database.go, clock.go.
//
// Implements, as checks, OpenID4VCI 1.0 §12.2 (metadata, its two forms, its signature), RFC 8414 §3 (authorization server metadata) and
// SD-JWT VC §6.3 (Type Metadata at its vct).
package doctor
