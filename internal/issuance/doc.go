// Package issuance is the domain: what an offer is, how it lives, and the use cases
// that move it. It decides who may do what to an offer and when; it never speaks HTTP,
// SQL or JOSE, and never phrases an answer for a wallet or a browser.
//
// Words (the only ones used in code, API, screens and documents):
//
//	offer       what staff or a back-end creates for one customer
//	grant       what an access token allows
//	credential  what was signed; the credential itself is never stored
//	type        a credential configuration: id, Type Metadata, format, policy
//	claims      the values a credential will state about its holder
//	holder key  the public key of the wallet that a credential is bound to
//	batch       the credentials of one answer to a wallet, each bound to another holder key
//	event       something that happened to an offer
//	delivery    handing one event to one callback endpoint, with its attempts
//
// The life of an offer:
//
//	         approve         wallet GETs offer     code + tx_code ok    signed and committed   notification
//	pending ────────▶ ready ──────────────▶ retrieved ──────────▶ redeemed ───────────▶ issued ──────────▶ confirmed
//	   │                │                       │                     │
//	   └── cancelled ◀──┴───────────────────────┤                     │
//	       expired   ◀──┴───────────────────────┴─────────────────────┤
//	       failed    ◀──┴── (attempts used up) ─┴─────────────────────┘
//
// Time decides expiry even when no sweep ran: see Offer.StatusAt. A pending offer waits for ApprovalTTL; the time in which it can be
// redeemed begins with its approval.
//
// Claims are destroyed with the end of their offer: at once when it was cancelled, with its last grant when it was issued, and ClaimsKept
// later when it expired or failed, because until then it can be made again with the same data (RepeatOffer). Transaction codes never stay.
//
// Files: status.go (the table of moves), offer.go (values), event.go, delivery.go, errors.go,
// ports.go (what the domain needs from outside), service.go (assembly of the use cases),
// create.go, customer.go (what is kept of a customer's number), repeat.go (a new transaction code, the same offer again), approve.go (four eyes), replace.go (corrections), redeem.go, collect.go,
// notify.go, cancel.go, sweep.go, watch.go (who waits for an offer to change).
//
// Implements the issuer side of OpenID for Verifiable Credential Issuance 1.0 §§4, 6, 8, 11
// as rules; the wire forms are in package oid4vci.
package issuance
