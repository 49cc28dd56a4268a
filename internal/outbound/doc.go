// Package outbound is the one way out: an HTTP client that follows no redirect, uses no proxy, and refuses addresses by
// what a name resolves to when it is dialled, so that no spelling and no second DNS answer gets past. It decides
// nothing about what is sent.
package outbound
