// Package store keeps the record in PostgreSQL or SQLite. Every change is one guarded update whose WHERE clause says
// in which statuses it may happen; the event and its deliveries commit with it or not at all. It decides no
// rule: which statuses allow a change comes from issuance.Sources.
//
// Files: open.go, sqlite.go, postgres.go (the two databases), migrate.go, tx.go (transactions, retries, events), rows.go
// (tables), seal.go (what is sealed at rest), offers.go, repeat.go, redeem.go, settle.go, grants.go, looks.go (what is buffered),
// record.go (timelines), sweep.go, outbox.go, staff.go, displays.go, clients.go, keys.go (callers of the management door), wake.go (telling screens, also those of other processes).
//
// It is the one door to gorm, its drivers and goose.
package store
