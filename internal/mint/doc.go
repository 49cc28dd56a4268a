// Package mint turns what was prepared into the bytes of a credential, signs them outside any transaction, and
// compares what was signed with what was prepared before it lets anything out. It never chooses what a
// credential says.
//
//	prepared ─▶ checked against the type ─▶ payload and disclosures ─▶ signed ─▶ read back and compared ─▶ minted
//
// Implements SD-JWT VC (draft-ietf-oauth-sd-jwt-vc-13 §3) as HAIP 1.0 §6.1 profiles it.
package mint
