// Package portrait makes the picture of a person that a credential carries out of what somebody uploads, and holds pictures that come
// ready to the same bounds. It decides what is a picture, how large it may be and how it is written; it knows nothing of claims.
//
//	upload ─ type, bytes ─▶ pixels (before decoding) ─▶ decoded ─▶ upright ─▶ JPEG, to cut from ─▶ cut ─▶ small JPEG ─▶ data:image/jpeg;base64,…
//
// What is not pixels does not come through: no EXIF, no place where the picture was taken, nothing that was hung behind it.
// The form is that of the claim picture of a PID: a data URI (ARF, PID Rulebook §4.2).
//
// Files: make.go (from an upload), cut.go (the part that is wanted), check.go (of a data URI), upright.go (which side is up).
package portrait
