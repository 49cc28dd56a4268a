// Package e2e starts the program that ships, on free ports, and holds it to its promises with parts that nobody here
// wrote: wallets and verifiers from npm, a Standard Webhooks verifier, Debian's Chromium, a real PostgreSQL. It has tests
// only.
//
// Files: bank_test.go (the program under test), receiver_test.go (a back-end that takes callbacks), browser_test.go (a person's
// Chromium), wallets_test.go, once_test.go (single use under load), callbacks_test.go, portal_test.go (a clerk in a browser),
// screens_test.go (every page, looked at), serve_test.go (production), outage_test.go (the database away), record_test.go
// (what the log must not say), mailbox_test.go (a receiver that may misbehave), broken_test.go (every kind of receiver that is
// broken), crash_test.go (processes that are killed or frozen), filters_test.go (questions that are no text). The command line has its scripts in cmd/counterfoil.
package e2e
