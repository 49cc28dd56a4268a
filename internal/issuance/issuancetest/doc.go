// Package issuancetest is the contract of the record: what every store must do, whatever database is behind it.
// A store's tests call RunStoreTests with a way to open a fresh, empty one.
package issuancetest
