// Package callback hands events to callback endpoints: at least once, in order per offer, signed. It decides when an
// attempt is made again, never what an event says. One dead or slow endpoint holds up nobody else, because an endpoint
// has a bounded share of what is out at any time, and nothing here is on a wallet's path.
//
//	outbox ─▶ leased ─▶ POST ─▶ 2xx: delivered ─ else: queued again, or exhausted ─▶ finished
//
// Files: deliver.go (the loop), lane.go (how an endpoint fares and how much goes to it at once), request.go (what is sent), recorder.go
// (how attempts ended), schedule.go (when again), receive.go (the other side, for who tries what comes: it decides nothing).
//
// Implements Standard Webhooks 1.0.0; signing is its own library (MIT), so that receivers verify with its twins.
package callback
