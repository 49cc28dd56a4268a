// Package typemeta reads credential types: SD-JWT VC Type Metadata in the array form of the
// specification or in the older object form, and the policy beside it. It says what a credential of
// the type states, checks claims against it, gives the fields of a form for it, and writes the
// documents that wallets read. It never stores a claim and never repeats one in an error.
//
// Files: type.go (values), path.go (claims path pointers), load.go (a folder of files), parse.go (the array form),
// older.go (the object form), policy.go (<id>.config.json), document.go (what wallets read), tree.go (claims by
// path), check.go (claims against a type), kind.go (what a value must look like), form.go (fields for
// people), samples.go (the bundled types).
//
// Implements draft-ietf-oauth-sd-jwt-vc-13 §§6, 8, 9 and OpenID4VCI 1.0 Appendices B and C. Validators for e-mail,
// phone, BIC, country and currency come from go-playground/validator (MIT).
package typemeta
