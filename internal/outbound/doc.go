// Package outbound is the one way out: an HTTP client that follows no redirect, uses no proxy, and refuses addresses by
// what a name resolves to when it is dialled, so that no spelling and no second DNS answer gets past. It decides
// nothing about what is sent.
//
//	URL ─ CheckURL, when somebody configures it ─▶ name ─ DNS ─▶ address ─ judged, at every dial ─▶ connection ─▶ at most MaxRead
//
// Files: outbound.go (the client and its bounds), address.go (which addresses), url.go (what a URL must be).
package outbound
